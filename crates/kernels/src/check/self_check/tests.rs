//! The check before a program relies on products: what it compares, and within which bounds.

use super::*;

const SHAPE: LayerShape = LayerShape { n_out: 3, n_in: 5, examples: 4 };

/// Compares the product of `call`, with one element that is off by `offset` bounds.
fn compared(call: Call, offset: f64) -> Result<(), WrongProduct> {
    let product = Array2::<f64>::from_elem((3, 4), 0.5);
    let (rows, columns) = (((0..3).collect(), product.clone()), (Vec::new(), Array2::zeros((3, 0))));
    let expected = Expected { sides: (3, 4), terms: 5, rows, columns, operands: None };
    expected.compare(call, SHAPE, |mut found: ArrayViewMut2<f64>| {
        match call.accumulate {
            Accumulate::Replace => found.assign(&(call.scale * &product)),
            Accumulate::Add => found.scaled_add(call.scale, &product),
        }
        found[[2, 1]] += offset * 8.0 * f64::EPSILON * 7.0 * call.scale.abs();
    })
}

#[test]
#[should_panic(expected = "a side is empty, n_out 3 n_in 0 examples 4")]
fn products_without_terms_are_not_checked() {
    let _ = self_check::<f64>(LayerShape { n_in: 0, ..SHAPE }, &[Call::forward(Accumulate::Replace)]);
}

#[test]
#[should_panic(expected = "is 0 in f32")]
fn a_factor_that_is_zero_in_the_element_type_is_not_checked() {
    let _ = self_check::<f32>(SHAPE, &[Call::backward_weights(1e-60, Accumulate::Add)]);
}

#[test]
fn of_a_large_product_a_wrong_row_column_corner_or_block_is_seen() {
    let shape = LayerShape { n_out: 700, n_in: 700, examples: 700 };
    let ones = Array2::<f32>::ones((700, 700));
    let expected = Expected::of(ones.view(), ones.view());
    assert!((32..400).contains(&expected.rows.0.len()) && (32..400).contains(&expected.columns.0.len()));
    let with_wrong = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
        expected.compare(Call::forward(Accumulate::Replace), shape, |mut found: ArrayViewMut2<f32>| {
            found.fill(700.0);
            found.slice_mut(ndarray::s![rows, columns]).fill(701.0);
        })
    };
    assert_eq!(with_wrong(0..0, 0..0), Ok(()));
    for (rows, columns) in [(0..1, 0..700), (0..700, 350..351), (699..700, 699..700), (300..348, 400..448)] {
        assert!(with_wrong(rows.clone(), columns.clone()).is_err(), "{rows:?} {columns:?}");
    }
    let skips = |places: &[usize]| (200..500).find(|place| !places.contains(place)).unwrap();
    let (row, column) = (skips(&expected.rows.0), skips(&expected.columns.0));
    let wrong = with_wrong(row..row + 1, column..column + 1).unwrap_err();
    assert_eq!((wrong.row, wrong.column), (row, column));
}

#[test]
fn some_places_are_the_ends_and_others_between_them_each_once() {
    assert_eq!(chosen(40, 50), (0..40).collect::<Vec<_>>());
    let places = chosen(1000, 100);
    assert_eq!(places.len(), 100);
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(places.starts_with(&[0, 1, 2, 24][..3]) && places.ends_with(&[997, 998, 999]));
    assert_eq!(chosen(1000, 1).len(), 32);
}

#[test]
fn the_comparison_passes_within_the_bound_and_fails_beyond_it_on_both_sides() {
    for call in Call::ALL {
        for within in [-0.9, 0.0, 0.9] {
            assert_eq!(compared(call, within), Ok(()));
        }
        for beyond in [-1.1, 1.1, f64::NAN, f64::INFINITY] {
            let wrong = compared(call, beyond).unwrap_err();
            assert_eq!((wrong.row, wrong.column, wrong.call), (2, 1, call));
        }
    }
}

#[test]
fn the_blas_in_use_is_right_at_shapes_around_block_edges() {
    for n_out in [1, 2, 7, 8, 15, 16, 17] {
        for n_in in [1, 5, 31, 32, 33, 127, 129] {
            for examples in [1, 3, 16, 65] {
                let shape = LayerShape { n_out, n_in, examples };
                assert_eq!(self_check::<f32>(shape, &Call::ALL), Ok(()));
                assert_eq!(self_check::<f64>(shape, &Call::ALL), Ok(()));
            }
        }
    }
}

#[test]
fn the_blas_in_use_is_right_at_the_course_nets_first_layer() {
    let shape = LayerShape { n_out: 20, n_in: 12_288, examples: 209 };
    assert_eq!(self_check::<f32>(shape, &Call::ALL), Ok(()));
    assert_eq!(self_check::<f64>(shape, &Call::ALL), Ok(()));
}

#[test]
fn no_element_is_so_small_that_a_thousandth_of_it_is_lost_in_the_bound() {
    for (n_out, n_in, examples) in [(1, 70, 40), (20, 12_288, 5), (3, 1, 2), (1, 4, 400)] {
        for product in [Product::Forward, Product::BackwardWeights, Product::BackwardData] {
            let operands = Operands::<f32>::drawn(product, LayerShape { n_out, n_in, examples });
            let (a, b) = operands.multiplied();
            let least = reference::product(a, b).iter().fold(f64::INFINITY, |least, c| least.min(c.abs()));
            let bound = 8.0 * f64::from(f32::EPSILON) * (a.ncols() + 2) as f64;
            assert!(0.001 * least > bound, "{product} {n_out} {n_in} {examples}: {least}");
        }
    }
}

#[test]
fn a_scale_may_be_so_small_that_products_vanish() {
    for scale in [1e-30, -1e-38, 1e-44] {
        assert_eq!(self_check::<f32>(SHAPE, &[Call::backward_weights(scale, Accumulate::Add)]), Ok(()), "{scale}");
    }
}
