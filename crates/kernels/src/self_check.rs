//! Check, then trust: the three products at given shapes against [`crate::reference`].

use std::fmt;

use ndarray::{Array1, Array2, ArrayView2};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::reductions::sum_over;
use crate::widest::widest;
use crate::{Accumulate, Real, backward_data, backward_weights, forward, reference};

/// The sides of one layer's three products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerShape {
    /// Rows of W.
    pub n_out: usize,
    /// Columns of W.
    pub n_in: usize,
    /// Columns of the activations.
    pub examples: usize,
}

impl fmt::Display for LayerShape {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "n_out {} n_in {} examples {}", self.n_out, self.n_in, self.examples)
    }
}

/// One of the three products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// W·A.
    Forward,
    /// dZ·Aᵀ.
    BackwardWeights,
    /// Wᵀ·dZ.
    BackwardData,
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Product::Forward => "W·A",
            Product::BackwardWeights => "dZ·Aᵀ",
            Product::BackwardData => "Wᵀ·dZ",
        })
    }
}

/// OpenBLAS returned a product that is not the product.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error(
    "OpenBLAS computes {product} wrongly ({dtype}, {shape}): element [{row}, {column}] is {found}, \
     must be {expected} within {bound:e}"
)]
pub struct WrongProduct {
    /// Which product.
    pub product: Product,
    /// At which shape.
    pub shape: LayerShape,
    /// In which element type.
    pub dtype: &'static str,
    /// Row of the first wrong element.
    pub row: usize,
    /// Its column.
    pub column: usize,
    /// What OpenBLAS returned there.
    pub found: f64,
    /// What [`crate::reference`] says.
    pub expected: f64,
    /// The largest difference that rounding can explain.
    pub bound: f64,
}

/// Computes the three products of a layer of `shape` on OpenBLAS and compares every element with the reference.
///
/// The inputs are drawn uniformly from [-1, 1) with a fixed seed. A sum of K such products has partial sums of
/// up to about √K/3, so that its K roundings add up to about ε K / 6; the bound is 2 ε K, which leaves an order of
/// magnitude for any order of summation and still sees one element of typical size that is off by a thousandth of it.
///
/// # Errors
/// The first wrong element, if there is one.
pub fn self_check<R: Real>(shape: LayerShape) -> Result<(), WrongProduct> {
    let LayerShape { n_out, n_in, examples } = shape;
    let mut stream = ChaCha8Rng::seed_from_u64(0x5e1f_c4ec);
    let mut uniform =
        |rows, columns| Array2::from_shape_simple_fn((rows, columns), || R::from_f64(stream.random_range(-1.0..1.0)));
    let w = uniform(n_out, n_in);
    let a_prev = uniform(n_in, examples);
    let dz = uniform(n_out, examples);

    // NaN in the outputs: a product that leaves an element untouched must not pass by luck.
    let unwritten = |rows, columns| Array2::from_elem((rows, columns), R::nan());
    let (mut z, mut dw) = (unwritten(n_out, examples), unwritten(n_out, n_in));
    let mut da_prev = unwritten(n_in, examples);
    let expected_z = reference::forward(w.view(), a_prev.view());
    let expected_dw = reference::backward_weights(dz.view(), a_prev.view());
    // Full batches come row-major, mini-batches column-major.
    let column_major = a_prev.t().as_standard_layout().into_owned();
    for a_prev in [a_prev.view(), column_major.t()] {
        z.fill(R::nan());
        dw.fill(R::nan());
        forward(w.view(), a_prev, z.view_mut(), Accumulate::Replace);
        backward_weights(dz.view(), a_prev, R::one(), dw.view_mut(), Accumulate::Replace);
        compare(Product::Forward, shape, n_in, z.view(), expected_z.view())?;
        compare(Product::BackwardWeights, shape, examples, dw.view(), expected_dw.view())?;
    }
    backward_data(w.view(), dz.view(), da_prev.view_mut(), Accumulate::Replace);
    let expected = reference::backward_data(w.view(), dz.view());
    compare(Product::BackwardData, shape, n_out, da_prev.view(), expected.view())
}

fn compare<R: Real>(
    product: Product,
    shape: LayerShape,
    terms: usize,
    found: ArrayView2<R>,
    expected: ArrayView2<f64>,
) -> Result<(), WrongProduct> {
    let bound = 2.0 * R::epsilon().as_f64() * terms as f64;
    for (((row, column), &found), &expected) in found.indexed_iter().zip(expected) {
        let found = found.as_f64();
        let right = (found - expected).abs() <= bound; // false for NaN
        if !right {
            return Err(WrongProduct { product, shape, dtype: R::NAME, row, column, found, expected, bound });
        }
    }
    Ok(())
}

