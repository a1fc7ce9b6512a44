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

/// The bytes of a line of the cache.
const LINE: usize = 64;

/// Returns the number of elements from one row to the next in XᵀX and R, by which every step of their engines multiplies. Each row begins
/// with a line of the cache, so that no vector lies on two of them, and rows are an odd number of lines apart, since those in a column
/// would else share a few places of the cache.
pub fn row_stride_in_lines<R: Real>(columns: usize) -> usize {
    let in_line = LINE / size_of::<R>();
    (columns.div_ceil(in_line) | 1) * in_line
}

/// Converts a matrix that many products read as it is, to rows that begin with lines of the cache.
pub(crate) fn round_to_lines<R: Real>(matrix: ArrayView2<f64>) -> Array2<R> {
    let in_line = LINE / size_of::<R>();
    let (rows, columns) = matrix.dim();
    let stride = row_stride_in_lines::<R>(columns);
    let mut elements = Array1::<R>::zeros(rows * stride + in_line);
    let first = elements.as_ptr().align_offset(LINE).min(in_line);
    elements.slice_axis_inplace(Axis(0), (first..first + rows * stride).into());
    let mut rounded = elements.into_shape_with_order((rows, stride)).expect("rows x stride elements");
    rounded.slice_axis_inplace(Axis(1), (..columns).into());
    rounded.zip_mut_with(&matrix, |rounded, &element| *rounded = R::from_f64(element));
    rounded
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_rows_begin_with_a_line_an_odd_number_of_lines_apart() {
        for columns in [0, 1, 15, 16, 17, 209, 1024] {
            let matrix = Array2::from_shape_fn((3, columns), |(row, column)| (row * 2000 + column) as f64);
            let rounded: Array2<f32> = round_to_lines(matrix.view());
            assert_eq!(rounded.mapv(f64::from), matrix);
            for row in rounded.rows() {
                assert_eq!(row.as_ptr() as usize % LINE, 0, "{columns} columns");
            }
            assert_eq!(rounded.strides()[0] as usize * size_of::<f32>() / LINE % 2, 1, "{columns} columns");
        }
    }
}
