//! What becomes of a whole row: the bias gradient, a sum in f64, and whether all of it is finite.

use ndarray::{ArrayView2, ArrayViewMut1};

use crate::Real;
use crate::elementwise::adjacent;
use crate::share::by_rows;
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
pub fn bias_gradient<R: Real>(dz: ArrayView2<R>, scale: R, db: ArrayViewMut1<R>) {
    assert!(db.len() == dz.nrows(), "bias_gradient: shapes differ: dz {:?}, db {}", dz.dim(), db.len());
    by_rows(dz.len(), (dz, db), |(dz, mut db)| {
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
    });
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
}
