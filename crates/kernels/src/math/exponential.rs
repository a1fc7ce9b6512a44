//! exp, elu, tanh and the sigmoid, from one reduction of the argument.

use ndarray::NdFloat;

/// The constants of the exponential in an element type.
pub trait Exponential: NdFloat {
    /// 1.5 · 2^(mantissa bits): a number plus this has the nearest integer in its lowest bits.
    const SHIFTER: Self;
    /// log2 e.
    const LOG2_E: Self;
    /// ln 2, rounded.
    const LN_2_HIGH: Self;
    /// ln 2 - `LN_2_HIGH`.
    const LN_2_LOW: Self;
    /// The x below which eˣ and x eˣ are zero.
    const EXP_LEAST: Self;
    /// The x above which eˣ is infinite.
    const EXP_MOST: Self;
    /// The x from which on 1 - e⁻ˣ rounds to 1. From half of it on, tanh x does.
    const EXPM1_ONE: Self;
    /// Computes (e^r - 1) / r for |r| <= ln 2 / 2, by Taylor's series to the last term that matters.
    fn expm1_over_r(r: Self) -> Self;
    /// Computes 2^k p, where `shifted` is k + [`Self::SHIFTER`]. The power is applied in two factors, so that subnormal
    /// results and infinity come out right.
    fn scale(p: Self, shifted: Self) -> Self;
}

macro_rules! constants {
    ($type:ident, $bits:ident, $mantissa:literal, $shifter:expr, $low:expr, $least:expr, $most:expr, $one:expr,
     [$highest:literal $(, $factorial:literal)*]) => {
        impl Exponential for $type {
            const SHIFTER: $type = $shifter;
            const LOG2_E: $type = std::$type::consts::LOG2_E;
            const LN_2_HIGH: $type = std::$type::consts::LN_2;
            const LN_2_LOW: $type = $low;
            const EXP_LEAST: $type = $least;
            const EXP_MOST: $type = $most;
            const EXPM1_ONE: $type = $one;

            #[inline(always)]
            fn expm1_over_r(r: $type) -> $type {
                let sum: $type = 1.0 / $highest;
                $(let sum = sum.mul_add(r, 1.0 / $factorial);)*
                sum
            }

            #[inline(always)]
            fn scale(p: $type, shifted: $type) -> $type {
                // The low bits of the shifted number are k in two's complement.
                let k = shifted.to_bits().wrapping_sub($shifter.to_bits()) as $bits;
                let half = k >> 1;
                let power = |k: $bits| $type::from_bits(((k + $type::MAX_EXP as $bits - 1) << $mantissa) as _);
                p * power(half) * power(k - half)
            }
        }
    };
}

constants!(
    f32,
    i32,
    23,
    12_582_912.0_f32,
    -1.904_654_3e-9,
    -115.0,
    89.0,
    20.0,
    [40320.0, 5040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0]
);
constants!(
    f64,
    i64,
    52,
    6_755_399_441_055_744.0_f64,
    2.319_046_813_846_299_6e-17,
    -760.0,
    710.0,
    44.0,
    [
        87_178_291_200.0,
        6_227_020_800.0,
        479_001_600.0,
        39_916_800.0,
        3_628_800.0,
        362_880.0,
        40320.0,
        5040.0,
        720.0,
        120.0,
        24.0,
        6.0,
        2.0,
        1.0
    ]
);

/// Splits `x` = k ln 2 + r with |r| <= ln 2 / 2 into k + [`Exponential::SHIFTER`] and r.
#[inline(always)]
pub(super) fn reduce<R: Exponential>(x: R) -> (R, R) {
    let shifted = x.mul_add(R::LOG2_E, R::SHIFTER);
    let k = shifted - R::SHIFTER;
    (shifted, (-k).mul_add(R::LN_2_LOW, (-k).mul_add(R::LN_2_HIGH, x)))
}

