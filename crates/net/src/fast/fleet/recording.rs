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
            let reason = self.reason_to_stop(at, is_due);
            if is_due || reason.is_some() {
                let (cost, values) = (self.cost_now(&self.members[at]), self.metrics(&self.members[at]));
                let Member { progress, .. } = &mut self.members[at];
                progress.history.push(HistoryPoint { iteration, cost });
                progress.metrics.extend(values);
            }
            stopped.extend(reason.map(|reason| (self.members[at].place, Ending::Stopped { iteration, reason })));
        }
        stopped
    }

    /// Returns the condition under which member `at` stops in this step, if any.
    fn reason_to_stop(&mut self, at: usize, is_due: bool) -> Option<StopReason> {
        let Member { training, cost_now, .. } = &self.members[at];
        if let (Some(mark), Some(cost)) = (training.stopping.cost_below, *cost_now)
            && cost < mark
        {
            return Some(StopReason::CostBelow);
        }
        let validates = training.stopping.patience.is_some() && !self.examples.validation().is_empty();
        let validation = (is_due && validates).then(|| self.validation_score(&self.members[at])).flatten();
        let Member { training, progress, cost_now, .. } = &mut self.members[at];
        let watched = validation.map(|score| score.cost).or(*cost_now).unwrap_or(f64::INFINITY);
        if is_due && progress.is_out_of_patience(&training.stopping, watched) {
            return Some(if validates { StopReason::ValidationPlateau } else { StopReason::Plateau });
        }
        progress.is_late(&training.stopping).then_some(StopReason::Time)
    }

    /// Returns J on the examples of the step.
    fn cost_now(&self, member: &Member<R>) -> f64 {
        member.cost_now.unwrap_or_else(|| member.cost(block(&self.z, member.rows.clone()), self.y.current()))
    }
}
