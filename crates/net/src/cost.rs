//! The costs, one for each kind of output: J, `dz[L]` at the start of the backward pass, and the number of correct examples.
//!
//! | output `g[L]` | cost J | y | `dz[L]` = m ∂J/∂`z[L]` |
//! |---|---|---|---|
//! | sigmoid | binary cross-entropy, -(1/m) Σ (y log a + (1-y) log(1-a)) over examples and units | `n[L]` × m, 0 and 1 | a - y |
//! | softmax | cross-entropy, -(1/m) Σ log a_c over examples, c the class | 1 × m, class numbers from 0 | a - one-hot y |
//! | identity | mean squared error over examples and units, (1/(m `n[L]`)) Σ (a-y)² | `n[L]` × m | (2/`n[L]`) (a - y) |
//!
//! The cross-entropies are computed from `z[L]`, because a may be rounded to 0 or 1, and every sum is taken in f64:
//!
//! - sigmoid: -(y log a + (1-y) log(1-a)) = max(z, 0) - z y + log(1 + e^-|z|)
//! - softmax: -log a_c = log(Σ e^(z - max z)) + (max z) - z_c
//!
//! z, a and dz are `n[L]` × examples, and y as in the table. A shape that doesn't fit is a panic, as is a label that is not a class number.

#[cfg(test)]
mod tests;
mod textbook;

use kernels::{
    Activation, Real, binary_cross_entropy_dz, binary_cross_entropy_sum, mean_squared_error_dz, mean_squared_error_sum,
    sigmoid_count_correct, softmax_count_correct, softmax_cross_entropy_dz, softmax_cross_entropy_sum,
};
use ndarray::{ArrayView2, ArrayViewMut2};

pub use self::textbook::da_output; // not used by `Chain::backward`

/// A cost, which determines the activation of the output layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cost {
    /// The cost of sigmoid outputs, each the probability of class 1.
    BinaryCrossEntropy,
    /// The cost of a softmax output, the probabilities of the classes.
    SoftmaxCrossEntropy,
    /// The cost of a linear output, for regression.
    MeanSquaredError,
}

impl Cost {
    /// The costs and their names in experiments.
    pub const ALL: [(&'static str, Cost); 3] = [
        ("binary-cross-entropy", Cost::BinaryCrossEntropy),
        ("softmax-cross-entropy", Cost::SoftmaxCrossEntropy),
        ("mean-squared-error", Cost::MeanSquaredError),
    ];

    /// Returns the cost that belongs to the output activation `g[L]`.
    ///
    /// # Panics
    /// If `output` is not in the table.
    #[track_caller]
    pub fn for_output(output: Activation) -> Self {
        let cost = Self::ALL.into_iter().find(|(_, cost)| cost.output_activation() == output);
        cost.unwrap_or_else(|| panic!("a net ends in a sigmoid, a softmax or the identity, not in {output:?}")).1
    }

    /// Returns `g[L]`, the activation of the output layer.
    pub fn output_activation(self) -> Activation {
        match self {
            Cost::BinaryCrossEntropy => Activation::Sigmoid,
            Cost::SoftmaxCrossEntropy => Activation::Softmax,
            Cost::MeanSquaredError => Activation::Identity,
        }
    }

    /// Computes J, the mean over the examples.
    #[track_caller]
    pub fn mean<R: Real>(self, z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
        self.sum(z, y) / z.ncols() as f64
    }

    /// Computes m J, the sum over the examples, so that sums of parts of a set can be added up.
    #[track_caller]
    pub fn sum<R: Real>(self, z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
        match self {
            Cost::BinaryCrossEntropy => binary_cross_entropy_sum(z, y),
            Cost::SoftmaxCrossEntropy => softmax_cross_entropy_sum(z, y),
            Cost::MeanSquaredError => mean_squared_error_sum(z, y),
        }
    }

    /// Computes `dz[L]` as in the table; the 1/m of J is applied in `dW[l]` and `db[l]`.
    #[track_caller]
    pub fn dz_output<R: Real>(self, a: ArrayView2<R>, y: ArrayView2<R>, dz: ArrayViewMut2<R>) {
        match self {
            Cost::BinaryCrossEntropy => binary_cross_entropy_dz(a, y, dz),
            Cost::SoftmaxCrossEntropy => softmax_cross_entropy_dz(a, y, dz),
            Cost::MeanSquaredError => mean_squared_error_dz(a, y, dz),
        }
    }

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

    /// Returns the number of rows of y for `n_out` = `n[L]` output units.
    pub fn target_rows(self, n_out: usize) -> usize {
        if self == Cost::SoftmaxCrossEntropy { 1 } else { n_out }
    }
}
