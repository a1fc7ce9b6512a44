//! The stacked first layers of a fleet, one file an engine.

mod direct;
mod dual;
mod reduced;

use std::ops::Range;

use kernels::Real;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

pub(crate) use self::direct::Direct;
pub(crate) use self::dual::Dual;
pub(crate) use self::reduced::Reduced;

/// W = W\[1\] of several nets, stacked: N rows, the sum of their n\[1\]. See [`crate::Engine`] for what each engine keeps.
pub(crate) trait FirstLayers<R: Real> {
    /// z = W X, without the biases; N × m.
    fn forward(&self, z: ArrayViewMut2<R>);

    /// The rows of one net get ready for the descent: its dz becomes its step, s = `factor` dz with
    /// `factor` = -learning_rate / m.
    fn take_step(&mut self, rows: Range<usize>, factor: R, dz: ArrayViewMut2<R>);

    /// W += s Xᵀ for all rows at once; `steps` is N × m.
    fn descend(&mut self, steps: ArrayView2<R>);

    /// W X_t for the rows of one net, in f64.
    fn outputs_on_test(&self, rows: Range<usize>) -> Array2<f64>;

    /// W of one net, of which `w_0` is W(0).
    fn weights(&self, rows: Range<usize>, w_0: ArrayView2<f64>) -> Array2<f64>;

    /// Keeps these rows only, in their order.
    fn keep(&mut self, rows: &[usize]);

    /// Recomputes what is kept of the rows of one net where that was gathered up step by step beside W, and says by how
    /// much it was off: the largest difference over the largest element. `None` where z is computed from the weights
    /// themselves at each step.
    fn refresh(&mut self, _rows: Range<usize>) -> Option<f64> {
        None
    }
}

/// The rows of a matrix as they lie.
pub(crate) fn block<T>(matrix: &Array2<T>, rows: Range<usize>) -> ArrayView2<'_, T> {
    matrix.slice_axis(Axis(0), rows.into())
}

/// The same, to write to.
pub(crate) fn block_mut<T>(matrix: &mut Array2<T>, rows: Range<usize>) -> ArrayViewMut2<'_, T> {
    matrix.slice_axis_mut(Axis(0), rows.into())
}
