//! The passes between the products: bias + activation, the activation's derivative, and the bias gradient.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use crate::Real;

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
        Activation::Relu => add_bias_and_apply(b, z, a, |z| if z < R::zero() { R::zero() } else { z }),
        Activation::LeakyRelu => add_bias_and_apply(b, z, a, |z| if z < R::zero() { slope * z } else { z }),
        Activation::Tanh => add_bias_and_apply(b, z, a, R::tanh),
        Activation::Sigmoid => add_bias_and_apply(b, z, a, sigmoid),
        Activation::Identity => add_bias_and_apply(b, z, a, |z| z),
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
        Activation::Relu => apply_derivative(z, a, da_to_dz, |da, z, _| if z > R::zero() { da } else { R::zero() }),
        Activation::LeakyRelu => {
            apply_derivative(z, a, da_to_dz, |da, z, _| if z > R::zero() { da } else { slope * da })
        }
        Activation::Tanh => apply_derivative(z, a, da_to_dz, |da, _, a| da * (R::one() - a * a)),
        Activation::Sigmoid => apply_derivative(z, a, da_to_dz, |da, _, a| da * (a * (R::one() - a))),
        Activation::Identity => {}
    }
}

/// db = scale · (sum of dz over the examples), with `scale` = 1/m in the course's equations.
///
/// The sum is taken in f64 and in a fixed order, whatever the element type.
///
/// # Shapes
/// `dz` n_out × examples, `db` n_out.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn bias_gradient<R: Real>(dz: ArrayView2<R>, scale: R, mut db: ArrayViewMut1<R>) {
    assert!(db.len() == dz.nrows(), "bias_gradient: shapes differ: dz {:?}, db {}", dz.dim(), db.len());
    for (row, db) in dz.rows().into_iter().zip(&mut db) {
        *db = R::from_f64(scale.as_f64() * sum(adjacent(&row)));
    }
}

/// Eight partial sums let the loop be vectorised; their order is part of the result.
fn sum<R: Real>(row: &[R]) -> f64 {
    let (chunks, rest) = row.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += value.as_f64();
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|&value| value.as_f64()).sum::<f64>()
}

fn sigmoid<R: Real>(z: R) -> R {
    // e⁻|ᶻ| is at most 1, so neither side can overflow.
    let e = (-z.abs()).exp();
    let numerator = if z < R::zero() { e } else { R::one() };
    numerator / (R::one() + e)
}

#[track_caller]
fn add_bias_and_apply<R: Real>(b: ArrayView1<R>, mut z: ArrayViewMut2<R>, mut a: ArrayViewMut2<R>, g: impl Fn(R) -> R) {
    for ((&b, mut z), mut a) in b.iter().zip(z.rows_mut()).zip(a.rows_mut()) {
        for (z, a) in adjacent_mut(&mut z).iter_mut().zip(adjacent_mut(&mut a)) {
            *z += b;
            *a = g(*z);
        }
    }
}

#[track_caller]
fn apply_derivative<R: Real>(
    z: ArrayView2<R>,
    a: ArrayView2<R>,
    mut dz: ArrayViewMut2<R>,
    derivative: impl Fn(R, R, R) -> R,
) {
    for ((z, a), mut dz) in z.rows().into_iter().zip(a.rows()).zip(dz.rows_mut()) {
        for ((&z, &a), dz) in adjacent(&z).iter().zip(adjacent(&a)).zip(adjacent_mut(&mut dz)) {
            *dz = derivative(*dz, z, a);
        }
    }
}

#[track_caller]
fn adjacent<'a, R>(row: &'a ArrayView1<R>) -> &'a [R] {
    row.as_slice().expect("the elements of a row must be adjacent")
}

#[track_caller]
fn adjacent_mut<'a, R>(row: &'a mut ArrayViewMut1<R>) -> &'a mut [R] {
    row.as_slice_mut().expect("the elements of a row must be adjacent")
}
