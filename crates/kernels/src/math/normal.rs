//! z Φ(z), where Φ is the normal distribution function: gelu.
//!
//! It is computed from Q(x) = Φ(-x) e^(x²/2) for x = |z|, which falls slowly from 1/2 as 1 / (x √(2π)). So one formula does for
//! all z, and the tail keeps its relative accuracy. With t = (x - c) / (x + c) = 2x / (x + c) - 1, the function (x + c) Q(x) is a
//! short polynomial of t on the whole range. Source: Shepherd and Laframboise, Chebyshev approximation of (1 + 2x) exp(x²) erfc x,
//! Mathematics of Computation 36, 1981. `tests/golden/normal_tail.py` computes the coefficients.

use super::exponential::reduce;
use super::logistic::{Logistic, magnitude};

/// The constants of gelu in an element type.
pub trait Normal: Logistic {
    /// c in t = (x - c) / (x + c).
    const CENTRE: Self;
    /// The x from which on x φ(x) is zero.
    const GELU_MOST: Self;
    /// φ(0) = 1 / √(2π).
    const DENSITY_AT_ZERO: Self;
    /// Computes (x + c) Q(x), a polynomial of t.
    fn tail_polynomial(t: Self) -> Self;
}

macro_rules! constants {
    ($type:ident, $centre:literal, $most:literal, [$highest:literal $(, $coefficient:literal)*]) => {
        impl Normal for $type {
            const CENTRE: $type = $centre;
            const GELU_MOST: $type = $most;
            #[allow(clippy::excessive_precision, reason = "the digits of f64, rounded to either type")]
            const DENSITY_AT_ZERO: $type = 0.398_942_280_401_432_7;

            #[inline(always)]
            fn tail_polynomial(t: $type) -> $type {
                let sum: $type = $highest;
                $(let sum = sum.mul_add(t, $coefficient);)*
                sum
            }
        }
    };
}

constants!(
    f32,
    3.0,
    15.0,
    [
        5.549_187_3e-5,
        0.000_133_323_95,
        -0.000_244_709_3,
        -0.001_034_476_6,
        0.001_024_157_3,
        0.006_969_920_4,
        -0.010_462_289,
        -0.047_262_76,
        0.230_017_68,
        -0.509_332,
        0.729_083_7
    ]
);
constants!(
    f64,
    4.0,
    39.0,
    [
        -7.262_419_810_409_579e-10,
        -2.522_099_457_878_073_6e-09,
        1.918_277_020_373_34e-09,
        1.961_961_086_135_556e-08,
        1.328_079_778_731_032_8e-08,
        -8.540_841_815_685_125e-08,
        -1.549_649_174_224_745e-07,
        2.718_045_296_259_283_4e-07,
        1.021_554_037_196_101_6e-06,
        -6.296_965_605_815_823e-07,
        -5.920_173_323_016_102_5e-06,
        7.166_663_245_221_031e-07,
        3.514_468_605_300_346_4e-05,
        -1.908_258_479_773_433_3e-06,
        -0.000_231_094_935_169_459,
        0.000_133_344_312_409_645_74,
        0.001_630_818_457_588_701_1,
        -0.003_479_692_367_393_595,
        -0.007_540_188_966_726_791,
        0.060_396_574_890_936_56,
        -0.186_521_857_959_657_26,
        0.387_137_400_742_214_53,
        -0.607_896_641_971_892_1,
        0.755_285_130_415_751_5
    ]
);

/// Computes gelu z = z Φ(z) within 5 ulp.
#[inline(always)]
pub(crate) fn gelu<R: Normal>(z: R) -> R {
    let x = magnitude(z, R::GELU_MOST);
    let (shifted, p) = bell(x);
    let tail = R::scale(x * (scaled_tail(x) * p), shifted);
    if z < R::zero() { -tail } else { z - tail }
}

/// Computes gelu' z = Φ(z) + z φ(z) within 5 ulp of the larger of its magnitude and Φ(z): it is zero near -0.75.
#[inline(always)]
pub(crate) fn gelu_derivative<R: Normal>(z: R) -> R {
    let x = magnitude(z, R::GELU_MOST);
    let (shifted, p) = bell(x);
    let at_minus_x = R::scale(p * (-x).mul_add(R::DENSITY_AT_ZERO, scaled_tail(x)), shifted);
    if z < R::zero() { at_minus_x } else { R::one() - at_minus_x }
}

/// Computes Q(x). t is computed as 2x / (x + c) - 1, which is exact but for the last rounding at 0, where the polynomial is steepest.
#[inline(always)]
fn scaled_tail<R: Normal>(x: R) -> R {
    let inverse = (x + R::CENTRE).recip();
    let two = R::one() + R::one();
    R::tail_polynomial((two * x).mul_add(inverse, -R::one())) * inverse
}

/// Splits e^(-x²/2) = 2^k p into k + `SHIFTER` and p. The rounding error of x² is corrected, because it would be amplified by x².
#[inline(always)]
fn bell<R: Normal>(x: R) -> (R, R) {
    let minus_half = -(R::one() + R::one()).recip();
    let square = x * x;
    let lost = x.mul_add(x, -square);
    let (shifted, r) = reduce(minus_half * square);
    let r = minus_half.mul_add(lost, r);
    (shifted, r.mul_add(R::expm1_over_r(r), R::one()))
}
