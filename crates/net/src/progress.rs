//! What has been recorded of a net in training, and whether that ends it.

use std::time::Instant;

use crate::training::{Reason, Stopping, Training};

/// One point of a history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostAt {
    /// The updates made before this point.
    pub iteration: usize,
    /// J on the examples of the step, before its update.
    pub cost: f64,
}

/// Histories, and the lowest cost so far.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) history: Vec<CostAt>,
    /// The values of the metrics at each point of the history, one after another.
    pub(crate) metrics: Vec<f64>,
    lowest: f64,
    /// Records since.
    waited: usize,
    start: Instant,
}

impl Progress {
    pub(crate) fn new(training: &Training, layers: usize) -> Self {
        let records = training.iterations.div_ceil(training.record_every).saturating_add(1).min(1 << 16);
        let columns: usize = training.metrics.iter().map(|metric| metric.columns(layers).len()).sum();
        Progress {
            history: Vec::with_capacity(records),
            metrics: Vec::with_capacity(if columns > 0 { records.saturating_mul(columns).min(1 << 20) } else { 0 }),
            lowest: f64::INFINITY,
            waited: 0,
            start: Instant::now(),
        }
    }

    /// Whether the last record ends the training; `watched` is the cost that patience looks at.
    pub(crate) fn reason_to_stop(&mut self, stopping: &Stopping, watched: f64) -> Option<Reason> {
        let cost = self.history.last()?.cost;
        if stopping.cost_below.is_some_and(|mark| cost < mark) {
            return Some(Reason::CostBelow);
        }
        if watched < self.lowest - stopping.min_delta {
            (self.lowest, self.waited) = (watched, 0);
        } else {
            self.waited += 1;
        }
        stopping.patience.is_some_and(|patience| self.waited >= patience).then_some(Reason::Plateau)
    }

    /// Whether its time is up.
    pub(crate) fn is_late(&self, stopping: &Stopping) -> bool {
        stopping.seconds.is_some_and(|seconds| self.start.elapsed().as_secs_f64() > seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records_until_stop(stopping: &Stopping, costs: &[f64]) -> Option<(usize, Reason)> {
        let mut progress = Progress::new(&Training::descent(0.1, 100, 1), 2);
        costs.iter().enumerate().find_map(|(iteration, &cost)| {
            progress.history.push(CostAt { iteration, cost });
            progress.reason_to_stop(stopping, cost).map(|reason| (iteration, reason))
        })
    }

    #[test]
    fn patience_counts_records_without_a_new_lowest_cost() {
        let patient = Stopping { patience: Some(2), ..Stopping::default() };
        assert_eq!(records_until_stop(&patient, &[3.0, 2.0, 2.5, 1.0, 1.0, 1.5, 0.5]), Some((5, Reason::Plateau)));
        assert_eq!(records_until_stop(&patient, &[3.0, 2.0, 2.5, 1.0, 1.5, 0.9]), None);
        let fussy = Stopping { min_delta: 0.5, ..patient };
        assert_eq!(records_until_stop(&fussy, &[3.0, 2.8, 2.6, 2.4]), Some((2, Reason::Plateau)));
    }

    #[test]
    fn a_cost_below_the_mark_ends_a_training_and_one_at_it_does_not() {
        let marked = Stopping { cost_below: Some(1.0), ..Stopping::default() };
        assert_eq!(records_until_stop(&marked, &[3.0, 1.0, 0.9]), Some((2, Reason::CostBelow)));
        assert_eq!(records_until_stop(&Stopping::default(), &[3.0, 4.0, 5.0, 6.0]), None);
    }
}
