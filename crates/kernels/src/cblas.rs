//! cblas's interface: its gemm functions, their constants, and the choice between `cblas_sgemm` and `cblas_dgemm` by element type.

use std::ffi::c_int;

/// The op of an operand: as it lies in memory, or transposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum Transpose {
    /// As it lies in memory.
    No = 111,
    /// Transposed.
    Yes = 112,
}

/// cblas's number for row-major matrices.
pub const ROW_MAJOR: c_int = 101;

/// cblas's number for column-major matrices.
pub const COLUMN_MAJOR: c_int = 102;

/// `cblas_sgemm` or `cblas_dgemm`: C ← alpha op(A) op(B) + beta C, where op(A) is m × k and op(B) is k × n.
pub type GemmFunction<R> = unsafe extern "C" fn(
    layout: c_int,
    transpose_a: Transpose,
    transpose_b: Transpose,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha: R,
    a: *const R,
    lda: c_int,
    b: *const R,
    ldb: c_int,
    beta: R,
    c: *mut R,
    ldc: c_int,
);

/// An operand of a gemm call: row-major, `leading` elements from one row to the next.
#[derive(Clone, Copy)]
pub(crate) struct Operand<P> {
    pub(crate) pointer: P,
    pub(crate) leading: i32,
    pub(crate) transpose: Transpose,
}

/// The arguments of a gemm call: C ← alpha op(A) op(B) + beta C.
#[derive(Clone, Copy)]
pub struct GemmArguments<R> {
    /// m, n and k: op(A) is m × k, op(B) is k × n and C is m × n.
    pub(crate) shape: [usize; 3],
    pub(crate) alpha: R,
    pub(crate) a: Operand<*const R>,
    pub(crate) b: Operand<*const R>,
    pub(crate) beta: R,
    pub(crate) c: Operand<*mut R>,
}

/// The gemm functions of one library.
#[derive(Clone, Copy)]
pub struct GemmFunctions {
    pub(crate) sgemm: GemmFunction<f32>,
    pub(crate) dgemm: GemmFunction<f64>,
}

/// An element type that cblas multiplies.
pub trait GemmElement: Sized {
    /// Picks the function that multiplies matrices of this type.
    fn gemm(functions: &GemmFunctions) -> GemmFunction<Self>;
}

impl GemmElement for f32 {
    fn gemm(functions: &GemmFunctions) -> GemmFunction<f32> {
        functions.sgemm
    }
}

impl GemmElement for f64 {
    fn gemm(functions: &GemmFunctions) -> GemmFunction<f64> {
        functions.dgemm
    }
}
