//! The term c W(0) of the first layer's weights, which the examples need not span.

use std::ops::Range;

use kernels::{Accumulate, Step, backward_weights};
use ndarray::{Array2, ArrayView2, Axis, concatenate};

use crate::fast::gram::GramSpace;
use crate::matrix::{block, block_mut};
use crate::optimiser::{Algorithm, Moments};

/// c and W(0) \[X X_h\] in W = c W(0) + T Xᵀ, for the stacked rows of a fleet. c begins at 1, and only weight decay changes it.
pub(crate) struct InitialTerm<'e> {
    pub(crate) space: &'e GramSpace,
    /// c for each row, N × 1.
    pub(crate) c: Array2<f64>,
    /// The gradient of c without its decay: zeros.
    no_gradient: Array2<f64>,
    /// W(0) X.
    pub(crate) wx_0: Array2<f64>,
    /// W(0) X_h.
    wx_held_out_0: Array2<f64>,
    /// |W(0)|² of each row.
    squares_0: Vec<f64>,
}

impl<'e> InitialTerm<'e> {
    pub(crate) fn new(
        space: &'e GramSpace,
        wx_0: Array2<f64>,
        wx_held_out_0: Array2<f64>,
        squares_0: Vec<f64>,
    ) -> Self {
        let rows = wx_0.nrows();
        let (c, no_gradient) = (Array2::ones((rows, 1)), Array2::zeros((rows, 1)));
        InitialTerm { space, c, no_gradient, wx_0, wx_held_out_0, squares_0 }
    }

    /// Makes one step of c, which only decays.
    pub(crate) fn descend(&mut self, rows: Range<usize>, algorithm: Algorithm, step: Step, moments: &mut Moments<f64>) {
        let gradient = block(&self.no_gradient, rows.clone());
        algorithm.apply(step, block_mut(&mut self.c, rows), gradient, moments);
    }

    /// Computes c W(0) X for the rows of one net.
    pub(crate) fn c_wx_0(&self, rows: Range<usize>) -> Array2<f64> {
        self.c_wx_0_of(rows, 0..self.wx_0.ncols())
    }

    /// Computes c W(0) X for the rows of one net and these training examples.
    pub(crate) fn c_wx_0_of(&self, rows: Range<usize>, examples: Range<usize>) -> Array2<f64> {
        &block(&self.wx_0, rows.clone()).slice_axis(Axis(1), examples.into()) * &block(&self.c, rows)
    }

    /// Computes c W(0) X_h for the rows of one net and these held-out examples.
    pub(crate) fn c_wx_held_out_0(&self, rows: Range<usize>, examples: Range<usize>) -> Array2<f64> {
        &block(&self.wx_held_out_0, rows.clone()).slice_axis(Axis(1), examples.into()) * &block(&self.c, rows)
    }

    /// Computes W = c W(0) + T Xᵀ for the rows of one net, with `t` n\[1\] × m, `c` n\[1\] × 1 and `w_0` = W(0).
    ///
    /// # Panics
    /// If `w_0` isn't the W(0) of these rows.
    #[track_caller]
    pub(crate) fn weights(
        &self,
        t: ArrayView2<f64>,
        c: ArrayView2<f64>,
        rows: Range<usize>,
        w_0: ArrayView2<f64>,
    ) -> Array2<f64> {
        let [wx_0, wx_held_out_0] = [&self.wx_0, &self.wx_held_out_0].map(|products| block(products, rows.clone()));
        let products = concatenate(Axis(1), &[wx_0, wx_held_out_0]).expect("as many rows");
        let is_same =
            w_0.dim() == (rows.len(), self.space.x().nrows()) && self.space.are_products(w_0, products.view());
        assert!(is_same, "w_0 must be the W[1] that this net started with");
        let mut w = w_0.as_standard_layout().into_owned();
        w *= &c;
        backward_weights(t, self.space.x(), 1.0, w.view_mut(), Accumulate::Add);
        w
    }

    /// Returns |W|² = |c W(0)|² + 2 c <T, W(0) X> + |T Xᵀ|², where `moved` is the last term.
    pub(crate) fn weights_square(&self, t: ArrayView2<f64>, rows: Range<usize>, moved: f64) -> f64 {
        let c = block(&self.c, rows.clone());
        let at_start: f64 = self.squares_0[rows.clone()].iter().zip(&c).map(|(square, c)| c * c * square).sum();
        not_below_zero(at_start + 2.0 * (&t * &self.c_wx_0(rows)).sum() + moved)
    }

    /// Retains only these rows, in their order.
    pub(crate) fn retain_rows(&mut self, rows: &[usize]) {
        for kept in [&mut self.c, &mut self.no_gradient, &mut self.wx_0, &mut self.wx_held_out_0] {
            *kept = kept.select(Axis(0), rows);
        }
        self.squares_0 = rows.iter().map(|&row| self.squares_0[row]).collect();
    }
}

/// Returns the sum of squares of each row.
pub(crate) fn row_squares(w: ArrayView2<f64>) -> Vec<f64> {
    w.rows().into_iter().map(|row| row.dot(&row)).collect()
}

/// Returns `square`, or 0 where the rounding of its terms, which have either sign, has left less. NaN stays NaN.
pub(crate) fn not_below_zero(square: f64) -> f64 {
    if square < 0.0 { 0.0 } else { square }
}
