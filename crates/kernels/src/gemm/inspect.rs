//! The check of products as they are made: by Freivalds' method, and by the definition in the rows that it suspects.
//!
//! For a vector v of random signs, C v = A (B v) is checked in M K + K N + M N multiplications instead of M K N. In f64, the two sides
//! differ only by the rounding errors of C. Their size can only be estimated, so a row that differs by more is suspected, not known to
//! be wrong: its elements are computed by the definition and compared within a bound that leaves room for
//! any usual order of summation.

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::call::{Call, WrongProduct};
use super::sharing::maker;
use crate::real::Real;
use crate::reductions::row_sums;
use crate::reference;

/// The most rows of a product that are computed by the definition, the most suspicious first.
const SUSPECTS: usize = 2;

/// The state of an inspection: the stream of random signs, and the first wrong product.
struct Inspection {
    signs: ChaCha8Rng,
    wrong: Option<WrongProduct>,
}

thread_local! {
    static IS_INSPECTED: Cell<bool> = const { Cell::new(false) };
    static INSPECTION: RefCell<Option<Inspection>> = const { RefCell::new(None) };
}

/// Runs `work` and inspects every product that it makes on this thread, including the parts that other threads of a team make.
///
/// `seed` is the seed of the random signs. The products are the same as without inspection. Inside of another inspection, this only
/// runs `work`: the outer inspection reports what is wrong.
///
/// # Errors
/// If a product is wrong: the first one. An element that is off by a thousandth of a typical one is found, except in sums of many
/// thousand terms that nearly cancel.
pub fn inspected<T>(seed: u64, work: impl FnOnce() -> T) -> Result<T, WrongProduct> {
    /// Ends the inspection, also when `work` panics.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            IS_INSPECTED.set(false);
        }
    }
    if is_inspected() {
        return Ok(work());
    }
    INSPECTION.set(Some(Inspection { signs: ChaCha8Rng::seed_from_u64(seed), wrong: None }));
    IS_INSPECTED.set(true);
    let end = End;
    let done = work();
    drop(end);
    match INSPECTION.take().and_then(|inspection| inspection.wrong) {
        Some(wrong) => Err(wrong),
        None => Ok(done),
    }
}

/// Returns whether the products of this thread are inspected.
pub(crate) fn is_inspected() -> bool {
    IS_INSPECTED.get()
}

/// Inspects C = scale · A B, or C = `before` + scale · A B, and keeps the first wrong element for [`inspected`].
pub(crate) fn verify<R: Real>(
    call: Call,
    (a, b): (ArrayView2<R>, ArrayView2<R>),
    before: Option<ArrayView2<R>>,
    c: ArrayView2<R>,
) {
    INSPECTION.with_borrow_mut(|inspection| {
        let Some(Inspection { signs, wrong: wrong @ None }) = inspection else { return };
        let suspects = suspects(signs, call, (a, b), before, c);
        *wrong = suspects.into_iter().find_map(|row| wrong_in_row(row, call, (a, b), before, c));
    });
}

