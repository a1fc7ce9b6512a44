//! The elementwise passes, compared with the definitions of the activations and their derivatives.

use std::f64::consts::PI;

use kernels::{Activation, Real, activation_backward, bias_activation, bias_gradient};
use ndarray::{Array1, Array2, array};

/// Values on both sides of zero, at zero and far out, one row each; 11 columns: a vector and a remainder.
fn z_values() -> Array2<f64> {
    Array2::from_shape_fn((3, 11), |(i, j)| (j as f64 - 5.0) * [0.3, 2.0, 150.0][i])
}

fn g(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Relu => z.max(0.0),
        Activation::LeakyRelu => z.max(0.01 * z),
        Activation::Tanh => z.tanh(),
        Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
        Activation::Identity => z,
        Activation::Elu => z.max(0.0) + (z.min(0.0).exp() - 1.0),
        Activation::Softplus => z.max(0.0) + (1.0 + (-z.abs()).exp()).ln(),
        Activation::Gelu => z * normal_distribution(z),
        Activation::GeluTanh => 0.5 * z * (1.0 + gelu_tanh_argument(z).tanh()),
        Activation::HardTanh => z.clamp(-1.0, 1.0),
        Activation::Silu => z / (1.0 + (-z).exp()),
        Activation::Softmax => unreachable!("not elementwise"),
    }
}

fn gelu_tanh_argument(z: f64) -> f64 {
    (2.0 / PI).sqrt() * (z + 0.044715 * z.powi(3))
}

/// Φ(z) = 1/2 + φ(z) (z + z³/3 + z⁵/15 + …), from series in which nothing cancels.
fn normal_distribution(z: f64) -> f64 {
    if z.abs() > 8.3 {
        return f64::from(z > 0.0); // to within ε/4
    }
    let x = z.abs();
    let (mut term, mut sum) = (x, 0.0);
    for n in 1..300 {
        sum += term;
        term *= x * x / f64::from(2 * n + 1);
    }
    0.5 + (sum * (-x * x / 2.0).exp() / (2.0 * PI).sqrt()).copysign(z)
}

fn derivative(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Relu => f64::from(z > 0.0),
        Activation::LeakyRelu => {
            if z > 0.0 {
                1.0
            } else {
                0.01
            }
        }
        Activation::Tanh => 1.0 - z.tanh().powi(2),
        Activation::Sigmoid => g(activation, z) * (1.0 - g(activation, z)),
        Activation::Identity => 1.0,
        Activation::Elu => z.min(0.0).exp(),
        Activation::Softplus => 1.0 / (1.0 + (-z).exp()),
        Activation::Gelu => normal_distribution(z) + z * (-z * z / 2.0).exp() / (2.0 * PI).sqrt(),
        Activation::GeluTanh => {
            let (slope, t) = ((2.0 / PI).sqrt() * (1.0 + 3.0 * 0.044715 * z * z), gelu_tanh_argument(z).tanh());
            0.5 * (1.0 + t) + 0.5 * z * (1.0 - t * t) * slope
        }
        Activation::HardTanh => f64::from(z.abs() < 1.0),
        Activation::Silu => {
            let sigmoid = g(Activation::Sigmoid, z);
            sigmoid + z * sigmoid * (1.0 - sigmoid)
        }
        Activation::Softmax => unreachable!("not elementwise"),
    }
}

