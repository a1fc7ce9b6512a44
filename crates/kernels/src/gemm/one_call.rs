//! A product in one cblas call.

use crate::blas::Library;
use crate::cblas::{COLUMN_MAJOR, GemmArguments};
use crate::real::Real;

/// Computes a product in one cblas call.
///
/// # Safety
/// Every operand's pointer and leading dimension must cover its m, n, k as row-major cblas reads them,
/// each of them must fit into 32 bits, and C must not overlap A or B.
pub(super) unsafe fn call_gemm<R: Real>(library: &Library, arguments: GemmArguments<R>) {
    let GemmArguments { shape, alpha, a, b, beta, c } = arguments;
    let [m, n, k] = shape.map(|side| side as i32);
    // To column-major cblas a row-major C is Cᵀ = op(B)ᵀ op(A)ᵀ. Some row-major products get kernels of OpenBLAS's AVX-512
    // cores that do the edges of C element by element.
    // SAFETY: the caller upholds the bounds of every operand.
    unsafe {
        library.gemm::<R>()(
            COLUMN_MAJOR,
            b.transpose,
            a.transpose,
            n,
            m,
            k,
            alpha,
            b.pointer,
            b.leading,
            a.pointer,
            a.leading,
            beta,
            c.pointer,
            c.leading,
        );
    }
}
