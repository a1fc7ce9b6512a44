//! `dual`: P = W X is kept, n\[1\] × m, and T, where W = W(0) + T Xᵀ.
//!
//! W += s Xᵀ makes P += s XᵀX = s G and T += s: one product a step instead of two.

use std::ops::Range;

use kernels::{Accumulate, Real, forward, scale_and_sum};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

use super::{FirstLayers, block, block_mut};
use crate::Span;

/// z = P; P += s G and T += s.
///
/// T adds up all steps in f64: rounded to f32 at each step, T Xᵀ X_t would lose digits to cancellation that W X_t
/// doesn't lose.
pub(crate) struct Dual<'e, R> {
    pub(crate) span: &'e Span,
    pub(crate) gram: ArrayView2<'e, R>,
    pub(crate) p: Array2<R>,
    /// W(0) X.
    pub(crate) outputs_0: Array2<f64>,
    /// W(0) X_t.
    pub(crate) outputs_0_on_test: Array2<f64>,
    pub(crate) t: Array2<f64>,
}

impl<R: Real> FirstLayers<R> for Dual<'_, R> {
    fn forward(&self, mut z: ArrayViewMut2<R>) {
        z.assign(&self.p);
    }

    fn take_step(&mut self, rows: Range<usize>, factor: R, dz: ArrayViewMut2<R>) {
        scale_and_sum(factor, dz, block_mut(&mut self.t, rows));
    }

    fn descend(&mut self, steps: ArrayView2<R>) {
        forward(steps, self.gram, self.p.view_mut(), Accumulate::Add);
    }

    fn outputs_on_test(&self, rows: Range<usize>) -> Array2<f64> {
        self.span.outputs_on_test(block(&self.t, rows.clone()), block(&self.outputs_0_on_test, rows))
    }

    fn weights(&self, rows: Range<usize>, w_0: ArrayView2<f64>) -> Array2<f64> {
        self.span.weights(block(&self.t, rows), w_0)
    }

    fn keep(&mut self, rows: &[usize]) {
        self.p = self.p.select(Axis(0), rows);
        self.outputs_0 = self.outputs_0.select(Axis(0), rows);
        self.outputs_0_on_test = self.outputs_0_on_test.select(Axis(0), rows);
        self.t = self.t.select(Axis(0), rows);
    }

    /// P = W(0) X + T G, in f64.
    fn refresh(&mut self, rows: Range<usize>) -> Option<f64> {
        let p_now = self.span.outputs_on_training(block(&self.t, rows.clone()), block(&self.outputs_0, rows.clone()));
        let mut p = block_mut(&mut self.p, rows);
        let (mut off, mut largest) = (0.0, f64::MIN_POSITIVE);
        for (p, &p_now) in p.iter_mut().zip(&p_now) {
            let p_now = R::from_f64(p_now);
            // Not counted where both have overflowed: their difference is NaN.
            off = f64::max(off, (*p - p_now).abs().as_f64());
            largest = f64::max(largest, p_now.abs().as_f64());
            *p = p_now;
        }
        Some(off / largest)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_refresh_says_by_how_much_p_was_off_and_puts_it_right() {
        let (x, x_test) = (array![[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]], array![[1.0], [1.0]]);
        let span = Span::new(x.view(), x_test.view());
        let gram = span.gram().unwrap();
        let outputs_0 = array![[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]];
        let (outputs_0_on_test, t) = (array![[0.0], [0.0]], array![[0.0, 0.0, 0.0], [1.0, 0.0, -1.0]]);
        let mut dual = Dual { span: &span, gram, p: outputs_0.clone(), outputs_0, outputs_0_on_test, t };
        dual.p[[1, 0]] = 1.25; // T G = [1, 1, -1], so that P must be [1, 3, -1]
        dual.p[[1, 1]] = 3.0;
        dual.p[[1, 2]] = -1.0;
        assert_eq!(dual.refresh(0..1), Some(0.0));
        assert_eq!(dual.refresh(1..2), Some(0.25 / 3.0));
        assert_eq!(dual.p, array![[1.0, 0.0, -1.0], [1.0, 3.0, -1.0]]);
        assert_eq!(dual.refresh(1..2), Some(0.0));
    }
}
