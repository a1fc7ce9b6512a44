//! Three exact ways to train the first layer.
//!
//! Every gradient dW = (1/m) dz Xᵀ of W = W\[1\] lies in the span of the examples, so that after t steps of gradient descent
//! W(t) = W(0) + T(t) Xᵀ, with T n\[1\] × m. Hence W need not be kept in its `n[0]` columns:
//!
//! | engine | keeps | z - b | its gradient | flops per step and row of W |
//! |---|---|---|---|---|
//! | direct | W | W X | (1/m) dz Xᵀ | 4 n\[0\] m |
//! | reduced, X = Q R | D, where W = W(0) + D Qᵀ | W(0) X + D R | (1/m) dz Rᵀ | 4 r m |
//! | dual, G = XᵀX | P = W X, and T | P | (1/m) dz G, and (1/m) dz | 2 m² |
//!
//! with r = rank X. All three are the same training, except for rounding, with every linear optimiser: if W and dW are multiplied by the
//! same matrix, so is its step. Momentum and weight decay act on D, P and T as they do on W, and W(0) gets a factor c that decays. The norm
//! of dW, for clipping, is computed from its coordinates. A mini-batch takes the columns of R that belong to its examples.
//!
//! Rounding differs where features lie far from 0: the dual engine takes the norm of dW from <dT, dT G>, whose terms all but cancel where
//! the features' means are large beside their deviations (`docs/engines.md` has numbers). At means of 10⁴ deviations, nothing was left of
//! that norm in f32, by which clipping scales. Such examples are not for it ([`Engine::is_exact_on`]).
//!
//! Sources: Hastie and Tibshirani, Biostatistics 5(3), 2004 (the reduced space); Wadia et al., ICML 2021 (the dual).

use kernels::Real;
use ndarray::{Array1, ArrayView2};

use crate::fast::gram::GramSpace;
use crate::optimiser::Optimiser;

/// A way to train the first layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// By the products W X and dz Xᵀ over all features.
    Direct,
    /// In the coordinates of an orthonormal basis of the examples.
    Reduced,
    /// By the inner products of the examples.
    Dual,
}

impl Engine {
    /// Every engine with its name in experiments.
    pub const ALL: [(&'static str, Engine); 3] =
        [("direct", Engine::Direct), ("reduced", Engine::Reduced), ("dual", Engine::Dual)];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, engine)| *engine == self).map_or("", |(name, _)| name)
    }

    /// Returns whether it computes the training of [`Engine::Direct`] in `R` on these examples, except for rounding: the others need inner
    /// products within the range of `R`; the reduced one examples whose sizes |x| differ by at most a factor of 10⁶, and no more of
    /// them, or of their features, than [`kernels::lapack::MOST_SINGULAR_VECTORS`]; the dual one examples that don't lie so far from 0
    /// that rounding takes more than 10⁻⁴ of the inner products of their distances from their middle.
    pub fn is_exact_on<R: Real>(self, space: &GramSpace) -> bool {
        match self {
            Engine::Direct => true,
            Engine::Reduced => in_range::<R>(space.x()) && is_even(space.x()) && space.can_be_factorised(),
            Engine::Dual => in_range::<R>(space.x()) && is_centred::<R>(space.x()),
        }
    }

    /// Returns whether it computes the same training as [`Engine::Direct`], except for rounding: the others need a linear optimiser
    /// ([`Optimiser::is_linear`]), and the dual engine needs full batches.
    pub fn is_exact_for(self, optimiser: &Optimiser, full_batch: bool) -> bool {
        match self {
            Engine::Direct => true,
            Engine::Reduced => optimiser.is_linear(),
            Engine::Dual => optimiser.is_linear() && full_batch,
        }
    }
}

/// The most that the largest |x| may be of the smallest one above 0 for the reduced engine: the smallest example keeps ten digits in f64,
/// and all of f32's.
const MOST_SPREAD: f64 = 1e6;

/// Returns whether every |x|² lies so far within the range of `R` that inner products of the examples keep their digits.
fn in_range<R: Real>(x: ArrayView2<f64>) -> bool {
    let (squares, largest) = sizes(x);
    let (least, most) = (R::min_positive_value() / R::epsilon(), R::max_value() * R::epsilon());
    let fits = |square: f64| (least.as_f64()..most.as_f64()).contains(&square);
    // An example of zeros fits, but not one whose squares underflow, or with a NaN, which `max` drops.
    squares.iter().zip(&largest).all(|(&square, &largest)| fits(square) || square == 0.0 && largest == 0.0)
}

/// Returns whether the factors X = Q R are as exact for every example as for the largest one: their errors are of the order of ε times
/// the largest |x|, in all examples.
fn is_even(x: ArrayView2<f64>) -> bool {
    let (squares, _) = sizes(x);
    let least = squares.iter().copied().filter(|&square| square > 0.0).fold(f64::INFINITY, f64::min);
    squares.iter().all(|&square| square <= MOST_SPREAD * MOST_SPREAD * least)
}

