//! Sums along the rows of a matrix, however it lies in memory.

use ndarray::{Array1, ArrayView2};

use crate::Real;
use crate::reductions::sum_over;
use crate::widest::widest;

/// The sum of `term(a[i][j], v[j])` over j, for each row i of `a`, which is row-major or the transpose of a row-major matrix.
///
/// `term` is to be inlined into a loop of vector instructions: it calls nothing but arithmetic.
pub(super) fn row_sums<R: Real>(
    a: ArrayView2<R>,
    v: &Array1<f64>,
    term: impl Fn(f64, f64) -> f64 + Copy,
) -> Array1<f64> {
    let v = v.as_slice().expect("vectors are made here");
    if a.row(0).as_slice().is_some() {
        let sum = |row: &[R]| {
            widest(
                #[inline(always)]
                || {
                    sum_over(
                        row,
                        v,
                        #[inline(always)]
                        |a, v| term(a.as_f64(), v),
                    )
                },
            )
        };
        return a.rows().into_iter().map(|row| sum(row.as_slice().expect("as the first row"))).collect();
    }
    let mut sums = Array1::zeros(a.nrows());
    let of_rows = sums.as_slice_mut().expect("just made");
    for (column, &v) in a.columns().into_iter().zip(v) {
        let column = column.as_slice().expect("A is row-major, or its transpose is");
        widest(
            #[inline(always)]
            || of_rows.iter_mut().zip(column).for_each(|(sum, &a)| *sum += term(a.as_f64(), v)),
        );
    }
    sums
}
