//! The three products of a layer. The threads of a team share a large product, and each part is made by the cblas calls or the loops of its
//! plan. BLAS's m, n, k and leading dimensions appear only in this module.
//!
//! Operands may be row-major or column-major, which BLAS reads as the transpose of a row-major matrix: in a mini-batch of inputs the
//! features of each example are adjacent. Rows, or columns, may be padded.

mod call;
mod inspect;
mod one_call;
mod panels;
mod plan;
mod sharing;

use ndarray::{ArrayView2, ArrayViewMut2, Axis};

pub use self::call::{Accumulate, Call, LayerShape, Product, WrongProduct};
pub use self::inspect::inspected;
pub(crate) use self::inspect::suspects;
use self::inspect::{is_inspected, verify};
use self::one_call::call_gemm;
use self::panels::in_panels;
pub use self::plan::{GemmPlan, Maker, Panels};
pub use self::sharing::made_by_loops;
pub(crate) use self::sharing::maker;
use self::sharing::{STEP, Sharing};
use crate::blas::in_use;
use crate::cblas::{
    GemmArguments, Operand,
    Transpose::{self, No as N, Yes as T},
};
use crate::parallel::{in_parts, threads};
use crate::real::Real;

/// Computes z = W a_prev.
///
/// # Shapes
/// `w` n_out × n_in, `a_prev` n_in × examples, `z` n_out × examples; all at least 1.
///
/// # Panics
/// If the shapes don't fit, `z` isn't row-major, or the elements of `w` and `a_prev` are adjacent in neither direction.
///
/// ```
/// use kernels::{Accumulate, forward};
/// use ndarray::{Array2, array};
///
/// let w = array![[1.0, 2.0], [3.0, 4.0]];
/// let a_prev = array![[1.0], [10.0]]; // one example
/// let mut z = Array2::zeros((2, 1));
/// forward(w.view(), a_prev.view(), z.view_mut(), Accumulate::Replace);
/// assert_eq!(z, array![[21.0], [43.0]]);
/// ```
#[track_caller]
pub fn forward<R: Real>(w: ArrayView2<R>, a_prev: ArrayView2<R>, z: ArrayViewMut2<R>, accumulate: Accumulate) {
    let (n_out, n_in) = w.dim();
    let examples = a_prev.ncols();
    if a_prev.nrows() != n_in || z.dim() != (n_out, examples) {
        shapes_do_not_fit("forward: z = W a_prev", [("w", w.dim()), ("a_prev", a_prev.dim()), ("z", z.dim())]);
    }
    let call = Call::forward(accumulate);
    multiply(call, [n_out, examples, n_in], R::one(), Operands { a: (w, N), b: (a_prev, N), c: z });
}

/// Computes dW = scale · dz a_prevᵀ, with `scale` = 1/m in the course's equations.
///
/// # Shapes
/// `dz` n_out × examples, `a_prev` n_in × examples, `dw` n_out × n_in; all at least 1.
///
/// # Panics
/// If the shapes don't fit, `dw` isn't row-major, the elements of `dz` and `a_prev` are adjacent in neither direction, or
/// `scale` is zero (OpenBLAS's kernels differ in what a zero alpha does to NaN).
///
/// ```
/// use kernels::{Accumulate, backward_weights};
/// use ndarray::{Array2, array};
///
/// let (dz, a_prev) = (array![[1.0, 2.0]], array![[3.0, 5.0], [0.0, 4.0]]); // one unit, two inputs, two examples
/// let mut dw = Array2::zeros((1, 2));
/// backward_weights(dz.view(), a_prev.view(), 0.5, dw.view_mut(), Accumulate::Replace);
/// assert_eq!(dw, array![[6.5, 4.0]]);
/// ```
#[track_caller]
pub fn backward_weights<R: Real>(
    dz: ArrayView2<R>,
    a_prev: ArrayView2<R>,
    scale: R,
    dw: ArrayViewMut2<R>,
    accumulate: Accumulate,
) {
    let (n_out, examples) = dz.dim();
    let n_in = a_prev.nrows();
    if a_prev.ncols() != examples || dw.dim() != (n_out, n_in) {
        shapes_do_not_fit(
            "backward_weights: dW = scale dz a_prevᵀ",
            [("dz", dz.dim()), ("a_prev", a_prev.dim()), ("dw", dw.dim())],
        );
    }
    assert!(scale != R::zero(), "backward_weights: scale must not be zero");
    let call = Call::backward_weights(scale.as_f64(), accumulate);
    multiply(call, [n_out, n_in, examples], scale, Operands { a: (dz, N), b: (a_prev, T), c: dw });
}

