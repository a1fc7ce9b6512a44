//! The records of a step, and the conditions under which it ends the training.

use kernels::Real;

use super::DataParallel;
use crate::progress::HistoryPoint;
use crate::training::StopReason;

impl<R: Real> DataParallel<'_, R> {
    /// Records the cost and the metrics, if a record is due or the training ends, and returns the reason to stop, if any.
    pub(super) fn record(&mut self, cost: f64) -> Option<StopReason> {
        let is_due = self.training.records(self.iteration);
        let reason = self.reason_to_stop(cost, is_due);
        if is_due || reason.is_some() {
            let values = self.metrics();
            self.progress.history.push(HistoryPoint { iteration: self.iteration, cost });
            self.progress.metrics.extend(values);
        }
        reason
    }

    fn reason_to_stop(&mut self, cost: f64, is_due: bool) -> Option<StopReason> {
        let stopping = self.training.stopping.clone();
        // Without a record, and with nothing that watches every cost, the cost is not known, and nothing looks at it.
        if stopping.cost_below.is_some_and(|mark| cost < mark) {
            return Some(StopReason::CostBelow);
        }
        let validates = stopping.patience.is_some() && !self.examples.validation().is_empty();
        let watched = if is_due && validates { self.validation_score().map(|score| score.cost) } else { None };
        if is_due && self.progress.is_out_of_patience(&stopping, watched.unwrap_or(cost)) {
            return Some(if validates { StopReason::ValidationPlateau } else { StopReason::Plateau });
        }
        // The clock of rank 0 is that of all.
        stopping.seconds?;
        let is_late = self.progress.is_late(&stopping);
        let all = self.ranks.gather(vec![f64::from(u8::from(is_late))]);
        (all[0][0] == 1.0).then_some(StopReason::Time)
    }
}
