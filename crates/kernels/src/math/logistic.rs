//! z σ(v(z)) with the sigmoid σ: silu, where v = z, and the usual approximation of gelu.
//!
//! Where z < 0 the power 2^k of eᵛ is multiplied in last, so that no subnormal number is multiplied by z; k and the
//! rest r of v come from [`reduce`].

use super::exponential::reduce;
use crate::Real;

/// What the functions need to know of an element type. With v = 2 √(2/π) (z + 0.044715 z³) = z (A + B z²):
pub trait LogisticConstants: Copy {
    /// A = 2 √(2/π) rounded.
    const LINEAR: Self;
    /// A less that.
    const LINEAR_LOW: Self;
    /// B = 0.044715 A rounded.
    const CUBIC: Self;
    /// B less that.
    const CUBIC_LOW: Self;
    /// From it on eᵛ z v' is zero at -z.
    const GELU_TANH_MOST: Self;
}

impl LogisticConstants for f32 {
    const LINEAR: f32 = 1.595_769_2;
    const LINEAR_LOW: f32 = -4.534_068e-8;
    const CUBIC: f32 = 0.071_354_814;
    const CUBIC_LOW: f32 = 2.398_832_5e-9;
    const GELU_TANH_MOST: f32 = 11.0;
}

impl LogisticConstants for f64 {
    const LINEAR: f64 = 1.595_769_121_605_730_8;
    const LINEAR_LOW: f64 = -9.969_308_809_110_92e-17;
    const CUBIC: f64 = 0.071_354_816_272_600_25;
    const CUBIC_LOW: f64 = -6.175_149_918_155_315e-19;
    const GELU_TANH_MOST: f64 = 22.0;
}

/// z σ(z), within 3 ulp.
#[inline(always)]
pub(crate) fn silu<R: Real>(z: R) -> R {
    let x = magnitude(z, -R::EXP_LEAST);
    times_sigmoid(z, reduce(-x), x)
}

/// σ(z) (1 + z σ(-z)), within 5 ulp of the larger of its magnitude and σ(z): it is zero near -1.28.
#[inline(always)]
pub(crate) fn silu_derivative<R: Real>(z: R) -> R {
    let x = magnitude(z, -R::EXP_LEAST);
    times_sigmoid_derivative(z, reduce(-x), x)
}

/// z (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2 = z σ(v), within 3 ulp.
///
/// Source: Hendrycks and Gimpel, Gaussian error linear units, 2016, as PyTorch's `approximate="tanh"`.
#[inline(always)]
pub(crate) fn gelu_tanh<R: Real>(z: R) -> R {
    let x = magnitude(z, R::GELU_TANH_MOST);
    let (reduced, _) = reduce_cubic(x);
    times_sigmoid(z, reduced, x)
}

/// σ(v) (1 + z v' σ(-v)), within 7 ulp of the larger of its magnitude and σ(v): it is zero near -0.75.
#[inline(always)]
pub(crate) fn gelu_tanh_derivative<R: Real>(z: R) -> R {
    let (reduced, product) = reduce_cubic(magnitude(z, R::GELU_TANH_MOST));
    times_sigmoid_derivative(z, reduced, product)
}

/// |z|, but at most `most`. A comparison and not `min`: NaN must stay.
#[inline(always)]
pub(super) fn magnitude<R: Real>(z: R, most: R) -> R {
    let x = z.abs();
    if x > most { most } else { x }
}

/// As [`reduce`] for -v = -x (A + B x²), and x v' = x (A + 3 B x²).
///
/// v is computed to twice the precision: its rounding would be multiplied by its size in e to its power.
#[inline(always)]
fn reduce_cubic<R: Real>(x: R) -> ((R, R), R) {
    let square = x * x;
    let square_low = x.mul_add(x, -square);
    let cubic = R::CUBIC * square;
    let cubic_low = R::CUBIC.mul_add(square, -cubic) + R::CUBIC_LOW.mul_add(square, R::CUBIC * square_low);
    let factor = R::LINEAR + cubic;
    let back = factor - R::LINEAR;
    let lost = (R::LINEAR - (factor - back)) + (cubic - back);
    let factor_low = lost + (cubic_low + R::LINEAR_LOW);
    let v = x * factor;
    let v_low = x.mul_add(factor, -v) + x * factor_low;
    let (shifted, r) = reduce(-v);
    let two = R::one() + R::one();
    let derivative = two.mul_add(cubic, factor) + two.mul_add(cubic_low, factor_low);
    ((shifted, r - v_low), x * derivative)
}

/// z σ(v), where `x` is |z| and e^-|v| is 2^k eʳ.
#[inline(always)]
fn times_sigmoid<R: Real>(z: R, (shifted, r): (R, R), x: R) -> R {
    let p = r.mul_add(R::expm1_over_r(r), R::one());
    let e = R::scale(p, shifted);
    let negative = z < R::zero();
    let (numerator, shifted) = if negative { (-(x * p), shifted) } else { (z, R::SHIFTER) };
    R::scale(numerator / (R::one() + e), shifted)
}

/// (z σ(v))' with w = z v' and e = e^-|v|: (1 + e + w e) / (1 + e)² for z >= 0, else e (1 + e + w) / (1 + e)².
/// `product` is |w|.
#[inline(always)]
fn times_sigmoid_derivative<R: Real>(z: R, (shifted, r): (R, R), product: R) -> R {
    let p = r.mul_add(R::expm1_over_r(r), R::one());
    let e = R::scale(p, shifted);
    let one = R::one();
    let (numerator, shifted) =
        if z < R::zero() { (p * ((one - product) + e), shifted) } else { (product.mul_add(e, one + e), R::SHIFTER) };
    R::scale(numerator / ((one + e) * (one + e)), shifted)
}
