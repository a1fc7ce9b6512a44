//! The costs, one for each kind of output: J, dz\[L\] at the start of the backward pass, and the accuracy.
//!
//! | output g\[L\] | cost J | y | dz\[L\] |
//! |---|---|---|---|
//! | sigmoid | binary cross-entropy, -(1/m) Σ (y log a + (1-y) log(1-a)) over examples and units | `n[L]` × m, 0 and 1 | a - y |
//! | softmax | cross-entropy, -(1/m) Σ log a of the example's class | 1 × m, class numbers | a - one-hot y |
//! | identity | mean squared error, (1/(m `n[L]`)) Σ (a-y)² | `n[L]` × m | (2/`n[L]`) (a - y) |
//!
//! The cross-entropies are computed from z\[L\], as PyTorch's `BCEWithLogitsLoss` and `CrossEntropyLoss`, with nothing that overflows or
//! takes the logarithm of a rounded 0: a sigmoid's terms are max(z, 0) - z y + log(1 + e^-|z|). Every sum is taken in f64.

use kernels::{
    Activation, Real, binary_cross_entropy_dz, binary_cross_entropy_sum, mean_squared_error_dz, mean_squared_error_sum,
    sigmoid_count_correct, softmax_count_correct, softmax_cross_entropy_dz, softmax_cross_entropy_sum,
};
use ndarray::{ArrayView2, ArrayViewMut2, Zip};

/// A cost, with the output layer that belongs to it.
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
    /// Every cost with its name in experiments.
    pub const ALL: [(&'static str, Cost); 3] = [
        ("binary-cross-entropy", Cost::BinaryCrossEntropy),
        ("softmax-cross-entropy", Cost::SoftmaxCrossEntropy),
        ("mean-squared-error", Cost::MeanSquaredError),
    ];

    /// Returns the cost that belongs to the output activation g\[L\].
    ///
    /// # Panics
    /// If `output` is neither a sigmoid nor a softmax nor the identity.
    #[track_caller]
    pub fn for_output(output: Activation) -> Self {
        match output {
            Activation::Sigmoid => Cost::BinaryCrossEntropy,
            Activation::Softmax => Cost::SoftmaxCrossEntropy,
            Activation::Identity => Cost::MeanSquaredError,
            other => panic!("a net ends in a sigmoid, a softmax or the identity, not in {other:?}"),
        }
    }

    /// Returns g\[L\], the activation of the output layer.
    pub fn output_activation(self) -> Activation {
        match self {
            Cost::BinaryCrossEntropy => Activation::Sigmoid,
            Cost::SoftmaxCrossEntropy => Activation::Softmax,
            Cost::MeanSquaredError => Activation::Identity,
        }
    }

    /// Returns the number of rows of y for `n_out` = `n[L]` output units.
    pub fn target_rows(self, n_out: usize) -> usize {
        if self == Cost::SoftmaxCrossEntropy { 1 } else { n_out }
    }

    /// Computes J, the mean over the examples.
    ///
    /// # Shapes
    /// `z` = `z[L]` is `n[L]` × examples, `y` as in the module's table.
    ///
    /// # Panics
    /// If the shapes don't fit, or a label is not a class number.
    #[track_caller]
    pub fn mean<R: Real>(self, z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
        self.sum(z, y) / z.ncols() as f64
    }

    /// Computes m J, the sum over the examples, so that the parts of a set can be added up.
    ///
    /// # Shapes
    /// As for [`Cost::mean`].
    ///
    /// # Panics
    /// If the shapes don't fit, or a label is not a class number.
    #[track_caller]
    pub fn sum<R: Real>(self, z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
        match self {
            Cost::BinaryCrossEntropy => binary_cross_entropy_sum(z, y),
            Cost::SoftmaxCrossEntropy => softmax_cross_entropy_sum(z, y),
            Cost::MeanSquaredError => mean_squared_error_sum(z, y),
        }
    }

    /// Computes `dz[L]`, scaled such that `dW[L] = (1/m) dz[L] a[L-1]ᵀ`.
    ///
    /// # Shapes
    /// `a` = `a[L]` and `dz` are `n[L]` × examples, `y` as in the module's table.
    ///
    /// # Panics
    /// If the shapes don't fit, or a label is not a class number.
    #[track_caller]
    pub fn dz_output<R: Real>(self, a: ArrayView2<R>, y: ArrayView2<R>, dz: ArrayViewMut2<R>) {
        match self {
            Cost::BinaryCrossEntropy => binary_cross_entropy_dz(a, y, dz),
            Cost::SoftmaxCrossEntropy => softmax_cross_entropy_dz(a, y, dz),
            Cost::MeanSquaredError => mean_squared_error_dz(a, y, dz),
        }
    }

    /// Counts the examples that are classified as y says; `None` if it is a regression. A sigmoid unit predicts 1 if a > 0.5, and all
    /// units of an example must be right; a softmax predicts the class of the largest output, the first of equal ones.
    ///
    /// # Shapes
    /// `a` = `a[L]` is `n[L]` × examples, `y` as in the module's table.
    ///
    /// # Panics
    /// If the shapes don't fit, or a label is not a class number.
    #[track_caller]
    pub fn count_correct<R: Real>(self, a: ArrayView2<R>, y: ArrayView2<R>) -> Option<usize> {
        match self {
            Cost::BinaryCrossEntropy => Some(sigmoid_count_correct(a, y)),
            Cost::SoftmaxCrossEntropy => Some(softmax_count_correct(a, y)),
            Cost::MeanSquaredError => None,
        }
    }
}

