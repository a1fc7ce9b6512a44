//! Vector instructions: which ones this processor has, and loops compiled for the widest of them.
//!
//! The program is built for every x86-64. Its hot loops are built three times, and one of the three is picked at run time. No
//! result depends on the pick: the compiler never fuses or reorders floating-point operations by itself, `mul_add` rounds once
//! everywhere, and sums are written in a fixed number of lanes.

use std::fmt;

/// A generation of vector instructions, from the narrowest to the widest. Each generation does twice as many multiply-adds per cycle as
/// the one before it, on a processor whose units have its full width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vectors {
    /// 128 bits, separate multiplication and addition (NEON, which fuses them, counts as this too).
    Sse,
    /// 256 bits, separate multiplication and addition.
    Avx,
    /// 256 bits, fused multiply-add.
    Avx2,
    /// 512 bits, fused multiply-add.
    Avx512,
}

impl Vectors {
    /// Detects the widest vectors that this processor and its system offer; those of 512 bits with all parts of AVX-512 that server
    /// processors have had since 2017 (F, DQ, BW and VL).
    #[inline]
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let fused = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let has_avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl");
            if fused && has_avx512 {
                return Vectors::Avx512;
            }
            if fused {
                return Vectors::Avx2;
            }
            if is_x86_feature_detected!("avx") {
                return Vectors::Avx;
            }
        }
        Vectors::Sse
    }
}

/// Returns whether the processor has FMA4, a fused multiply-add that only AMD's processors of 2011 to 2015 say they have.
pub(crate) fn has_fma4() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        // The standard library doesn't detect it.
        const EXTENDED: u32 = 0x8000_0001;
        const FMA4: u32 = 1 << 16;
        std::arch::x86_64::__cpuid(EXTENDED).ecx & FMA4 != 0
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Returns whether Intel has made the processor.
pub(crate) fn is_intel() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let maker = std::arch::x86_64::__cpuid(0);
        [maker.ebx, maker.edx, maker.ecx].map(u32::to_le_bytes).as_flattened() == b"GenuineIntel"
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Asks the processor to fetch the cache line of `address` into its second-level cache. A hint, which no result depends on.
pub(crate) fn prefetch<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing that the program sees, and ignores an address that is not valid.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

impl fmt::Display for Vectors {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Vectors::Sse if cfg!(target_arch = "x86_64") => "SSE",
            Vectors::Sse => "128-bit",
            Vectors::Avx => "AVX",
            Vectors::Avx2 => "AVX2",
            Vectors::Avx512 => "AVX-512",
        })
    }
}

/// Evaluates an expression as compiled for the widest vectors that this processor has: a loop over slices that calls nothing but
/// arithmetic and functions marked `#[inline(always)]`. The expression takes what it uses by value: a number behind a reference
/// would be read again in every round, since the slices might overlap it.
macro_rules! vectorised {
    ($body:expr) => {
        $crate::simd::in_widest_vectors(
            #[inline(always)]
            move || $body,
        )
    };
}
pub(crate) use vectorised;

/// Runs `body` as compiled for the widest vectors that this processor has.
///
/// Only inlined code is compiled anew, so `body` and every closure in it must be marked `#[inline(always)]`. [`vectorised!`] and
/// the macros of [`crate::rows`] do so.
#[inline]
pub(crate) fn in_widest_vectors<T>(body: impl FnOnce() -> T) -> T {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
        fn avx512<T>(body: impl FnOnce() -> T) -> T {
            body()
        }
        #[target_feature(enable = "avx2,fma")]
        fn avx2<T>(body: impl FnOnce() -> T) -> T {
            body()
        }
        match Vectors::detect() {
            // SAFETY: the processor has every feature that the function is compiled for.
            Vectors::Avx512 => return unsafe { avx512(body) },
            // SAFETY: as above.
            Vectors::Avx2 => return unsafe { avx2(body) },
            Vectors::Avx | Vectors::Sse => {}
        }
    }
    body()
}