/// The most that rounding may take from the inner products of the examples' distances from their middle, for the dual engine.
const MOST_ROUNDED: f64 = 1e-4;

/// The number of examples, evenly spread over X, that the middle is the median of: that of 209 takes four times as long.
const SAMPLED: usize = 9;

/// Returns whether rounding in `R` leaves four digits of <dT, dT G>, where X lies around x̃, the median of each feature in
/// [`SAMPLED`] examples.
///
/// As soon as the bias fits, dT 1 = 0, and x̃ has no part in that sum any more: it is <dT, dT (X - x̃)ᵀ(X - x̃)>, of the order of the
/// median of |x - x̃|², while its terms have errors of ε times the median of |x|². A few examples that lie elsewhere move no median. One
/// example has nothing to differ from.
fn is_centred<R: Real>(x: ArrayView2<f64>) -> bool {
    let (mut from_0, mut from_middle) = (vec![0.0; x.ncols()], vec![0.0; x.ncols()]);
    let apart = x.ncols().div_ceil(SAMPLED);
    for row in x.rows() {
        let middle = median(row.iter().step_by(apart).copied().collect());
        for (&x, (from_0, from_middle)) in row.iter().zip(from_0.iter_mut().zip(&mut from_middle)) {
            *from_0 += x * x;
            *from_middle += (x - middle).powi(2);
        }
    }
    x.ncols() == 1 || R::epsilon().as_f64() * median(from_0) <= MOST_ROUNDED * median(from_middle)
}

/// Finds the median, the upper one of two.
fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Returns |x|² of each example, and its largest |xᵢ|.
fn sizes(x: ArrayView2<f64>) -> (Array1<f64>, Array1<f64>) {
    let (mut squares, mut largest) = (Array1::<f64>::zeros(x.ncols()), Array1::<f64>::zeros(x.ncols()));
    for row in x.rows() {
        squares.zip_mut_with(&row, |square, &x| *square += x * x);
        largest.zip_mut_with(&row, |largest, &x| *largest = largest.max(x.abs()));
    }
    (squares, largest)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::{in_range, is_centred, is_even};

    #[test]
    fn an_example_of_zeros_is_in_range_but_not_one_with_a_nan_or_of_tiny_numbers() {
        let fits = |first: f64| {
            [array![[first, 0.5], [0.0, 0.25]], array![[0.0, 0.5], [first, 0.25]]]
                .map(|x| (in_range::<f32>(x.view()), in_range::<f64>(x.view())))
        };
        assert_eq!(fits(0.0), [(true, true); 2]);
        assert_eq!(fits(1e-30), [(false, true); 2]);
        assert_eq!(fits(1e-170), [(false, false); 2]);
        assert_eq!(fits(f64::NAN), [(false, false); 2]);
    }

    #[test]
    fn examples_are_even_with_one_of_zeros_but_not_with_one_that_is_far_larger_or_not_a_number() {
        let with = |value: f64| {
            let mut x = Array2::from_shape_fn((9, 40), |(i, j)| ((7 * i + 3 * j) % 11) as f64 / 11.0 - 0.5);
            x.column_mut(2).fill(0.0);
            x[[1, 2]] = value;
            is_even(x.view())
        };
        assert_eq!([0.0, 1e-3, 1e5].map(with), [true; 3]);
        assert_eq!([1e-7, 1e7, 1e15, f64::INFINITY, f64::NAN].map(with), [false; 5]);
    }

    #[test]
    fn examples_are_centred_unless_they_lie_far_from_0_beside_their_distances_from_each_other() {
        let at = |mean: f64| {
            let x = Array2::from_shape_fn((9, 40), |(i, j)| mean + ((7 * i + 3 * j) % 11) as f64 / 11.0 - 0.5);
            (is_centred::<f32>(x.view()), is_centred::<f64>(x.view()))
        };
        // Deviations are √(10/121) = 0.29: means of 28 of them are the most in f32.
        assert_eq!([0.0, 0.5, 7.0].map(at), [(true, true); 3]);
        assert_eq!([9.0, 1e4].map(at), [(false, true); 2]);
        assert_eq!([1e6, f64::NAN].map(at), [(false, false); 2]);
        let mut with_an_outlier = Array2::from_shape_fn((9, 40), |(i, j)| ((7 * i + 3 * j) % 11) as f64 / 11.0 - 0.5);
        with_an_outlier.column_mut(3).map_inplace(|x| *x *= 1e3);
        assert!(is_centred::<f32>(with_an_outlier.view()), "one large example");
        let mut with_a_fill = Array2::from_shape_fn((9, 40), |(i, j)| 100.0 + ((7 * i + 3 * j) % 11) as f64 / 11.0);
        with_a_fill.column_mut(3).fill(0.0);
        assert!(!is_centred::<f32>(with_a_fill.view()), "one example at 0");
        assert!(is_centred::<f32>(array![[1e6], [0.0]].view()), "one example");
        assert!(is_centred::<f32>(array![[0.0, 0.0]].view()), "zeros");
    }
}
