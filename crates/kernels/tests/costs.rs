//! Softmax and the losses against 80-digit values (golden/costs.py), at the ends of the range, and across blocks.

use kernels::{
    Activation, Real, activation_backward, bias_activation, mean_squared_error_sum, softmax_cross_entropy_dz,
    softmax_cross_entropy_sum,
};
use ndarray::{Array1, Array2, array};

/// A value of the golden file: the nearest f64, and the rest in ulps.
#[derive(Clone, Copy, Debug)]
struct Exact {
    nearest: f64,
    rest: f64,
}

impl Exact {
    /// |found - exact| in ulps of the exact value.
    fn error(self, found: f64) -> f64 {
        if found == self.nearest {
            return self.rest.abs();
        }
        let ulp = self.nearest.abs().next_up() - self.nearest.abs();
        ((found - self.nearest) / ulp - self.rest).abs()
    }
}

/// One example of the golden file.
struct Example {
    z: Array2<f64>,
    class: f64,
    cost: Exact,
    a: Vec<Exact>,
}

/// The numbers of each line of one kind.
fn lines(kind: &str) -> impl Iterator<Item = Vec<f64>> {
    let of_kind = include_str!("golden/costs.txt").lines().filter_map(move |line| line.strip_prefix(kind));
    of_kind.map(|line| line.split_whitespace().map(|number| number.parse().expect("a number")).collect())
}

fn exact(pair: &[f64]) -> Exact {
    Exact { nearest: pair[0], rest: pair[1] }
}

fn examples() -> Vec<Example> {
    let example = |line: Vec<f64>| {
        let units = line[0] as usize;
        let (z, rest) = line[1..].split_at(units);
        let z = Array2::from_shape_vec((units, 1), z.to_vec()).unwrap();
        Example { z, class: rest[0], cost: exact(&rest[1..]), a: rest[3..].chunks(2).map(exact).collect() }
    };
    let examples: Vec<Example> = lines("softmax").map(example).collect();
    assert!(examples.len() > 50);
    examples
}

fn softmax<R: Real>(z: &Array2<R>) -> Array2<R> {
    let (mut z, mut a) = (z.clone(), Array2::zeros(z.dim()));
    bias_activation(Activation::Softmax, Array1::zeros(z.nrows()).view(), z.view_mut(), a.view_mut());
    a
}

#[test]
fn softmax_is_within_four_ulps_of_the_exact_value() {
    for Example { z, a, .. } in examples() {
        for (&found, exact) in softmax(&z).iter().zip(a) {
            assert!(exact.error(found) <= 4.0, "{z}: {found:e} is not {exact:?}");
        }
    }
}

#[test]
fn softmax_of_f32_is_within_four_ulps_of_that_of_f64() {
    for Example { z, .. } in examples() {
        let z = z.mapv(|z| (z / 9.0) as f32).mapv(|z| z.clamp(f32::MIN, f32::MAX));
        for (&found, &exact) in softmax(&z).iter().zip(&softmax(&z.mapv(f64::from))) {
            let nearest = exact as f32;
            let ulp = nearest.next_up() - nearest;
            assert!((f64::from(found) - exact).abs() <= 4.0 * f64::from(ulp), "{z}: {found:e} is not {exact:e}");
        }
    }
}

#[test]
fn many_small_units_count_in_the_sum_of_softmax() {
    let units = 10_001;
    let z = Array2::from_shape_fn((units, 2), |(k, _)| if k == 0 { 0.0 } else { -37.0 }); // 1 + e^-37 = 1 in f64
    let others = (units - 1) as f64 * (-37f64).exp();
    assert!((1.0 - softmax(&z)[[0, 1]] - others).abs() <= f64::EPSILON);
}

#[test]
fn softmax_cross_entropy_is_within_five_ulps_of_the_exact_value_from_end_to_end_of_the_range() {
    for Example { z, class, cost, .. } in examples() {
        let found = softmax_cross_entropy_sum(z.view(), array![[class]].view());
        assert!(cost.error(found) <= 5.0, "{z} of class {class}: {found:e} is not {cost:?}");
    }
}

