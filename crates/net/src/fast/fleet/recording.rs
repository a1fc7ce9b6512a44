//! The records of a step.

use kernels::Real;

use super::Fleet;
use crate::fast::member::Member;
use crate::training::Ending;

impl<R: Real> Fleet<'_, R> {
    /// Records the cost and the metrics of each net, before its update, if a record is due or its training ends. Returns the nets that stop.
    pub(super) fn record(&mut self) -> Vec<(usize, Ending)> {
        let (iteration, mut stopped) = (self.iteration, Vec::new());
        for at in 0..self.members.len() {
            let due = self.members[at].training.records(iteration).then(|| self.observe(&self.members[at]));
            let Member { training, cost_now, progress, .. } = &mut self.members[at];
            let validates = self.examples.validates(&training.stopping);
            let watched = due.as_ref().map(|due| due.watched);
            let reason = progress.reason_to_stop(&training.stopping, *cost_now, watched, validates, |is_late| is_late);
            if due.is_some() || reason.is_some() {
                let observation = due.unwrap_or_else(|| self.observe(&self.members[at]));
                self.members[at].record(iteration, &observation, &*self.first);
            }
            stopped.extend(reason.map(|reason| (self.members[at].place, Ending::Stopped { iteration, reason })));
        }
        stopped
    }
}
