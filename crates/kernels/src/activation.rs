//! The activations: for each one, its formulas a = g(z) and dz = da g'(z) side by side in a table, and the passes that apply them.
//!
//! A new activation takes a variant of [`Activation`], its name in [`Activation::ALL`], and two formulas in the table below; functions
//! that the standard operations don't have go to [`crate::math`].

use itertools::izip;
use ndarray::{ArrayView1, ArrayView2, ArrayViewMut2};

use crate::math::exponential::{elu, exp, sigmoid, sigmoid_derivative, tanh, tanh_derivative};
use crate::math::logarithm::softplus;
use crate::math::logistic::{gelu_tanh, gelu_tanh_derivative, silu, silu_derivative};
use crate::math::normal::{gelu, gelu_derivative};
use crate::real::Real;
use crate::rows::{par_for_each_element, par_for_each_row};
use crate::softmax::{bias_softmax, softmax_backward};

/// The function g in a = g(z).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activation {
    /// max(0, z); its derivative at 0 is 0.
    Relu,
    /// z where z ≥ 0, else 0.01 z (PyTorch's default slope); its derivative at 0 is 0.01.
    LeakyRelu,
    /// tanh z.
    Tanh,
    /// 1 / (1 + e⁻ᶻ), in the form that doesn't overflow.
    Sigmoid,
    /// z.
    Identity,
    /// z where z > 0, else eᶻ - 1 (α = 1, so that its derivative is continuous).
    Elu,
    /// log(1 + eᶻ) for every z: there is no threshold above which the result is z.
    Softplus,
    /// z Φ(z), where Φ is the normal distribution function.
    Gelu,
    /// z (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2, which is PyTorch's gelu with `approximate="tanh"`.
    GeluTanh,
    /// z clamped to [-1, 1]; its derivative at -1 and 1 is 0.
    HardTanh,
    /// z / (1 + e⁻ᶻ).
    Silu,
    /// eᶻ / (sum of eᶻ over the units of the example), for output layers. It is the only activation that is not elementwise.
    Softmax,
}

impl Activation {
    /// Every activation of hidden layers, with its name in experiments.
    pub const ALL: [(&'static str, Activation); 11] = [
        ("relu", Activation::Relu),
        ("leaky-relu", Activation::LeakyRelu),
        ("tanh", Activation::Tanh),
        ("sigmoid", Activation::Sigmoid),
        ("identity", Activation::Identity),
        ("elu", Activation::Elu),
        ("softplus", Activation::Softplus),
        ("gelu", Activation::Gelu),
        ("gelu-tanh", Activation::GeluTanh),
        ("hard-tanh", Activation::HardTanh),
        ("silu", Activation::Silu),
    ];

    /// Lists, in rising order, the z at which g' jumps, or g'' does (elu): a finite difference across one of them is no estimate of
    /// the derivative.
    pub fn kinks(self) -> &'static [f64] {
        match self {
            Activation::Relu | Activation::LeakyRelu | Activation::Elu => &[0.0],
            Activation::HardTanh => &[-1.0, 1.0],
            _ => &[],
        }
    }
}

/// Makes the two passes from a table of formulas; softmax, whose formula is not elementwise, is written out.
macro_rules! activations {
    ($($name:ident: a = |$z:ident| $g:expr, dz = |$da:ident, $z_back:pat_param, $a:pat_param| $dz:expr;)+) => {
        #[track_caller]
        fn forward<R: Real>(activation: Activation, b: ArrayView1<R>, z: ArrayViewMut2<R>, a: ArrayViewMut2<R>) {
            match activation {
                $(Activation::$name => par_for_each_row!((b, z, a), |(&b, z, a)| for (z, a) in izip!(z, a) {
                    *z += b;
                    let $z = *z;
                    *a = $g;
                }),)+
                Activation::Softmax => bias_softmax(b, z, a),
            }
        }

        #[track_caller]
        fn backward<R: Real>(activation: Activation, z: ArrayView2<R>, a: ArrayView2<R>, da_to_dz: ArrayViewMut2<R>) {
            match activation {
                $(Activation::$name => par_for_each_element!((z, a, da_to_dz), |&z, &a, dz| {
                    let ($da, $z_back, $a) = (*dz, z, a);
                    // Without the sum, `if ... { da }` would become a masked store, with which AMD's AVX2 cores take four times as long. It
                    // turns -0 into 0, the same in every sum.
                    *dz = $dz + R::zero();
                }),)+
                Activation::Softmax => softmax_backward(a, da_to_dz),
            }
        }
    };
}

