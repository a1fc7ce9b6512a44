//! `direct`: keeps W, n\[1\] × `n[0]`, and multiplies it by X.

use std::ops::Range;

use kernels::{Accumulate, Call, Real, Step, backward_weights, forward, square_sum};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

use crate::batches::Batch;
use crate::fast::columns::Columns;
use crate::fast::first_layers::FirstLayers;
use crate::fast::profile::{DataSizes, ProductCall, Profile, StackedStep};
use crate::fast::state::arrays::{FirstState, StateMismatch};
use crate::fast::state::moments::FirstMoments;
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

/// The work and memory of `direct`.
pub(crate) struct DirectProfile;

impl Profile for DirectProfile {
    fn is_exact_for(&self, _optimiser: &Optimiser, _full_batch: bool) -> bool {
        true
    }

    fn columns(&self, data: &DataSizes) -> usize {
        data.features
    }

    fn input_elements(&self, data: &DataSizes) -> f64 {
        data.features as f64 * (data.train + data.held_out()) as f64
    }

    fn flops_per_step(&self, data: &DataSizes) -> f64 {
        4.0 * data.features as f64
    }

    fn flops_before(&self, _data: &DataSizes, _rows: usize) -> f64 {
        0.0
    }

    /// Counts W and, in f64, W(0).
    fn bytes_per_row(&self, data: &DataSizes, copies: f64, element: f64) -> f64 {
        data.features as f64 * (copies * element + size_of::<f64>() as f64)
    }

    fn step_calls(&self, data: &DataSizes, step: StackedStep) -> Vec<ProductCall> {
        let StackedStep { rows, examples, is_plain, column_major } = step;
        let forward = Call::forward(Accumulate::Replace);
        [forward, weights_call(is_plain, examples)]
            .map(|call| ProductCall::new(rows, data.features, examples, call.with_inputs(column_major)))
            .to_vec()
    }

    fn wx_calls(
        &self,
        data: &DataSizes,
        rows: usize,
        examples: usize,
        held_out: bool,
        column_major: bool,
    ) -> Vec<ProductCall> {
        let forward = Call::forward(Accumulate::Replace).with_inputs(column_major && !held_out);
        vec![ProductCall::new(rows, data.features, examples, forward)]
    }

    fn refresh_calls(&self, _data: &DataSizes, _rows: usize) -> Vec<ProductCall> {
        Vec::new()
    }
}

/// Returns the call that makes W += s aᵀ if the step is plain, else dW = (1/m) dz aᵀ.
pub(crate) fn weights_call(is_plain: bool, examples: usize) -> Call {
    match is_plain {
        true => Call::backward_weights(1.0, Accumulate::Add),
        false => Call::backward_weights(1.0 / examples as f64, Accumulate::Replace),
    }
}
