//! The losses: for each one, its sum over the examples and, below it, the gradient dz of the output layer.
//!
//! | loss | output | sum over the examples (m J) | dz |
//! |---|---|---|---|
//! | binary cross-entropy | sigmoid | max(z, 0) - z y + log(1 + e^-\|z\|) | a - y |
//! | softmax cross-entropy | softmax | log(sum over k of exp z_k) - z_y | a - onehot(y) |
//! | mean squared error | identity | (1/n_out) (sum over the outputs of (z - y)²) | (2/n_out) (a - y) |
//!
//! The sums are computed from z, so that nothing overflows and no logarithm is taken of a rounded 0. They are in f64, every term
//! included, whatever the element type. The 1/m of J is left to dW and db, as in the course's equations.

use itertools::izip;
use ndarray::{ArrayView2, ArrayViewMut2, Axis};

use crate::labels::class;
use crate::math::exponential::{exp, exp_of_difference};
use crate::math::logarithm::{ln_1p, ln_1p_of_sum};
use crate::real::Real;
use crate::reductions::sum_over;
use crate::rows::{IterRows, for_each_row, par_for_each_element};
use crate::simd::vectorised;
use crate::softmax::{BLOCK, Sums};

/// Sums the binary cross-entropy max(z, 0) - z y + log(1 + e^-|z|) over the examples and outputs, from the z of a sigmoid.
///
/// # Shapes
/// `z` and `y` n_out × examples; y is between 0 and 1, as a label 0 or 1.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
///
/// ```
/// use kernels::{binary_cross_entropy_dz, binary_cross_entropy_sum};
/// use ndarray::array;
///
/// let (z, a, y) = (array![[0.0, 0.0]], array![[0.5, 0.5]], array![[1.0, 0.0]]);
/// assert_eq!(binary_cross_entropy_sum(z.view(), y.view()), 2.0 * 2f64.ln());
/// let mut dz = array![[0.0, 0.0]];
/// binary_cross_entropy_dz(a.view(), y.view(), dz.view_mut());
/// assert_eq!(dz, array![[-0.5, 0.5]]);
/// ```
#[track_caller]
pub fn binary_cross_entropy_sum<R: Real>(z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
    assert!(z.dim() == y.dim(), "binary_cross_entropy_sum: shapes differ: z {:?}, y {:?}", z.dim(), y.dim());
    #[inline(always)]
    fn term(z: f64, y: f64) -> f64 {
        // `z < 0` and not `max`: a NaN must come out as NaN.
        let positive_part = if z < 0.0 { 0.0 } else { z };
        positive_part - z * y + ln_1p(exp(-z.abs()))
    }
    (z, y).row_slices().map(|(z, y)| vectorised!(sum_over(z, y, term))).sum()
}

/// Computes dz = a - y, the gradient of [`binary_cross_entropy_sum`] with respect to z.
///
/// # Shapes
/// `a`, `y` and `dz` n_out × examples.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn binary_cross_entropy_dz<R: Real>(a: ArrayView2<R>, y: ArrayView2<R>, dz: ArrayViewMut2<R>) {
    check_shapes("binary_cross_entropy_dz", a, y, &dz);
    par_for_each_element!((a, y, dz), |&a, &y, dz| *dz = a - y);
}

