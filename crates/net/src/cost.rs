//! The costs: J, and `dz[L]`, with which the backward pass begins.
//!
//! | output `g[L]` | cost J | y | `dz[L]` = m ∂J/∂`z[L]` (the 1/m comes with `dW[l]` and `db[l]`) |
//! |---|---|---|---|
//! | sigmoid | binary cross-entropy, -(1/m) Σ (y log a + (1-y) log(1-a)) over examples and units | `n[L]` × m, from 0 to 1 | a - y |
//! | softmax | cross-entropy, -(1/m) Σ log a_c over examples, c = y | 1 × m, class numbers from 0 | a - one-hot y |
//! | identity | mean squared error over examples and units, (1/(m `n[L]`)) Σ (a-y)² | `n[L]` × m | (2/`n[L]`) (a - y) |
//!
//! `kernels/src/loss.rs` sums J in f64, from `z[L]`, because a may round to 0 or 1.
//!
//! z, a and dz are `n[L]` × m. The functions panic if a shape doesn't fit, or a softmax's label is not a class number.

mod count_correct;
#[cfg(test)]
mod tests;
mod textbook;

use kernels::{
    Activation, Real, binary_cross_entropy_dz, binary_cross_entropy_sum, mean_squared_error_dz, mean_squared_error_sum,
    softmax_cross_entropy_dz, softmax_cross_entropy_sum,
};
use ndarray::{ArrayView2, ArrayViewMut2};

pub use self::textbook::da_output; // the textbook's da[L] of a sigmoid, for comparison

/// A cost. Each belongs to one activation of the output layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cost {
    /// The cost of sigmoid outputs, each the probability of class 1.
    BinaryCrossEntropy,
    /// The cost of a softmax output, the probabilities of the classes.
    SoftmaxCrossEntropy,
    /// The cost of a linear output, in regression.
    MeanSquaredError,
}

impl Cost {
    /// The costs and their names in files.
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
        let found = Self::ALL.into_iter().find(|(_name, cost)| cost.output_activation() == output);
        let (_name, cost) =
            found.unwrap_or_else(|| panic!("a net ends in a sigmoid, a softmax or the identity, not in {output:?}"));
        cost
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

    /// Computes m J, a sum over the examples.
    #[track_caller]
    pub fn sum<R: Real>(self, z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
        match self {
            Cost::BinaryCrossEntropy => binary_cross_entropy_sum(z, y),
            Cost::SoftmaxCrossEntropy => softmax_cross_entropy_sum(z, y),
            Cost::MeanSquaredError => mean_squared_error_sum(z, y),
        }
    }

    /// Computes `dz[L]`.
    #[track_caller]
    pub fn dz_output<R: Real>(self, a: ArrayView2<R>, y: ArrayView2<R>, dz: ArrayViewMut2<R>) {
        match self {
            Cost::BinaryCrossEntropy => binary_cross_entropy_dz(a, y, dz),
            Cost::SoftmaxCrossEntropy => softmax_cross_entropy_dz(a, y, dz),
            Cost::MeanSquaredError => mean_squared_error_dz(a, y, dz),
        }
    }

    /// Returns the number of rows of y for `n_out` = `n[L]` output units.
    pub fn target_rows(self, n_out: usize) -> usize {
        if self == Cost::SoftmaxCrossEntropy { 1 } else { n_out }
    }
}
