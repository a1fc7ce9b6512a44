//! How fast a library multiplies beside what the processor allows.

use std::ffi::c_int;

use super::library::{GemmFunction, Library, ROW_MAJOR, Transpose};
use crate::peak;
use crate::real::Real;
use crate::simd::Vectors;

impl Library {
    /// Measures the floating-point operations a second, on one core, of a product that any good library does near the peak: two
    /// square matrices of a side of 256, in cache.
    pub fn flops<R: Real>(&self) -> f64 {
        const SIDE: usize = 256;
        let gemm: GemmFunction<R> = R::gemm_of(self);
        let (a, mut c) = (vec![R::one(); SIDE * SIDE], vec![R::zero(); SIDE * SIDE]);
        let (side, no, a) = (SIDE as c_int, Transpose::No, a.as_ptr());
        peak::best_rate(|count| {
            for _ in 0..count {
                // SAFETY: three square matrices of that side; C overlaps neither of the others.
                unsafe {
                    gemm(
                        ROW_MAJOR,
                        no,
                        no,
                        side,
                        side,
                        side,
                        R::one(),
                        a,
                        side,
                        a,
                        side,
                        R::zero(),
                        c.as_mut_ptr(),
                        side,
                    )
                };
            }
            (count * 2 * SIDE.pow(3)) as f64
        })
    }

    /// Whether its kernels are for narrower vectors than the processor has.
    pub(super) fn is_narrow(&self) -> bool {
        self.vectors().is_some_and(|vectors| vectors < Vectors::here())
    }

    /// Measures the share of the processor's peak that it reaches in f32, where its kernels are for narrower vectors than the
    /// processor has and it comes to less than half.
    pub fn slow_share(&self) -> Option<f64> {
        let share = || self.flops::<f32>() / peak::flops::<f32>(Vectors::here());
        self.is_narrow().then(share).filter(|&share| share < 0.5)
    }
}
