//! `reduced`: X = Q R, and W = W(0) + D Qᵀ is kept as D, n\[1\] × r.
//!
//! dD = dW Q = (1/m) dz Xᵀ Q = (1/m) dz Rᵀ, and W X = W(0) X + D R.

use std::ops::Range;

use kernels::{Accumulate, Real, backward_weights, forward, scale};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

use super::{FirstLayers, block};
use crate::Span;
use crate::span::CHECKED;

/// z = W(0) X + D R; D += s Rᵀ.
pub(crate) struct Reduced<'e, R> {
    pub(crate) span: &'e Span,
    pub(crate) r: ArrayView2<'e, R>,
    /// W(0) X.
    pub(crate) outputs_0: Array2<R>,
    /// W(0) X_t.
    pub(crate) outputs_0_on_test: Array2<f64>,
    pub(crate) d: Array2<R>,
}

impl<R: Real> Reduced<'_, R> {
    /// T = D S⁻¹ Vᵀ, so that D Qᵀ = T Xᵀ.
    fn in_examples(&self, rows: Range<usize>) -> Array2<f64> {
        let d = block(&self.d, rows).mapv(R::as_f64);
        let mut t = Array2::zeros((d.nrows(), self.r.ncols()));
        forward(d.view(), self.span.factors().expect(CHECKED).to_examples.view(), t.view_mut(), Accumulate::Replace);
        t
    }
}

impl<R: Real> FirstLayers<R> for Reduced<'_, R> {
    fn forward(&self, mut z: ArrayViewMut2<R>) {
        z.assign(&self.outputs_0);
        forward(self.d.view(), self.r, z, Accumulate::Add);
    }

    fn take_step(&mut self, _rows: Range<usize>, factor: R, dz: ArrayViewMut2<R>) {
        scale(factor, dz);
    }

    fn descend(&mut self, steps: ArrayView2<R>) {
        backward_weights(steps, self.r, R::one(), self.d.view_mut(), Accumulate::Add);
    }

    fn outputs_on_test(&self, rows: Range<usize>) -> Array2<f64> {
        self.span.outputs_on_test(self.in_examples(rows.clone()).view(), block(&self.outputs_0_on_test, rows))
    }

    fn weights(&self, rows: Range<usize>, w_0: ArrayView2<f64>) -> Array2<f64> {
        self.span.weights(self.in_examples(rows).view(), w_0)
    }

    fn keep(&mut self, rows: &[usize]) {
        self.outputs_0 = self.outputs_0.select(Axis(0), rows);
        self.outputs_0_on_test = self.outputs_0_on_test.select(Axis(0), rows);
        self.d = self.d.select(Axis(0), rows);
    }
}
