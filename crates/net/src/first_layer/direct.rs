//! `direct`: W is kept, n\[1\] × `n[0]`, and multiplied by X as it stands.

use std::ops::Range;

use kernels::{Accumulate, Real, backward_weights, forward, scale};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

use super::{FirstLayers, block};

/// z = W X; W += s Xᵀ.
pub(crate) struct Direct<'e, R> {
    pub(crate) x: ArrayView2<'e, R>,
    pub(crate) x_test: ArrayView2<'e, R>,
    pub(crate) w: Array2<R>,
}

impl<R: Real> FirstLayers<R> for Direct<'_, R> {
    fn forward(&self, z: ArrayViewMut2<R>) {
        forward(self.w.view(), self.x, z, Accumulate::Replace);
    }

    fn take_step(&mut self, _rows: Range<usize>, factor: R, dz: ArrayViewMut2<R>) {
        scale(factor, dz);
    }

    fn descend(&mut self, steps: ArrayView2<R>) {
        backward_weights(steps, self.x, R::one(), self.w.view_mut(), Accumulate::Add);
    }

    fn outputs_on_test(&self, rows: Range<usize>) -> Array2<f64> {
        let mut z = Array2::zeros((rows.len(), self.x_test.ncols()));
        forward(block(&self.w, rows), self.x_test, z.view_mut(), Accumulate::Replace);
        z.mapv(R::as_f64)
    }

    fn weights(&self, rows: Range<usize>, _w_0: ArrayView2<f64>) -> Array2<f64> {
        block(&self.w, rows).mapv(R::as_f64)
    }

    fn keep(&mut self, rows: &[usize]) {
        self.w = self.w.select(Axis(0), rows);
    }
}
