//! The moments of a tensor.

use kernels::{Real, all_finite};
use ndarray::Array2;

/// The moments of one tensor: \[\], \[v\] or \[m, v\], zeros at the start.
#[derive(Clone, Debug)]
pub(crate) struct Moments<R>(pub(crate) Vec<Array2<R>>);

impl<R: Real> Moments<R> {
    pub(crate) fn new(count: usize, dim: (usize, usize)) -> Self {
        Moments(vec![Array2::zeros(dim); count])
    }

    /// Returns whether all are finite: the square of a gradient overflows before the gradient does, and Adam and RMSProp move the
    /// parameter no more.
    pub(crate) fn are_finite(&self) -> bool {
        self.0.iter().all(|moment| all_finite(moment.view()))
    }
}
