//! The history of a net in training, and the conditions of an early end that look back on it.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::training::{StopReason, Stopping, Training};

/// One point of a history.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryPoint {
    /// The number of updates before this point.
    pub iteration: usize,
    /// J on the examples of the step, before its update.
    pub cost: f64,
}

/// The values of a net that a record is made of, before the update of its iteration.
pub(crate) struct Observation {
    /// The number of updates before it.
    pub(crate) iteration: usize,
    /// J on the examples of the step.
    pub(crate) cost: f64,
    /// The cost in which an improvement is looked for.
    pub(crate) watched: f64,
    /// True if that is the cost of the validation examples.
    pub(crate) validates: bool,
    /// The values of the metrics, in the order of [`crate::Training::metrics`].
    pub(crate) metrics: Vec<f64>,
}

/// The history so far, and the last record that was an improvement.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) history: Vec<HistoryPoint>,
    /// The values of the metrics at each point of the history, one after another.
    pub(crate) metrics: Vec<f64>,
    /// The watched cost of the last record that was an improvement. With a `min_delta`, there may be lower ones after it.
    pub(crate) last_improvement: f64,
    /// The number of records since that one.
    pub(crate) waited: usize,
    /// The time that was spent before `start`, by the run that this one goes on from.
    before: Duration,
    start: Instant,
}

impl Progress {
    pub(crate) fn new(training: &Training, layers: usize) -> Self {
        let records = training.iterations.div_ceil(training.record_every).saturating_add(1).min(1 << 16);
        let columns: usize = training.metrics.iter().map(|metric| metric.columns(layers).len()).sum();
        Progress {
            history: Vec::with_capacity(records),
            metrics: Vec::with_capacity(if columns > 0 { records.saturating_mul(columns).min(1 << 20) } else { 0 }),
            last_improvement: f64::INFINITY,
            waited: 0,
            before: Duration::ZERO,
            start: Instant::now(),
        }
    }

    /// Adds a record, and returns its index.
    pub(crate) fn record(&mut self, observation: &Observation) -> usize {
        let record = self.history.len();
        self.history.push(HistoryPoint { iteration: observation.iteration, cost: observation.cost });
        self.metrics.extend(&observation.metrics);
        record
    }

    /// Returns the reason to stop at a step whether or not a record is due, if any: J, if it is known, or the time. `is_late` turns the
    /// answer of this clock into that of the clock which counts.
    pub(crate) fn reason_to_stop(
        &self,
        stopping: &Stopping,
        cost: Option<f64>,
        is_late: impl FnOnce(bool) -> bool,
    ) -> Option<StopReason> {
        if stopping.cost_below.zip(cost).is_some_and(|(mark, cost)| cost < mark) {
            return Some(StopReason::CostBelow);
        }
        let seconds = stopping.seconds?;
        is_late(self.spent().as_secs_f64() > seconds).then_some(StopReason::Time)
    }

    /// Compares the next recorded cost `watched` with that of the last improvement, and returns whether patience has run out.
    pub(crate) fn is_out_of_patience(&mut self, stopping: &Stopping, watched: f64) -> bool {
        if watched < self.last_improvement - stopping.min_delta {
            (self.last_improvement, self.waited) = (watched, 0);
        } else {
            self.waited += 1;
        }
        stopping.patience.is_some_and(|patience| self.waited >= patience)
    }

    /// Returns the time that the training has taken so far.
    pub(crate) fn spent(&self) -> Duration {
        self.before + self.start.elapsed()
    }

    /// Counts on from the time `spent` of a run that this one goes on from.
    pub(crate) fn go_on_after(&mut self, spent: Duration) {
        (self.before, self.start) = (spent, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience_lasts_until(stopping: &Stopping, costs: &[f64]) -> Option<usize> {
        let mut progress = Progress::new(&Training::descent(0.1, 100, 1), 2);
        costs.iter().position(|&cost| progress.is_out_of_patience(stopping, cost))
    }

    #[test]
    fn patience_counts_records_without_a_new_lowest_cost() {
        let patient = Stopping { patience: Some(2), ..Stopping::default() };
        assert_eq!(patience_lasts_until(&patient, &[3.0, 2.0, 2.5, 1.0, 1.0, 1.5, 0.5]), Some(5));
        assert_eq!(patience_lasts_until(&patient, &[3.0, 2.0, 2.5, 1.0, 1.5, 0.9]), None);
        let fussy = Stopping { min_delta: 0.5, ..patient };
        assert_eq!(patience_lasts_until(&fussy, &[3.0, 2.8, 2.6, 2.4]), Some(2));
        assert_eq!(patience_lasts_until(&fussy, &[3.0, 2.8, 2.4, 2.2, 1.8]), None, "small steps add up");
        assert_eq!(patience_lasts_until(&Stopping::default(), &[3.0, 4.0, 5.0, 6.0]), None);
    }
}
