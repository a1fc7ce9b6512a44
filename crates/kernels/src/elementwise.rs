//! The passes between the products: bias + activation, the activation's derivative, and the bias gradient.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use crate::Real;
use crate::functions::{exp, ln_1p, sigmoid, tanh};
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
        let row = adjacent(&row);
        let sum = widest(
            #[inline(always)]
            || {
                sum_over(
                    row,
                    row,
                    #[inline(always)]
                    |value, _| value.as_f64(),
                )
            },
        );
        *db = R::from_f64(scale.as_f64() * sum);
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

/// Whether every element is neither infinite nor NaN.
///
/// # Panics
/// If the elements of a row aren't adjacent.
#[track_caller]
pub fn all_finite<R: Real>(matrix: ArrayView2<R>) -> bool {
    matrix.rows().into_iter().all(|row| {
        let row = adjacent(&row);
        widest(
            #[inline(always)]
            || row.iter().fold(true, |finite, value| finite & value.is_finite()),
        )
    })
}

/// The sum over the examples of max(z, 0) - z y + log(1 + e^-|z|): binary cross-entropy of a sigmoid output from its z.
///
/// Every term and the sum are taken in f64.
///
/// # Shapes
/// `z` and `y` 1 × examples.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn binary_cross_entropy_sum<R: Real>(z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
    assert!(z.dim() == y.dim(), "binary_cross_entropy_sum: shapes differ: z {:?}, y {:?}", z.dim(), y.dim());
    #[inline(always)]
    fn term(z: f64, y: f64) -> f64 {
        // `z < 0` and not `max`: a NaN must come out as NaN.
        let positive_part = if z < 0.0 { 0.0 } else { z };
        positive_part - z * y + ln_1p(exp(-z.abs()))
    }
    let rows = z.rows().into_iter().zip(y.rows());
    rows.map(|(z, y)| {
        let (z, y) = (adjacent(&z), adjacent(&y));
        widest(
            #[inline(always)]
            || {
                sum_over(
                    z,
                    y,
                    #[inline(always)]
                    |z, y| term(z.as_f64(), y.as_f64()),
                )
            },
        )
    })
    .sum()
}

/// The sum of `term(a, b)` over two rows of one length, in sixteen lanes, so that it can be vectorised without waiting
/// for each addition; their order is part of the result.
#[inline(always)]
pub(crate) fn sum_over<A: Copy, B: Copy>(a: &[A], b: &[B], term: impl Fn(A, B) -> f64) -> f64 {
    const LANES: usize = 16;
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += term(a[lane], b[lane]);
        }
    }
    let mut sum = 0.0;
    for (&a, &b) in a_rest.iter().zip(b_rest) {
        sum += term(a, b);
    }
    for lane in 0..LANES / 2 {
        sum += lanes[lane] + lanes[lane + LANES / 2];
    }
    sum
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
fn adjacent<'a, R>(row: &'a ArrayView1<R>) -> &'a [R] {
    row.as_slice().expect("the elements of a row must be adjacent")
}

#[track_caller]
fn adjacent_mut<'a, R>(row: &'a mut ArrayViewMut1<R>) -> &'a mut [R] {
    row.as_slice_mut().expect("the elements of a row must be adjacent")
}
