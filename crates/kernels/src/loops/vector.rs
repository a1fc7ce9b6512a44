//! AVX2 vectors of both element types.

use std::arch::x86_64::{
    __m256, __m256d, __m256i, _mm_add_pd, _mm_add_ps, _mm_add_sd, _mm_add_ss, _mm_cvtsd_f64, _mm_cvtss_f32,
    _mm_movehdup_ps, _mm_movehl_ps, _mm_unpackhi_pd, _mm256_castpd256_pd128, _mm256_castps256_ps128,
    _mm256_extractf128_pd, _mm256_extractf128_ps, _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_loadu_pd, _mm256_loadu_ps,
    _mm256_loadu_si256, _mm256_maskload_pd, _mm256_maskload_ps, _mm256_maskstore_pd, _mm256_maskstore_ps,
    _mm256_mul_pd, _mm256_mul_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_storeu_pd, _mm256_storeu_ps,
};

use ndarray::NdFloat;

/// The lanes of a vector that a load or a store touches.
#[derive(Clone, Copy)]
pub(super) enum Lanes {
    /// Every lane.
    All,
    /// The first lanes, of which this is the mask; the others are loaded as zeros.
    First(__m256i),
}

/// An element type of vectors of 256 bits.
///
/// # Safety
/// Its functions may be called only from functions that are compiled for AVX2 with fused multiply-adds, into which they are inlined. The
/// lanes that are loaded or stored must be those of a matrix.
pub(super) trait Element: NdFloat {
    /// A vector.
    type Vector: Copy;

    /// The number of elements of a vector.
    const LANES: usize;

    /// Picks the first `count` lanes.
    unsafe fn first(count: usize) -> Lanes;

    /// Fills all lanes with `value`.
    unsafe fn splat(value: Self) -> Self::Vector;

    /// Loads the lanes from adjacent elements.
    unsafe fn load(from: *const Self, lanes: Lanes) -> Self::Vector;

    /// Stores the lanes to adjacent elements.
    unsafe fn store(to: *mut Self, lanes: Lanes, vector: Self::Vector);

    /// Multiplies lane by lane.
    unsafe fn multiply(a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// Computes a b + c in each lane, rounded once.
    unsafe fn multiply_add(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;

    /// Adds up the lanes, by halves.
    unsafe fn sum(vector: Self::Vector) -> Self;
}

macro_rules! element {
    ($type:ty, $vector:ty, $lanes:literal, $integer:ty, $splat:ident, [$load:ident, $load_masked:ident], [$store:ident, $store_masked:ident],
     $mul:ident, $mul_add:ident, |$summed:ident| $sum:expr) => {
        impl Element for $type {
            type Vector = $vector;

            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn first(count: usize) -> Lanes {
                // A window of ones, then zeros.
                const ONES_AND_ZEROS: [$integer; 2 * $lanes] = {
                    let mut lanes = [0; 2 * $lanes];
                    let mut lane = 0;
                    while lane < $lanes {
                        lanes[lane] = -1;
                        lane += 1;
                    }
                    lanes
                };
                // SAFETY: from there on, the constant has at least as many elements as a vector.
                Lanes::First(unsafe { _mm256_loadu_si256(ONES_AND_ZEROS[$lanes - count..].as_ptr().cast()) })
            }

            #[inline(always)]
            unsafe fn splat(value: Self) -> $vector {
                // SAFETY: the caller upholds what [`Element`] asks.
                unsafe { $splat(value) }
            }

            #[inline(always)]
            unsafe fn load(from: *const Self, lanes: Lanes) -> $vector {
                match lanes {
                    // SAFETY: the caller upholds what [`Element`] asks.
                    Lanes::All => unsafe { $load(from) },
                    // SAFETY: the caller upholds what [`Element`] asks.
                    Lanes::First(mask) => unsafe { $load_masked(from, mask) },
                }
            }

            #[inline(always)]
            unsafe fn store(to: *mut Self, lanes: Lanes, vector: $vector) {
                match lanes {
                    // SAFETY: the caller upholds what [`Element`] asks.
                    Lanes::All => unsafe { $store(to, vector) },
                    // SAFETY: the caller upholds what [`Element`] asks.
                    Lanes::First(mask) => unsafe { $store_masked(to, mask, vector) },
                }
            }

            #[inline(always)]
            unsafe fn multiply(a: $vector, b: $vector) -> $vector {
                // SAFETY: the caller upholds what [`Element`] asks.
                unsafe { $mul(a, b) }
            }

            #[inline(always)]
            unsafe fn multiply_add(a: $vector, b: $vector, c: $vector) -> $vector {
                // SAFETY: the caller upholds what [`Element`] asks.
                unsafe { $mul_add(a, b, c) }
            }

            #[inline(always)]
            unsafe fn sum($summed: $vector) -> Self {
                // SAFETY: the caller upholds what [`Element`] asks.
                unsafe { $sum }
            }
        }
    };
}

element!(
    f32,
    __m256,
    8,
    i32,
    _mm256_set1_ps,
    [_mm256_loadu_ps, _mm256_maskload_ps],
    [_mm256_storeu_ps, _mm256_maskstore_ps],
    _mm256_mul_ps,
    _mm256_fmadd_ps,
    |vector| {
        let four = _mm_add_ps(_mm256_castps256_ps128(vector), _mm256_extractf128_ps(vector, 1));
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
    }
);

element!(
    f64,
    __m256d,
    4,
    i64,
    _mm256_set1_pd,
    [_mm256_loadu_pd, _mm256_maskload_pd],
    [_mm256_storeu_pd, _mm256_maskstore_pd],
    _mm256_mul_pd,
    _mm256_fmadd_pd,
    |vector| {
        let two = _mm_add_pd(_mm256_castpd256_pd128(vector), _mm256_extractf128_pd(vector, 1));
        _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
    }
);
