//! The start of the backward pass from a sigmoid output, as textbooks write it.

use kernels::Real;
use ndarray::{ArrayView2, ArrayViewMut2, Zip};

/// Computes `da[L] = -y/a[L] + (1-y)/(1-a[L])`, with which the textbook starts the backward pass from a sigmoid output. Multiplied by g' it
/// becomes a - y, which [`Cost::dz_output`](super::Cost::dz_output) computes directly, because da is infinite or NaN where a is rounded to
/// 0 or 1. `runner trace` shows it.
#[track_caller]
pub fn da_output<R: Real>(a: ArrayView2<R>, y: ArrayView2<R>, da: ArrayViewMut2<R>) {
    assert_eq!((a.dim(), y.dim()), (da.dim(), da.dim()), "da_output: a, y and da must have one shape");
    let one = R::one();
    Zip::from(da).and(a).and(y).for_each(|da, &a, &y| *da = -y / a + (one - y) / (one - a));
}