/// Computes da_prev = Wᵀ dz.
///
/// # Shapes
/// `w` n_out × n_in, `dz` n_out × examples, `da_prev` n_in × examples; all at least 1.
///
/// # Panics
/// If the shapes don't fit, `da_prev` isn't row-major, or the elements of `w` and `dz` are adjacent in neither direction.
///
/// ```
/// use kernels::{Accumulate, backward_data};
/// use ndarray::{Array2, array};
///
/// let (w, dz) = (array![[1.0, 2.0], [3.0, 4.0]], array![[1.0], [10.0]]);
/// let mut da_prev = Array2::zeros((2, 1));
/// backward_data(w.view(), dz.view(), da_prev.view_mut(), Accumulate::Replace);
/// assert_eq!(da_prev, array![[31.0], [42.0]]);
/// ```
#[track_caller]
pub fn backward_data<R: Real>(w: ArrayView2<R>, dz: ArrayView2<R>, da_prev: ArrayViewMut2<R>, accumulate: Accumulate) {
    let (n_out, n_in) = w.dim();
    let examples = dz.ncols();
    if dz.nrows() != n_out || da_prev.dim() != (n_in, examples) {
        shapes_do_not_fit(
            "backward_data: da_prev = Wᵀ dz",
            [("w", w.dim()), ("dz", dz.dim()), ("da_prev", da_prev.dim())],
        );
    }
    let call = Call { accumulate, ..Call::backward_data() };
    multiply(call, [n_in, examples, n_out], R::one(), Operands { a: (w, T), b: (dz, N), c: da_prev });
}

/// A and B, each with its transposition, and C of a product C ← alpha op(A) op(B) + beta C.
struct Operands<'v, R> {
    a: (ArrayView2<'v, R>, Transpose),
    b: (ArrayView2<'v, R>, Transpose),
    c: ArrayViewMut2<'v, R>,
}

impl<R> Operands<'_, R> {
    /// Splits C's rows at `row`, with the rows of op(A) that make them.
    fn split_rows(self, row: usize) -> (Self, Self) {
        let Operands { a: (a, transpose), b, c } = self;
        let (above, below) = a.split_at(Axis(usize::from(transpose == T)), row);
        let (c_above, c_below) = c.split_at(Axis(0), row);
        let part = |a, c| Operands { a: (a, transpose), b, c };
        (part(above, c_above), part(below, c_below))
    }

    /// Splits C's columns at `column`, with the columns of op(B) that make them.
    fn split_columns(self, column: usize) -> (Self, Self) {
        let Operands { a, b: (b, transpose), c } = self;
        let (before, after) = b.split_at(Axis(usize::from(transpose == N)), column);
        let (c_before, c_after) = c.split_at(Axis(1), column);
        let part = |b, c| Operands { a, b: (b, transpose), c };
        (part(before, c_before), part(after, c_after))
    }
}

/// Views op(A).
fn operation<'v, R>((matrix, transpose): &(ArrayView2<'v, R>, Transpose)) -> ArrayView2<'v, R> {
    if *transpose == T { matrix.reborrow().reversed_axes() } else { matrix.reborrow() }
}

/// Computes C ← alpha op(A) op(B) + beta C, where beta is 0 or 1 as `accumulate` says, and checks it if products are inspected.
#[track_caller]
fn multiply<R: Real>(call: Call, shape: [usize; 3], alpha: R, mut operands: Operands<R>) {
    // OpenBLAS 0.3.11 returned garbage for K = 0, and an empty product is always a mistake of the caller's.
    assert!(shape.iter().all(|&length| length > 0), "a product has an empty side: M × N × K = {shape:?}");
    if !is_inspected() {
        return in_parts_of_threads(shape, alpha, call.accumulate, operands);
    }
    let (a, b) = (operation(&operands.a), operation(&operands.b));
    let before = (call.accumulate == Accumulate::Add).then(|| operands.c.to_owned());
    let same = Operands { a: operands.a, b: operands.b, c: operands.c.view_mut() };
    in_parts_of_threads(shape, alpha, call.accumulate, same);
    let column_major = operands.b.0.strides()[1] != 1;
    verify(call.with_inputs(column_major), (a, b), before.as_ref().map(|before| before.view()), operands.c.view());
}

/// Computes C ← alpha op(A) op(B) + beta C, on all threads of the current team if it is large.
#[track_caller]
fn in_parts_of_threads<R: Real>(shape: [usize; 3], alpha: R, accumulate: Accumulate, operands: Operands<R>) {
    let [m, n, k] = shape;
    let part = |operands| gemm(k, alpha, accumulate, operands);
    match Sharing::of(shape, threads()) {
        Sharing::One => part(operands),
        Sharing::Rows(threads) => in_parts(threads, (m, STEP), operands, &Operands::split_rows, &part),
        Sharing::Columns(threads) => in_parts(threads, (n, STEP), operands, &Operands::split_columns, &part),
    }
}

