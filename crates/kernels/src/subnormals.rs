//! Flushing of subnormal numbers to zero while a net trains, because arithmetic with them is many times slower.

/// True if [`with_subnormals_flushed`] has an effect on this kind of processor.
pub const CAN_FLUSH: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// Runs `body`, with subnormal operands and results taken as zero if `flush`. The previous mode is restored afterwards, also if `body`
/// panics.
///
/// The mode holds for all arithmetic of this thread, including OpenBLAS's, and for the parts of products and passes that other
/// threads of a [`Team`](crate::Team) take. Without [`CAN_FLUSH`], this only runs `body`.
pub fn with_subnormals_flushed<T>(flush: bool, body: impl FnOnce() -> T) -> T {
    struct Restore(Option<u64>);
    impl Drop for Restore {
        fn drop(&mut self) {
            if let Some(before) = self.0 {
                control::set(control::get() & !control::FLUSH | before & control::FLUSH);
            }
        }
    }
    let before = (flush && CAN_FLUSH).then(control::get);
    let _restore = Restore(before);
    if let Some(before) = before {
        control::set(before | control::FLUSH);
    }
    body()
}

/// Returns whether this thread flushes subnormal numbers to zero.
pub(crate) fn is_flushing() -> bool {
    CAN_FLUSH && control::get() & control::FLUSH == control::FLUSH
}

#[cfg(target_arch = "x86_64")]
mod control {
    use std::arch::asm;

    /// MXCSR's flush-to-zero and denormals-are-zero.
    pub(super) const FLUSH: u64 = 1 << 15 | 1 << 6;

    pub(super) fn get() -> u64 {
        let mut mxcsr = 0u32;
        // SAFETY: stores the four bytes of the control register where they have room.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut mxcsr, options(nostack, preserves_flags)) };
        mxcsr.into()
    }

    pub(super) fn set(mxcsr: u64) {
        let mxcsr = mxcsr as u32;
        // SAFETY: the value was read from the register and has at most the two bits of FLUSH changed. This goes beyond what
        // Rust promises: its documentation asks for the register's default state around all floating-point code. In
        // practice the compiler only folds constants in that state, so it may keep a subnormal number that the processor
        // would have flushed; a caller of `with_subnormals_flushed` accepts either. The tests check what is relied on.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const mxcsr, options(nostack, readonly)) };
    }
}

#[cfg(target_arch = "aarch64")]
mod control {
    use std::arch::asm;

    /// FPCR's flush-to-zero.
    pub(super) const FLUSH: u64 = 1 << 24;

    pub(super) fn get() -> u64 {
        let fpcr: u64;
        // SAFETY: reads a control register.
        unsafe { asm!("mrs {}, fpcr", out(reg) fpcr, options(nomem, nostack, preserves_flags)) };
        fpcr
    }

    pub(super) fn set(fpcr: u64) {
        // SAFETY: as on x86-64.
        unsafe { asm!("msr fpcr, {}", in(reg) fpcr, options(nomem, nostack, preserves_flags)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod control {
    pub(super) const FLUSH: u64 = 0;

    pub(super) fn get() -> u64 {
        0
    }

    pub(super) fn set(_: u64) {}
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::panic::catch_unwind;

    use super::*;

    fn half_of_the_least_normal() -> f32 {
        // A product that nothing takes inside the region may be computed after it.
        black_box(black_box(f32::MIN_POSITIVE) * black_box(0.5))
    }

    #[test]
    fn subnormal_results_are_zero_inside_and_kept_outside() {
        assert!(half_of_the_least_normal() > 0.0);
        assert_eq!(with_subnormals_flushed(true, half_of_the_least_normal) == 0.0, CAN_FLUSH);
        assert!(with_subnormals_flushed(false, half_of_the_least_normal) > 0.0);
        assert!(half_of_the_least_normal() > 0.0);
    }

    #[test]
    fn a_panic_inside_sets_everything_back() {
        assert!(catch_unwind(|| with_subnormals_flushed(true, || panic!("inside"))).is_err());
        assert!(half_of_the_least_normal() > 0.0);
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn subnormal_operands_are_zero_inside() {
        assert_eq!(with_subnormals_flushed(true, || black_box(f32::from_bits(1 << 22)) * black_box(1e30)), 0.0);
    }

    #[test]
    fn an_inner_call_leaves_the_outer_one_in_force() {
        assert_eq!(
            with_subnormals_flushed(true, || {
                with_subnormals_flushed(true, || ());
                half_of_the_least_normal()
            }) == 0.0,
            CAN_FLUSH
        );
    }
}