// Comparisons take the place of `max` and `min`, which would hide a NaN of z in a. (In dz it need not show: such a net has diverged
// already.)
activations! {
    Relu:
        a  = |z| if z < R::zero() { R::zero() } else { z },
        dz = |da, z, _| if z > R::zero() { da } else { R::zero() };
    LeakyRelu:
        a  = |z| if z < R::zero() { R::from_f64(LEAKY_SLOPE) * z } else { z },
        dz = |da, z, _| if z > R::zero() { da } else { R::from_f64(LEAKY_SLOPE) * da };
    Tanh:
        a  = |z| tanh(z),
        dz = |da, z, a| da * tanh_derivative(z, a);
    Sigmoid:
        a  = |z| sigmoid(z),
        dz = |da, z, a| da * sigmoid_derivative(z, a);
    Identity:
        a  = |z| z,
        dz = |da, _, _| da;
    Elu: // Its slope is eᶻ; a + 1 would be nothing but rounding errors where eᶻ is small.
        a  = |z| elu(z),
        dz = |da, z, _| if z > R::zero() { da } else { da * exp(z) };
    Softplus:
        a  = |z| softplus(z),
        dz = |da, z, _| da * sigmoid(z);
    Gelu:
        a  = |z| gelu(z),
        dz = |da, z, _| da * gelu_derivative(z);
    GeluTanh:
        a  = |z| gelu_tanh(z),
        dz = |da, z, _| da * gelu_tanh_derivative(z);
    HardTanh:
        a  = |z| if z < -R::one() { -R::one() } else if z > R::one() { R::one() } else { z },
        dz = |da, z, _| if (z <= -R::one()) | (z >= R::one()) { R::zero() } else { da };
    Silu:
        a  = |z| silu(z),
        dz = |da, z, _| da * silu_derivative(z);
}

const LEAKY_SLOPE: f64 = 0.01;

/// Adds the bias and applies the activation: z ← z + b, a = g(z).
///
/// One pass; softmax takes three, over blocks of examples that stay in the cache. Each element of a is within 5 ulp of the exact
/// value over the whole range: small and subnormal values keep their relative accuracy. NaN gives NaN (softmax: in the whole
/// example), ±∞ gives the limit (softmax: NaN in the whole example where z is +∞).
///
/// # Shapes
/// `b` n_out, `z` and `a` n_out × examples; `z` holds W a_prev on entry.
///
/// ```
/// use kernels::{Activation, bias_activation};
/// use ndarray::array;
///
/// let (mut z, mut a) = (array![[1.0, -2.0]], array![[0.0, 0.0]]);
/// bias_activation(Activation::Relu, array![0.5].view(), z.view_mut(), a.view_mut());
/// assert_eq!((z, a), (array![[1.5, -1.5]], array![[1.5, 0.0]]));
/// ```
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
    forward(activation, b, z, a);
}

/// Takes the gradient back through the activation: dz = da · g'(z), in place.
///
/// For softmax, whose Jacobian is not diagonal, dz = a (da - sum of a da over the units). g' is within 8 ulp of the exact value over
/// the whole range. The derivatives of gelu, gelu-tanh and silu are zero at one z each; there the error is within 8 ulp of
/// g(z) / z, which is Φ(z) for gelu.
///
/// # Shapes
/// `z`, `a` and `da_to_dz` n_out × examples. `z` and `a` are as [`bias_activation`] left them; `da_to_dz` holds da on entry and dz on
/// return.
///
/// ```
/// use kernels::{Activation, activation_backward};
/// use ndarray::array;
///
/// let (z, a, mut da_to_dz) = (array![[1.5, -1.5]], array![[1.5, 0.0]], array![[2.0, 2.0]]);
/// activation_backward(Activation::Relu, z.view(), a.view(), da_to_dz.view_mut());
/// assert_eq!(da_to_dz, array![[2.0, 0.0]]);
/// ```
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
    // The identity's dz is da.
    if activation != Activation::Identity {
        backward(activation, z, a, da_to_dz);
    }
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
