//! The inputs or targets of one step: columns of the matrix of all examples, copied only if they are not neighbours.

use std::ops::Range;

use kernels::Real;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, ShapeBuilder};

use crate::batches::Batch;

/// All examples, and those of the step.
pub(crate) struct Columns<'e, R> {
    all: ArrayView2<'e, R>,
    /// The copied examples, with room for the largest batch so far.
    chosen: Array2<R>,
    column_major: bool,
    now: Now,
}

enum Now {
    All,
    Run(Range<usize>),
    Chosen(usize),
}

impl<'e, R: Real> Columns<'e, R> {
    /// Takes inputs; copies have the features of each example side by side.
    pub(crate) fn of_inputs(all: ArrayView2<'e, R>) -> Self {
        Columns { all, chosen: Array2::zeros((all.nrows(), 0)), column_major: true, now: Now::All }
    }

    /// Takes targets; copies are row-major.
    pub(crate) fn of_targets(all: ArrayView2<'e, R>) -> Self {
        Columns { column_major: false, ..Columns::of_inputs(all) }
    }

    pub(crate) fn set_batch(&mut self, batch: &Batch) {
        self.now = match batch {
            Batch::All => Now::All,
            Batch::Run(range) => Now::Run(range.clone()),
            Batch::Chosen(examples) => {
                if self.chosen.ncols() < examples.len() {
                    self.chosen = Array2::zeros((self.all.nrows(), examples.len()).set_f(self.column_major));
                }
                columns(self.all, batch, self.chosen.slice_axis_mut(Axis(1), (..examples.len()).into()));
                Now::Chosen(examples.len())
            }
        };
    }

    /// Returns the examples of the step.
    pub(crate) fn current(&self) -> ArrayView2<'_, R> {
        match &self.now {
            Now::All => self.all,
            Now::Run(range) => self.all.slice_axis(Axis(1), range.clone().into()),
            Now::Chosen(examples) => self.chosen.slice_axis(Axis(1), (..*examples).into()),
        }
    }

    /// Returns all examples.
    pub(crate) fn all(&self) -> ArrayView2<'e, R> {
        self.all
    }
}

/// Copies the columns of a batch, of a matrix whose columns are the examples.
pub(crate) fn columns<R: Copy>(matrix: ArrayView2<R>, batch: &Batch, mut chosen: ArrayViewMut2<R>) {
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
