use ndarray::array;

use super::*;

#[test]
fn from_logits_binary_cross_entropy_equals_the_textbook_formula_where_that_is_finite() {
    for (z, y) in [(0.0, 1.0), (2.5, 1.0), (2.5, 0.0), (-7.0, 1.0), (-7.0, 0.0)] {
        let a: f64 = 1.0 / (1.0 + f64::exp(-z));
        let textbook = -(y * a.ln() + (1.0 - y) * (1.0 - a).ln());
        let found = Cost::BinaryCrossEntropy.mean(array![[z]].view(), array![[y]].view());
        // The textbook formula sees a and 1 - a rounded to within ε.
        let rounding = 4.0 * f64::EPSILON / if y == 1.0 { a } else { 1.0 - a };
        assert!((found - textbook).abs() <= rounding, "z {z}, y {y}: {found} {textbook}");
    }
}

#[test]
fn the_ends_of_the_range_neither_overflow_nor_take_log_of_zero() {
    let cost = |z: f64, y: f64| Cost::BinaryCrossEntropy.mean(array![[z]].view(), array![[y]].view());
    assert_eq!(cost(-1e308, 1.0), 1e308);
    assert_eq!(cost(1e308, 1.0), 0.0);
    assert_eq!(cost(-1e308, 0.0), 0.0);
    assert_eq!(cost(-800.0, 1.0), 800.0);
    assert_eq!(cost(40.0, 1.0), (-40f64).exp(), "small costs keep their relative accuracy");
    assert!(cost(f64::NAN, 1.0).is_nan() && cost(f64::INFINITY, 1.0).is_nan());
}

#[test]
fn squared_errors_are_averaged_over_examples_and_outputs() {
    let (a, y) = (array![[1.0, 2.0], [3.0, 5.0]], array![[0.0, 2.0], [1.0, 2.0]]);
    assert_eq!(Cost::MeanSquaredError.mean(a.view(), y.view()), (1.0 + 0.0 + 4.0 + 9.0) / 4.0);
    let mut dz = array![[0.0, 0.0], [0.0, 0.0]];
    Cost::MeanSquaredError.dz_output(a.view(), y.view(), dz.view_mut());
    assert_eq!(dz, array![[1.0, 0.0], [2.0, 3.0]]);
}

#[test]
fn an_example_of_several_sigmoids_is_right_where_all_are() {
    let (a, y) = (array![[0.9, 0.9, 0.1], [0.1, 0.9, 0.5]], array![[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]);
    assert_eq!(Cost::BinaryCrossEntropy.count_correct(a.view(), y.view()), Some(2));
}

#[test]
fn the_textbook_start_of_an_example_classified_right_with_certainty_is_a_number() {
    let (a, y) = (array![[1.0, 0.0, 0.25, 0.25, 0.0, 1.0]], array![[1.0, 0.0, 1.0, 0.0, 1.0, 0.0]]);
    let mut da = ndarray::Array2::zeros(a.dim());
    da_output(a.view(), y.view(), da.view_mut());
    assert_eq!(da, array![[-1.0, 1.0, -4.0, 1.0 / 0.75, f64::NEG_INFINITY, f64::INFINITY]]);
}