/// Computes `da[L] = -y/a[L] + (1-y)/(1-a[L])`, with which the textbook starts the backward pass from a sigmoid output. It is infinite
/// where `a[L]` is rounded to 0 or 1; times the sigmoid's derivative it is a - y, which [`Cost::dz_output`] computes. Training doesn't need it; `runner trace` shows it.
///
/// # Shapes
/// `a`, `y` and `da` are `n[L]` × examples.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn da_output<R: Real>(a: ArrayView2<R>, y: ArrayView2<R>, da: ArrayViewMut2<R>) {
    assert_eq!((a.dim(), y.dim()), (da.dim(), da.dim()), "da_output: a, y and da must have one shape");
    let one = R::one();
    Zip::from(da).and(a).and(y).for_each(|da, &a, &y| *da = -y / a + (one - y) / (one - a));
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn from_logits_binary_cross_entropy_equals_the_textbook_formula_where_that_is_finite() {
        for (z, y) in [(0.0, 1.0), (2.5, 1.0), (2.5, 0.0), (-7.0, 1.0), (-7.0, 0.0)] {
            let a: f64 = 1.0 / (1.0 + f64::exp(-z));
            let textbook = -(y * a.ln() + (1.0 - y) * (1.0 - a).ln());
            let found = Cost::BinaryCrossEntropy.mean(array![[z]].view(), array![[y]].view());
            // The textbook formula sees a and 1 - a rounded to within ε.
            let rounding = 4.0 * f64::EPSILON / if y == 1.0 { a } else { 1.0 - a };
            assert!((found - textbook).abs() <= rounding, "z {z}, y {y}: {found} {textbook}");
        }
    }

    #[test]
    fn the_ends_of_the_range_neither_overflow_nor_take_log_of_zero() {
        let cost = |z: f64, y: f64| Cost::BinaryCrossEntropy.mean(array![[z]].view(), array![[y]].view());
        assert_eq!(cost(-1e308, 1.0), 1e308);
        assert_eq!(cost(1e308, 1.0), 0.0);
        assert_eq!(cost(-1e308, 0.0), 0.0);
        assert_eq!(cost(-800.0, 1.0), 800.0);
        assert_eq!(cost(40.0, 1.0), (-40f64).exp(), "small costs keep their relative accuracy");
        assert!(cost(f64::NAN, 1.0).is_nan() && cost(f64::INFINITY, 1.0).is_nan());
    }

    #[test]
    fn squared_errors_are_averaged_over_examples_and_outputs() {
        let (a, y) = (array![[1.0, 2.0], [3.0, 5.0]], array![[0.0, 2.0], [1.0, 2.0]]);
        assert_eq!(Cost::MeanSquaredError.mean(a.view(), y.view()), (1.0 + 0.0 + 4.0 + 9.0) / 4.0);
        let mut dz = array![[0.0, 0.0], [0.0, 0.0]];
        Cost::MeanSquaredError.dz_output(a.view(), y.view(), dz.view_mut());
        assert_eq!(dz, array![[1.0, 0.0], [2.0, 3.0]]);
    }

    #[test]
    fn an_example_of_several_sigmoids_is_right_where_all_are() {
        let (a, y) = (array![[0.9, 0.9, 0.1], [0.1, 0.9, 0.5]], array![[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]);
        assert_eq!(Cost::BinaryCrossEntropy.count_correct(a.view(), y.view()), Some(2));
    }
}
