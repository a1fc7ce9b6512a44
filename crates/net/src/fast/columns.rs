//! The inputs or targets of one step: columns of the matrix of all examples, copied only if they are not consecutive.

use std::ops::Range;

use kernels::Real;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, ShapeBuilder};

use crate::batches::Batch;

/// The columns of all examples, and those of the step.
pub(crate) struct Columns<'e, R> {
    all: ArrayView2<'e, R>,
    /// The copied columns, with room for the largest batch so far.
    copied: Array2<R>,
    column_major: bool,
    now: Now,
}

/// The place of the columns of the step.
enum Now {
    All,
    Range(Range<usize>),
    /// The first columns of the copy, as many as this.
    Copied(usize),
}

impl<'e, R: Real> Columns<'e, R> {
    /// Takes inputs; copies have the features of each example side by side.
    pub(crate) fn of_inputs(all: ArrayView2<'e, R>) -> Self {
        Columns { all, copied: Array2::zeros((all.nrows(), 0)), column_major: true, now: Now::All }
    }

    /// Takes targets; copies are row-major.
    pub(crate) fn of_targets(all: ArrayView2<'e, R>) -> Self {
        Columns { column_major: false, ..Columns::of_inputs(all) }
    }

    pub(crate) fn set_batch(&mut self, batch: &Batch) {
        self.now = match batch {
            Batch::All => Now::All,
            Batch::Range(range) => Now::Range(range.clone()),
            Batch::Indices(examples) => {
                if self.copied.ncols() < examples.len() {
                    self.copied = Array2::zeros((self.all.nrows(), examples.len()).set_f(self.column_major));
                }
                columns(self.all, batch, self.copied.slice_axis_mut(Axis(1), (..examples.len()).into()));
                Now::Copied(examples.len())
            }
        };
    }

    /// Returns the examples of the step.
    pub(crate) fn current(&self) -> ArrayView2<'_, R> {
        match &self.now {
            Now::All => self.all,
            Now::Range(range) => self.all.slice_axis(Axis(1), range.clone().into()),
            Now::Copied(examples) => self.copied.slice_axis(Axis(1), (..*examples).into()),
        }
    }

    /// Returns all examples.
    pub(crate) fn all(&self) -> ArrayView2<'e, R> {
        self.all
    }
}

/// Copies the columns of `batch` from `matrix`, whose columns are all examples.
pub(crate) fn columns<R: Copy>(matrix: ArrayView2<R>, batch: &Batch, mut to: ArrayViewMut2<R>) {
    match batch {
        Batch::All => to.assign(&matrix),
        Batch::Range(range) => to.assign(&matrix.slice_axis(Axis(1), range.clone().into())),
        Batch::Indices(examples) => {
            for (&example, mut column) in examples.iter().zip(to.columns_mut()) {
                column.assign(&matrix.column(example));
            }
        }
    }
}
