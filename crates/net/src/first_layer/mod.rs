//! The stacked first layers of a fleet, one file an engine.

mod columns;
mod direct;
mod dual;
mod reduced;

use std::ops::Range;

use kernels::Real;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

pub(crate) use self::columns::Columns;
pub(crate) use self::direct::Direct;
pub(crate) use self::dual::Dual;
pub(crate) use self::reduced::Reduced;
use crate::Span;
use crate::batches::Batch;
use crate::optimiser::{Memory, Optimiser, Rated};

/// W = W\[1\] of several nets, stacked: N rows, the sum of their n\[1\]. See [`crate::Engine`] for what each engine keeps.
pub(crate) trait FirstLayers<R: Real>: Send {
    /// Takes the examples of the next step.
    fn take(&mut self, batch: &Batch);

    /// z = W X, without the biases, for the examples of the step; N × their number.
    fn forward(&self, z: ArrayViewMut2<R>);

    /// dW = (1/m) dz Xᵀ for all rows at once, in the engine's coordinates; `dz` is N × examples and may be changed.
    fn backward(&mut self, dz: ArrayViewMut2<R>);

    /// |dW|², the sum of squares, of the rows of one net.
    fn gradient_square(&self, rows: Range<usize>) -> f64;

    /// The plain step of all rows at once, in place of [`FirstLayers::backward`] and [`FirstLayers::descend`]: W += s Xᵀ;
    /// `steps` is s = (-η/m) dz, N × examples.
    fn descend_along(&mut self, steps: ArrayView2<R>);

    /// What the optimiser of one net remembers of it, which has `rows` rows.
    fn memory(&self, optimiser: &Optimiser, rows: usize) -> FirstMemory<R>;

    /// The rows of one net take their step.
    fn descend(&mut self, rows: Range<usize>, step: Rated, memory: &mut FirstMemory<R>);

    /// W X for the rows of one net and these of all training examples.
    fn outputs(&self, rows: Range<usize>, examples: Range<usize>) -> Array2<R>;

    /// W X_h for these of the held-out examples.
    fn outputs_held_out(&self, rows: Range<usize>, examples: Range<usize>) -> Array2<R>;

    /// W of one net, of which `w_0` is W(0).
    fn weights(&self, rows: Range<usize>, w_0: ArrayView2<f64>) -> Array2<f64>;

    /// |W|², the sum of squares, of the rows of one net.
    fn weights_square(&self, rows: Range<usize>) -> f64;

    /// Keeps these rows only, in their order.
    fn keep(&mut self, rows: &[usize]);

    /// Recomputes what is kept of the rows of one net where that was gathered up step by step beside W, and says by how
    /// much it was off: the largest difference over the largest element. `None` where z is computed from the weights
    /// themselves at each step.
    fn refresh(&mut self, _rows: Range<usize>) -> Option<f64> {
        None
    }
}

/// What an optimiser remembers of the first layer of one net.
pub(crate) struct FirstMemory<R> {
    /// Of W, D or P.
    main: Memory<R>,
    /// Of c.
    share: Memory<f64>,
    /// Of T.
    total: Memory<f64>,
}

/// c and W(0) \[X X_h\] in W = c W(0) + T Xᵀ, where c leaves 1 by weight decay alone: the part of W that doesn't lie in the span of
/// the examples.
pub(crate) struct Anchor<'e> {
    pub(crate) span: &'e Span,
    /// c, once a row: N × 1.
    share: Array2<f64>,
    /// Zeros: c has no gradient but that of its decay.
    no_gradient: Array2<f64>,
    /// W(0) X.
    outputs: Array2<f64>,
    /// W(0) X_h.
    held_out: Array2<f64>,
    /// |W(0)|² a row.
    squares: Vec<f64>,
}

impl<'e> Anchor<'e> {
    pub(crate) fn new(span: &'e Span, outputs: Array2<f64>, held_out: Array2<f64>, squares: Vec<f64>) -> Self {
        let rows = outputs.nrows();
        Anchor {
            span,
            share: Array2::ones((rows, 1)),
            no_gradient: Array2::zeros((rows, 1)),
            outputs,
            held_out,
            squares,
        }
    }

    fn descend(&mut self, rows: Range<usize>, step: Rated, memory: &mut Memory<f64>) {
        let gradient = block(&self.no_gradient, rows.clone());
        step.apply_linear(block_mut(&mut self.share, rows), gradient, memory);
    }

    /// c W(0) X.
    fn outputs(&self, rows: Range<usize>) -> Array2<f64> {
        &block(&self.outputs, rows.clone()) * &block(&self.share, rows)
    }

    /// W X_h, with `t` n × m.
    fn outputs_held_out(&self, t: ArrayView2<f64>, rows: Range<usize>, examples: Range<usize>) -> Array2<f64> {
        let start = block(&self.held_out, rows.clone());
        let start = start.slice_axis(Axis(1), examples.clone().into());
        self.span.outputs_on_test(t, (&start * &block(&self.share, rows)).view(), examples)
    }

    /// W, with `t` n × m.
    fn weights(&self, t: ArrayView2<f64>, rows: Range<usize>, w_0: ArrayView2<f64>) -> Array2<f64> {
        self.span.weights(t, (&w_0 * &block(&self.share, rows)).view())
    }

    /// |W|² = |c W(0)|² + 2 c <T, W(0) X> + |T Xᵀ|², of which `moved` is the last.
    fn weights_square(&self, t: ArrayView2<f64>, rows: Range<usize>, moved: f64) -> f64 {
        let share = block(&self.share, rows.clone());
        let at_start: f64 = self.squares[rows.clone()].iter().zip(&share).map(|(square, c)| c * c * square).sum();
        not_below_zero(at_start + 2.0 * (&t * &self.outputs(rows)).sum() + moved)
    }

    fn keep(&mut self, rows: &[usize]) {
        for kept in [&mut self.share, &mut self.no_gradient, &mut self.outputs, &mut self.held_out] {
            *kept = kept.select(Axis(0), rows);
        }
        self.squares = rows.iter().map(|&row| self.squares[row]).collect();
    }
}

/// The columns of a batch, of a matrix whose columns are the examples.
fn columns<R: Copy>(matrix: ArrayView2<R>, batch: &Batch, mut chosen: ArrayViewMut2<R>) {
    match batch {
        Batch::All => chosen.assign(&matrix),
        Batch::Run(range) => chosen.assign(&matrix.slice_axis(Axis(1), range.clone().into())),
        Batch::Chosen(examples) => {
            for (&example, mut column) in examples.iter().zip(chosen.columns_mut()) {
                column.assign(&matrix.column(example));
            }
        }
    }
}

/// A square that is the sum of terms of either sign: rounding may leave less than nothing of one that vanishes. NaN stays NaN.
fn not_below_zero(square: f64) -> f64 {
    if square < 0.0 { 0.0 } else { square }
}

/// The rows of a matrix as they lie.
pub(crate) fn block<T>(matrix: &Array2<T>, rows: Range<usize>) -> ArrayView2<'_, T> {
    matrix.slice_axis(Axis(0), rows.into())
}

/// The same, to write to.
pub(crate) fn block_mut<T>(matrix: &mut Array2<T>, rows: Range<usize>) -> ArrayViewMut2<'_, T> {
    matrix.slice_axis_mut(Axis(0), rows.into())
}
