//! log(1 + u) and softplus.

use std::f64::consts::LN_2;

use super::exponential::{Exponential, exp};

/// The series of the logarithm in an element type.
pub trait Logarithm: Exponential {
    /// Computes artanh(s) / s³ - 1 / s² = 1/3 + t/5 + t²/7 + … for t = s² <= 1/9, to the last term that matters.
    fn artanh_series(t: Self) -> Self;
}

macro_rules! constants {
    ($type:ident, $terms:literal) => {
        impl Logarithm for $type {
            #[inline(always)]
            fn artanh_series(t: $type) -> $type {
                let mut sum = 1.0 / (2 * $terms + 1) as $type;
                for n in (1..$terms).rev() {
                    sum = t.mul_add(sum, 1.0 / (2 * n + 1) as $type);
                }
                sum
            }
        }
    };
}

constants!(f32, 7);
constants!(f64, 17);

/// Computes log(1 + u) = 2 artanh s, with s = u / (2 + u), within 2 ulp for -1/2 <= u <= 1, by its series.
#[inline(always)]
pub(crate) fn ln_1p<R: Logarithm>(u: R) -> R {
    let two = R::one() + R::one();
    let s = u / (two + u);
    let t = s * s;
    two * (s * t).mul_add(R::artanh_series(t), s)
}

/// Computes log(1 + u) within 2 ulp for 0 <= u < 2⁵³.
#[inline(always)]
pub(crate) fn ln_1p_of_sum(u: f64) -> f64 {
    // The smallest k with u < 2^k, but 0 for u <= 1: 1 + u = 2^k (1 + v) with |v| <= 1/2 for u > 1.
    let exponent = (u.to_bits() >> 52) as i64 - 1022;
    let k = if u > 1.0 { exponent } else { 0 };
    let power = |k: i64| f64::from_bits(((1023 + k) as u64) << 52);
    let v = (u - (power(k) - 1.0)) * power(-k);
    // The rounding error of LN_2 doesn't matter: its multiple is the larger part of the sum.
    (k as f64).mul_add(LN_2, ln_1p(v))
}

/// Computes softplus x = log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|) within 3 ulp.
#[inline(always)]
pub(crate) fn softplus<R: Logarithm>(x: R) -> R {
    // A comparison, as `max` would hide NaN.
    let positive_part = if x < R::zero() { R::zero() } else { x };
    positive_part + ln_1p(exp(-x.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f64s() -> impl Iterator<Item = f64> {
        (0..400_000u64).map(|i| f64::from_bits(0x3c00_0000_0000_0000 + i * 0xbe_61cf_feb0))
    }

    /// Counts the steps from one f64 to the next between two of them.
    fn steps(found: f64, expected: f64) -> u64 {
        found.to_bits().abs_diff(expected.to_bits())
    }

    #[test]
    fn ln_1p_is_within_two_ulps() {
        for u in f64s().filter(|u| (0.0..=1.0).contains(u)).chain([1.0, 5e-324, 1e-310]) {
            assert!(steps(ln_1p(u), u.ln_1p()) <= 2, "{u:e}");
        }
        assert_eq!(ln_1p(0.0), 0.0);
    }

    #[test]
    fn ln_1p_of_sum_is_within_two_ulps() {
        let powers = (0..53).flat_map(|k| [-1.0, 0.0, 1.0].map(|off| 2f64.powi(k) + off));
        for u in f64s().chain(powers).filter(|u| *u < 1e15).chain([1.0f64.next_up(), 0.0, 5e-324]) {
            assert!(steps(ln_1p_of_sum(u), u.ln_1p()) <= 2, "{u:e}");
        }
        assert!(ln_1p_of_sum(f64::NAN).is_nan());
    }
}