/// Lists the rows of C whose signed sums differ from those of A B by more than rounding is likely to explain.
///
/// Element j of row i is a sum of K terms, whose partial sums grow like a random walk to about |aᵢ| |bⱼ|, or evenly to cᵢⱼ. The
/// variance of its rounding errors is then about (ε/2)² (|aᵢ|² |bⱼ|² / 2 + K cᵢⱼ² / 3), summed over j. A row is suspected from
/// eight standard deviations on.
pub(crate) fn suspects<R: Real>(
    signs: &mut ChaCha8Rng,
    call: Call,
    (a, b): (ArrayView2<R>, ArrayView2<R>),
    before: Option<ArrayView2<R>>,
    c: ArrayView2<R>,
) -> Vec<usize> {
    let (terms, scale, epsilon) = (a.ncols() as f64, R::from_f64(call.scale).as_f64(), R::epsilon().as_f64());
    let v = Array1::from_shape_simple_fn(b.ncols(), || if signs.random() { 1.0 } else { -1.0 });
    let signed = |matrix: ArrayView2<R>, v: &Array1<f64>| row_sums(matrix, v, |x, v| x * v);
    let squares = |matrix: ArrayView2<R>, v: &Array1<f64>| row_sums(matrix, v, |x, _| x * x);
    let b_v = signed(b, &v);
    let b_square = squares(b, &v).sum();
    let (a_b_v, a_squares) = (signed(a, &b_v), squares(a, &b_v));
    let (c_v, c_squares) = (signed(c, &v), squares(c, &v));
    let zeros = || Array1::zeros(a.nrows());
    let (c_0_v, c_0_squares, moved) = match before {
        Some(before) => (signed(before, &v), squares(before, &v), squares((&c - &before).view(), &v)),
        None => (zeros(), zeros(), c_squares.clone()),
    };
    let mut suspects: Vec<(f64, usize)> = Vec::new();
    for row in 0..a.nrows() {
        let walk = a_squares[row] * b_square;
        let variance =
            scale * scale * walk / 2.0 + terms * moved[row] / 3.0 + 4.0 * (c_squares[row] + c_0_squares[row]);
        let underflow = terms * b.ncols() as f64 * R::min_positive_value().as_f64();
        let expected = c_0_v[row] + scale * a_b_v[row];
        let most = R::max_value().as_f64();
        let may_overflow = !(walk.sqrt() * scale.abs().max(1.0) < most && c_0_squares[row].sqrt() < most);
        let excess = (c_v[row] - expected).abs() / (4.0 * epsilon * variance.sqrt() + underflow);
        // False for NaN. The variance of a right row is finite, unless its numbers may overflow: it has the squares of C in it.
        let is_right = variance.is_finite() && excess <= 1.0;
        if !is_right && !may_overflow {
            suspects.push((if excess.is_nan() { f64::INFINITY } else { excess }, row));
        }
    }
    suspects.sort_by(|a, b| b.0.total_cmp(&a.0));
    suspects.into_iter().take(SUSPECTS).map(|(_, row)| row).collect()
}

/// Compares a row with its definition; `None` if it is right.
///
/// K roundings of sums of magnitude Σ|a||b| add up to at most K ε/2 times that magnitude. If K is large, roundings go up about as often as
/// down: they add up to a small multiple of √K roundings, plus a fraction of K for those that all go the same way. If all terms are equal
/// and added one after the other, that fraction is up to a third of the most: the roundings keep their direction while the sum doubles, but
/// only half of them have the size of the last ones, a quarter half of that, and so on.
fn wrong_in_row<R: Real>(
    row: usize,
    call: Call,
    (a, b): (ArrayView2<R>, ArrayView2<R>),
    before: Option<ArrayView2<R>>,
    c: ArrayView2<R>,
) -> Option<WrongProduct> {
    let (m, n, k) = (a.nrows(), b.ncols(), a.ncols());
    let (terms, scale, epsilon) = (k as f64, R::from_f64(call.scale).as_f64(), R::epsilon().as_f64());
    let a_row = a.select(Axis(0), &[row]);
    let product: Array2<f64> = reference::product(a_row.view(), b);
    let magnitude: Array2<f64> = reference::product(a_row.mapv(R::abs).view(), b.mapv(R::abs).view());
    let roundings = (terms / 2.0).min(8.0 * terms.sqrt() + terms / 4.0) + 3.0;
    (0..n).find_map(|column| {
        let added_to = before.map_or(0.0, |before| before[[row, column]].as_f64());
        let found = c[[row, column]].as_f64();
        let expected = added_to + scale * product[[0, column]];
        let size = scale.abs() * magnitude[[0, column]];
        let by_sum = (epsilon * roundings + f64::EPSILON * terms) * size;
        let by_addition = 2.0 * epsilon * (terms / 64.0 + 2.0) * (added_to.abs() + expected.abs());
        let underflow = terms * R::min_positive_value().as_f64();
        let bound = by_sum + by_addition + underflow;
        // Numbers that overflow can't be compared. A BLAS may sum before it scales, and the sum overflow where `expected` does not.
        let largest = magnitude[[0, column]] * scale.abs().max(1.0) + added_to.abs();
        // The comparison is false for NaN.
        let is_right = largest >= R::max_value().as_f64() || (found - expected).abs() <= bound;
        let (shape, dtype) = (call.product.layer([m, n, k]), R::NAME);
        (!is_right).then(|| WrongProduct {
            library: maker::<R>(call, shape),
            call,
            shape,
            dtype,
            row,
            column,
            found,
            expected,
            bound,
        })
    })
}
