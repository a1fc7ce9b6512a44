//! z σ(v(z)), where σ is the sigmoid: silu, with v = z, and gelu-tanh, the usual approximation of gelu.
//!
//! For z < 0 the power 2^k in eᵛ is applied last, so that no subnormal number is multiplied by z; k and the remainder r of v
//! come from [`reduce`].

use super::exponential::{Exponential, reduce};

/// The constants of gelu-tanh in an element type, where v = 2 √(2/π) (z + 0.044715 z³) = z (A + B z²).
pub trait Logistic: Exponential {
    /// A = 2 √(2/π), rounded.
    const LINEAR: Self;
    /// A - `LINEAR`.
    const LINEAR_LOW: Self;
    /// B = 0.044715 A, rounded.
    const CUBIC: Self;
    /// B - `CUBIC`.
    const CUBIC_LOW: Self;
    /// The z from which on eᵛ z v' is zero at -z.
    const GELU_TANH_MOST: Self;
}

impl Logistic for f32 {
    const LINEAR: f32 = 1.595_769_2;
    const LINEAR_LOW: f32 = -4.534_068e-8;
    const CUBIC: f32 = 0.071_354_814;
    const CUBIC_LOW: f32 = 2.398_832_5e-9;
    const GELU_TANH_MOST: f32 = 11.0;
}

impl Logistic for f64 {
    const LINEAR: f64 = 1.595_769_121_605_730_8;
    const LINEAR_LOW: f64 = -9.969_308_809_110_92e-17;
    const CUBIC: f64 = 0.071_354_816_272_600_25;
    const CUBIC_LOW: f64 = -6.175_149_918_155_315e-19;
    const GELU_TANH_MOST: f64 = 22.0;
}

/// Computes silu z = z σ(z) within 4 ulp.
#[inline(always)]
pub(crate) fn silu<R: Logistic>(z: R) -> R {
    let x = magnitude(z, -R::EXP_LEAST);
    times_sigmoid(z, reduce(-x), x)
}

/// Computes silu' z = σ(z) (1 + z σ(-z)) within 6 ulp of the larger of its magnitude and σ(z): it is zero near -1.28.
#[inline(always)]
pub(crate) fn silu_derivative<R: Logistic>(z: R) -> R {
    let x = magnitude(z, -R::EXP_LEAST);
    times_sigmoid_derivative(z, reduce(-x), x)
}

/// Computes gelu-tanh z = z (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2 = z σ(v) within 4 ulp.
///
/// Source: Hendrycks and Gimpel, Gaussian error linear units, 2016, as PyTorch's `approximate="tanh"`.
#[inline(always)]
pub(crate) fn gelu_tanh<R: Logistic>(z: R) -> R {
    let x = magnitude(z, R::GELU_TANH_MOST);
    let (reduced, _) = reduce_cubic(x);
    times_sigmoid(z, reduced, x)
}

/// Computes gelu-tanh' z = σ(v) (1 + z v' σ(-v)) within 8 ulp of the larger of its magnitude and σ(v): it is zero near -0.75.
#[inline(always)]
pub(crate) fn gelu_tanh_derivative<R: Logistic>(z: R) -> R {
    let (reduced, product) = reduce_cubic(magnitude(z, R::GELU_TANH_MOST));
    times_sigmoid_derivative(z, reduced, product)
}

/// Computes min(|z|, `most`), by a comparison, as `min` would hide NaN.
#[inline(always)]
pub(super) fn magnitude<R: Logistic>(z: R, most: R) -> R {
    let x = z.abs();
    if x > most { most } else { x }
}

/// Reduces -v = -x (A + B x²) as [`reduce`] does, and computes x v' = x (A + 3 B x²).
///
/// v is computed in twice the precision, because a rounding error in it would be amplified by its size in eᵛ.
#[inline(always)]
fn reduce_cubic<R: Logistic>(x: R) -> ((R, R), R) {
    let square = x * x;
    let square_low = x.mul_add(x, -square);
    let cubic = R::CUBIC * square;
    let cubic_low = R::CUBIC.mul_add(square, -cubic) + R::CUBIC_LOW.mul_add(square, R::CUBIC * square_low);
    let slope = R::LINEAR + cubic;
    let back = slope - R::LINEAR;
    let lost = (R::LINEAR - (slope - back)) + (cubic - back);
    let slope_low = lost + (cubic_low + R::LINEAR_LOW);
    let v = x * slope;
    let v_low = x.mul_add(slope, -v) + x * slope_low;
    let (shifted, r) = reduce(-v);
    let two = R::one() + R::one();
    let derivative = two.mul_add(cubic, slope) + two.mul_add(cubic_low, slope_low);
    ((shifted, r - v_low), x * derivative)
}

/// Computes z σ(v), where `x` is |z| and e^-|v| is 2^k eʳ.
#[inline(always)]
fn times_sigmoid<R: Logistic>(z: R, (shifted, r): (R, R), x: R) -> R {
    let p = r.mul_add(R::expm1_over_r(r), R::one());
    let e = R::scale(p, shifted);
    let negative = z < R::zero();
    let (numerator, shifted) = if negative { (-(x * p), shifted) } else { (z, R::SHIFTER) };
    R::scale(numerator / (R::one() + e), shifted)
}

/// Computes (z σ(v))' = (1 + e + w e) / (1 + e)² for z >= 0, else e (1 + e + w) / (1 + e)², with w = z v' and e = e^-|v|.
/// `product` is |w|.
#[inline(always)]
fn times_sigmoid_derivative<R: Logistic>(z: R, (shifted, r): (R, R), product: R) -> R {
    let p = r.mul_add(R::expm1_over_r(r), R::one());
    let e = R::scale(p, shifted);
    let one = R::one();
    let (numerator, shifted) =
        if z < R::zero() { (p * ((one - product) + e), shifted) } else { (product.mul_add(e, one + e), R::SHIFTER) };
    R::scale(numerator / ((one + e) * (one + e)), shifted)
}
