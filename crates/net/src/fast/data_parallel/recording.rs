//! The records of a step, and the conditions under which it ends the training.

use kernels::Real;

use super::DataParallel;
use crate::fast::best::Best;
use crate::fast::state::arrays::FirstState;
use crate::training::StopReason;

impl<R: Real> DataParallel<'_, R> {
    /// Records the cost and the metrics, if a record is due or the training ends, and returns the reason to stop, if any.
    pub(super) fn record(&mut self, cost: f64) -> Option<StopReason> {
        let due = self.training.records(self.iteration).then(|| self.observe(cost));
        let DataParallel { examples, training, progress, ranks, .. } = self;
        let validates = examples.validates(&training.stopping);
        let watched = due.as_ref().map(|due| due.watched);
        // The clock of rank 0 is that of all.
        let on_rank_0 = |is_late| ranks.all_gather(vec![f64::from(u8::from(is_late))])[0] == [1.0];
        let reason = progress.reason_to_stop(&training.stopping, Some(cost), watched, validates, on_rank_0);
        if due.is_some() || reason.is_some() {
            let observation = due.unwrap_or_else(|| self.observe(cost));
            let record = self.progress.record(self.iteration, &observation);
            if self.training.stopping.restore_best {
                Best::keep(&mut self.best, record, observation.watched, &self.chain.layers, FirstState::none);
            }
        }
        reason
    }
}
