//! The three products by their definitions, slow and obvious, for checks of those on a BLAS.
//!
//! Every sum is taken in f64, one term after the other, whatever the element type. Nothing here calls a BLAS.

use ndarray::{Array2, ArrayView2, Axis};

use crate::real::Real;
use crate::simd::vectorised;

/// Computes W a_prev, as [`crate::forward`] does.
pub fn forward<R: Real>(w: ArrayView2<R>, a_prev: ArrayView2<R>) -> Array2<f64> {
    product(w, a_prev)
}

/// Computes dz a_prevᵀ, as [`crate::backward_weights`] does with a scale of 1.
pub fn backward_weights<R: Real>(dz: ArrayView2<R>, a_prev: ArrayView2<R>) -> Array2<f64> {
    product(dz, a_prev.t())
}

/// Computes Wᵀ dz, as [`crate::backward_data`] does.
pub fn backward_data<R: Real>(w: ArrayView2<R>, dz: ArrayView2<R>) -> Array2<f64> {
    product(w.t(), dz)
}

/// The number of rows of C that are computed together: a row of B is read once for all of them.
const ROWS: usize = 4;

/// Computes `C[i][j] = sum over k of A[i][k] B[k][j]`; k is the middle loop, so that the inner one runs along rows.
pub(crate) fn product<R: Real>(a: ArrayView2<R>, b: ArrayView2<R>) -> Array2<f64> {
    let b = b.mapv(Real::as_f64).as_standard_layout().into_owned();
    let (columns, mut c) = (b.ncols(), Array2::zeros((a.nrows(), b.ncols())));
    for (a_rows, mut c_rows) in a.axis_chunks_iter(Axis(0), ROWS).zip(c.axis_chunks_iter_mut(Axis(0), ROWS)) {
        let c_rows = c_rows.as_slice_mut().expect("just made");
        for (a_column, b_row) in a_rows.columns().into_iter().zip(b.rows()) {
            let b_row = b_row.as_slice().expect("a row of a row-major matrix");
            let mut a = [0.0; ROWS];
            a.iter_mut().zip(a_column).for_each(|(a, &element)| *a = element.as_f64());
            let c_rows = &mut *c_rows;
            vectorised!(add_multiples(a, b_row, c_rows, columns));
        }
    }
    c
}

/// Adds `a[i]` times `b_row` to row i of `c_rows`, which has [`ROWS`] rows, or fewer at the end of C.
#[inline(always)]
fn add_multiples(a: [f64; ROWS], b_row: &[f64], c_rows: &mut [f64], columns: usize) {
    if c_rows.len() == ROWS * columns {
        let (first, last) = c_rows.split_at_mut(2 * columns);
        let ((c_0, c_1), (c_2, c_3)) = (first.split_at_mut(columns), last.split_at_mut(columns));
        for ((((&b, c_0), c_1), c_2), c_3) in b_row.iter().zip(c_0).zip(c_1).zip(c_2).zip(c_3) {
            *c_0 += a[0] * b;
            *c_1 += a[1] * b;
            *c_2 += a[2] * b;
            *c_3 += a[3] * b;
        }
    } else {
        for (c_row, a) in c_rows.chunks_exact_mut(columns).zip(a) {
            c_row.iter_mut().zip(b_row).for_each(|(c, &b)| *c += a * b);
        }
    }
}
