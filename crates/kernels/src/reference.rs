//! The three products again, slow and obvious: what the ones on a BLAS are checked against.
//!
//! Every sum is taken in f64, one term after the other, whatever the element type; nothing here calls BLAS.

use ndarray::{Array2, ArrayView2};

use crate::Real;
use crate::elementwise::adjacent;
use crate::widest::widest;

/// W a_prev, as in [`crate::forward`].
pub fn forward<R: Real>(w: ArrayView2<R>, a_prev: ArrayView2<R>) -> Array2<f64> {
    product(w, a_prev)
}

/// dz a_prevᵀ, as in [`crate::backward_weights`] with a scale of one.
pub fn backward_weights<R: Real>(dz: ArrayView2<R>, a_prev: ArrayView2<R>) -> Array2<f64> {
    product(dz, a_prev.t())
}

/// Wᵀ dz, as in [`crate::backward_data`].
pub fn backward_data<R: Real>(w: ArrayView2<R>, dz: ArrayView2<R>) -> Array2<f64> {
    product(w.t(), dz)
}

/// `C[i][j] = sum over k of A[i][k] B[k][j]`; k in the middle loop, so that the inner one runs along rows.
pub(crate) fn product<R: Real>(a: ArrayView2<R>, b: ArrayView2<R>) -> Array2<f64> {
    let b = b.mapv(Real::as_f64).as_standard_layout().into_owned();
    let mut c = Array2::zeros((a.nrows(), b.ncols()));
    for (a_row, mut c_row) in a.rows().into_iter().zip(c.rows_mut()) {
        let c_row = c_row.as_slice_mut().expect("just made");
        for (&a, b_row) in a_row.iter().zip(b.rows()) {
            let (a, b_row) = (a.as_f64(), adjacent(&b_row));
            widest(
                #[inline(always)]
                || c_row.iter_mut().zip(b_row).for_each(|(c, &b)| *c += a * b),
            );
        }
    }
    c
}
