//! The speed of a library, compared with what the processor allows.

use std::ffi::c_int;

use super::library::Library;
use crate::cblas::{ROW_MAJOR, Transpose};
use crate::peak;
use crate::real::Real;
use crate::simd::Vectors;

impl Library {
    /// Measures the floating-point operations per second, on one core, of a product that any good library makes near the peak: that of two
    /// square matrices with sides of 256, in cache.
    pub fn flops<R: Real>(&self) -> f64 {
        const SIDE: usize = 256;
        let gemm = self.gemm::<R>();
        let (a, mut c) = (vec![R::one(); SIDE * SIDE], vec![R::zero(); SIDE * SIDE]);
        let (side, no, a) = (SIDE as c_int, Transpose::No, a.as_ptr());
        peak::best_rate(|count| {
            for _ in 0..count {
                // SAFETY: all three are square matrices of that side, and C overlaps neither of the others.
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

    /// Returns whether its kernels are for narrower vectors than the processor has.
    pub(super) fn is_narrow(&self) -> bool {
        self.vectors().is_some_and(|vectors| vectors < Vectors::detect())
    }

    /// Measures the fraction of the processor's peak that it reaches in f32. `None` if its kernels use the processor's widest vectors,
    /// or if it reaches half of the peak.
    pub fn slow_fraction(&self) -> Option<f64> {
        let fraction = || self.flops::<f32>() / peak::flops::<f32>(Vectors::detect());
        self.is_narrow().then(fraction).filter(|&fraction| fraction < 0.5)
    }
}