#[test]
fn softmax_cross_entropy_of_many_examples_is_the_sum_of_theirs() {
    let ten: Vec<Example> = examples().into_iter().filter(|example| example.z.nrows() == 10).collect();
    for copies in [1, 20, 60] {
        let of_copies = || ten.iter().cycle().take(copies * ten.len());
        let z = Array2::from_shape_fn((10, copies * ten.len()), |(k, j)| ten[j % ten.len()].z[[k, 0]]);
        let y = Array2::from_shape_vec((1, z.ncols()), of_copies().map(|example| example.class).collect()).unwrap();
        let sum: f64 = of_copies().map(|example| example.cost.nearest).sum();
        let found = softmax_cross_entropy_sum(z.view(), y.view());
        assert!((found / sum - 1.0).abs() <= 1e-14, "{copies}: {found} {sum}");
        // The columns of `z` are short of its rows' ends.
        let short = z.ncols() - 7;
        let (z, y) = (z.slice(ndarray::s![.., ..short]), y.slice(ndarray::s![.., ..short]));
        let sum: f64 = of_copies().take(short).map(|example| example.cost.nearest).sum();
        assert!((softmax_cross_entropy_sum(z, y) / sum - 1.0).abs() <= 1e-14);
        let a = softmax(&z.to_owned());
        for (j, example) in of_copies().take(short).enumerate() {
            assert!(example.a.iter().zip(a.column(j)).all(|(exact, &a)| exact.error(a) <= 4.0), "{j}");
        }
    }
}

#[test]
fn a_bias_moves_softmax_as_it_moves_z() {
    let b = array![0.5, -3.0, 0.0];
    let (mut z, mut a) = (array![[1.0, 2.0], [0.25, -1.0], [-2.0, 4.0]], Array2::zeros((3, 2)));
    let moved = &z + &b.view().insert_axis(ndarray::Axis(1));
    bias_activation(Activation::Softmax, b.view(), z.view_mut(), a.view_mut());
    assert_eq!(z, moved);
    assert_eq!(a, softmax(&moved));
}

#[test]
fn infinite_and_nan_logits_make_the_cost_infinite_or_nan_and_softmax_nan() {
    let (nan, infinity) = (f64::NAN, f64::INFINITY);
    for z in [[nan, 1.0], [1.0, nan], [infinity, 1.0], [1.0, infinity], [-infinity, -infinity], [nan, -infinity]] {
        let z = array![[0.0, z[0]], [0.5, z[1]]];
        for class in [0.0, 1.0] {
            let y = array![[0.0, class]];
            assert!(!softmax_cross_entropy_sum(z.view(), y.view()).is_finite(), "{z} {y}");
            assert!(!softmax_cross_entropy_sum(z.mapv(|z| z as f32).view(), y.mapv(|y| y as f32).view()).is_finite());
        }
        let a = softmax(&z);
        assert!(a.column(1).iter().all(|a| a.is_nan()) && a.column(0).iter().all(|a| a.is_finite()), "{a}");
    }
    let impossible = array![[-infinity], [2.0]];
    assert_eq!(softmax(&impossible), array![[0.0], [1.0]]);
    assert_eq!(softmax_cross_entropy_sum(impossible.view(), array![[0.0]].view()), infinity);
    assert_eq!(softmax_cross_entropy_sum(impossible.view(), array![[1.0]].view()), 0.0);
    assert!(mean_squared_error_sum(array![[nan]].view(), array![[0.0]].view()).is_nan());
    assert_eq!(mean_squared_error_sum(array![[infinity]].view(), array![[0.0]].view()), infinity);
}

