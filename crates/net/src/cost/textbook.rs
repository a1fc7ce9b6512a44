//! The start of the backward pass from a sigmoid output, as textbooks write it.

use kernels::Real;
use ndarray::{ArrayView2, ArrayViewMut2, Zip};

/// Computes `da[L] = -y/a[L] + (1-y)/(1-a[L])`, with which the textbook starts the backward pass from a sigmoid output. Multiplied by g' it
/// becomes a - y, which [`Cost::dz_output`](super::Cost::dz_output) computes directly, because da is infinite where a is rounded to the
/// wrong one of 0 and 1. `runner trace` shows it.
#[track_caller]
pub fn da_output<R: Real>(a: ArrayView2<R>, y: ArrayView2<R>, da: ArrayViewMut2<R>) {
    assert_eq!((a.dim(), y.dim()), (da.dim(), da.dim()), "da_output: a, y and da must have one shape");
    let (zero, one) = (R::zero(), R::one());
    // The term of the other class is 0, also where it would be 0/0: an example may be classified right with certainty.
    let term = |y: R, a: R| if y == zero { zero } else { y / a };
    Zip::from(da).and(a).and(y).for_each(|da, &a, &y| *da = term(one - y, one - a) - term(y, a));
}
