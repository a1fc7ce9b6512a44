//! The activations and their derivatives against 80-digit values (golden/functions.py): f64 at chosen points, and f32
//! against f64 at every magnitude.

use kernels::{Activation, Real, activation_backward, bias_activation};
use ndarray::{Array1, Array2};

/// The bounds in ulps, of a and of g': in f64, and in f32 over all numbers.
const BOUNDS: [(&str, [f64; 2], [f64; 2]); 7] = [
    ("tanh", [3.0, 5.0], [4.0, 5.0]),
    ("sigmoid", [3.0, 6.0], [3.0, 6.0]),
    ("elu", [2.0, 2.0], [2.0, 2.0]),
    ("softplus", [3.0, 3.0], [3.0, 3.0]),
    ("gelu", [4.0, 5.0], [5.0, 5.0]),
    ("gelu-tanh", [3.0, 7.0], [4.0, 8.0]),
    ("silu", [3.0, 5.0], [4.0, 6.0]),
];

/// The points of all f32 at which a or g' is off most: of tanh, gelu-tanh', gelu-tanh, silu, silu' and gelu.
const WORST: [f32; 6] = [0.015_531_173, -1.165_919_5, -2.977_891, -5.938_893_3, -6.567_335, -11.030_893];

fn known(name: &str) -> Activation {
    Activation::ALL.into_iter().find(|(known, _)| *known == name).expect("a known activation").1
}

/// g(z) and g'(z) of each element.
fn value_and_derivative<R: Real>(activation: Activation, z: &[R]) -> (Vec<R>, Vec<R>) {
    let mut z = Array2::from_shape_vec((1, z.len()), z.to_vec()).unwrap();
    let mut a = Array2::zeros(z.dim());
    bias_activation(activation, Array1::zeros(1).view(), z.view_mut(), a.view_mut());
    let mut dz = Array2::ones(z.dim());
    activation_backward(activation, z.view(), a.view(), dz.view_mut());
    (a.into_raw_vec_and_offset().0, dz.into_raw_vec_and_offset().0)
}

/// The distance from one `R` to the next at `x`.
fn ulp<R: Real>(x: f64) -> f64 {
    let (digits, least) = if R::NAME == "f32" { (23, -126) } else { (52, -1022) };
    let exponent = if x == 0.0 { least } else { (x.abs().to_bits() >> 52) as i32 - 1023 };
    let ulp = exponent.max(least) - digits;
    // A power of two, subnormal or not.
    2f64.powi(ulp.max(-1022)) * 2f64.powi((ulp + 1022).min(0))
}

/// Computes g(z) / z, which is Φ(z) or σ(v), for activations whose g' has a zero: the error of g' is measured against the larger of
/// the two. 0 for the others.
fn floor(activation: Activation, z: f64, value: f64) -> f64 {
    match activation {
        Activation::Gelu | Activation::GeluTanh | Activation::Silu if z != 0.0 => value / z,
        _ => 0.0,
    }
}

/// The largest error so far, and where.
#[derive(Default)]
struct Worst {
    error: f64,
    z: f64,
}

impl Worst {
    /// |found - (nearest + rest ulp(nearest))| in ulps of the larger of `nearest` and `floor`.
    fn meet<R: Real>(&mut self, z: f64, found: R, nearest: f64, rest: f64, floor: f64) {
        let found = found.as_f64();
        let error = if found == nearest && !nearest.is_normal() {
            rest.abs()
        } else {
            let (own, unit) = (ulp::<f64>(nearest), ulp::<R>(nearest.abs().max(floor)));
            ((found - nearest) / own - rest).abs() * (own / unit)
        };
        if error.is_nan() || error > self.error {
            *self = Worst { error, z };
        }
    }

    #[track_caller]
    fn is_within(&self, bound: f64, function: &str) {
        assert!(self.error <= bound, "{function} at {:e} is off by {} ulp", self.z, self.error);
    }
}

