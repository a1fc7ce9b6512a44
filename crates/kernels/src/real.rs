//! The two element types, f32 and f64, and the one gemm that each has.

use ndarray::NdFloat;

use crate::blas::{GemmFunction, Library, ROW_MAJOR, Transpose, in_use};
use crate::functions::Constants;
use crate::peak::MultiplyAdds;

/// An element type of the kernels: `f32` or `f64`, and no other.
pub trait Real: NdFloat + Constants + MultiplyAdds + sealed::Gemm {
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

pub(crate) mod sealed {
    use super::Operand;
    use crate::blas::{GemmFunction, Library};

    pub trait Gemm: Sized {
        /// The function of a library that multiplies matrices of this type.
        fn gemm_of(library: &Library) -> GemmFunction<Self>;

        /// C ← alpha op(A) op(B) + beta C in one cblas call, where op(A) is m × k, op(B) is k × n and C is m × n.
        ///
        /// # Safety
        /// Every operand's pointer and leading dimension must cover its m, n, k as row-major cblas reads them,
        /// and C must not overlap A or B.
        #[allow(private_interfaces, reason = "the trait is sealed: nobody outside can name or call this")]
        unsafe fn gemm(
            shape: [i32; 3],
            alpha: Self,
            a: Operand<*const Self>,
            b: Operand<*const Self>,
            beta: Self,
            c: Operand<*mut Self>,
        );
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

            #[allow(private_interfaces, reason = "sealed")]
            unsafe fn gemm(
                [m, n, k]: [i32; 3],
                alpha: Self,
                a: Operand<*const Self>,
                b: Operand<*const Self>,
                beta: Self,
                c: Operand<*mut Self>,
            ) {
                // SAFETY: the caller upholds the bounds of every operand, see the trait.
                unsafe {
                    Self::gemm_of(in_use())(
                        ROW_MAJOR,
                        a.transpose,
                        b.transpose,
                        m,
                        n,
                        k,
                        alpha,
                        a.pointer,
                        a.leading,
                        b.pointer,
                        b.leading,
                        beta,
                        c.pointer,
                        c.leading,
                    );
                }
            }
        }
    };
}

real!(f32, sgemm);
real!(f64, dgemm);
