//! Reductions along rows: the bias gradient, sums in f64, and the test for non-finite elements.

use itertools::izip;
use ndarray::{Array1, ArrayView2, ArrayViewMut1};

use crate::real::Real;
use crate::rows::{IterRows, for_each_row, par_for_each_row};
use crate::simd::vectorised;

/// Computes the bias gradient db = scale · (sum of dz over the examples), with `scale` = 1/m in the course's equations.
///
/// The sum is taken in f64 and in a fixed order, whatever the element type.
///
/// # Shapes
/// `dz` n_out × examples, `db` n_out.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
///
/// ```
/// use ndarray::array;
///
/// let (dz, mut db) = (array![[1.0, 2.0, 6.0]], array![0.0]);
/// kernels::bias_gradient(dz.view(), 1.0 / 3.0, db.view_mut());
/// assert_eq!(db, array![3.0]);
/// ```
#[track_caller]
pub fn bias_gradient<R: Real>(dz: ArrayView2<R>, scale: R, db: ArrayViewMut1<R>) {
    assert!(db.len() == dz.nrows(), "bias_gradient: shapes differ: dz {:?}, db {}", dz.dim(), db.len());
    let scale = scale.as_f64();
    par_for_each_row!((dz, db), |(dz, db)| *db = R::from_f64(scale * sum_over(dz, dz, first)));
}

/// Sums the squares of all elements, in f64 and in a fixed order.
///
/// # Panics
/// If the elements of a row aren't adjacent.
#[track_caller]
pub fn square_sum<R: Real>(mut matrix: ArrayView2<R>) -> f64 {
    matrix.row_slices().map(|row| vectorised!(sum_over(row, row, product))).sum()
}

/// Returns whether every element is neither infinite nor NaN.
///
/// # Panics
/// If the elements of a row aren't adjacent.
#[track_caller]
pub fn all_finite<R: Real>(mut matrix: ArrayView2<R>) -> bool {
    matrix.row_slices().all(|row| vectorised!(row.iter().fold(true, |finite, value| finite & value.is_finite())))
}

/// Sums `term(a[i][j], v[j])` over j, for each row i of `a`, which is row-major or the transpose of a row-major matrix.
///
/// `term` must be marked `#[inline(always)]`.
pub(crate) fn row_sums<R: Real>(
    a: ArrayView2<R>,
    v: &Array1<f64>,
    term: impl Fn(f64, f64) -> f64 + Copy,
) -> Array1<f64> {
    let mut sums = Array1::zeros(a.nrows());
    let row_major = a.row(0).as_slice().is_some();
    let v = v.as_slice().expect("an owned vector");
    if row_major {
        for_each_row!((a, sums.view_mut()), |(a, sum)| *sum = sum_over(a, v, term));
        return sums;
    }
    let sums_slice = sums.as_slice_mut().expect("just made");
    for (column, &v) in izip!(a.columns(), v) {
        let column = column.as_slice().expect("A is row-major, or its transpose is");
        let sums = &mut *sums_slice;
        vectorised!(for (sum, a) in izip!(sums, column) {
            *sum += term(a.as_f64(), v);
        });
    }
    sums
}

/// Sums `term(a, b)` over two rows of the same length, in sixteen lanes, so that it can be vectorised without waiting for each
/// addition. The order of the additions is fixed, so that results repeat bit for bit. `term` must be marked `#[inline(always)]`.
#[inline(always)]
pub(crate) fn sum_over<A: Real, B: Real>(a: &[A], b: &[B], term: impl Fn(f64, f64) -> f64) -> f64 {
    const LANES: usize = 16;
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in izip!(a, b) {
        for lane in 0..LANES {
            lanes[lane] += term(a[lane].as_f64(), b[lane].as_f64());
        }
    }
    let mut sum = 0.0;
    for (a, b) in izip!(a_rest, b_rest) {
        sum += term(a.as_f64(), b.as_f64());
    }
    for lane in 0..LANES / 2 {
        sum += lanes[lane] + lanes[lane + LANES / 2];
    }
    sum
}

#[inline(always)]
fn first(a: f64, _: f64) -> f64 {
    a
}

#[inline(always)]
fn product(a: f64, b: f64) -> f64 {
    a * b
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn one_element_that_is_infinite_or_nan_is_seen_wherever_it_stands() {
        for (at, wrong) in [((0, 0), f32::INFINITY), ((1, 16), f32::NEG_INFINITY), ((0, 7), f32::NAN)] {
            let mut matrix = Array2::<f32>::ones((2, 17));
            assert!(all_finite(matrix.view()));
            matrix[at] = wrong;
            assert!(!all_finite(matrix.view()));
        }
    }
}
