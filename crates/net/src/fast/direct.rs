//! `direct`: keeps W, n\[1\] × `n[0]`, and multiplies it by X.

use std::ops::Range;

use kernels::{Accumulate, Real, Step, backward_weights, forward, square_sum};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

use crate::batches::Batch;
use crate::fast::arrays::{FirstState, StateMismatch};
use crate::fast::columns::Columns;
use crate::fast::first_layers::FirstLayers;
use crate::fast::moments::FirstMoments;
use crate::matrix::{block, block_mut};
use crate::optimiser::{Algorithm, Moments, Optimiser};

/// W itself: z - b = W X and dW = (1/m) dz Xᵀ.
pub(crate) struct Direct<'e, R> {
    x: Columns<'e, R>,
    x_held_out: ArrayView2<'e, R>,
    w: Array2<R>,
    dw: Array2<R>,
}

impl<'e, R: Real> Direct<'e, R> {
    pub(crate) fn new(x: ArrayView2<'e, R>, x_held_out: ArrayView2<'e, R>, w: Array2<R>) -> Self {
        Direct { x: Columns::of_inputs(x), x_held_out, dw: Array2::zeros(w.dim()), w }
    }

    fn product_with(&self, x: ArrayView2<R>, rows: Range<usize>, examples: Range<usize>) -> Array2<R> {
        let mut z = Array2::zeros((rows.len(), examples.len()));
        forward(block(&self.w, rows), x.slice_axis(Axis(1), examples.into()), z.view_mut(), Accumulate::Replace);
        z
    }
}

impl<R: Real> FirstLayers<R> for Direct<'_, R> {
    fn set_batch(&mut self, batch: &Batch) {
        self.x.set_batch(batch);
    }

    fn forward(&self, z: ArrayViewMut2<R>) {
        forward(self.w.view(), self.x.current(), z, Accumulate::Replace);
    }

    fn backward(&mut self, dz: ArrayViewMut2<R>) {
        let one_over_m = R::from_f64(1.0 / dz.ncols() as f64);
        backward_weights(dz.view(), self.x.current(), one_over_m, self.dw.view_mut(), Accumulate::Replace);
    }

    fn gradient_square(&self, rows: Range<usize>) -> f64 {
        square_sum(block(&self.dw, rows))
    }

    fn descend_along(&mut self, steps: ArrayView2<R>) {
        backward_weights(steps, self.x.current(), R::one(), self.w.view_mut(), Accumulate::Add);
    }

    fn moments(&self, optimiser: &Optimiser, rows: usize) -> FirstMoments<R> {
        let (w, none) = (
            Moments::new(optimiser.moment_count(), (rows, self.w.ncols())),
            Moments::new(optimiser.moment_count(), (0, 0)),
        );
        FirstMoments { w, c: none.clone(), t: none }
    }

    fn descend(&mut self, rows: Range<usize>, algorithm: Algorithm, step: Step, moments: &mut FirstMoments<R>) {
        algorithm.apply(step, block_mut(&mut self.w, rows.clone()), block(&self.dw, rows), &mut moments.w);
    }

    fn wx(&self, rows: Range<usize>, examples: Range<usize>) -> Array2<R> {
        self.product_with(self.x.all(), rows, examples)
    }

    fn wx_held_out(&self, rows: Range<usize>, examples: Range<usize>) -> Array2<R> {
        self.product_with(self.x_held_out, rows, examples)
    }

    fn weights(&self, _rows: Range<usize>, state: &FirstState<R>, _w_0: ArrayView2<f64>) -> Array2<f64> {
        state.matrix.mapv(R::as_f64)
    }

    fn weights_square(&self, rows: Range<usize>) -> f64 {
        square_sum(block(&self.w, rows))
    }

    fn retain_rows(&mut self, rows: &[usize]) {
        self.w = self.w.select(Axis(0), rows);
        self.dw = self.dw.select(Axis(0), rows);
    }

    fn state(&self, rows: Range<usize>) -> FirstState<'_, R> {
        FirstState { matrix: block(&self.w, rows).into(), c: None, t: None }
    }

    fn restore(&mut self, rows: Range<usize>, state: &FirstState<R>) -> Result<(), StateMismatch> {
        state.put_in(block_mut(&mut self.w, rows), None, None)
    }
}
