//! The products on a real OpenBLAS: the elements that they write, those that they leave alone, and the arguments that they refuse.

use kernels::{Accumulate, Real, backward_data, backward_weights, forward, reference};
use ndarray::{Array2, s};

fn integers<R: Real>(rows: usize, columns: usize) -> Array2<R> {
    Array2::from_shape_fn((rows, columns), |(i, j)| R::from_f64(((i * 5 + j * 3) % 7) as f64 - 3.0))
}

#[test]
fn replacing_does_not_read_the_old_values() {
    let (w, a_prev) = (integers::<f32>(20, 30), integers(30, 9));
    let mut z = Array2::from_elem((20, 9), f32::NAN);
    forward(w.view(), a_prev.view(), z.view_mut(), Accumulate::Replace);
    assert_eq!(z.mapv(f64::from), reference::forward(w.view(), a_prev.view()));
}

#[test]
fn adding_twice_gives_twice_the_product_and_the_scale_is_applied() {
    let (dz, a_prev) = (integers::<f64>(4, 6), integers(5, 6));
    let mut dw = Array2::zeros((4, 5));
    for _ in 0..2 {
        backward_weights(dz.view(), a_prev.view(), 0.25, dw.view_mut(), Accumulate::Add);
    }
    assert_eq!(dw, reference::backward_weights(dz.view(), a_prev.view()) * 0.5);
}

#[test]
fn row_blocks_and_padded_rows_are_read_and_written_in_place() {
    let (w, dz) = (integers::<f64>(8, 5), integers(8, 12));
    let (w_block, dz_block) = (w.slice(s![2..6, ..]), dz.slice(s![2..6, ..10]));
    let mut da_prev = Array2::from_elem((5, 16), 7.0);
    backward_data(w_block, dz_block, da_prev.slice_mut(s![.., ..10]), Accumulate::Replace);
    assert_eq!(da_prev.slice(s![.., ..10]), reference::backward_data(w_block, dz_block));
    assert!(da_prev.slice(s![.., 10..]).iter().all(|&value| value == 7.0));
}

#[test]
fn nan_in_an_operand_reaches_exactly_its_row_or_column() {
    let (mut w, a_prev) = (integers::<f32>(3, 40), integers(40, 17));
    w[[1, 39]] = f32::NAN;
    let mut z = Array2::zeros((3, 17));
    forward(w.view(), a_prev.view(), z.view_mut(), Accumulate::Replace);
    assert!(z.row(1).iter().all(|value| value.is_nan()));
    assert!(z.row(0).iter().chain(z.row(2)).all(|value| value.is_finite()));
}

#[test]
#[should_panic(expected = "forward: z = W a_prev: shapes don't fit: w 3x4, a_prev 5x2, z 3x2")]
fn shapes_that_do_not_fit_are_all_named() {
    let mut z = Array2::<f64>::zeros((3, 2));
    forward(integers(3, 4).view(), integers(5, 2).view(), z.view_mut(), Accumulate::Replace);
}

#[test]
fn a_column_major_operand_is_read_as_it_lies() {
    let (w, examples) = (integers::<f64>(3, 4), integers::<f64>(5, 4)); // five examples, a row each
    let a_prev = examples.t();
    let mut z = Array2::zeros((3, 5));
    forward(w.view(), a_prev, z.view_mut(), Accumulate::Replace);
    assert_eq!(z, reference::forward(w.view(), a_prev));
    let mut dw = Array2::zeros((3, 4));
    backward_weights(z.view(), a_prev, 1.0, dw.view_mut(), Accumulate::Replace);
    assert_eq!(dw, reference::backward_weights(z.view(), a_prev));
    let padded = examples.slice(s![1..4, ..3]);
    let mut z = Array2::zeros((3, 3));
    forward(w.slice(s![.., ..3]), padded.t(), z.view_mut(), Accumulate::Replace);
    assert_eq!(z, reference::forward(w.slice(s![.., ..3]), padded.t()));
}

#[test]
#[should_panic(expected = "must be row-major")]
fn a_column_major_result_is_refused_rather_than_copied() {
    let mut z = Array2::zeros((2, 3));
    forward(integers(3, 4).view(), integers::<f64>(4, 2).view(), z.view_mut().reversed_axes(), Accumulate::Replace);
}

#[test]
#[should_panic(expected = "empty side")]
fn an_empty_product_is_refused() {
    let mut z = Array2::<f64>::zeros((3, 2));
    forward(Array2::zeros((3, 0)).view(), Array2::zeros((0, 2)).view(), z.view_mut(), Accumulate::Replace);
}

fn refusal(product: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(product)).expect_err("it must be refused");
    panic.downcast_ref::<String>().map_or_else(|| panic.downcast_ref::<&str>().unwrap().to_string(), String::clone)
}

#[test]
fn every_side_of_every_product_is_checked() {
    let replace = Accumulate::Replace;
    let m = integers::<f64>;
    for [x, y, z] in [[(3, 4), (5, 2), (3, 2)], [(3, 4), (4, 2), (2, 2)], [(3, 4), (4, 2), (3, 1)]] {
        let found = refusal(|| forward(m(x.0, x.1).view(), m(y.0, y.1).view(), m(z.0, z.1).view_mut(), replace));
        assert!(found.starts_with("forward:"), "{found}");
    }
    for [x, y, z] in [[(3, 2), (4, 5), (3, 4)], [(3, 2), (4, 2), (2, 4)], [(3, 2), (4, 2), (3, 3)]] {
        let (dz, a_prev) = (m(x.0, x.1), m(y.0, y.1));
        let found = refusal(|| backward_weights(dz.view(), a_prev.view(), 1.0, m(z.0, z.1).view_mut(), replace));
        assert!(found.starts_with("backward_weights:"), "{found}");
    }
    for [x, y, z] in [[(3, 4), (2, 5), (4, 5)], [(3, 4), (3, 5), (3, 5)], [(3, 4), (3, 5), (4, 4)]] {
        let found = refusal(|| backward_data(m(x.0, x.1).view(), m(y.0, y.1).view(), m(z.0, z.1).view_mut(), replace));
        assert!(found.starts_with("backward_data:"), "{found}");
    }
}

#[test]
fn strided_repeated_and_backward_rows_are_refused_and_a_single_row_has_no_stride() {
    let mut z = Array2::<f64>::zeros((3, 2));
    let mut refused = |w: ndarray::ArrayView2<f64>| {
        let found = refusal(|| forward(w, integers(5, 2).view(), z.view_mut(), Accumulate::Replace));
        assert!(found.contains("must be row-major"), "{found}");
    };
    refused(integers(3, 10).slice(s![.., ..;2]));
    refused(integers(1, 5).broadcast((3, 5)).unwrap());
    refused(integers(3, 5).slice(s![..;-1, ..]));
    let column = integers::<f64>(5, 1);
    let mut z = Array2::zeros((1, 2));
    forward(column.t(), integers(5, 2).view(), z.view_mut(), Accumulate::Replace);
    assert_eq!(z, reference::forward(column.t(), integers(5, 2).view()));
}

#[test]
#[should_panic(expected = "scale must not be zero")]
fn a_zero_scale_is_refused() {
    let mut dw = Array2::<f64>::zeros((3, 4));
    backward_weights(integers(3, 2).view(), integers(4, 2).view(), 0.0, dw.view_mut(), Accumulate::Replace);
}
