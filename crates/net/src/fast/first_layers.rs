//! The stacked first layers of a fleet, as every engine keeps them.

use std::ops::Range;

use kernels::{Real, Step, scale};
use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::batches::Batch;
use crate::fast::arrays::{FirstState, StateMismatch};
use crate::fast::moments::FirstMoments;
use crate::optimiser::{Algorithm, Optimiser};

/// The first layers of several nets, stacked: W has N rows, the sum of their `n[1]`. [`crate::Engine`] says what each engine keeps.
pub(crate) trait FirstLayers<R: Real>: Send {
    /// Sets the examples of the next step.
    fn set_batch(&mut self, batch: &Batch);

    /// Computes z = W X, without the biases, for the examples of the step; `z` is N × examples.
    fn forward(&self, z: ArrayViewMut2<R>);

    /// Computes dW = (1/m) dz Xᵀ for all rows at once, in the engine's coordinates; `dz` is N × examples and may be changed.
    fn backward(&mut self, dz: ArrayViewMut2<R>);

    /// Returns |dW|², the sum of squares over the rows of one net.
    fn gradient_square(&self, rows: Range<usize>) -> f64;

    /// Makes `dz` the s of a plain step of the rows of one net: s = `factor` · dz, with `factor` = -η/m. [`FirstLayers::descend_along`]
    /// follows.
    fn scale_step(&mut self, _rows: Range<usize>, factor: R, dz: ArrayViewMut2<R>) {
        scale(factor, dz);
    }

    /// Makes the plain step of all rows at once, in place of [`FirstLayers::backward`] and [`FirstLayers::descend`]: W += s Xᵀ with
    /// `steps` = s, N × examples.
    fn descend_along(&mut self, steps: ArrayView2<R>);

    /// Makes the moments of one net, which has `rows` rows.
    fn moments(&self, optimiser: &Optimiser, rows: usize) -> FirstMoments<R>;

    /// Makes the step of the rows of one net against the gradient that [`FirstLayers::backward`] left.
    fn descend(&mut self, rows: Range<usize>, algorithm: Algorithm, step: Step, moments: &mut FirstMoments<R>);

    /// Computes W X, which is z without the biases, for the rows of one net and these training examples.
    fn wx(&self, rows: Range<usize>, examples: Range<usize>) -> Array2<R>;

    /// Computes W X_h, which is z without the biases, for the rows of one net and these held-out examples.
    fn wx_held_out(&self, rows: Range<usize>, examples: Range<usize>) -> Array2<R>;

    /// Computes W for the rows of one net from these rows of the matrices, now or earlier; `w_0` is its W(0).
    fn weights(&self, rows: Range<usize>, state: &FirstState<R>, w_0: ArrayView2<f64>) -> Array2<f64>;

    /// Returns |W|², the sum of squares over the rows of one net.
    fn weights_square(&self, rows: Range<usize>) -> f64;

    /// Retains only these rows, in their order.
    fn retain_rows(&mut self, rows: &[usize]);

    /// Returns these rows of the matrices that the next steps depend on.
    fn state(&self, rows: Range<usize>) -> FirstState<'_, R>;

    /// Replaces these rows of the matrices by those of `state`.
    ///
    /// # Errors
    /// If they have other shapes.
    fn restore(&mut self, rows: Range<usize>, state: &FirstState<R>) -> Result<(), StateMismatch>;

    /// Recomputes z of the rows of one net if it was summed up step by step beside W, and returns its drift: the largest
    /// difference over the largest element. `None` if z is computed from the weights themselves at each step.
    fn refresh(&mut self, _rows: Range<usize>) -> Option<f64> {
        None
    }
}
