//! The results of a training.

use crate::cost::Score;
use crate::progress::CostAt;
use crate::training::Ending;

/// The results of a training, beside the trained net.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The recorded costs, all finite, in order of iteration.
    pub history: Vec<CostAt>,
    /// The values of all columns of all metrics ([`crate::Metric::columns`]) at each point of the history, one after another.
    pub metrics: Vec<f64>,
    /// How it ended.
    pub ending: Ending,
    /// The score on the training examples after the last update; `None` if the net has diverged.
    pub train: Option<Score>,
    /// The score on the test examples; `None` if there are none, or the net has diverged.
    pub test: Option<Score>,
    /// The score on the validation examples; `None` if there are none, or the net has diverged.
    pub validation: Option<Score>,
    /// The largest error of z\[1\] that a recomputation in f64 has found, over its largest element. `None` if the engine computes z\[1\]
    /// from the weights at each step, or the net left before the first recomputation.
    pub drift: Option<f64>,
}

impl Trained {
    /// Returns whether another training of the same net made the same records, bit for bit, and ended alike.
    pub fn is_same(&self, other: &Self) -> bool {
        let history = |trained: &Trained| -> Vec<_> {
            trained.history.iter().map(|CostAt { iteration, cost }| (*iteration, cost.to_bits())).collect()
        };
        let metrics = |trained: &Trained| -> Vec<_> { trained.metrics.iter().map(|value| value.to_bits()).collect() };
        self.ending == other.ending && history(self) == history(other) && metrics(self) == metrics(other)
    }
}
