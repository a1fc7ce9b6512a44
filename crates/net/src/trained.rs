//! What is left of a training.

use crate::cost::Score;
use crate::progress::CostAt;
use crate::training::Ending;

/// What training leaves beside the trained net.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The recorded costs, all finite, in order of iteration.
    pub history: Vec<CostAt>,
    /// The values of all columns of all metrics ([`crate::Metric::columns`]) at each point of the history, one after another.
    pub metrics: Vec<f64>,
    /// How it ended.
    pub ending: Ending,
    /// On the training examples after the last update, of a net that has not diverged.
    pub train: Option<Score>,
    /// The same on the test examples, where there are any.
    pub test: Option<Score>,
    /// The same on the validation examples, where there are any.
    pub validation: Option<Score>,
    /// The most that z\[1\] was off, over its largest element, when it was computed anew in f64; `None` of an engine that
    /// computes it from the weights at each step.
    pub drift: Option<f64>,
}

impl Trained {
    /// Whether another training of the same net made the same records, bit for bit, and ended alike.
    pub fn is_same(&self, other: &Self) -> bool {
        let history = |trained: &Trained| -> Vec<_> {
            trained.history.iter().map(|CostAt { iteration, cost }| (*iteration, cost.to_bits())).collect()
        };
        let metrics = |trained: &Trained| -> Vec<_> { trained.metrics.iter().map(|value| value.to_bits()).collect() };
        self.ending == other.ending && history(self) == history(other) && metrics(self) == metrics(other)
    }
}
