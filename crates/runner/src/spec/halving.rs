//! The keys of successive halving, which `record::halving` does.

use super::Point;
use super::axis::Axis;
use super::error::{Error, Place};
use super::reader::setting;
use super::source::Entry;
use super::trial::{Length, integer, one_of};

/// What a trial is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The last recorded cost, the lower the better.
    Cost,
    /// The cost of the test examples, the lower the better.
    TestCost,
    /// The higher the better.
    TrainAccuracy,
    /// The higher the better.
    TestAccuracy,
    /// The cost of the validation examples, the lower the better.
    ValidationCost,
    /// The higher the better.
    ValidationAccuracy,
}

impl Metric {
    /// Whether only validation examples have it.
    pub(super) fn needs_validation(self) -> bool {
        matches!(self, Metric::ValidationCost | Metric::ValidationAccuracy)
    }

    /// Whether only test examples have it.
    pub(super) fn needs_test(self) -> bool {
        matches!(self, Metric::TestCost | Metric::TestAccuracy)
    }
}

const METRICS: [(&str, Metric); 6] = [
    ("cost", Metric::Cost),
    ("test_cost", Metric::TestCost),
    ("train_accuracy", Metric::TrainAccuracy),
    ("test_accuracy", Metric::TestAccuracy),
    ("validation_cost", Metric::ValidationCost),
    ("validation_accuracy", Metric::ValidationAccuracy),
];

/// Which settings are worth all their iterations, see `record::halving`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halving {
    /// Iterations (or epochs) of the first rung.
    pub least: usize,
    /// One in so many settings goes on, with so many times the iterations.
    pub factor: usize,
    /// What a setting is judged by: the mean over its seeds.
    pub metric: Metric,
}

/// The keys as far as they have been taken.
#[derive(Debug, Default)]
pub(super) struct HalvingDraft {
    least: Option<(usize, Place)>,
    factor: Option<(usize, Place)>,
    metric: Option<(Metric, Place)>,
}

impl HalvingDraft {
    /// Takes a key below `sweep.halving`; `false` if it is none.
    ///
    /// # Errors
    /// If its value is not allowed.
    pub(super) fn take(&mut self, Entry { key, value, place }: &Entry) -> Result<bool, Error> {
        let outcome = match key.strip_prefix("sweep.halving.") {
            Some("least") => integer(value, 1, 1_000_000_000).map(|least| self.least = Some((least, place.clone()))),
            Some("factor") => integer(value, 2, 1_000_000).map(|factor| self.factor = Some((factor, place.clone()))),
            Some("metric") => {
                let place_of = one_of(value, &METRICS.map(|(name, _)| name));
                place_of.map(|known| self.metric = Some((METRICS[known].1, place.clone())))
            }
            _ => return Ok(false),
        };
        outcome.map(|()| true).map_err(|problem| setting(place, key, problem))
    }

    /// How the sweep halves, if it does.
    ///
    /// # Errors
    /// If `least` is missing, or there is nothing below all iterations to begin with.
    pub(super) fn finish(&self, axes: &[Axis], points: &[Point]) -> Result<Option<Halving>, Error> {
        let (factor, metric) = (self.factor.as_ref(), self.metric.as_ref());
        let Some((least, place)) = &self.least else {
            let place = factor.map(|(_, place)| place).or(metric.map(|(_, place)| place));
            let missing = |place| {
                setting(place, "sweep.halving.least", "missing: iterations (or epochs) of the first rung".to_owned())
            };
            return place.map_or(Ok(None), |place| Err(missing(place)));
        };
        let wrong = |problem: String| Err(setting(place, "sweep.halving.least", problem));
        let lengths = [Length::Iterations(0), Length::Epochs(0)].map(Length::key);
        if let Some(axis) = axes.iter().find(|axis| lengths.contains(&axis.key.as_str())) {
            return wrong(format!("halving sets {}, which is swept too", axis.key));
        }
        match points.first().map(|point| point.config.length) {
            Some(all) if *least >= all.amount() => {
                wrong(format!("must be below {}, {}, found {least}", all.key(), all.amount()))
            }
            _ => Ok(Some(Halving {
                least: *least,
                factor: factor.map_or(3, |(factor, _)| *factor),
                metric: metric.map_or(Metric::Cost, |(metric, _)| *metric),
            })),
        }
    }
}
