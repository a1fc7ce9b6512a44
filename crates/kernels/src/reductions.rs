//! What becomes of a whole row: the bias gradient, the cost, and whether all of it is finite.

use ndarray::{ArrayView2, ArrayViewMut1};

use crate::Real;
use crate::elementwise::adjacent;
use crate::functions::{exp, ln_1p};
use crate::widest::widest;

/// db = scale · (sum of dz over the examples), with `scale` = 1/m in the course's equations.
///
/// The sum is taken in f64 and in a fixed order, whatever the element type.
///
/// # Shapes
/// `dz` n_out × examples, `db` n_out.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn bias_gradient<R: Real>(dz: ArrayView2<R>, scale: R, mut db: ArrayViewMut1<R>) {
    assert!(db.len() == dz.nrows(), "bias_gradient: shapes differ: dz {:?}, db {}", dz.dim(), db.len());
    for (row, db) in dz.rows().into_iter().zip(&mut db) {
        let row = adjacent(&row);
        let sum = widest(
            #[inline(always)]
            || {
                sum_over(
                    row,
                    row,
                    #[inline(always)]
                    |value, _| value.as_f64(),
                )
            },
        );
        *db = R::from_f64(scale.as_f64() * sum);
    }
}

/// Whether every element is neither infinite nor NaN.
///
/// # Panics
/// If the elements of a row aren't adjacent.
#[track_caller]
pub fn all_finite<R: Real>(matrix: ArrayView2<R>) -> bool {
    matrix.rows().into_iter().all(|row| {
        let row = adjacent(&row);
        widest(
            #[inline(always)]
            || row.iter().fold(true, |finite, value| finite & value.is_finite()),
        )
    })
}

/// The sum over the examples of max(z, 0) - z y + log(1 + e^-|z|): binary cross-entropy of a sigmoid output from its z.
///
/// Every term and the sum are taken in f64.
///
/// # Shapes
/// `z` and `y` 1 × examples.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn binary_cross_entropy_sum<R: Real>(z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
    assert!(z.dim() == y.dim(), "binary_cross_entropy_sum: shapes differ: z {:?}, y {:?}", z.dim(), y.dim());
    #[inline(always)]
    fn term(z: f64, y: f64) -> f64 {
        // `z < 0` and not `max`: a NaN must come out as NaN.
        let positive_part = if z < 0.0 { 0.0 } else { z };
        positive_part - z * y + ln_1p(exp(-z.abs()))
    }
    let rows = z.rows().into_iter().zip(y.rows());
    rows.map(|(z, y)| {
        let (z, y) = (adjacent(&z), adjacent(&y));
        widest(
            #[inline(always)]
            || {
                sum_over(
                    z,
                    y,
                    #[inline(always)]
                    |z, y| term(z.as_f64(), y.as_f64()),
                )
            },
        )
    })
    .sum()
}

/// The sum of `term(a, b)` over two rows of one length, in sixteen lanes, so that it can be vectorised without waiting
/// for each addition; their order is part of the result.
#[inline(always)]
pub(crate) fn sum_over<A: Copy, B: Copy>(a: &[A], b: &[B], term: impl Fn(A, B) -> f64) -> f64 {
    const LANES: usize = 16;
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += term(a[lane], b[lane]);
        }
    }
    let mut sum = 0.0;
    for (&a, &b) in a_rest.iter().zip(b_rest) {
        sum += term(a, b);
    }
    for lane in 0..LANES / 2 {
        sum += lanes[lane] + lanes[lane + LANES / 2];
    }
    sum
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

    #[test]
    #[should_panic(expected = "binary_cross_entropy_sum: shapes differ")]
    fn too_few_labels_have_no_cost() {
        binary_cross_entropy_sum(Array2::<f32>::ones((1, 3)).view(), Array2::ones((1, 2)).view());
    }
}