/// A product that OpenBLAS has computed is not the product.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "OpenBLAS computes the product of {m}x{k} and {k}x{n} wrongly: row {row} adds up to {found:e} under random \
     signs, must be {expected:e} within {bound:e}"
)]
pub struct WrongSum {
    /// Rows of C.
    pub m: usize,
    /// Columns of C.
    pub n: usize,
    /// Terms of each of its elements.
    pub k: usize,
    /// The first wrong row.
    pub row: usize,
    /// Its elements under random signs, added up.
    pub found: f64,
    /// What they must add up to.
    pub expected: f64,
    /// The largest difference that rounding can explain.
    pub bound: f64,
}

/// Checks finished products C = A B by Freivalds' method: C v = A (B v) for a vector v of random signs, in
/// 2 (M K + M N) operations instead of 2 M N K, and 2 K N once for B.
///
/// One wrong element shows in its row's sum, whatever the signs. The bound is 2 ε (K + N) of the sum of magnitudes, and
/// what underflow can take from K N terms.
/// Matrices are row-major, or the transpose of a row-major matrix.
#[derive(Clone, Debug)]
pub struct ProductCheck {
    signs: Array1<f64>,
    /// B v.
    signed: Array1<f64>,
    /// The sums of B's magnitudes along its rows.
    magnitudes: Array1<f64>,
    /// How many roundings an element of C may carry.
    roundings: usize,
    normwise: bool,
}

impl ProductCheck {
    /// For products with `b`, K × N, on the right.
    pub fn of(b: ArrayView2<f64>) -> Self {
        let mut stream = ChaCha8Rng::seed_from_u64(0xf4e1_7a1d);
        let signs = Array1::from_shape_simple_fn(b.ncols(), || if stream.random() { 1.0 } else { -1.0 });
        let (signed, magnitudes) = (times(b, &signs, |x| x), times(b, &Array1::ones(b.ncols()), f64::abs));
        ProductCheck { signs, signed, magnitudes, roundings: b.nrows() + b.ncols(), normwise: false }
    }

    /// For a C that was computed in another way, with sums of `terms` terms, and an A and a B whose elements are known as
    /// well as their largest ones are: every row may be off by as much as the row of the largest magnitude.
    pub fn normwise(mut self, terms: usize) -> Self {
        self.roundings += terms;
        self.normwise = true;
        self
    }

    /// Whether `c`, M × N, is `a` B.
    ///
    /// # Errors
    /// The first row that is wrong.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn verify(&self, a: ArrayView2<f64>, c: ArrayView2<f64>) -> Result<(), WrongSum> {
        let ((m, k), n) = (a.dim(), self.signs.len());
        assert!(self.signed.len() == k && c.dim() == (m, n), "verify: A {:?}, B {k}x{n}, C {:?}", a.dim(), c.dim());
        let (expected, magnitudes) = (times(a, &self.signed, |x| x), times(a, &self.magnitudes, f64::abs));
        let found = times(c, &self.signs, |x| x);
        let largest = magnitudes.iter().copied().fold(0.0, f64::max);
        for (row, ((&found, &expected), &magnitude)) in found.iter().zip(&expected).zip(&magnitudes).enumerate() {
            let magnitude = if self.normwise { largest } else { magnitude };
            let rounding = 2.0 * f64::EPSILON * self.roundings as f64 * magnitude;
            // Products too small for a normal number lose up to that number each.
            let bound = rounding + (k * n) as f64 * f64::MIN_POSITIVE;
            // Numbers that overflow can't be compared; false for NaN.
            let right = !magnitude.is_finite() || (found - expected).abs() <= bound;
            if !right {
                return Err(WrongSum { m, n, k, row, found, expected, bound });
            }
        }
        Ok(())
    }
}

