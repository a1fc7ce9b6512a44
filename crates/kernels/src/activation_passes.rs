//! The passes that apply an activation: bias + activation on the way forward, the derivative on the way back.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut2};

use crate::elementwise::{adjacent, adjacent_mut};
use crate::functions::{
    elu, exp, gelu, gelu_derivative, gelu_tanh, gelu_tanh_derivative, sigmoid, sigmoid_derivative, silu,
    silu_derivative, softplus, tanh, tanh_derivative,
};
use crate::share::by_rows;
use crate::softmax::{bias_softmax, softmax_backward};
use crate::widest::widest;
use crate::{Activation, Real};

const LEAKY_SLOPE: f64 = 0.01;

/// z ← z + b, a = g(z), in one pass (softmax: in three, over blocks of examples that stay in the cache).
///
/// Each element of a is within 4 ulp of the exact value for z, from end to end of the range: small and subnormal values
/// keep their relative accuracy. NaN gives NaN (softmax: to its whole example), ±∞ the limit.
///
/// # Shapes
/// `b` n_out, `z` and `a` n_out × examples; `z` comes in as W a_prev.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn bias_activation<R: Real>(activation: Activation, b: ArrayView1<R>, z: ArrayViewMut2<R>, a: ArrayViewMut2<R>) {
    assert!(
        z.dim() == a.dim() && b.len() == z.nrows(),
        "bias_activation: shapes differ: b {}, z {:?}, a {:?}",
        b.len(),
        z.dim(),
        a.dim()
    );
    match activation {
        // `z < 0` and not `max`: a NaN must come out as NaN.
        Activation::Relu => add_bias_and_apply(
            b,
            z,
            a,
            #[inline(always)]
            |z| if z < R::zero() { R::zero() } else { z },
        ),
        Activation::LeakyRelu => add_bias_and_apply(
            b,
            z,
            a,
            #[inline(always)]
            |z| if z < R::zero() { R::from_f64(LEAKY_SLOPE) * z } else { z },
        ),
        Activation::Tanh => add_bias_and_apply(
            b,
            z,
            a,
            #[inline(always)]
            |z| tanh(z),
        ),
        Activation::Sigmoid => add_bias_and_apply(
            b,
            z,
            a,
            #[inline(always)]
            |z| sigmoid(z),
        ),
        Activation::Identity => add_bias_and_apply(
            b,
            z,
            a,
            #[inline(always)]
            |z| z,
        ),
        Activation::Elu => add_bias_and_apply(
            b,
            z,
            a,
            #[inline(always)]
            |z| elu(z),
        ),
        Activation::Softplus => add_bias_and_apply(
            b,
            z,
            a,
            #[inline(always)]
            |z| softplus(z),
        ),
        Activation::Gelu => add_bias_and_apply(
            b,
            z,
            a,
            #[inline(always)]
            |z| gelu(z),
        ),
        Activation::GeluTanh => add_bias_and_apply(
            b,
            z,
            a,
            #[inline(always)]
            |z| gelu_tanh(z),
        ),
        Activation::HardTanh => add_bias_and_apply(
            b,
            z,
            a,
            #[inline(always)]
            |z| {
                let z = if z < -R::one() { -R::one() } else { z };
                if z > R::one() { R::one() } else { z }
            },
        ),
        Activation::Silu => add_bias_and_apply(
            b,
            z,
            a,
            #[inline(always)]
            |z| silu(z),
        ),
        Activation::Softmax => bias_softmax(b, z, a),
    }
}

