//! `dual`: keeps P = W X, n\[1\] × m, and T and c, where W = c W(0) + T Xᵀ; for full batches only.
//!
//! dT = (1/m) dz and dP = dW X = dT XᵀX = dT G: one product per step instead of two. The optimiser must be linear: then P, T and c take
//! the same step as W, each with its own gradient.

use std::ops::Range;

use kernels::{Accumulate, Real, Step, forward, scale, scale_and_sum};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Zip};

use crate::batches::Batch;
use crate::fast::arrays::{FirstState, StateMismatch};
use crate::fast::first_layers::FirstLayers;
use crate::fast::gram::CHECKED;
use crate::fast::initial_term::{InitialTerm, not_below_zero};
use crate::fast::moments::FirstMoments;
use crate::matrix::{block, block_mut};
use crate::optimiser::{Algorithm, Moments, Optimiser};

/// P, T and c: z = P; dT = (1/m) dz and dP = dT G.
///
/// T adds up all steps in f64: rounded to f32 at each step, T Xᵀ X_h would lose digits to cancellation that W X_h
/// doesn't lose.
pub(crate) struct Dual<'e, R> {
    initial: InitialTerm<'e>,
    gram: ArrayView2<'e, R>,
    p: Array2<R>,
    dp: Array2<R>,
    t: Array2<f64>,
    dt: Array2<R>,
}

impl<'e, R: Real> Dual<'e, R> {
    pub(crate) fn new(initial: InitialTerm<'e>, gram: ArrayView2<'e, R>) -> Self {
        let p = initial.wx_0.mapv(R::from_f64);
        let zeros = Array2::zeros(p.dim());
        Dual { initial, gram, dp: zeros.clone(), t: Array2::zeros(p.dim()), p, dt: zeros }
    }

    /// Adds T G, which is what training has added to P, to `z` for the rows of one net, in f64.
    fn add_moved(&self, rows: Range<usize>, z: ArrayViewMut2<f64>) {
        let gram = self.initial.space.gram().expect(CHECKED);
        forward(block(&self.t, rows), gram, z, Accumulate::Add);
    }
}

