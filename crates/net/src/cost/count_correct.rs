//! The number of examples that are classified rightly.

use kernels::{Real, sigmoid_count_correct, softmax_count_correct};
use ndarray::ArrayView2;

use super::Cost;

impl Cost {
    /// Counts the examples that are classified as y says; `None` for a regression. A sigmoid unit predicts 1 if a > 0.5, and all units of
    /// an example must be right; a softmax predicts the class of the largest a, the first of equal ones.
    #[track_caller]
    pub fn count_correct<R: Real>(self, a: ArrayView2<R>, y: ArrayView2<R>) -> Option<usize> {
        match self {
            Cost::BinaryCrossEntropy => Some(sigmoid_count_correct(a, y)),
            Cost::SoftmaxCrossEntropy => Some(softmax_count_correct(a, y)),
            Cost::MeanSquaredError => None,
        }
    }
}