/// dz = da · g'(z), in place and in one pass: `da` comes in, dz goes out. For softmax dz = a (da - sum of a da over the
/// units), which is that with the whole Jacobian.
///
/// g' is within 7 ulp of the exact value, from end to end of the range; of gelu, gelu-tanh and silu, whose derivatives are zero
/// at one z each, within 7 ulp of Φ(z), or of what takes its place in them, where that is larger.
///
/// # Shapes
/// `z`, `a` and `da` n_out × examples; `z` and `a` as [`bias_activation`] left them.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn activation_backward<R: Real>(
    activation: Activation,
    z: ArrayView2<R>,
    a: ArrayView2<R>,
    da_to_dz: ArrayViewMut2<R>,
) {
    assert!(
        z.dim() == a.dim() && z.dim() == da_to_dz.dim(),
        "activation_backward: shapes differ: z {:?}, a {:?}, da {:?}",
        z.dim(),
        a.dim(),
        da_to_dz.dim()
    );
    match activation {
        Activation::Relu => apply_derivative(
            z,
            a,
            da_to_dz,
            #[inline(always)]
            |da, z, _| if z > R::zero() { da } else { R::zero() },
        ),
        Activation::LeakyRelu => apply_derivative(
            z,
            a,
            da_to_dz,
            #[inline(always)]
            |da, z, _| if z > R::zero() { da } else { R::from_f64(LEAKY_SLOPE) * da },
        ),
        Activation::Tanh => apply_derivative(
            z,
            a,
            da_to_dz,
            #[inline(always)]
            |da, z, a| da * tanh_derivative(z, a),
        ),
        Activation::Sigmoid => apply_derivative(
            z,
            a,
            da_to_dz,
            #[inline(always)]
            |da, z, a| da * sigmoid_derivative(z, a),
        ),
        Activation::Identity => {}
        Activation::Elu => apply_derivative(
            z,
            a,
            da_to_dz,
            #[inline(always)]
            // Not a + 1, whose rounding is all that would be left of a small slope.
            |da, z, _| if z > R::zero() { da } else { da * exp(z) },
        ),
        Activation::Softplus => apply_derivative(
            z,
            a,
            da_to_dz,
            #[inline(always)]
            |da, z, _| da * sigmoid(z),
        ),
        Activation::Gelu => apply_derivative(
            z,
            a,
            da_to_dz,
            #[inline(always)]
            |da, z, _| da * gelu_derivative(z),
        ),
        Activation::GeluTanh => apply_derivative(
            z,
            a,
            da_to_dz,
            #[inline(always)]
            |da, z, _| da * gelu_tanh_derivative(z),
        ),
        Activation::HardTanh => apply_derivative(
            z,
            a,
            da_to_dz,
            #[inline(always)]
            |da, z, _| if (z <= -R::one()) | (z >= R::one()) { R::zero() } else { da },
        ),
        Activation::Silu => apply_derivative(
            z,
            a,
            da_to_dz,
            #[inline(always)]
            |da, z, _| da * silu_derivative(z),
        ),
        Activation::Softmax => softmax_backward(a, da_to_dz),
    }
}

#[inline(always)]
fn add_bias_and_apply<R: Real>(b: ArrayView1<R>, z: ArrayViewMut2<R>, a: ArrayViewMut2<R>, g: impl Fn(R) -> R + Sync) {
    let g = &g;
    by_rows(z.len(), (b, z, a), |(b, mut z, mut a)| {
        for ((&b, mut z), mut a) in b.iter().zip(z.rows_mut()).zip(a.rows_mut()) {
            let (z, a) = (adjacent_mut(&mut z), adjacent_mut(&mut a));
            widest(
                #[inline(always)]
                move || {
                    for (z, a) in z.iter_mut().zip(a) {
                        *z += b;
                        *a = g(*z);
                    }
                },
            );
        }
    });
}

#[inline(always)]
fn apply_derivative<R: Real>(
    z: ArrayView2<R>,
    a: ArrayView2<R>,
    dz: ArrayViewMut2<R>,
    derivative: impl Fn(R, R, R) -> R + Sync,
) {
    let derivative = &derivative;
    by_rows(z.len(), (z, a, dz), |(z, a, mut dz)| {
        for ((z, a), mut dz) in z.rows().into_iter().zip(a.rows()).zip(dz.rows_mut()) {
            let (z, a, dz) = (adjacent(&z), adjacent(&a), adjacent_mut(&mut dz));
            widest(
                #[inline(always)]
                move || {
                    for ((&z, &a), dz) in z.iter().zip(a).zip(dz) {
                        *dz = derivative(*dz, z, a);
                    }
                },
            );
        }
    });
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn the_slope_at_zero_is_that_of_the_negative_side() {
        for (activation, slope) in [(Activation::Relu, 0.0), (Activation::LeakyRelu, 0.01)] {
            let (zero, mut da) = (array![[0.0]], array![[1.0]]);
            activation_backward(activation, zero.view(), zero.view(), da.view_mut());
            assert_eq!(da[[0, 0]], slope);
        }
    }

    #[test]
    fn nan_stays_nan_under_every_activation() {
        for (_, activation) in Activation::ALL {
            let (mut z, mut a) = (array![[f64::NAN]], array![[0.0]]);
            bias_activation(activation, array![0.0].view(), z.view_mut(), a.view_mut());
            assert!(a[[0, 0]].is_nan(), "{activation:?}");
        }
    }

    #[test]
    #[should_panic(expected = "bias_activation: shapes differ")]
    fn too_few_biases_are_not_added() {
        let (mut z, mut a) = (Array2::<f32>::ones((2, 3)), Array2::ones((2, 3)));
        bias_activation(Activation::Relu, array![1.0].view(), z.view_mut(), a.view_mut());
    }
}
