//! `reduced`: keeps D, n\[1\] × r, and c, where X = Q R and W = c W(0) + D Qᵀ.
//!
//! dD = dW Q = (1/m) dz Xᵀ Q = (1/m) dz Rᵀ, and W X = c W(0) X + D R; of held-out examples, W X_h = c W(0) X_h + D QᵀX_h.

use std::ops::Range;

use kernels::{Accumulate, Real, Step, backward_weights, forward, square_sum};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

use crate::batches::Batch;
use crate::fast::arrays::{FirstState, StateMismatch};
use crate::fast::columns::{Columns, columns};
use crate::fast::factors::Factors;
use crate::fast::first_layers::FirstLayers;
use crate::fast::gram::CHECKED;
use crate::fast::initial_term::InitialTerm;
use crate::fast::moments::FirstMoments;
use crate::matrix::{block, block_mut};
use crate::optimiser::{Algorithm, Moments, Optimiser};

/// D and c: z = c W(0) X + D R; dD = (1/m) dz Rᵀ.
pub(crate) struct Reduced<'e, R> {
    initial: InitialTerm<'e>,
    r: Columns<'e, R>,
    /// W(0) X for the examples of the step, in the first columns.
    batch_wx_0: Array2<f64>,
    /// The number of examples of the step.
    examples: usize,
    d: Array2<R>,
    dd: Array2<R>,
}

impl<'e, R: Real> Reduced<'e, R> {
    pub(crate) fn new(initial: InitialTerm<'e>, r: ArrayView2<'e, R>) -> Self {
        let d = Array2::zeros((initial.wx_0.nrows(), r.nrows()));
        let (batch_wx_0, examples) = (initial.wx_0.clone(), r.ncols());
        Reduced { initial, r: Columns::of_inputs(r), batch_wx_0, examples, dd: d.clone(), d }
    }

    fn factors(&self) -> &Factors {
        self.initial.space.factors().expect(CHECKED)
    }

    /// Computes T = D S⁻¹ Vᵀ, so that D Qᵀ = T Xᵀ.
    fn t(&self, d: ArrayView2<R>) -> Array2<f64> {
        let d = d.mapv(R::as_f64);
        let to_examples = self.factors().to_examples.view();
        let mut t = Array2::zeros((d.nrows(), to_examples.ncols()));
        forward(d.view(), to_examples, t.view_mut(), Accumulate::Replace);
        t
    }
}

impl<R: Real> FirstLayers<R> for Reduced<'_, R> {
    fn set_batch(&mut self, batch: &Batch) {
        self.examples = batch.len(self.r.all().ncols());
        self.r.set_batch(batch);
        // A full batch needs no copy: `new` has put all its columns there.
        if *batch != Batch::All {
            let examples = (..self.examples).into();
            columns(self.initial.wx_0.view(), batch, self.batch_wx_0.slice_axis_mut(Axis(1), examples));
        }
    }

    fn forward(&self, mut z: ArrayViewMut2<R>) {
        let wx_0 = self.batch_wx_0.slice_axis(Axis(1), (..self.examples).into());
        for ((mut z, wx_0), &c) in z.rows_mut().into_iter().zip(wx_0.rows()).zip(&self.initial.c) {
            z.zip_mut_with(&wx_0, |z, &wx_0| *z = R::from_f64(c * wx_0));
        }
        forward(self.d.view(), self.r.current(), z, Accumulate::Add);
    }

    fn backward(&mut self, dz: ArrayViewMut2<R>) {
        let one_over_m = R::from_f64(1.0 / dz.ncols() as f64);
        backward_weights(dz.view(), self.r.current(), one_over_m, self.dd.view_mut(), Accumulate::Replace);
    }

    /// Returns |dW|² = |dD Qᵀ|² = |dD|², since Q's columns are orthonormal.
    fn gradient_square(&self, rows: Range<usize>) -> f64 {
        square_sum(block(&self.dd, rows))
    }

    fn descend_along(&mut self, steps: ArrayView2<R>) {
        backward_weights(steps, self.r.current(), R::one(), self.d.view_mut(), Accumulate::Add);
    }

    fn moments(&self, optimiser: &Optimiser, rows: usize) -> FirstMoments<R> {
        FirstMoments {
            w: Moments::new(optimiser.moment_count(), (rows, self.d.ncols())),
            c: Moments::new(optimiser.moment_count(), (rows, 1)),
            t: Moments::new(optimiser.moment_count(), (0, 0)),
        }
    }

    fn descend(&mut self, rows: Range<usize>, algorithm: Algorithm, step: Step, moments: &mut FirstMoments<R>) {
        algorithm.apply(step, block_mut(&mut self.d, rows.clone()), block(&self.dd, rows.clone()), &mut moments.w);
        self.initial.descend(rows, algorithm, step, &mut moments.c);
    }

    fn wx(&self, rows: Range<usize>, examples: Range<usize>) -> Array2<R> {
        let mut z = self.initial.c_wx_0_of(rows.clone(), examples.clone()).mapv(R::from_f64);
        let r = self.r.all();
        forward(block(&self.d, rows), r.slice_axis(Axis(1), examples.into()), z.view_mut(), Accumulate::Add);
        z
    }

    fn wx_held_out(&self, rows: Range<usize>, examples: Range<usize>) -> Array2<R> {
        let mut z = self.initial.c_wx_held_out_0(rows.clone(), examples.clone());
        let held_out = self.factors().held_out.slice_axis(Axis(1), examples.into());
        forward(block(&self.d, rows).mapv(R::as_f64).view(), held_out, z.view_mut(), Accumulate::Add);
        z.mapv(R::from_f64)
    }

    fn weights(&self, rows: Range<usize>, state: &FirstState<R>, w_0: ArrayView2<f64>) -> Array2<f64> {
        self.initial.weights(self.t(state.matrix.view()).view(), state.c(), rows, w_0)
    }

    fn weights_square(&self, rows: Range<usize>) -> f64 {
        let moved = square_sum(block(&self.d, rows.clone()));
        self.initial.weights_square(self.t(block(&self.d, rows.clone())).view(), rows, moved)
    }

    fn retain_rows(&mut self, rows: &[usize]) {
        self.initial.retain_rows(rows);
        for kept in [&mut self.d, &mut self.dd] {
            *kept = kept.select(Axis(0), rows);
        }
        self.batch_wx_0 = self.batch_wx_0.select(Axis(0), rows);
    }

    fn state(&self, rows: Range<usize>) -> FirstState<'_, R> {
        let c = block(&self.initial.c, rows.clone()).into();
        FirstState { matrix: block(&self.d, rows).into(), c: Some(c), t: None }
    }

    fn restore(&mut self, rows: Range<usize>, state: &FirstState<R>) -> Result<(), StateMismatch> {
        let c = block_mut(&mut self.initial.c, rows.clone());
        state.put_in(block_mut(&mut self.d, rows), Some(c), None)
    }
}
