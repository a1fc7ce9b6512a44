//! Loops of multiply-adds, one per generation of vectors and element type.

use std::hint::black_box;

use crate::simd::Vectors;

/// The number of independent chains of multiply-adds: enough for two units with a latency of four to five cycles, and all that the
/// registers hold.
const CHAINS: usize = 12;

/// A loop of multiply-adds; its argument is the number of rounds.
pub(super) type Loop = fn(usize);

/// An element type whose multiply-adds can be timed.
pub trait MultiplyAdds: Sized {
    /// Returns the loop over `vectors`, and the number of floating-point operations per round.
    ///
    /// # Panics
    /// If this processor lacks such vectors.
    fn multiply_adds(vectors: Vectors) -> (Loop, f64);
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use std::arch::x86_64::{
        _mm_add_pd, _mm_add_ps, _mm_mul_pd, _mm_mul_ps, _mm_set1_pd, _mm_set1_ps, _mm256_add_pd, _mm256_add_ps,
        _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_mul_pd, _mm256_mul_ps, _mm256_set1_pd, _mm256_set1_ps,
        _mm512_fmadd_pd, _mm512_fmadd_ps, _mm512_set1_pd, _mm512_set1_ps,
    };

    use super::{CHAINS, Loop, MultiplyAdds, Vectors, black_box};

    /// Defines a loop in which every chain goes through `a = a x + y`, whose limit is 1.
    macro_rules! chains {
        ($name:ident, $feature:literal, $set:ident, |$a:ident, $x:ident, $y:ident| $step:expr) => {
            pub(super) fn $name(rounds: usize) {
                #[target_feature(enable = $feature)]
                fn run(rounds: usize) {
                    let ($x, $y) = (black_box($set(0.999)), black_box($set(0.001)));
                    let mut chains = [$set(0.0); CHAINS];
                    for _ in 0..rounds {
                        for $a in &mut chains {
                            *$a = $step;
                        }
                    }
                    black_box(chains);
                }
                // SAFETY: `multiply_adds` alone gives this function away, and has checked that the processor has these instructions.
                unsafe { run(rounds) }
            }
        };
    }

    chains!(sse_f32, "sse2", _mm_set1_ps, |a, x, y| _mm_add_ps(_mm_mul_ps(*a, x), y));
    chains!(sse_f64, "sse2", _mm_set1_pd, |a, x, y| _mm_add_pd(_mm_mul_pd(*a, x), y));
    chains!(avx_f32, "avx", _mm256_set1_ps, |a, x, y| _mm256_add_ps(_mm256_mul_ps(*a, x), y));
    chains!(avx_f64, "avx", _mm256_set1_pd, |a, x, y| _mm256_add_pd(_mm256_mul_pd(*a, x), y));
    chains!(avx2_f32, "avx2,fma", _mm256_set1_ps, |a, x, y| _mm256_fmadd_ps(*a, x, y));
    chains!(avx2_f64, "avx2,fma", _mm256_set1_pd, |a, x, y| _mm256_fmadd_pd(*a, x, y));
    chains!(avx512_f32, "avx512f", _mm512_set1_ps, |a, x, y| _mm512_fmadd_ps(*a, x, y));
    chains!(avx512_f64, "avx512f", _mm512_set1_pd, |a, x, y| _mm512_fmadd_pd(*a, x, y));

    /// Counts the operations of a round over vectors of `vector` bytes.
    const fn flop(vector: usize, element: usize) -> f64 {
        (2 * vector / element * CHAINS) as f64
    }

    impl MultiplyAdds for f32 {
        fn multiply_adds(vectors: Vectors) -> (Loop, f64) {
            assert!(vectors <= Vectors::detect(), "this processor has no {vectors} vectors");
            match vectors {
                Vectors::Sse => (sse_f32, flop(16, 4)),
                Vectors::Avx => (avx_f32, flop(32, 4)),
                Vectors::Avx2 => (avx2_f32, flop(32, 4)),
                Vectors::Avx512 => (avx512_f32, flop(64, 4)),
            }
        }
    }

    impl MultiplyAdds for f64 {
        fn multiply_adds(vectors: Vectors) -> (Loop, f64) {
            assert!(vectors <= Vectors::detect(), "this processor has no {vectors} vectors");
            match vectors {
                Vectors::Sse => (sse_f64, flop(16, 8)),
                Vectors::Avx => (avx_f64, flop(32, 8)),
                Vectors::Avx2 => (avx2_f64, flop(32, 8)),
                Vectors::Avx512 => (avx512_f64, flop(64, 8)),
            }
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod portable {
    use super::{CHAINS, Loop, MultiplyAdds, Vectors, black_box};

    macro_rules! multiply_adds {
        ($type:ty, $lanes:literal) => {
            impl MultiplyAdds for $type {
                fn multiply_adds(_: Vectors) -> (Loop, f64) {
                    fn run(rounds: usize) {
                        let (x, y) = (black_box(0.999 as $type), black_box(0.001 as $type));
                        let mut chains = [0.0 as $type; $lanes * CHAINS];
                        for _ in 0..rounds {
                            chains.iter_mut().for_each(|lane| *lane = lane.mul_add(x, y));
                        }
                        black_box(chains);
                    }
                    (run, (2 * $lanes * CHAINS) as f64)
                }
            }
        };
    }

    multiply_adds!(f32, 4);
    multiply_adds!(f64, 2);
}
