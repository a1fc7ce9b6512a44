//! Blocks of rows of matrices, and buffers whose number of columns changes.

use std::ops::Range;

use kernels::Real;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis};

/// Gives `matrix` this number of columns, with any values; allocates only if it has never had as many elements.
pub(crate) fn make_room<R: Real>(matrix: &mut Array2<R>, columns: usize) {
    let rows = matrix.nrows();
    if matrix.ncols() == columns {
        return;
    }
    let (mut elements, offset) = std::mem::replace(matrix, Array2::zeros((0, 0))).into_raw_vec_and_offset();
    debug_assert!(offset.unwrap_or(0) == 0, "a matrix made here begins where its elements begin");
    elements.resize(rows * columns, R::zero());
    *matrix = Array2::from_shape_vec((rows, columns), elements).expect("as many elements as the shape says");
}

/// Views a block of rows.
pub(crate) fn block<T>(matrix: &Array2<T>, rows: Range<usize>) -> ArrayView2<'_, T> {
    matrix.slice_axis(Axis(0), rows.into())
}

/// Views a block of rows, to write to.
pub(crate) fn block_mut<T>(matrix: &mut Array2<T>, rows: Range<usize>) -> ArrayViewMut2<'_, T> {
    matrix.slice_axis_mut(Axis(0), rows.into())
}

/// Views a bias, or its gradient, as a matrix of one row.
pub(crate) fn row<R>(bias: &Array1<R>) -> ArrayView2<'_, R> {
    bias.view().insert_axis(Axis(0))
}

/// Views a bias as a matrix of one row, to write to.
pub(crate) fn row_mut<R>(bias: &mut Array1<R>) -> ArrayViewMut2<'_, R> {
    bias.view_mut().insert_axis(Axis(0))
}
