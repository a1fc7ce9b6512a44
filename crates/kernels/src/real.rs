//! The two element types, f32 and f64, and the one gemm that each has.

use ndarray::NdFloat;

use crate::blas::{GemmFunction, Library, Transpose};
use crate::math::Constants;
use crate::peak::MultiplyAdds;
use crate::transpose::TransposeBlock;

/// An element type of the kernels: `f32` or `f64`, and no other.
pub trait Real: NdFloat + Constants + MultiplyAdds + TransposeBlock + sealed::Gemm {
    /// The type's name as experiments write it: `"f32"` or `"f64"`.
    const NAME: &'static str;

    /// The value nearest to `value`.
    fn from_f64(value: f64) -> Self;

    /// This value, exactly.
    fn as_f64(self) -> f64;
}

/// One operand of a gemm call: row-major, `leading` elements from one row to the next.
#[derive(Clone, Copy)]
pub(crate) struct Operand<P> {
    pub(crate) pointer: P,
    pub(crate) leading: i32,
    pub(crate) transpose: Transpose,
}

/// C ← alpha op(A) op(B) + beta C as BLAS takes it.
#[derive(Clone, Copy)]
pub(crate) struct Product<R> {
    /// op(A) is m × k, op(B) is k × n and C is m × n.
    pub(crate) shape: [usize; 3],
    pub(crate) alpha: R,
    pub(crate) a: Operand<*const R>,
    pub(crate) b: Operand<*const R>,
    pub(crate) beta: R,
    pub(crate) c: Operand<*mut R>,
}

pub(crate) mod sealed {
    use super::Product;
    use crate::blas::{COLUMN_MAJOR, GemmFunction, Library};

    pub trait Gemm: Sized {
        /// The function of a library that multiplies matrices of this type.
        fn gemm_of(library: &Library) -> GemmFunction<Self>;

        /// Computes a product in one cblas call.
        ///
        /// # Safety
        /// Every operand's pointer and leading dimension must cover its m, n, k as row-major cblas reads them,
        /// each of them must fit into 32 bits, and C must not overlap A or B.
        #[allow(private_interfaces, reason = "the trait is sealed: nobody outside can name or call this")]
        unsafe fn gemm(library: &Library, Product { shape, alpha, a, b, beta, c }: Product<Self>) {
            let [m, n, k] = shape.map(|side| side as i32);
            // To column-major cblas a row-major C is Cᵀ = op(B)ᵀ op(A)ᵀ. Some row-major products get kernels of OpenBLAS's AVX-512
            // cores that do the edges of C element by element.
            // SAFETY: the caller upholds the bounds of every operand.
            unsafe {
                Self::gemm_of(library)(
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
    }
}

macro_rules! real {
    ($type:ident, $gemm:ident) => {
        impl Real for $type {
            const NAME: &'static str = stringify!($type);

            #[inline]
            #[allow(clippy::cast_possible_truncation, reason = "rounding to the nearest is what it is for")]
            fn from_f64(value: f64) -> Self {
                value as Self
            }

            #[inline]
            fn as_f64(self) -> f64 {
                self.into()
            }
        }

        impl sealed::Gemm for $type {
            fn gemm_of(library: &Library) -> GemmFunction<Self> {
                library.$gemm
            }
        }
    };
}

real!(f32, sgemm);
real!(f64, dgemm);