impl<R: Real> FirstLayers<R> for Dual<'_, R> {
    fn set_batch(&mut self, batch: &Batch) {
        assert_eq!(*batch, Batch::All, "the dual engine trains on full batches");
    }

    fn forward(&self, mut z: ArrayViewMut2<R>) {
        z.assign(&self.p);
    }

    fn backward(&mut self, mut dz: ArrayViewMut2<R>) {
        scale(R::from_f64(1.0 / dz.ncols() as f64), dz.view_mut());
        self.dt.assign(&dz);
        forward(self.dt.view(), self.gram, self.dp.view_mut(), Accumulate::Replace);
    }

    /// Returns |dW|² = |dT Xᵀ|² = <dT, dT G>. A norm below √ε |dT| |X| is nothing but rounding.
    fn gradient_square(&self, rows: Range<usize>) -> f64 {
        let pairs = self.dt.slice_axis(Axis(0), rows.clone().into());
        let square = Zip::from(pairs).and(block(&self.dp, rows));
        not_below_zero(square.fold(0.0, |sum, dt, dp| sum + dt.as_f64() * dp.as_f64()))
    }

    /// Adds s to T, too, in the pass that makes it.
    fn scale_step(&mut self, rows: Range<usize>, factor: R, dz: ArrayViewMut2<R>) {
        scale_and_sum(factor, dz, block_mut(&mut self.t, rows));
    }

    fn descend_along(&mut self, steps: ArrayView2<R>) {
        forward(steps, self.gram, self.p.view_mut(), Accumulate::Add);
    }

    fn moments(&self, optimiser: &Optimiser, rows: usize) -> FirstMoments<R> {
        let examples = (rows, self.p.ncols());
        FirstMoments {
            w: Moments::new(optimiser.moment_count(), examples),
            c: Moments::new(optimiser.moment_count(), (rows, 1)),
            t: Moments::new(optimiser.moment_count(), examples),
        }
    }

    fn descend(&mut self, rows: Range<usize>, algorithm: Algorithm, step: Step, moments: &mut FirstMoments<R>) {
        algorithm.apply(step, block_mut(&mut self.p, rows.clone()), block(&self.dp, rows.clone()), &mut moments.w);
        algorithm.apply(step, block_mut(&mut self.t, rows.clone()), block(&self.dt, rows.clone()), &mut moments.t);
        self.initial.descend(rows, algorithm, step, &mut moments.c);
    }

    fn wx(&self, rows: Range<usize>, examples: Range<usize>) -> Array2<R> {
        block(&self.p, rows).slice_axis(Axis(1), examples.into()).to_owned()
    }

    fn wx_held_out(&self, rows: Range<usize>, examples: Range<usize>) -> Array2<R> {
        // W X_h = c W(0) X_h + T XᵀX_h
        let mut z = self.initial.c_wx_held_out_0(rows.clone(), examples.clone());
        let cross = self.initial.space.cross().expect(CHECKED);
        forward(block(&self.t, rows), cross.slice_axis(Axis(1), examples.into()), z.view_mut(), Accumulate::Add);
        z.mapv(R::from_f64)
    }

    fn weights(&self, rows: Range<usize>, state: &FirstState<R>, w_0: ArrayView2<f64>) -> Array2<f64> {
        let t = state.t.as_ref().expect("a state of this engine has T");
        self.initial.weights(t.view(), state.c(), rows, w_0)
    }

    /// Returns |W|², with |T Xᵀ|² = <T, T G>. In R, T G = P - c W(0) X would lose digits where features lie far from 0.
    fn weights_square(&self, rows: Range<usize>) -> f64 {
        let t = block(&self.t, rows.clone());
        let mut moved = Array2::zeros(t.dim());
        self.add_moved(rows.clone(), moved.view_mut());
        self.initial.weights_square(t, rows, (&t * &moved).sum())
    }

    fn retain_rows(&mut self, rows: &[usize]) {
        self.initial.retain_rows(rows);
        for kept in [&mut self.p, &mut self.dp, &mut self.dt] {
            *kept = kept.select(Axis(0), rows);
        }
        self.t = self.t.select(Axis(0), rows);
    }

    fn state(&self, rows: Range<usize>) -> FirstState<'_, R> {
        let (c, t) = (block(&self.initial.c, rows.clone()), block(&self.t, rows.clone()));
        FirstState { matrix: block(&self.p, rows).into(), c: Some(c.into()), t: Some(t.into()) }
    }

    fn restore(&mut self, rows: Range<usize>, state: &FirstState<R>) -> Result<(), StateMismatch> {
        let c = block_mut(&mut self.initial.c, rows.clone());
        let t = block_mut(&mut self.t, rows.clone());
        state.put_in(block_mut(&mut self.p, rows), Some(c), Some(t))
    }

    /// Computes P = c W(0) X + T G in f64, and returns the largest difference from the P so far, over the largest element.
    fn refresh(&mut self, rows: Range<usize>) -> Option<f64> {
        let mut p_now = self.initial.c_wx_0(rows.clone());
        self.add_moved(rows.clone(), p_now.view_mut());
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
    use crate::fast::gram::GramSpace;

    #[test]
    fn a_refresh_says_by_how_much_p_was_off_and_puts_it_right() {
        let (x, x_test) = (array![[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]], array![[1.0], [1.0]]);
        let space = GramSpace::new(x.view(), x_test.view());
        let gram = space.gram().unwrap();
        let wx_0 = array![[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]];
        let initial = InitialTerm::new(&space, wx_0, array![[0.0], [0.0]], vec![0.0; 2]);
        let mut dual = Dual::<f64>::new(initial, gram);
        dual.t = array![[0.0, 0.0, 0.0], [1.0, 0.0, -1.0]];
        dual.p[[1, 0]] = 1.25; // T G = [1, 1, -1], so that P must be [1, 3, -1]
        dual.p[[1, 1]] = 3.0;
        dual.p[[1, 2]] = -1.0;
        assert_eq!(dual.refresh(0..1), Some(0.0));
        assert_eq!(dual.refresh(1..2), Some(0.25 / 3.0));
        assert_eq!(dual.p, array![[1.0, 0.0, -1.0], [1.0, 3.0, -1.0]]);
        assert_eq!(dual.refresh(1..2), Some(0.0));
    }

    #[test]
    fn the_norm_of_the_weights_is_that_of_t_even_if_p_is_off() {
        let x = array![[1001.0, 1002.0, 1000.0], [1000.0, 1001.0, 1001.0]];
        let space = GramSpace::new(x.view(), x.view());
        let gram = space.gram().unwrap().mapv(|product| product as f32);
        let w_0 = array![[0.5, -0.25]];
        let wx_0 = w_0.dot(&x);
        let initial = InitialTerm::new(&space, wx_0.clone(), wx_0, vec![w_0[[0, 0]].powi(2) + w_0[[0, 1]].powi(2)]);
        let mut dual = Dual::<f32>::new(initial, gram.view());
        dual.t = array![[0.5, -1.0, 0.5]];
        dual.p.fill(f32::NAN);
        let w = dual.weights(0..1, &dual.state(0..1), w_0.view());
        assert!((dual.weights_square(0..1) - w.map(|w| w * w).sum()).abs() < 1e-9, "{w}");
    }
}
