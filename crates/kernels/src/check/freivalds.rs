//! The check of finished products by Freivalds' method.

use ndarray::{Array1, ArrayView2};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::blas::in_use;
use crate::reductions::row_sums;

/// The error of a finished product that is wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{library} computes the product of {m}x{k} and {k}x{n} wrongly: row {row} adds up to {found:e} under random \
     signs, must be {expected:e} within {bound:e}"
)]
pub struct WrongSum {
    /// The library.
    pub library: String,
    /// The number of rows of C.
    pub m: usize,
    /// The number of columns of C.
    pub n: usize,
    /// The number of terms of each element of C.
    pub k: usize,
    /// The first wrong row.
    pub row: usize,
    /// The sum of its elements under random signs.
    pub found: f64,
    /// The sum that A and B give.
    pub expected: f64,
    /// The largest difference that rounding can explain.
    pub bound: f64,
}

/// A check of finished products C = A B for one B, by Freivalds' method: C v = A (B v) for a vector v of random signs.
///
/// It takes 2 (M K + M N) operations instead of 2 M N K, and 2 K N once for B. A single wrong element shows in the sum of its row,
/// whatever the signs. The bound is 2 ε (K + N) times the sum of magnitudes, plus what underflow can take from K N terms.
/// Matrices are row-major, or the transpose of a row-major matrix.
///
/// ```
/// use kernels::ProductCheck;
/// use ndarray::array;
///
/// let (a, b) = (array![[1.0, 2.0]], array![[3.0], [4.0]]);
/// let check = ProductCheck::new(b.view());
/// assert!(check.verify(a.view(), array![[11.0]].view()).is_ok());
/// assert!(check.verify(a.view(), array![[11.5]].view()).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct ProductCheck {
    signs: Array1<f64>,
    /// B v.
    signed: Array1<f64>,
    /// The sums of |B| along its rows.
    magnitudes: Array1<f64>,
    /// The number of roundings that an element of C may have gone through.
    roundings: usize,
    /// True if every row is compared within the bound of the largest row.
    normwise: bool,
}

impl ProductCheck {
    /// Prepares the check of products with `b`, K × N, on the right.
    ///
    /// # Panics
    /// If a side of `b` is empty.
    #[track_caller]
    pub fn new(b: ArrayView2<f64>) -> Self {
        assert!(!b.is_empty(), "a check of products with an empty B, {:?}", b.dim());
        let mut stream = ChaCha8Rng::seed_from_u64(0xf4e1_7a1d);
        let signs = Array1::from_shape_simple_fn(b.ncols(), || if stream.random() { 1.0 } else { -1.0 });
        let (signed, magnitudes) = (row_sums(b, &signs, |b, v| b * v), row_sums(b, &signs, |b, _| b.abs()));
        ProductCheck { signs, signed, magnitudes, roundings: b.nrows() + b.ncols(), normwise: false }
    }

    /// Widens the bound for a C that was computed in another way, with sums of `terms` terms, and for an A and a B whose small elements
    /// have absolute errors as large as those of the large ones: every row may be off by as much as the row of largest magnitude.
    pub fn normwise(mut self, terms: usize) -> Self {
        self.roundings += terms;
        self.normwise = true;
        self
    }

    /// Checks that `c`, M × N, is `a` B.
    ///
    /// # Errors
    /// If it isn't: the first wrong row.
    ///
    /// # Panics
    /// If the shapes don't fit, or `a` has no row.
    #[track_caller]
    pub fn verify(&self, a: ArrayView2<f64>, c: ArrayView2<f64>) -> Result<(), WrongSum> {
        let ((m, k), n) = (a.dim(), self.signs.len());
        assert!(
            m > 0 && self.signed.len() == k && c.dim() == (m, n),
            "verify: A {:?}, B {k}x{n}, C {:?}",
            a.dim(),
            c.dim()
        );
        self.compare(a, &row_sums(c, &self.signs, |c, v| c * v))
    }

    /// Checks that `a` B = A' B' for the B' of another check and A' = `other_a`, neither of which is computed.
    ///
    /// # Errors
    /// If they differ: the first row in which they do.
    ///
    /// # Panics
    /// If the shapes don't fit, or `a` has no row.
    #[track_caller]
    pub fn verify_equal(
        &self,
        a: ArrayView2<f64>,
        other: &ProductCheck,
        other_a: ArrayView2<f64>,
    ) -> Result<(), WrongSum> {
        let sides = (a.nrows(), self.signed.len(), self.signs.len());
        let other_sides = (other_a.nrows(), other.signed.len(), other.signs.len());
        assert!(
            sides.0 > 0 && (sides.0, sides.2) == (other_sides.0, other_sides.2) && sides.1 == a.ncols(),
            "verify_equal: M, K, N are {sides:?} and {other_sides:?}"
        );
        assert_eq!(other_a.ncols(), other_sides.1, "verify_equal: the terms of the other product");
        self.compare(a, &row_sums(other_a, &other.signed, |a, v| a * v))
    }

