//! The passes between the products: bias + activation, the activation's derivative, and the step of descent.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use crate::Real;
use crate::functions::{sigmoid, tanh};
use crate::widest::widest;

/// g in a = g(z), applied to each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activation {
    /// max(0, z); its derivative at 0 is 0.
    Relu,
    /// z where z ≥ 0, else 0.01 z (PyTorch's default slope); its derivative at 0 is 0.01.
    LeakyRelu,
    /// tanh z.
    Tanh,
    /// 1 / (1 + e⁻ᶻ), from whichever side doesn't overflow.
    Sigmoid,
    /// z itself.
    Identity,
}

const LEAKY_SLOPE: f64 = 0.01;

impl Activation {
    /// Every activation with its name in experiments.
    pub const ALL: [(&'static str, Activation); 5] = [
        ("relu", Activation::Relu),
        ("leaky-relu", Activation::LeakyRelu),
        ("tanh", Activation::Tanh),
        ("sigmoid", Activation::Sigmoid),
        ("identity", Activation::Identity),
    ];

    /// Whether g' jumps at z = 0, so that a finite difference across 0 means nothing.
    pub fn has_kink(self) -> bool {
        matches!(self, Activation::Relu | Activation::LeakyRelu)
    }
}

/// z ← z + b, a = g(z), in one pass.
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
    let slope = R::from_f64(LEAKY_SLOPE);
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
            |z| if z < R::zero() { slope * z } else { z },
        ),
        Activation::Tanh => add_bias_and_apply(b, z, a, tanh),
        Activation::Sigmoid => add_bias_and_apply(b, z, a, sigmoid),
        Activation::Identity => add_bias_and_apply(
            b,
            z,
            a,
            #[inline(always)]
            |z| z,
        ),
    }
}

/// dz = da · g'(z), in place and in one pass: `da` comes in, dz goes out.
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
    let slope = R::from_f64(LEAKY_SLOPE);
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
            |da, z, _| if z > R::zero() { da } else { slope * da },
        ),
        Activation::Tanh => apply_derivative(
            z,
            a,
            da_to_dz,
            #[inline(always)]
            |da, _, a| da * (R::one() - a * a),
        ),
        Activation::Sigmoid => apply_derivative(
            z,
            a,
            da_to_dz,
            #[inline(always)]
            |da, _, a| da * (a * (R::one() - a)),
        ),
        Activation::Identity => {}
    }
}

/// dz ← factor · dz, and total ← total + that, in f64: a step of descent in the space of the examples, and their sum.
///
/// # Shapes
/// `dz` and `total` n_out × examples.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn scale_and_sum<R: Real>(factor: R, mut dz: ArrayViewMut2<R>, mut total: ArrayViewMut2<f64>) {
    assert!(dz.dim() == total.dim(), "scale_and_sum: shapes differ: dz {:?}, total {:?}", dz.dim(), total.dim());
    for (mut dz, mut total) in dz.rows_mut().into_iter().zip(total.rows_mut()) {
        let (dz, total) = (adjacent_mut(&mut dz), adjacent_mut(&mut total));
        widest(
            #[inline(always)]
            || {
                for (dz, total) in dz.iter_mut().zip(total) {
                    *dz *= factor;
                    *total += dz.as_f64();
                }
            },
        );
    }
}

/// dz ← factor · dz.
///
/// # Panics
/// If the elements of a row aren't adjacent.
#[track_caller]
pub fn scale<R: Real>(factor: R, mut dz: ArrayViewMut2<R>) {
    for mut row in dz.rows_mut() {
        let row = adjacent_mut(&mut row);
        widest(
            #[inline(always)]
            || row.iter_mut().for_each(|dz| *dz *= factor),
        );
    }
}

#[track_caller]
#[inline(always)]
fn add_bias_and_apply<R: Real>(b: ArrayView1<R>, mut z: ArrayViewMut2<R>, mut a: ArrayViewMut2<R>, g: impl Fn(R) -> R) {
    for ((&b, mut z), mut a) in b.iter().zip(z.rows_mut()).zip(a.rows_mut()) {
        let (z, a) = (adjacent_mut(&mut z), adjacent_mut(&mut a));
        widest(
            #[inline(always)]
            || {
                for (z, a) in z.iter_mut().zip(a) {
                    *z += b;
                    *a = g(*z);
                }
            },
        );
    }
}

#[track_caller]
#[inline(always)]
fn apply_derivative<R: Real>(
    z: ArrayView2<R>,
    a: ArrayView2<R>,
    mut dz: ArrayViewMut2<R>,
    derivative: impl Fn(R, R, R) -> R,
) {
    for ((z, a), mut dz) in z.rows().into_iter().zip(a.rows()).zip(dz.rows_mut()) {
        let (z, a, dz) = (adjacent(&z), adjacent(&a), adjacent_mut(&mut dz));
        widest(
            #[inline(always)]
            || {
                for ((&z, &a), dz) in z.iter().zip(a).zip(dz) {
                    *dz = derivative(*dz, z, a);
                }
            },
        );
    }
}

#[track_caller]
pub(crate) fn adjacent<'a, R>(row: &'a ArrayView1<R>) -> &'a [R] {
    row.as_slice().expect("the elements of a row must be adjacent")
}

#[track_caller]
pub(crate) fn adjacent_mut<'a, R>(row: &'a mut ArrayViewMut1<R>) -> &'a mut [R] {
    row.as_slice_mut().expect("the elements of a row must be adjacent")
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
    fn the_sum_of_the_steps_is_of_the_steps_as_they_were_rounded() {
        let (mut dz, mut total) = (array![[0.3_f32]], array![[0.0]]);
        scale_and_sum(0.1, dz.view_mut(), total.view_mut());
        assert_eq!(total[[0, 0]], f64::from(0.3_f32 * 0.1_f32));
    }

    #[test]
    #[should_panic(expected = "scale_and_sum: shapes differ")]
    fn steps_of_another_shape_are_not_summed() {
        scale_and_sum(0.1, Array2::<f32>::ones((2, 3)).view_mut(), Array2::ones((3, 2)).view_mut());
    }

    #[test]
    #[should_panic(expected = "bias_activation: shapes differ")]
    fn too_few_biases_are_not_added() {
        let (mut z, mut a) = (Array2::<f32>::ones((2, 3)), Array2::ones((2, 3)));
        bias_activation(Activation::Relu, array![1.0].view(), z.view_mut(), a.view_mut());
    }
}
