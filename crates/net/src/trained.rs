//! The results of a training.

use serde::{Deserialize, Serialize};

use crate::progress::HistoryPoint;
use crate::score::Score;
use crate::training::Ending;

/// The results of a training, without the trained net.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// The recorded costs, all finite, in order of iteration.
    pub history: Vec<HistoryPoint>,
    /// The recorded metrics, point after point of the history: at each point the values of all columns of all metrics
    /// ([`crate::Metric::columns`]), in their order.
    pub metrics: Vec<f64>,
    /// The end of its training.
    pub ending: Ending,
    /// The index in [`Self::history`] of the record whose parameters it has; `None` if they are the last ones, as they are unless
    /// [`crate::Stopping::restore_best`].
    pub best: Option<usize>,
    /// The score on the training examples at the end; `None` if the net has diverged.
    pub train: Option<Score>,
    /// The score on the test examples; `None` if there are none, or the net has diverged.
    pub test: Option<Score>,
    /// The score on the validation examples; `None` if there are none, or the net has diverged.
    pub validation: Option<Score>,
    /// The drift of z\[1\] in the dual engine, which sums it up step by step: its largest difference from a recomputation in f64, over its
    /// largest element. `None` for the other engines, and if the training ended before the first recomputation: before step 500,
    /// and not by its last step.
    pub drift: Option<f64>,
}

impl Trained {
    /// Returns whether `other` has the same history and metrics, bit for bit, and the same ending.
    pub fn is_same(&self, other: &Self) -> bool {
        let history = |trained: &Trained| -> Vec<_> {
            trained.history.iter().map(|HistoryPoint { iteration, cost }| (*iteration, cost.to_bits())).collect()
        };
        let metrics = |trained: &Trained| -> Vec<_> { trained.metrics.iter().map(|value| value.to_bits()).collect() };
        self.ending == other.ending && history(self) == history(other) && metrics(self) == metrics(other)
    }
}