fn follows_the_definition<R: Real>(activation: Activation) {
    let b = array![0.25, -1.0, 0.0];
    let mut z = z_values().mapv(R::from_f64);
    let mut a = Array2::from_elem(z.dim(), R::nan());
    bias_activation(activation, b.mapv(R::from_f64).view(), z.view_mut(), a.view_mut());
    let mut dz = Array2::from_elem(z.dim(), R::from_f64(3.0));
    activation_backward(activation, z.view(), a.view(), dz.view_mut());
    for ((i, j), &z_in) in z_values().indexed_iter() {
        let expected_z = (R::from_f64(z_in) + R::from_f64(b[i])).as_f64();
        let close = |found: R, expected: f64| {
            (found.as_f64() - expected).abs() <= 8.0 * R::epsilon().as_f64() * expected.abs().max(1.0)
        };
        assert_eq!(z[[i, j]].as_f64(), expected_z);
        assert!(close(a[[i, j]], g(activation, expected_z)), "{activation:?}({expected_z}) = {}", a[[i, j]]);
        let expected_dz = 3.0 * derivative(activation, expected_z);
        assert!(close(dz[[i, j]], expected_dz), "{activation:?}' at {expected_z}: {} not {expected_dz}", dz[[i, j]]);
    }
}

#[test]
fn every_activation_and_its_derivative_follow_their_definitions_in_both_types() {
    for (_, activation) in Activation::ALL {
        follows_the_definition::<f32>(activation);
        follows_the_definition::<f64>(activation);
    }
}

#[test]
fn the_sigmoid_is_stable_from_end_to_end_of_the_range() {
    let mut z = array![[-1e308, -745.0, -40.0, 0.0, 40.0, 745.0, 1e308]];
    let mut a = Array2::zeros(z.dim());
    bias_activation(Activation::Sigmoid, array![0.0].view(), z.view_mut(), a.view_mut());
    assert_eq!((a[[0, 0]], a[[0, 3]], a[[0, 6]]), (0.0, 0.5, 1.0));
    assert!(a[[0, 1]] > 0.0, "a subnormal, not zero");
    assert!((a[[0, 2]] / (-40f64).exp() - 1.0).abs() < 1e-15, "relative accuracy holds on the small side");
}

#[test]
fn nan_comes_out_of_every_activation_as_nan() {
    for (name, activation) in Activation::ALL {
        let mut z = array![[f32::NAN]];
        let mut a = array![[0.0]];
        bias_activation(activation, array![0.0].view(), z.view_mut(), a.view_mut());
        assert!(a[[0, 0]].is_nan(), "{name} hides NaN");
    }
}

#[test]
fn the_bias_gradient_is_the_scaled_sum_over_the_examples() {
    let dz = Array2::from_shape_fn((2, 21), |(i, j)| (i * 100 + j) as f32);
    let mut db = Array1::zeros(2);
    bias_gradient(dz.view(), 0.5, db.view_mut());
    assert_eq!(db, array![105.0, 1155.0]);
}

#[test]
fn the_bias_gradient_of_f32_is_summed_in_f64() {
    let mut dz = Array2::from_elem((1, 1001), 1.0f32);
    dz[[0, 0]] = 1e9; // in f32, 1e9 + 1 = 1e9
    let mut db = Array1::zeros(1);
    bias_gradient(dz.view(), 1.0, db.view_mut());
    assert_eq!(db[0], 1_000_001_000.0f64 as f32);
}

#[test]
fn every_shape_of_every_pass_is_checked() {
    let refused = |pass: &dyn Fn()| {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(pass)).expect_err("it must be refused");
        assert!(panic.downcast_ref::<String>().unwrap().contains("shapes differ"));
    };
    let m = |rows, columns| Array2::<f64>::zeros((rows, columns));
    for (b, z, a) in [(2, (3, 4), (3, 4)), (3, (3, 4), (3, 5)), (3, (3, 4), (2, 4))] {
        let b = Array1::zeros(b);
        refused(&|| bias_activation(Activation::Tanh, b.view(), m(z.0, z.1).view_mut(), m(a.0, a.1).view_mut()));
    }
    for (a, da) in [((3, 5), (3, 4)), ((3, 4), (2, 4))] {
        refused(&|| {
            activation_backward(Activation::Tanh, m(3, 4).view(), m(a.0, a.1).view(), m(da.0, da.1).view_mut());
        });
    }
    refused(&|| bias_gradient(m(3, 4).view(), 1.0, Array1::zeros(2).view_mut()));
}