/// `g(A) v`, along the rows of A or of its transpose, whichever are in memory.
fn times(a: ArrayView2<f64>, v: &Array1<f64>, g: impl Fn(f64) -> f64) -> Array1<f64> {
    let v = v.as_slice().expect("vectors are made here");
    if a.row(0).as_slice().is_some() {
        let product = |row: &[f64]| {
            widest(
                #[inline(always)]
                || {
                    sum_over(
                        row,
                        v,
                        #[inline(always)]
                        |a, v| g(a) * v,
                    )
                },
            )
        };
        return a.rows().into_iter().map(|row| product(row.as_slice().expect("as the first row"))).collect();
    }
    let mut product = Array1::zeros(a.nrows());
    let sums = product.as_slice_mut().expect("just made");
    for (column, &v) in a.columns().into_iter().zip(v) {
        let column = column.as_slice().expect("A is row-major, or its transpose is");
        widest(
            #[inline(always)]
            || sums.iter_mut().zip(column).for_each(|(sum, &a)| *sum += g(a) * v),
        );
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: LayerShape = LayerShape { n_out: 3, n_in: 5, examples: 4 };

    fn share_of_bound_found(offset: f64) -> Result<(), WrongProduct> {
        let expected = Array2::<f64>::from_elem((3, 4), 0.5);
        let mut found = expected.clone();
        found[[2, 1]] += offset * 2.0 * f64::EPSILON * 5.0;
        compare(Product::Forward, SHAPE, 5, found.view(), expected.view())
    }

    #[test]
    fn the_comparison_passes_within_the_bound_and_fails_beyond_it_on_both_sides() {
        for within in [-0.9, 0.0, 0.9] {
            assert_eq!(share_of_bound_found(within), Ok(()));
        }
        for beyond in [-1.1, 1.1, f64::NAN, f64::INFINITY] {
            let wrong = share_of_bound_found(beyond).unwrap_err();
            assert_eq!((wrong.row, wrong.column, wrong.product), (2, 1, Product::Forward));
        }
    }

    #[test]
    fn a_finished_product_passes_in_any_layout_and_one_wrong_element_is_seen() {
        let element = |i: usize, j: usize| ((i * 7 + j * 13) % 11) as f64 / 11.0 - 0.4;
        let x = Array2::from_shape_fn((300, 20), |(i, j)| element(i, j));
        let w = Array2::from_shape_fn((5, 300), |(i, j)| element(j, i + 3));
        let outputs = reference::forward(w.view(), x.view());
        let gram = reference::backward_data(x.view(), x.view());
        assert_eq!(ProductCheck::of(x.view()).verify(w.view(), outputs.view()), Ok(()));
        assert_eq!(ProductCheck::of(x.view()).verify(x.t(), gram.view()), Ok(()));
        for wrong in [1.0 + 1e-9, f64::NAN, f64::INFINITY, 0.0] {
            let mut gram = gram.clone();
            gram[[7, 3]] *= wrong;
            assert_eq!(ProductCheck::of(x.view()).verify(x.t(), gram.view()).unwrap_err().row, 7, "{wrong}");
        }
        let mut outputs = outputs;
        outputs[[4, 19]] *= 1.0 - 1e-9;
        assert_eq!(ProductCheck::of(x.view()).verify(w.view(), outputs.view()).unwrap_err().row, 4);
    }

    #[test]
    fn the_linked_openblas_is_right_at_shapes_around_block_edges() {
        for n_out in [1, 2, 7, 8, 15, 16, 17] {
            for n_in in [1, 5, 31, 32, 33, 127, 129] {
                for examples in [1, 3, 16, 65] {
                    let shape = LayerShape { n_out, n_in, examples };
                    assert_eq!(self_check::<f32>(shape), Ok(()));
                    assert_eq!(self_check::<f64>(shape), Ok(()));
                }
            }
        }
    }

    #[test]
    fn the_linked_openblas_is_right_at_the_course_nets_first_layer() {
        let shape = LayerShape { n_out: 20, n_in: 12_288, examples: 209 };
        assert_eq!(self_check::<f32>(shape), Ok(()));
        assert_eq!(self_check::<f64>(shape), Ok(()));
    }

    #[test]
    fn elements_of_a_row_in_a_wrong_order_are_seen_and_overflow_is_let_pass() {
        let b = Array2::<f64>::eye(20);
        let a = Array2::from_shape_fn((3, 20), |(i, j)| (i * 20 + j) as f64);
        let mut c = a.clone();
        c.row_mut(1).assign(&a.slice(ndarray::s![1, ..;-1]));
        assert_eq!(ProductCheck::of(b.view()).verify(a.view(), c.view()).unwrap_err().row, 1);
        let huge = Array2::from_elem((1, 1), 1e200);
        let infinite = Array2::from_elem((1, 1), f64::INFINITY);
        assert_eq!(ProductCheck::of(huge.view()).verify(huge.view(), infinite.view()), Ok(()));
    }

    #[test]
    #[should_panic(expected = "verify")]
    fn a_product_that_lacks_a_row_is_not_taken() {
        let one = Array2::<f64>::ones((2, 2));
        let _ = ProductCheck::of(one.view()).verify(one.view(), Array2::zeros((0, 2)).view());
    }
}
