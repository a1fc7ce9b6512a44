//! The moments of a tensor.

use kernels::Real;
use ndarray::Array2;

use super::{Algorithm, Optimiser};

/// The moments of one tensor: \[\], \[v\] or \[m, v\], zeros at the start.
#[derive(Clone, Debug)]
pub(crate) struct Moments<R>(pub(crate) Vec<Array2<R>>);

impl<R: Real> Moments<R> {
    pub(crate) fn new(optimiser: &Optimiser, dim: (usize, usize)) -> Self {
        Moments(vec![Array2::zeros(dim); optimiser.moment_count()])
    }
}

impl Optimiser {
    /// Returns the number of moments of each parameter.
    pub fn moment_count(&self) -> usize {
        match self.algorithm {
            Algorithm::Descent => 0,
            Algorithm::Momentum { .. } | Algorithm::RmsProp { .. } => 1,
            Algorithm::Adam(_) => 2,
        }
    }
}
