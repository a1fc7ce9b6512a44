//! The number of cblas calls of a product, in a library without small kernels: exactly one at every size, or one per thread if a
//! team shares it. (The tests of src/gemm/panels.rs cover products in panels.)
//!
//! The library is made of two functions of this program, which count their calls. They multiply by the definition, so that a wrong
//! argument shows as a wrong product.

#[macro_use]
mod by_definition;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kernels::{Accumulate, Real, Team, backward_data, backward_weights, forward, reference};
use ndarray::{Array2, ArrayView2, s};

/// The number of calls, of all threads.
static CALLS: AtomicUsize = AtomicUsize::new(0);

/// Locked by the test that counts.
static COUNTING: Mutex<()> = Mutex::new(());

blas_by_definition!("a counting BLAS", count);

/// Counts a call, whose product is right.
fn count(_columns: usize) -> f64 {
    CALLS.fetch_add(1, Ordering::SeqCst);
    0.0
}

fn count_calls() -> MutexGuard<'static, ()> {
    put_into_use();
    COUNTING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn calls(product: impl FnOnce()) -> usize {
    CALLS.store(0, Ordering::SeqCst);
    product();
    CALLS.load(Ordering::SeqCst)
}

/// Small integers: every product is exact in both types.
fn integers<R: Real>(rows: usize, columns: usize, salt: usize) -> Array2<R> {
    Array2::from_shape_fn((rows, columns), |(i, j)| R::from_f64(((i * 7 + j * 3 + salt) % 9) as f64 - 4.0))
}

fn exact<R: Real>(matrix: ArrayView2<R>) -> Array2<f64> {
    matrix.mapv(Real::as_f64)
}

fn each_product_is_one_call<R: Real>(n_out: usize, n_in: usize, examples: usize) {
    let (w, a_prev, dz) = (integers::<R>(n_out, n_in, 0), integers(n_in, examples, 1), integers(n_out, examples, 2));
    let mut z = Array2::zeros((n_out, examples));
    let mut dw = Array2::zeros((n_out, n_in));
    let mut da_prev = Array2::zeros((n_in, examples));
    let replace = Accumulate::Replace;
    assert_eq!(calls(|| forward(w.view(), a_prev.view(), z.view_mut(), replace)), 1);
    assert_eq!(calls(|| backward_weights(dz.view(), a_prev.view(), R::one(), dw.view_mut(), replace)), 1);
    assert_eq!(calls(|| backward_data(w.view(), dz.view(), da_prev.view_mut(), replace)), 1);
    assert_eq!(exact(z.view()), reference::forward(w.view(), a_prev.view()));
    assert_eq!(exact(dw.view()), reference::backward_weights(dz.view(), a_prev.view()));
    assert_eq!(exact(da_prev.view()), reference::backward_data(w.view(), dz.view()));
}

#[test]
fn each_product_is_one_cblas_call_at_every_size_and_a_single_example_too() {
    let _counting = count_calls();
    let sizes = [1, 2, 3, 7, 8, 9, 17];
    for n_out in sizes {
        for n_in in sizes {
            for examples in sizes {
                each_product_is_one_call::<f32>(n_out, n_in, examples);
                each_product_is_one_call::<f64>(n_out, n_in, examples);
            }
        }
    }
}

#[test]
fn threads_share_a_large_product_with_one_call_each_and_leave_a_small_one_whole() {
    let _counting = count_calls();
    let team = Team::new(3).unwrap();
    // As many multiply-adds as are shared at least, tall and wide ones; lengths that nothing divides; just too few.
    let shapes = [
        ([32, 32, 64], 3),
        ([8, 32, 256], 3),
        ([32, 256, 8], 3),
        ([256, 8, 32], 3),
        ([67, 71, 59], 3),
        ([32, 32, 63], 1),
    ];
    for ([n_out, n_in, examples], expected) in shapes {
        let (w, a_prev, dz) =
            (integers::<f64>(n_out, n_in, 0), integers(n_in, examples, 1), integers(n_out, examples, 2));
        let (mut z, mut dw) = (Array2::from_elem((n_out, examples), 1.0), Array2::from_elem((n_out, n_in), 1.0));
        let mut da_prev = Array2::from_elem((n_in, examples), 1.0);
        let calls = |product: &mut (dyn FnMut() + Send)| {
            CALLS.store(0, Ordering::SeqCst);
            team.install(product);
            CALLS.load(Ordering::SeqCst)
        };
        let add = Accumulate::Add;
        assert_eq!(calls(&mut || forward(w.view(), a_prev.view(), z.view_mut(), add)), expected);
        assert_eq!(calls(&mut || backward_weights(dz.view(), a_prev.view(), 1.0, dw.view_mut(), add)), expected);
        assert_eq!(calls(&mut || backward_data(w.view(), dz.view(), da_prev.view_mut(), add)), expected);
        assert_eq!(z, reference::forward(w.view(), a_prev.view()) + 1.0);
        assert_eq!(dw, reference::backward_weights(dz.view(), a_prev.view()) + 1.0);
        assert_eq!(da_prev, reference::backward_data(w.view(), dz.view()) + 1.0);
    }
}

#[test]
fn threads_share_column_major_and_padded_operands_and_single_columns() {
    let _counting = count_calls();
    let team = Team::new(2).unwrap();
    // The features of each of 64 examples side by side, as mini-batches come.
    let a_prev = integers::<f32>(64, 300, 1).reversed_axes();
    let (w, dz) = (integers(70, 310, 0), integers(70, 64, 2));
    let w = w.slice(s![.., ..300]);
    let (mut z, mut dw) = (Array2::from_elem((70, 80), 7.0), Array2::zeros((70, 300)));
    team.install(|| forward(w, a_prev.view(), z.slice_mut(s![.., ..64]), Accumulate::Replace));
    team.install(|| backward_weights(dz.view(), a_prev.view(), 1.0, dw.view_mut(), Accumulate::Replace));
    assert_eq!(exact(z.slice(s![.., ..64])), reference::forward(w, a_prev.view()));
    assert_eq!(z.slice(s![.., 64..]), Array2::from_elem((70, 16), 7.0), "the padding is left alone");
    assert_eq!(exact(dw.view()), reference::backward_weights(dz.view(), a_prev.view()));
    // Nine columns: eight, and one.
    let (w, a_prev) = (integers::<f64>(2, 20_000, 0), integers(20_000, 9, 1));
    let mut z = Array2::zeros((2, 9));
    team.install(|| forward(w.view(), a_prev.view(), z.view_mut(), Accumulate::Replace));
    assert_eq!(z, reference::forward(w.view(), a_prev.view()));
}

#[test]
fn accumulating_and_padded_rows_take_one_call_as_well() {
    let _counting = count_calls();
    let padded = integers::<f64>(5, 32, 0);
    let a_prev = padded.slice(s![.., ..13]);
    let w = integers(3, 5, 1);
    let mut z = Array2::from_elem((3, 16), 1.0);
    assert_eq!(calls(|| forward(w.view(), a_prev, z.slice_mut(s![.., ..13]), Accumulate::Add)), 1);
    assert_eq!(z.slice(s![.., ..13]), reference::forward(w.view(), a_prev) + 1.0);
    assert_eq!(z.slice(s![.., 13..]), Array2::from_elem((3, 3), 1.0), "the padding is left alone");
}
