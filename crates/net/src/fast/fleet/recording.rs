//! The records of a step, and the conditions under which it ends the training of a net.

use kernels::Real;

use super::Fleet;
use crate::fast::member::Member;
use crate::matrix::block;
use crate::progress::HistoryPoint;
use crate::training::{Ending, StopReason};

impl<R: Real> Fleet<'_, R> {
    /// Records the cost and the metrics of each net, before its update, if a record is due or its training ends. Returns the nets that stop.
    pub(super) fn record(&mut self) -> Vec<(usize, Ending)> {
        let (iteration, mut stopped) = (self.iteration, Vec::new());
        for at in 0..self.members.len() {
            let is_due = self.members[at].training.records(iteration);
            let watched = is_due.then(|| self.watched(&self.members[at]));
            let reason = self.reason_to_stop(at, watched);
            if is_due || reason.is_some() {
                let (cost, values) = (self.cost_now(&self.members[at]), self.metrics(&self.members[at]));
                let Member { progress, training, .. } = &mut self.members[at];
                progress.history.push(HistoryPoint { iteration, cost });
                progress.metrics.extend(values);
                if training.stopping.restore_best {
                    let watched = watched.unwrap_or_else(|| self.watched(&self.members[at]));
                    self.members[at].keep_best(watched, &*self.first);
                }
            }
            stopped.extend(reason.map(|reason| (self.members[at].place, Ending::Stopped { iteration, reason })));
        }
        stopped
    }

    /// Returns the condition under which member `at` stops in this step, if any; `watched` is [`Fleet::watched`] if a record is due.
    fn reason_to_stop(&mut self, at: usize, watched: Option<f64>) -> Option<StopReason> {
        let validates = self.validates(&self.members[at]);
        let Member { training, cost_now, progress, .. } = &mut self.members[at];
        if let (Some(mark), Some(cost)) = (training.stopping.cost_below, *cost_now)
            && cost < mark
        {
            return Some(StopReason::CostBelow);
        }
        if watched.is_some_and(|watched| progress.is_out_of_patience(&training.stopping, watched)) {
            return Some(if validates { StopReason::ValidationPlateau } else { StopReason::Plateau });
        }
        progress.is_late(&training.stopping).then_some(StopReason::Time)
    }

    /// Returns the cost in which an improvement is looked for: infinity if it is that of the validation examples, and an output of them, or
    /// that cost, is not finite.
    fn watched(&self, member: &Member<R>) -> f64 {
        if self.validates(member) {
            return self.validation_score(member).map_or(f64::INFINITY, |score| score.cost);
        }
        self.cost_now(member)
    }

    fn validates(&self, member: &Member<R>) -> bool {
        member.training.stopping.looks_back() && !self.examples.validation().is_empty()
    }

    /// Returns J on the examples of the step.
    fn cost_now(&self, member: &Member<R>) -> f64 {
        member.cost_now.unwrap_or_else(|| member.cost(block(&self.z, member.rows.clone()), self.y.current()))
    }
}
