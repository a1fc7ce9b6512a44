//! The three products of a layer, each by the cblas calls of its plan, shared by the threads of a team. `m n k` and leading
//! dimensions stay here and below.
//!
//! Operands are row-major, or column-major, which BLAS reads as the transpose of a row-major matrix: a mini-batch of
//! inputs has the features of each of its examples side by side. Rows, or columns, may be padded.

use ndarray::{ArrayView2, ArrayViewMut2, Axis};

use crate::blas::Transpose::{self, No as N, Yes as T};
use crate::blas::in_use;
use crate::check::{Call, is_inspected, verify};
use crate::panels::in_panels;
use crate::parallel::in_parts;
use crate::plan::Plan;
use crate::real::{Operand, Product, Real};
use crate::team::threads;

/// What a product does with the values that stand in the output buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accumulate {
    /// Overwrite them. They are not read: NaN in the old buffer doesn't matter.
    Replace,
    /// Add the product to them.
    Add,
}

impl Accumulate {
    fn beta<R: Real>(self) -> R {
        match self {
            Accumulate::Replace => R::zero(),
            Accumulate::Add => R::one(),
        }
    }
}

/// z = W a_prev.
///
/// # Shapes
/// `w` n_out × n_in, `a_prev` n_in × examples, `z` n_out × examples; all at least 1.
///
/// # Panics
/// If the shapes don't fit, `z` isn't row-major, or the elements of `w` and `a_prev` are adjacent in neither direction.
#[track_caller]
pub fn forward<R: Real>(w: ArrayView2<R>, a_prev: ArrayView2<R>, z: ArrayViewMut2<R>, accumulate: Accumulate) {
    let (n_out, n_in) = w.dim();
    let examples = a_prev.ncols();
    if a_prev.nrows() != n_in || z.dim() != (n_out, examples) {
        shapes_do_not_fit("forward: z = W a_prev", [("w", w.dim()), ("a_prev", a_prev.dim()), ("z", z.dim())]);
    }
    let call = Call::forward(accumulate);
    multiply(call, [n_out, examples, n_in], R::one(), Factors { a: (w, N), b: (a_prev, N), c: z });
}

/// dW = scale · dz a_prevᵀ, with `scale` = 1/m in the course's equations.
///
/// # Shapes
/// `dz` n_out × examples, `a_prev` n_in × examples, `dw` n_out × n_in; all at least 1.
///
/// # Panics
/// If the shapes don't fit, `dw` isn't row-major, the elements of `dz` and `a_prev` are adjacent in neither direction, or
/// `scale` is zero (OpenBLAS cores differ in what a zero factor does to NaN).
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
    multiply(call, [n_out, n_in, examples], scale, Factors { a: (dz, N), b: (a_prev, T), c: dw });
}

/// da_prev = Wᵀ dz.
///
/// # Shapes
/// `w` n_out × n_in, `dz` n_out × examples, `da_prev` n_in × examples; all at least 1.
///
/// # Panics
/// If the shapes don't fit, `da_prev` isn't row-major, or the elements of `w` and `dz` are adjacent in neither direction.
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
    multiply(call, [n_in, examples, n_out], R::one(), Factors { a: (w, T), b: (dz, N), c: da_prev });
}

/// Multiply-adds that a product must have to be shared.
const LEAST_MULTIPLY_ADDS: usize = 1 << 16;

/// Where a part of a product begins: OpenBLAS's kernels take so many rows or columns at once.
const STEP: usize = 8;

/// op(A), op(B) and C of a product.
struct Factors<'v, R> {
    a: (ArrayView2<'v, R>, Transpose),
    b: (ArrayView2<'v, R>, Transpose),
    c: ArrayViewMut2<'v, R>,
}

impl<R> Factors<'_, R> {
    /// Of the rows of C above `row` and of those from it on.
    fn cut_rows(self, row: usize) -> (Self, Self) {
        let Factors { a: (a, transpose), b, c } = self;
        let (above, below) = a.split_at(Axis(usize::from(transpose == T)), row);
        let (c_above, c_below) = c.split_at(Axis(0), row);
        let part = |a, c| Factors { a: (a, transpose), b, c };
        (part(above, c_above), part(below, c_below))
    }

    /// Of the columns of C before `column` and of those from it on.
    fn cut_columns(self, column: usize) -> (Self, Self) {
        let Factors { a, b: (b, transpose), c } = self;
        let (before, after) = b.split_at(Axis(usize::from(transpose == N)), column);
        let (c_before, c_after) = c.split_at(Axis(1), column);
        let part = |b, c| Factors { a, b: (b, transpose), c };
        (part(before, c_before), part(after, c_after))
    }
}

