//! Loops compiled for the widest vectors that the processor has.
//!
//! The program is built for every x86-64; these loops are built three times and picked when it runs. No result depends
//! on the pick: the compiler never fuses or reorders floating-point operations by itself, `mul_add` rounds once
//! everywhere, and sums are written in lanes of a fixed number.

/// Runs `body` as compiled for the widest vectors here.
///
/// Only what is inlined is compiled anew: `body` and all closures in it are to be marked `#[inline(always)]`, and it must
/// be a loop over slices that calls nothing else.
#[inline]
pub(crate) fn widest<T>(body: impl FnOnce() -> T) -> T {
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
        let has_fma = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let has_avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl");
        if has_fma && has_avx512 {
            // SAFETY: the processor has every feature that the function is compiled for.
            return unsafe { avx512(body) };
        }
        if has_fma {
            // SAFETY: as above.
            return unsafe { avx2(body) };
        }
    }
    body()
}
