//! The records of a step, and the conditions under which it ends the training.

use kernels::Real;

use super::DataParallel;
use crate::fast::best::Best;
use crate::fast::state::arrays::FirstState;
use crate::progress::HistoryPoint;
use crate::training::StopReason;

impl<R: Real> DataParallel<'_, R> {
    /// Records the cost and the metrics, if a record is due or the training ends, and returns the reason to stop, if any.
    pub(super) fn record(&mut self, cost: f64) -> Option<StopReason> {
        let is_due = self.training.records(self.iteration);
        let watched = is_due.then(|| self.watched(cost));
        let reason = self.reason_to_stop(cost, watched);
        if is_due || reason.is_some() {
            let values = self.metrics();
            let record = self.progress.history.len();
            self.progress.history.push(HistoryPoint { iteration: self.iteration, cost });
            self.progress.metrics.extend(values);
            if self.training.stopping.restore_best {
                let watched = watched.unwrap_or_else(|| self.watched(cost));
                Best::keep(&mut self.best, record, watched, &self.chain.layers, FirstState::none);
            }
        }
        reason
    }

    fn reason_to_stop(&mut self, cost: f64, watched: Option<f64>) -> Option<StopReason> {
        let stopping = self.training.stopping.clone();
        // Without a record, and with nothing that watches every cost, the cost is not known, and nothing looks at it.
        if stopping.cost_below.is_some_and(|mark| cost < mark) {
            return Some(StopReason::CostBelow);
        }
        if watched.is_some_and(|watched| self.progress.is_out_of_patience(&stopping, watched)) {
            return Some(if self.validates() { StopReason::ValidationPlateau } else { StopReason::Plateau });
        }
        // The clock of rank 0 is that of all.
        stopping.seconds?;
        let is_late = self.progress.is_late(&stopping);
        let all = self.ranks.gather(vec![f64::from(u8::from(is_late))]);
        (all[0][0] == 1.0).then_some(StopReason::Time)
    }

    /// Returns the cost in which an improvement is looked for: infinity if it is that of the validation examples, and an output of them, or
    /// that cost, is not finite.
    fn watched(&mut self, cost: f64) -> f64 {
        if self.validates() {
            return self.validation_score().map_or(f64::INFINITY, |score| score.cost);
        }
        cost
    }

    fn validates(&self) -> bool {
        self.training.stopping.looks_back() && !self.examples.validation().is_empty()
    }
}