#[test]
fn the_way_back_through_softmax_is_its_jacobian() {
    fn compare<R: Real>() {
        let z = Array2::from_shape_fn((5, 300), |(k, j)| R::from_f64(((k * 37 + j * 11) % 23) as f64 / 4.0 - 2.0));
        let da = Array2::from_shape_fn((5, 300), |(k, j)| R::from_f64(((k * 5 + j * 7) % 17) as f64 - 8.0));
        let (a, mut dz) = (softmax(&z), da.clone());
        activation_backward(Activation::Softmax, z.view(), a.view(), dz.view_mut());
        for ((k, j), found) in dz.indexed_iter() {
            let jacobian = |i: usize| a[[k, j]].as_f64() * (f64::from(i == k) - a[[i, j]].as_f64());
            let expected: f64 = (0..5).map(|i| jacobian(i) * da[[i, j]].as_f64()).sum();
            assert!(
                (found.as_f64() - expected).abs() <= 8.0 * 2.0 * R::epsilon().as_f64(),
                "{k} {j}: {found} {expected}"
            );
        }
    }
    compare::<f32>();
    compare::<f64>();
}

#[test]
fn the_start_of_the_way_back_is_what_softmax_makes_of_the_gradient_of_the_cost() {
    let z = array![[1.0, -2.0, 0.5], [0.25, 3.0, 0.5], [-1.0, 0.0, 0.75]];
    let (y, a) = (array![[2.0, 1.0, 0.0]], softmax(&z));
    // da of -log a_y.
    let mut by_jacobian =
        Array2::from_shape_fn((3, 3), |(k, j)| if y[[0, j]] == k as f64 { -1.0 / a[[k, j]] } else { 0.0 });
    activation_backward(Activation::Softmax, z.view(), a.view(), by_jacobian.view_mut());
    let mut dz = Array2::zeros((3, 3));
    softmax_cross_entropy_dz(a.view(), y.view(), dz.view_mut());
    for (found, expected) in dz.iter().zip(&by_jacobian) {
        assert!((found - expected).abs() <= 4.0 * f64::EPSILON, "{dz} {by_jacobian}");
    }
}

#[test]
fn squared_errors_are_within_five_ulps_of_the_exact_sum() {
    let mut count = 0;
    for line in lines("squares") {
        let n = line[0] as usize;
        let row = |values: &[f64]| Array2::from_shape_vec((1, n), values.to_vec()).unwrap();
        let (z, y, sum) = (row(&line[1..][..n]), row(&line[1 + n..][..n]), exact(&line[1 + 2 * n..]));
        let found = mean_squared_error_sum(z.view(), y.view());
        assert!(sum.error(found) <= 5.0, "{z} {y}: {found:e} is not {sum:?}");
        count += 1;
    }
    assert!(count > 20);
    let z = array![[1.0f32, 2.0], [1e30, 0.5]];
    let two_outputs = mean_squared_error_sum(z.view(), array![[0.0, 4.0], [0.0, 0.5]].view());
    assert_eq!(two_outputs, (5.0 + f64::from(1e30f32).powi(2)) / 2.0);
}

#[test]
#[should_panic(expected = "example 1 is of class 3, but the classes of 3 units")]
fn a_class_beyond_the_units_has_no_cost() {
    softmax_cross_entropy_sum(Array2::<f32>::zeros((3, 2)).view(), array![[2.0, 3.0]].view());
}

#[test]
#[should_panic(expected = "softmax_cross_entropy_sum: shapes don't fit: z (3, 2), y (3, 2)")]
fn one_hot_labels_are_refused() {
    softmax_cross_entropy_sum(Array2::<f32>::zeros((3, 2)).view(), Array2::zeros((3, 2)).view());
}

#[test]
#[should_panic(expected = "mean_squared_error_sum: shapes differ: z (3, 2), y (1, 2)")]
fn targets_of_another_shape_are_refused() {
    mean_squared_error_sum(Array2::<f32>::zeros((3, 2)).view(), Array2::zeros((1, 2)).view());
}