/// Sums the cross-entropy log(sum over k of exp z_k) - z_y over the examples, from the z of a softmax.
///
/// A term is max - z_y + log(1 + u), where u is the sum of exp(z_k - max) over all k but the first whose z_k is the maximum.
/// Nothing is subtracted from the logarithm, so that every term keeps its relative accuracy, however small: it is within 5 ulp of
/// the exact value. NaN or +∞ in an example makes the sum NaN or +∞.
///
/// # Shapes
/// `z` classes × examples, `y` 1 × examples: labels 0, 1, … as elements.
///
/// # Panics
/// If the shapes don't fit, a label is not one of 0, …, classes - 1, or the elements of a row aren't adjacent.
///
/// ```
/// use kernels::{softmax_cross_entropy_dz, softmax_cross_entropy_sum};
/// use ndarray::array;
///
/// let (z, a, y) = (array![[0.0], [0.0]], array![[0.5], [0.5]], array![[1.0]]); // one example, of class 1
/// assert_eq!(softmax_cross_entropy_sum(z.view(), y.view()), 2f64.ln());
/// let mut dz = array![[0.0], [0.0]];
/// softmax_cross_entropy_dz(a.view(), y.view(), dz.view_mut());
/// assert_eq!(dz, array![[0.5], [-0.5]]);
/// ```
#[track_caller]
pub fn softmax_cross_entropy_sum<R: Real>(z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
    assert!(y.dim() == (1, z.ncols()), "softmax_cross_entropy_sum: shapes don't fit: z {:?}, y {:?}", z.dim(), y.dim());
    #[inline(always)]
    fn term(u: f64, gap: f64) -> f64 {
        gap + ln_1p_of_sum(u)
    }
    let mut sum = 0.0;
    let blocks = izip!(z.axis_chunks_iter(Axis(1), BLOCK), y.axis_chunks_iter(Axis(1), BLOCK), (0..).step_by(BLOCK));
    for (z, y, first) in blocks {
        let (mut max, mut argmax, mut k) = ([f64::NEG_INFINITY; BLOCK], [0.0; BLOCK], 0.0);
        for_each_row!(z, |z| {
            let class = k;
            for (z, max, argmax) in izip!(z, &mut max, &mut argmax) {
                let z = z.as_f64();
                let larger = z > *max;
                *max = if larger { z } else { *max };
                *argmax = if larger { class } else { *argmax };
            }
            k += 1.0;
        });
        let mut gap = [0.0; BLOCK];
        for (example, (gap, max, &y)) in izip!(&mut gap, max, y).enumerate() {
            *gap = max - z[[class(y, z.nrows(), first + example), example]].as_f64();
        }
        let (mut u, mut k) = (Sums::zero(), 0.0);
        for_each_row!(z, |z| {
            let class = k;
            for (z, u, &max, &argmax) in izip!(z, u.iter_mut(), &max, &argmax) {
                let e = exp_of_difference(z.as_f64(), max);
                u.add(if class == argmax { 0.0 } else { e });
            }
            k += 1.0;
        });
        let (u, gap) = (u.totals(z.ncols()), &gap[..z.ncols()]);
        sum += vectorised!(sum_over(u, gap, term));
    }
    sum
}

/// Computes dz = a - onehot(y), the gradient of [`softmax_cross_entropy_sum`] with respect to z. onehot(y) is 1 at the class of the
/// example and 0 elsewhere.
///
/// # Shapes
/// `a` and `dz` classes × examples, `y` 1 × examples: labels 0, 1, … as elements.
///
/// # Panics
/// If the shapes don't fit, or a label is not one of 0, …, classes - 1.
#[track_caller]
pub fn softmax_cross_entropy_dz<R: Real>(a: ArrayView2<R>, y: ArrayView2<R>, mut dz: ArrayViewMut2<R>) {
    assert!(
        a.dim() == dz.dim() && y.dim() == (1, a.ncols()),
        "softmax_cross_entropy_dz: shapes don't fit: a {:?}, y {:?}, dz {:?}",
        a.dim(),
        y.dim(),
        dz.dim()
    );
    dz.assign(&a);
    for (example, &y) in y.iter().enumerate() {
        dz[[class(y, a.nrows(), example), example]] -= R::one();
    }
}