/// Columns of the golden file for one activation: z, value, rest, derivative, rest.
fn golden(name: &str) -> [Vec<f64>; 5] {
    let lines: Vec<Vec<&str>> = include_str!("golden/functions.txt")
        .lines()
        .map(|line| line.split(' ').collect())
        .filter(|line: &Vec<&str>| line[0] == name)
        .collect();
    assert!(lines.len() > 200, "{name}");
    [1, 2, 3, 4, 5].map(|column| lines.iter().map(|line| line[column].parse().expect("a number")).collect())
}

#[test]
fn every_activation_and_its_derivative_are_within_their_bounds_of_the_exact_values_in_f64() {
    for (name, [bound, derivative_bound], _) in BOUNDS {
        let activation = known(name);
        let [z, value, rest, derivative, derivative_rest] = golden(name);
        let (a, slope) = value_and_derivative(activation, &z);
        let (mut worst, mut worst_slope) = (Worst::default(), Worst::default());
        for (i, &z) in z.iter().enumerate() {
            worst.meet(z, a[i], value[i], rest[i], 0.0);
            worst_slope.meet(z, slope[i], derivative[i], derivative_rest[i], floor(activation, z, value[i]));
        }
        worst.is_within(bound, name);
        worst_slope.is_within(derivative_bound, &format!("{name}'"));
    }
}

#[test]
fn every_activation_and_its_derivative_are_within_their_bounds_of_f64s_in_f32() {
    let every_997th = (0..=u32::MAX).step_by(997).map(f32::from_bits).filter(|z| z.is_finite());
    let points: Vec<f32> = WORST.into_iter().chain(every_997th).collect();
    for (name, _, [bound, derivative_bound]) in BOUNDS {
        let activation = known(name);
        let (mut worst, mut worst_slope) = (Worst::default(), Worst::default());
        for narrow in points.chunks(1 << 16) {
            let wide: Vec<f64> = narrow.iter().map(|&z| z.into()).collect();
            let (a, slope) = value_and_derivative(activation, narrow);
            let (value, derivative) = value_and_derivative(activation, &wide);
            for (i, &z) in wide.iter().enumerate() {
                worst.meet(z, a[i], value[i], 0.0, 0.0);
                worst_slope.meet(z, slope[i], derivative[i], 0.0, floor(activation, z, value[i]));
            }
        }
        worst.is_within(bound, name);
        worst_slope.is_within(derivative_bound, &format!("{name}'"));
    }
}

#[test]
fn infinities_give_the_limits_and_nan_gives_nan() {
    fn limits<R: Real>() {
        let z = [f64::NEG_INFINITY, f64::INFINITY, f64::NAN].map(R::from_f64);
        for (name, ..) in BOUNDS {
            let (least, most, last_slope) = match name {
                "tanh" => (-1.0, 1.0, 0.0),
                "sigmoid" => (0.0, 1.0, 0.0),
                "elu" => (-1.0, f64::INFINITY, 1.0),
                _ => (0.0, f64::INFINITY, 1.0),
            };
            let (a, slope) = value_and_derivative(known(name), &z);
            assert_eq!((a[0].as_f64(), a[1].as_f64()), (least, most), "{name}");
            assert_eq!((slope[0].as_f64(), slope[1].as_f64()), (0.0, last_slope), "{name}'");
            assert!(a[2].is_nan() && slope[2].is_nan(), "{name}");
        }
    }
    limits::<f32>();
    limits::<f64>();
}

#[test]
fn hard_tanh_is_clamped_and_flat_from_its_kinks_on() {
    let z = [f64::NEG_INFINITY, -1.5, -1.0, -0.75, 0.0, 0.75, 1.0, 1.5, f64::INFINITY];
    let (a, slope) = value_and_derivative(Activation::HardTanh, &z);
    assert_eq!(a, [-1.0, -1.0, -1.0, -0.75, 0.0, 0.75, 1.0, 1.0, 1.0]);
    assert_eq!(slope, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(Activation::HardTanh.kinks(), [-1.0, 1.0]);
}
