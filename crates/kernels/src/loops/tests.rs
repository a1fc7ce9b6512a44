//! The product by our loops against the definition.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};

use super::*;
use crate::cblas::Operand;
use crate::cblas::Transpose::{self, No, Yes};
use crate::real::Real;
use crate::reference;
use crate::simd::Vectors;

fn operand<P>(pointer: P, stride: isize, transpose: Transpose) -> Operand<P> {
    Operand { pointer, leading: stride as i32, transpose }
}

/// Computes c ← alpha op(a) op(b) + beta c.
fn multiply<R: Real>(
    [alpha, beta]: [f64; 2],
    (a, a_transpose): (ArrayView2<R>, Transpose),
    (b, b_transpose): (ArrayView2<R>, Transpose),
    mut c: ArrayViewMut2<R>,
) {
    let (k, stride) = (if a_transpose == Yes { a.nrows() } else { a.ncols() }, c.strides()[0]);
    let arguments = GemmArguments {
        shape: [c.nrows(), c.ncols(), k],
        alpha: R::from_f64(alpha),
        a: operand(a.as_ptr(), a.strides()[0], a_transpose),
        b: operand(b.as_ptr(), b.strides()[0], b_transpose),
        beta: R::from_f64(beta),
        c: operand(c.as_mut_ptr(), stride, No),
    };
    // SAFETY: the operands have these sides; the tests run only where the processor has AVX2.
    unsafe { R::multiply_by_loops(arguments) }
}

fn operation<'a, R>((matrix, transpose): &'a (ArrayView2<R>, Transpose)) -> ArrayView2<'a, R> {
    if *transpose == Yes { matrix.t() } else { matrix.view() }
}

/// The number of elements beside a row that are not numbers.
const PADDING: usize = 5;

fn padded<R: Real>(rows: usize, columns: usize, number: impl Fn(usize, usize) -> f64) -> Array2<R> {
    Array2::from_shape_fn((rows, columns + PADDING), |(i, j)| {
        R::from_f64(if j < columns { number(i, j) } else { f64::NAN })
    })
}

fn unpadded<R>(matrix: &Array2<R>) -> ArrayView2<'_, R> {
    matrix.slice(s![.., ..matrix.ncols() - PADDING])
}

/// Makes A and B of small integers, so that a product is exact, or of numbers that round.
fn operands<R: Real>([a, b]: [Transpose; 2], [m, n, k]: [usize; 3], rounds: bool) -> [Array2<R>; 2] {
    let number = |i: usize, j: usize| ((i * 5 + j * 3) % 7) as f64 - 3.0;
    let number = |i, j| if rounds { (number(i, j) + 0.3) / 7.0 } else { number(i, j) };
    let matrix = |transpose, rows, columns| {
        if transpose == Yes { padded(columns, rows, number) } else { padded(rows, columns, number) }
    };
    [matrix(a, m, k), matrix(b, k, n)]
}

const FORMS: [[Transpose; 2]; 3] = [[No, No], [No, Yes], [Yes, No]];

fn is_exact<R: Real>(form @ [a_transpose, b_transpose]: [Transpose; 2], shape @ [m, n, _]: [usize; 3]) {
    let [a, b] = operands::<R>(form, shape, false);
    let (a, b) = (unpadded(&a), unpadded(&b));
    let product: Array2<f64> = reference::product(operation(&(a, a_transpose)), operation(&(b, b_transpose)));
    for beta in [0.0, 1.0] {
        // What is replaced is not read.
        let before = if beta == 0.0 { f64::NAN } else { 7.0 };
        let mut c = Array2::from_elem((m + 1, n + 3), R::from_f64(before));
        multiply([2.0, beta], (a, a_transpose), (b, b_transpose), c.slice_mut(s![..m, ..n]));
        for ((i, j), found) in c.indexed_iter() {
            let found = found.as_f64();
            if i < m && j < n {
                let expected = 2.0 * product[[i, j]] + if beta == 0.0 { 0.0 } else { 7.0 };
                assert_eq!(found, expected, "{form:?} {shape:?} {} at {i}, {j}", R::NAME);
            } else {
                assert!(found == before || (found.is_nan() && before.is_nan()), "{form:?} {shape:?}: wrote {i}, {j}");
            }
        }
    }
}

#[test]
fn every_shape_gives_the_product_and_touches_nothing_else() {
    if Vectors::detect() < Vectors::Avx2 {
        return;
    }
    for form in FORMS {
        for m in [1, 2, 3, 4, 5, 6, 7, 13] {
            for n in [1, 3, 4, 5, 8, 9, 16, 17, 31, 33, 64, 70] {
                for k in [1, 3, 4, 8, 13] {
                    is_exact::<f32>(form, [m, n, k]);
                    is_exact::<f64>(form, [m, n, k]);
                }
                is_exact::<f32>(form, [m, n, 1027]); // sums in three parts
                is_exact::<f64>(form, [m, n, 515]);
            }
        }
    }
}

fn is_made_of_equal_parts<R: Real>(form @ [a_transpose, b_transpose]: [Transpose; 2], shape @ [m, n, _]: [usize; 3]) {
    let [a, b] = operands::<R>(form, shape, true);
    let (a, b) = (unpadded(&a), unpadded(&b));
    let mut whole = Array2::zeros((m, n));
    multiply([0.1, 0.0], (a, a_transpose), (b, b_transpose), whole.view_mut());
    for (row, column) in [(1, 0), (0, 1), (5, 17), (2, 8)] {
        let mut part = Array2::zeros((m - row, n - column));
        let a = if a_transpose == Yes { a.slice(s![.., row..]) } else { a.slice(s![row.., ..]) };
        let b = if b_transpose == Yes { b.slice(s![column.., ..]) } else { b.slice(s![.., column..]) };
        multiply([0.1, 0.0], (a, a_transpose), (b, b_transpose), part.view_mut());
        assert_eq!(part, whole.slice(s![row.., column..]), "{form:?} {shape:?} {} from {row}, {column}", R::NAME);
    }
}

#[test]
fn a_part_of_a_product_has_the_bits_of_the_whole() {
    if Vectors::detect() < Vectors::Avx2 {
        return;
    }
    for form in FORMS {
        for shape in [[20, 209, 77], [7, 40, 3], [6, 18, 2000]] {
            is_made_of_equal_parts::<f32>(form, shape);
            is_made_of_equal_parts::<f64>(form, shape);
        }
    }
}