/// Computes eˣ within 1 ulp.
#[inline(always)]
pub(crate) fn exp<R: Exponential>(x: R) -> R {
    // Comparisons, as `clamp` would hide NaN.
    let x = if x < R::EXP_LEAST { R::EXP_LEAST } else { x };
    let x = if x > R::EXP_MOST { R::EXP_MOST } else { x };
    let (shifted, r) = reduce(x);
    R::scale(r.mul_add(R::expm1_over_r(r), R::one()), shifted)
}

/// Computes eᵃ⁻ᵇ within 2 ulp for a <= b.
///
/// a - b is taken exactly, because a rounding error in it would be amplified by its size.
#[inline(always)]
pub(crate) fn exp_of_difference<R: Exponential>(a: R, b: R) -> R {
    let difference = a - b;
    let back = a - difference;
    let lost = (a - (difference + back)) + (back - b);
    let vanishes = difference < R::EXP_LEAST;
    // If a - b overflows, so does `lost`.
    let (difference, lost) = if vanishes { (R::EXP_LEAST, R::zero()) } else { (difference, lost) };
    let (shifted, r) = reduce(difference);
    let r = r + lost;
    R::scale(r.mul_add(R::expm1_over_r(r), R::one()), shifted)
}

/// Computes eˣ - 1 for |x| <= [`Exponential::EXPM1_ONE`], within 2 ulp.
#[inline(always)]
fn expm1<R: Exponential>(x: R) -> R {
    let (shifted, r) = reduce(x);
    let power = R::scale(R::one(), shifted); // 2^k
    // e^x - 1 = 2^k (e^r - 1) + (2^k - 1): both have the same sign, or the second is much larger.
    power.mul_add(r * R::expm1_over_r(r), power - R::one())
}

/// Computes elu x = x if x > 0, else eˣ - 1, within 2 ulp, also for small x.
#[inline(always)]
pub(crate) fn elu<R: Exponential>(x: R) -> R {
    // Comparisons, as `max` would hide NaN.
    let negative = if x < -R::EXPM1_ONE { -R::EXPM1_ONE } else { x };
    if x > R::zero() { x } else { expm1(negative) }
}

/// Computes tanh x = (e²ˣ - 1) / (e²ˣ + 1) within 4 ulp, also for small x.
#[inline(always)]
pub(crate) fn tanh<R: Exponential>(x: R) -> R {
    let two = R::one() + R::one();
    let y = two * x.abs();
    let y = if y > R::EXPM1_ONE { R::EXPM1_ONE } else { y };
    let expm1 = expm1(y);
    (expm1 / (expm1 + two)).copysign(x)
}

/// Computes σ(x) = 1 / (1 + e⁻ˣ) within 3 ulp, in the form that doesn't overflow.
#[inline(always)]
pub(crate) fn sigmoid<R: Exponential>(x: R) -> R {
    let e = exp(-x.abs());
    let numerator = if x < R::zero() { e } else { R::one() };
    numerator / (R::one() + e)
}

/// Computes tanh' x = 4 t / (1 + t)², with t = e^-2|x|, within 5 ulp over the whole range; `a` is [`tanh`] of x.
///
/// 1 - a² loses all digits when a rounds to 1. There is no division, because 2 / (1 + t) is 1 + |a|.
#[inline(always)]
pub(crate) fn tanh_derivative<R: Exponential>(x: R, a: R) -> R {
    let two = R::one() + R::one();
    let by = R::one() + a.abs();
    exp_times(-two * x.abs(), by * by)
}

/// Computes σ'(x) = e / (1 + e)², with e = e^-|x|, within 6 ulp over the whole range; `a` is [`sigmoid`] of x.
///
/// a (1 - a) loses all digits when a rounds to 1. There is no division, because 1 / (1 + e) is the larger of a and 1 - a.
#[inline(always)]
pub(crate) fn sigmoid_derivative<R: Exponential>(x: R, a: R) -> R {
    let larger = if x < R::zero() { R::one() - a } else { a };
    exp_times(-x.abs(), larger * larger)
}

