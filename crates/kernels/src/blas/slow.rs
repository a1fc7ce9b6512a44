//! The speed of a library, compared with what the processor allows.

use std::ffi::c_int;

use super::library::Library;
use crate::cblas::{ROW_MAJOR, Transpose};
use crate::peak;
use crate::real::Real;
use crate::simd::Vectors;

/// The side of the matrices of [`Library::square_product`].
const SIDE: usize = 256;

impl Library {
    /// Measures the floating-point operations per second, on one core, of a product that any good library makes near the peak: that of two
    /// square matrices with sides of 256, in cache.
    pub fn flops<R: Real>(&self) -> f64 {
        let mut multiply = self.square_product::<R>();
        peak::best_rate(|count| {
            (0..count).for_each(|_| multiply());
            (count * 2 * SIDE.pow(3)) as f64
        })
    }

    /// Prepares that product, which is also large enough for several threads.
    pub(super) fn square_product<R: Real>(&self) -> impl FnMut() + use<R> {
        let (gemm, side, no) = (self.gemm::<R>(), SIDE as c_int, Transpose::No);
        let (a, mut c) = (vec![R::one(); SIDE * SIDE], vec![R::zero(); SIDE * SIDE]);
        let (one, zero) = (R::one(), R::zero());
        move || {
            let (a, c) = (a.as_ptr(), c.as_mut_ptr());
            // SAFETY: all three are square matrices of that side, and C overlaps neither of the others.
            unsafe { gemm(ROW_MAJOR, no, no, side, side, side, one, a, side, a, side, zero, c, side) };
        }
    }

    /// Returns whether its kernels are for narrower vectors than the processor has.
    pub(super) fn is_narrow(&self) -> bool {
        self.vectors().is_some_and(|vectors| vectors < Vectors::detect())
    }

    /// Measures the fraction of the processor's peak that it reaches in f32. `None` if its kernels are known to use the processor's widest
    /// vectors, or if it reaches half of the peak.
    pub fn slow_fraction(&self) -> Option<f64> {
        let fraction = || self.flops::<f32>() / peak::flops::<f32>(Vectors::detect());
        let is_widest = self.vectors().is_some_and(|vectors| vectors >= Vectors::detect());
        (!is_widest).then(fraction).filter(|&fraction| fraction < 0.5)
    }
}