/// Sums the squared error (z - y)² over the examples and takes its mean over the outputs.
///
/// # Shapes
/// `z` and `y` n_out × examples.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
///
/// ```
/// use kernels::{mean_squared_error_dz, mean_squared_error_sum};
/// use ndarray::array;
///
/// let (z, y) = (array![[3.0], [1.0]], array![[1.0], [1.0]]); // two outputs, one example
/// assert_eq!(mean_squared_error_sum(z.view(), y.view()), 2.0);
/// let mut dz = array![[0.0], [0.0]];
/// mean_squared_error_dz(z.view(), y.view(), dz.view_mut());
/// assert_eq!(dz, array![[2.0], [0.0]]);
/// ```
#[track_caller]
pub fn mean_squared_error_sum<R: Real>(z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
    assert!(z.dim() == y.dim(), "mean_squared_error_sum: shapes differ: z {:?}, y {:?}", z.dim(), y.dim());
    #[inline(always)]
    fn term(z: f64, y: f64) -> f64 {
        (z - y) * (z - y)
    }
    let sum: f64 = (z, y).row_slices().map(|(z, y)| vectorised!(sum_over(z, y, term))).sum();
    sum / z.nrows() as f64
}

/// Computes dz = (2/n_out) (a - y), the gradient of [`mean_squared_error_sum`] with respect to z.
///
/// # Shapes
/// `a`, `y` and `dz` n_out × examples.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn mean_squared_error_dz<R: Real>(a: ArrayView2<R>, y: ArrayView2<R>, dz: ArrayViewMut2<R>) {
    check_shapes("mean_squared_error_dz", a, y, &dz);
    let two_over_n_out = R::from_f64(2.0 / a.nrows() as f64);
    par_for_each_element!((a, y, dz), |&a, &y, dz| *dz = two_over_n_out * (a - y));
}

#[track_caller]
fn check_shapes<R>(pass: &str, a: ArrayView2<R>, y: ArrayView2<R>, dz: &ArrayViewMut2<R>) {
    let (a, y, dz) = (a.dim(), y.dim(), dz.dim());
    assert!(a == y && a == dz, "{pass}: shapes differ: a {a:?}, y {y:?}, dz {dz:?}");
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    #[should_panic(expected = "binary_cross_entropy_sum: shapes differ")]
    fn too_few_labels_have_no_cost() {
        binary_cross_entropy_sum(Array2::<f32>::ones((1, 3)).view(), Array2::ones((1, 2)).view());
    }

    #[test]
    fn one_is_taken_off_at_the_class_of_each_example() {
        let (a, y) = (array![[0.25, 0.5], [0.75, 0.5]], array![[1.0, 0.0]]);
        let mut dz = Array2::from_elem((2, 2), f32::NAN);
        softmax_cross_entropy_dz(a.view(), y.view(), dz.view_mut());
        assert_eq!(dz, array![[0.25, -0.5], [-0.25, 0.5]]);
    }

    #[test]
    #[should_panic(expected = "softmax_cross_entropy_dz: shapes don't fit: a (2, 3), y (2, 3), dz (2, 3)")]
    fn a_one_hot_matrix_is_refused_where_labels_belong() {
        let a = Array2::<f32>::zeros((2, 3));
        softmax_cross_entropy_dz(a.view(), a.view(), Array2::zeros((2, 3)).view_mut());
    }

    #[test]
    fn the_difference_is_scaled_by_two_over_the_outputs() {
        let (a, y) = (array![[0.5, -1.0], [3.0, 0.25]], array![[0.25, 1.0], [3.0, 1.0]]);
        let mut dz = Array2::from_elem((2, 2), f32::NAN);
        mean_squared_error_dz(a.view(), y.view(), dz.view_mut());
        assert_eq!(dz, array![[0.25, -2.0], [0.0, -0.75]]);
        let (a, y) = (array![[0.5, -1.0, 3.0]], array![[0.25, 1.0, 3.0]]);
        let mut dz = Array2::from_elem((1, 3), f32::NAN);
        mean_squared_error_dz(a.view(), y.view(), dz.view_mut());
        assert_eq!(dz, array![[0.5, -4.0, 0.0]]);
    }

    #[test]
    #[should_panic(expected = "mean_squared_error_dz: shapes differ: a (2, 3), y (2, 3), dz (3, 2)")]
    fn a_difference_of_another_shape_is_refused() {
        let a = Array2::<f64>::ones((2, 3));
        mean_squared_error_dz(a.view(), a.view(), Array2::ones((3, 2)).view_mut());
    }
}