/// Computes eˣ · `by` for x <= 0 and `by` from 1/4 to 4.
///
/// The power of two is applied last, so that a subnormal result is rounded once.
#[inline(always)]
fn exp_times<R: Exponential>(x: R, by: R) -> R {
    // A comparison, as `max` would hide NaN.
    let x = if x < R::EXP_LEAST { R::EXP_LEAST } else { x };
    let (shifted, r) = reduce(x);
    R::scale(r.mul_add(R::expm1_over_r(r), R::one()) * by, shifted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distance of `found` from `exact` in ulps of `exact`, which has more digits than an f32.
    fn ulps_f32(found: f32, exact: f64) -> f64 {
        let rounded = exact as f32;
        let ulp = if rounded.abs() < f32::MIN_POSITIVE {
            f64::from(f32::from_bits(1))
        } else {
            2f64.powi(rounded.abs().log2().floor() as i32 - 23)
        };
        (f64::from(found) - exact).abs() / ulp
    }

    /// Counts the steps from one f64 to the next between two of them.
    fn steps(found: f64, expected: f64) -> u64 {
        found.to_bits().abs_diff(expected.to_bits())
    }

    fn every_nth_f32(n: usize) -> impl Iterator<Item = f32> {
        (0..=u32::MAX).step_by(n).map(f32::from_bits).filter(|x| x.is_finite())
    }

    /// Numbers of every magnitude and both signs, evenly spaced in the exponent.
    fn f64s() -> impl Iterator<Item = f64> {
        let magnitudes = (0..400_000u64).map(|i| f64::from_bits(0x3c00_0000_0000_0000 + i * 0xbe_61cf_feb0));
        magnitudes.filter(|x| *x < 800.0).flat_map(|x| [x, -x])
    }

    #[test]
    fn exp_is_within_an_ulp() {
        for x in every_nth_f32(997).filter(|x| (-103.0..88.7).contains(x)) {
            assert!(ulps_f32(exp(x), f64::from(x).exp()) <= 1.0, "{x:e}");
        }
        // glibc's exp is within an ulp itself.
        let off = f64s().filter(|x| (-708.0..709.7).contains(x)).map(|x| steps(exp(x), x.exp())).max();
        assert!(off <= Some(1), "{off:?}");
    }

    #[test]
    fn tanh_is_within_four_ulps_and_sigmoid_within_three() {
        // Of all f32, tanh is off most at the first of these.
        for x in [0.015_531_173].into_iter().chain(every_nth_f32(997)) {
            assert!(ulps_f32(tanh(x), f64::from(x).tanh()) <= 4.0, "tanh {x:e}");
            let exact = 1.0 / (1.0 + (-f64::from(x)).exp());
            assert!(ulps_f32(sigmoid(x), exact) <= 3.0, "sigmoid {x:e}");
        }
        // glibc's tanh is within two ulps of the exact value, its exp and this quotient within two.
        for x in f64s().filter(|x| *x > -700.0) {
            assert!(steps(tanh(x), x.tanh()) <= 4, "tanh {x:e}");
            assert!(steps(sigmoid(x), 1.0 / (1.0 + (-x).exp())) <= 4, "sigmoid {x:e}");
        }
    }

    #[test]
    fn the_ends_of_the_range_and_nan_come_out_right() {
        assert_eq!((exp(f64::NEG_INFINITY), exp(0.0), exp(f64::INFINITY)), (0.0, 1.0, f64::INFINITY));
        assert_eq!((exp(-1e4_f32), exp(0.0_f32), exp(1e4_f32)), (0.0, 1.0, f32::INFINITY));
        assert_eq!((exp(-745.0), exp(-743.747)), (5e-324, 1e-323), "subnormal results too");
        assert_eq!((tanh(f64::NEG_INFINITY), tanh(f64::INFINITY), tanh(5e-324)), (-1.0, 1.0, 5e-324));
        assert!(tanh(-0.0_f32).is_sign_negative());
        assert_eq!((sigmoid(-1e308), sigmoid(0.0), sigmoid(1e308)), (0.0, 0.5, 1.0));
        assert!(exp(f64::NAN).is_nan() && tanh(f32::NAN).is_nan() && sigmoid(f64::NAN).is_nan());
    }
}