/// op(A) as it is multiplied.
fn as_multiplied<'v, R>((matrix, transpose): &(ArrayView2<'v, R>, Transpose)) -> ArrayView2<'v, R> {
    if *transpose == T { matrix.reborrow().reversed_axes() } else { matrix.reborrow() }
}

/// C ← alpha op(A) op(B) + beta C, which is checked at once where products are inspected.
#[track_caller]
fn multiply<R: Real>(call: Call, shape: [usize; 3], alpha: R, mut factors: Factors<R>) {
    // OpenBLAS 0.3.11 returned garbage for K = 0, and an empty product is always a mistake of the caller's.
    assert!(shape.iter().all(|&length| length > 0), "a product has an empty side: M × N × K = {shape:?}");
    if !is_inspected() {
        return in_parts_of_threads(shape, alpha, call.accumulate, factors);
    }
    let (a, b) = (as_multiplied(&factors.a), as_multiplied(&factors.b));
    let before = (call.accumulate == Accumulate::Add).then(|| factors.c.to_owned());
    let same = Factors { a: factors.a, b: factors.b, c: factors.c.view_mut() };
    in_parts_of_threads(shape, alpha, call.accumulate, same);
    let column_major = factors.b.0.strides()[1] != 1;
    verify(call.with_inputs(column_major), (a, b), before.as_ref().map(|before| before.view()), factors.c.view());
}

/// C ← alpha op(A) op(B) + beta C. The threads share it by rows; or by columns where C is so wide that B, which all of them would
/// read, is much larger than A, or has too few rows for all.
#[track_caller]
fn in_parts_of_threads<R: Real>(shape: [usize; 3], alpha: R, accumulate: Accumulate, factors: Factors<R>) {
    let [m, n, k] = shape;
    let threads = if m * n * k < LEAST_MULTIPLY_ADDS { 1 } else { threads() };
    if threads == 1 {
        return gemm(k, alpha, accumulate, factors);
    }
    let part = |factors| gemm(k, alpha, accumulate, factors);
    let enough_rows = m >= n || m >= 2 * STEP * threads;
    if enough_rows && n < 4 * m {
        in_parts(threads, (m, STEP), factors, &Factors::cut_rows, &part);
    } else {
        in_parts(threads, (n, STEP), factors, &Factors::cut_columns, &part);
    }
}

/// The one place where the BLAS multiplies, by the calls of its plan; `k` terms a sum.
#[track_caller]
fn gemm<R: Real>(k: usize, alpha: R, accumulate: Accumulate, Factors { a, b, mut c }: Factors<R>) {
    let (library, shape) = (in_use(), [c.nrows(), c.ncols(), k]);
    shape.into_iter().for_each(|side| _ = blas_int(side));
    let (a, b) = (operand(&a.0, a.1), operand(&b.0, b.1));
    let leading = leading_dimension(c.dim(), c.strides()).unwrap_or_else(|| must_be_row_major(c.dim(), c.strides()));
    let c = Operand { pointer: c.as_mut_ptr(), leading, transpose: N };
    let plan = Plan::of::<R>(library, [a.transpose, b.transpose], shape);
    let product = Product { shape, alpha, a, b, beta: accumulate.beta(), c };
    // SAFETY: the views borrow every element that their shape and strides reach, the public functions have
    // matched the shapes with m, n and k, which `cut_rows` and `cut_columns` keep so, `leading_dimension` has matched the
    // strides, and `c` is borrowed mutably, so nothing overlaps it.
    unsafe {
        match plan {
            Plan::OneCall => R::gemm(library, product),
            Plan::Panels(panels) => in_panels(library, panels, product),
        }
    }
}

/// A matrix as BLAS takes it: one that is column-major is the transpose of a row-major one.
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

/// From one row to the next, if the elements of a row are adjacent and rows don't overlap.
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