    /// Compares the sums of the rows of a product under the signs with those of `a` B.
    fn compare(&self, a: ArrayView2<f64>, found: &Array1<f64>) -> Result<(), WrongSum> {
        let ((m, k), n) = (a.dim(), self.signs.len());
        let (expected, magnitudes) =
            (row_sums(a, &self.signed, |a, v| a * v), row_sums(a, &self.magnitudes, |a, v| a.abs() * v));
        let largest = magnitudes.iter().copied().fold(0.0, f64::max);
        for (row, ((&found, &expected), &magnitude)) in found.iter().zip(&expected).zip(&magnitudes).enumerate() {
            let magnitude = if self.normwise { largest } else { magnitude };
            let rounding = 2.0 * f64::EPSILON * self.roundings as f64 * magnitude;
            // Products too small for a normal number lose up to that number each.
            let bound = rounding + (k * n) as f64 * f64::MIN_POSITIVE;
            // Numbers that overflow can't be compared; the comparison is false for NaN.
            let is_right = !magnitude.is_finite() || (found - expected).abs() <= bound;
            if !is_right {
                let library = in_use().to_string();
                return Err(WrongSum { library, m, n, k, row, found, expected, bound });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::reference;

    #[test]
    fn a_finished_product_passes_in_any_layout_and_one_wrong_element_is_seen() {
        let element = |i: usize, j: usize| ((i * 7 + j * 13) % 11) as f64 / 11.0 - 0.4;
        let x = Array2::from_shape_fn((300, 20), |(i, j)| element(i, j));
        let w = Array2::from_shape_fn((5, 300), |(i, j)| element(j, i + 3));
        let outputs = reference::forward(w.view(), x.view());
        let gram = reference::backward_data(x.view(), x.view());
        assert_eq!(ProductCheck::new(x.view()).verify(w.view(), outputs.view()), Ok(()));
        assert_eq!(ProductCheck::new(x.view()).verify(x.t(), gram.view()), Ok(()));
        for wrong in [1.0 + 1e-9, f64::NAN, f64::INFINITY, 0.0] {
            let mut gram = gram.clone();
            gram[[7, 3]] *= wrong;
            assert_eq!(ProductCheck::new(x.view()).verify(x.t(), gram.view()).unwrap_err().row, 7, "{wrong}");
        }
        let mut outputs = outputs;
        outputs[[4, 19]] *= 1.0 - 1e-9;
        assert_eq!(ProductCheck::new(x.view()).verify(w.view(), outputs.view()).unwrap_err().row, 4);
    }

    #[test]
    fn two_products_are_compared_without_either_of_them() {
        let element = |i: usize, j: usize| ((i * 7 + j * 13) % 11) as f64 / 11.0 - 0.4;
        let x = Array2::from_shape_fn((6, 300), |(i, j)| element(i, j));
        // Twice the rows of another matrix with the same inner products.
        let half = std::f64::consts::FRAC_1_SQRT_2;
        let mut twice = Array2::from_shape_fn((12, 300), |(i, j)| half * element(i % 6, j));
        let (of_x, of_twice) = (ProductCheck::new(x.view()), |x: &Array2<f64>| ProductCheck::new(x.view()).normwise(6));
        assert_eq!(of_twice(&twice).verify_equal(twice.t(), &of_x, x.t()), Ok(()));
        twice[[3, 200]] *= 1.0 + 1e-9;
        assert!(of_twice(&twice).verify_equal(twice.t(), &of_x, x.t()).is_err());
    }

    #[test]
    fn elements_of_a_row_in_a_wrong_order_are_seen_and_overflow_is_let_pass() {
        let b = Array2::<f64>::eye(20);
        let a = Array2::from_shape_fn((3, 20), |(i, j)| (i * 20 + j) as f64);
        let mut c = a.clone();
        c.row_mut(1).assign(&a.slice(ndarray::s![1, ..;-1]));
        assert_eq!(ProductCheck::new(b.view()).verify(a.view(), c.view()).unwrap_err().row, 1);
        let huge = Array2::from_elem((1, 1), 1e200);
        let infinite = Array2::from_elem((1, 1), f64::INFINITY);
        assert_eq!(ProductCheck::new(huge.view()).verify(huge.view(), infinite.view()), Ok(()));
    }

    #[test]
    #[should_panic(expected = "verify: A (0, 3)")]
    fn a_product_without_rows_is_not_taken() {
        let b = Array2::<f64>::ones((3, 2));
        let _ = ProductCheck::new(b.view()).verify(Array2::zeros((0, 3)).view(), Array2::zeros((0, 2)).view());
    }

    #[test]
    #[should_panic(expected = "empty B, (0, 3)")]
    fn an_empty_factor_is_not_taken() {
        ProductCheck::new(Array2::zeros((0, 3)).view());
    }

    #[test]
    #[should_panic(expected = "verify")]
    fn a_product_that_lacks_a_row_is_not_taken() {
        let one = Array2::<f64>::ones((2, 2));
        let _ = ProductCheck::new(one.view()).verify(one.view(), Array2::zeros((0, 2)).view());
    }
}