/// Computes a part of a product, or all of it, as its plan says; `k` is the number of terms of each element.
#[track_caller]
fn gemm<R: Real>(k: usize, alpha: R, accumulate: Accumulate, Operands { a, b, mut c }: Operands<R>) {
    let (library, shape) = (in_use(), [c.nrows(), c.ncols(), k]);
    shape.into_iter().for_each(|side| _ = blas_int(side));
    let (a, b) = (operand(&a.0, a.1), as_row(operand(&b.0, b.1), k, c.ncols()));
    let leading = leading_dimension(c.dim(), c.strides()).unwrap_or_else(|| must_be_row_major(c.dim(), c.strides()));
    let c = Operand { pointer: c.as_mut_ptr(), leading, transpose: N };
    let plan = GemmPlan::of::<R>(library, [a.transpose, b.transpose], shape);
    let beta = match accumulate {
        Accumulate::Replace => R::zero(),
        Accumulate::Add => R::one(),
    };
    let arguments = GemmArguments { shape, alpha, a, b, beta, c };
    // SAFETY: the views borrow every element that their shape and strides reach, the public functions have
    // matched the shapes with m, n and k, which `split_rows` and `split_columns` preserve, `leading_dimension` has matched the
    // strides, and `c` is borrowed mutably, so nothing overlaps it. No side is 0. A plan has our loops only where the processor has AVX2,
    // and never for two transposed operands: the copies of B's panels aren't transposed.
    unsafe {
        let multiply = |arguments| match plan.maker {
            Maker::Library => call_gemm(library, arguments),
            Maker::Loops => R::multiply_by_loops(arguments),
        };
        match plan.panels {
            None => multiply(arguments),
            Some(panels) => in_panels(panels, arguments, multiply),
        }
    }
}

/// Describes a matrix to BLAS: a column-major one is the transpose of a row-major one.
#[track_caller]
fn operand<R>(matrix: &ArrayView2<R>, transpose: Transpose) -> Operand<*const R> {
    let (dim, strides) = (matrix.dim(), matrix.strides());
    if let Some(leading) = leading_dimension(dim, strides) {
        return Operand { pointer: matrix.as_ptr(), leading, transpose };
    }
    let leading = leading_dimension((dim.1, dim.0), &[strides[1], strides[0]]);
    let leading = leading.unwrap_or_else(|| must_be_row_major(dim, strides));
    Operand { pointer: matrix.as_ptr(), leading, transpose: if transpose == N { T } else { N } }
}

/// Turns the transpose of a single column without gaps, as in dW of one example, into the row that it is: there is nothing to transpose.
#[track_caller]
fn as_row<P>(b: Operand<P>, k: usize, n: usize) -> Operand<P> {
    let is_row = k == 1 && b.transpose == T && b.leading == 1;
    if is_row { Operand { leading: blas_int(n), transpose: N, ..b } } else { b }
}

/// Returns the number of elements from one row to the next; `None` if the elements of a row aren't adjacent, or rows overlap.
#[track_caller]
fn leading_dimension((rows, columns): (usize, usize), strides: &[isize]) -> Option<i32> {
    let adjacent = columns == 1 || strides[1] == 1;
    // The stride of a single row is never used, and ndarray may leave anything in it.
    let leading = if rows == 1 { columns } else { usize::try_from(strides[0]).unwrap_or(0) };
    (adjacent && leading >= columns).then(|| blas_int(leading))
}

#[cold]
#[track_caller]
fn must_be_row_major((rows, columns): (usize, usize), strides: &[isize]) -> ! {
    panic!("a matrix must be row-major with adjacent elements in a row: {rows}x{columns} with strides {strides:?}")
}

#[track_caller]
fn blas_int(length: usize) -> i32 {
    i32::try_from(length).unwrap_or_else(|_| panic!("a side of {length} is beyond BLAS's 32-bit integers"))
}

#[cold]
#[track_caller]
fn shapes_do_not_fit(product: &str, shapes: [(&str, (usize, usize)); 3]) -> ! {
    let [x, y, z] = shapes.map(|(name, (rows, columns))| format!("{name} {rows}x{columns}"));
    panic!("{product}: shapes don't fit: {x}, {y}, {z}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transpose_of_a_single_column_without_gaps_is_a_row() {
        let described = |leading, k| {
            let Operand { leading, transpose, .. } = as_row(Operand { pointer: (), leading, transpose: T }, k, 5);
            (leading, transpose == N)
        };
        assert_eq!([described(1, 1), described(3, 1), described(2, 2)], [(5, true), (3, false), (2, false)]);
    }
}
