//! Check, then trust: the three products at given shapes against [`crate::reference`].

use std::fmt;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};
use rand::seq::index;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::blas::in_use;
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

/// A BLAS returned a product that is not the product.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error(
    "{library} computes {product} wrongly ({dtype}, {shape}): element [{row}, {column}] is {found}, \
     must be {expected} within {bound:e}"
)]
pub struct WrongProduct {
    /// Which library.
    pub library: String,
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
    /// The library's value there.
    pub found: f64,
    /// What [`crate::reference`] says.
    pub expected: f64,
    /// The largest difference that rounding can explain.
    pub bound: f64,
}

/// Multiply-adds of a product up to which every element is compared.
const COMPARED_WHOLE: usize = 1 << 27;

/// Computes the three products of a layer of `shape` on the BLAS in use and compares them with the reference: every element, or of
/// a product of more than 2²⁷ multiply-adds whole rows and whole columns, the first and last ones and others drawn between
/// them, for as many multiply-adds in each direction. What is wrong with a block, an edge or a thread's part crosses them.
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
    let z = Expected::of(Product::Forward, shape, w.view(), a_prev.view());
    let dw = Expected::of(Product::BackwardWeights, shape, dz.view(), a_prev.t());
    let da_prev = Expected::of(Product::BackwardData, shape, w.t(), dz.view());

    // Full batches come row-major, mini-batches column-major.
    let column_major = a_prev.t().as_standard_layout().into_owned();
    for a_prev in [a_prev.view(), column_major.t()] {
        z.compare(|found| forward(w.view(), a_prev, found, Accumulate::Replace))?;
        dw.compare(|found| backward_weights::<R>(dz.view(), a_prev, R::one(), found, Accumulate::Replace))?;
    }
    da_prev.compare(|found| backward_data::<R>(w.view(), dz.view(), found, Accumulate::Replace))
}

/// What the reference says of some rows, and of some columns, of a product.
struct Expected {
    product: Product,
    shape: LayerShape,
    sides: (usize, usize),
    terms: usize,
    rows: (Vec<usize>, Array2<f64>),
    columns: (Vec<usize>, Array2<f64>),
}

impl Expected {
    /// Of A B.
    fn of<R: Real>(product: Product, shape: LayerShape, a: ArrayView2<R>, b: ArrayView2<R>) -> Self {
        let (sides, terms) = ((a.nrows(), b.ncols()), a.ncols());
        let rows = chosen(sides.0, COMPARED_WHOLE / (terms * sides.1));
        // Where every row is compared, every column is.
        let columns =
            if rows.len() < sides.0 { chosen(sides.1, COMPARED_WHOLE / (terms * sides.0)) } else { Vec::new() };
        let of_rows = reference::product(a.select(Axis(0), &rows).view(), b);
        let of_columns = reference::product(a, b.select(Axis(1), &columns).view());
        Expected { product, shape, sides, terms, rows: (rows, of_rows), columns: (columns, of_columns) }
    }

    fn compare<R: Real>(&self, compute: impl FnOnce(ArrayViewMut2<R>)) -> Result<(), WrongProduct> {
        // NaN in the output: a product that leaves an element untouched must not pass by luck.
        let mut found = Array2::from_elem(self.sides, R::nan());
        compute(found.view_mut());
        let bound = 2.0 * R::epsilon().as_f64() * self.terms as f64;
        let of_rows = self.rows.1.indexed_iter().map(|((place, column), value)| (self.rows.0[place], column, *value));
        let of_columns = self.columns.1.indexed_iter();
        let of_columns = of_columns.map(|((row, place), value)| (row, self.columns.0[place], *value));
        for (row, column, expected) in of_rows.chain(of_columns) {
            let found = found[[row, column]].as_f64();
            let right = (found - expected).abs() <= bound; // false for NaN
            if !right {
                let Expected { product, shape, .. } = *self;
                let library = in_use().to_string();
                return Err(WrongProduct {
                    library,
                    product,
                    shape,
                    dtype: R::NAME,
                    row,
                    column,
                    found,
                    expected,
                    bound,
                });
            }
        }
        Ok(())
    }
}

/// At most about `most`, but at least 32, of the places below `count`, in order: all, or a quarter from each end and the rest
/// drawn between them.
fn chosen(count: usize, most: usize) -> Vec<usize> {
    let most = most.max(32);
    if most >= count {
        return (0..count).collect();
    }
    let end = most / 4;
    let mut stream = ChaCha8Rng::seed_from_u64(count as u64);
    let between = index::sample(&mut stream, count - 2 * end, most - 2 * end).into_iter().map(|place| end + place);
    let mut places: Vec<usize> = (0..end).chain(between).chain(count - end..count).collect();
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: LayerShape = LayerShape { n_out: 3, n_in: 5, examples: 4 };

    fn share_of_bound_found(offset: f64) -> Result<(), WrongProduct> {
        let right = Array2::<f64>::from_elem((3, 4), 0.5);
        let (rows, columns) = (((0..3).collect(), right.clone()), (Vec::new(), Array2::zeros((3, 0))));
        let expected = Expected { product: Product::Forward, shape: SHAPE, sides: (3, 4), terms: 5, rows, columns };
        expected.compare(|mut found: ArrayViewMut2<f64>| {
            found.assign(&right);
            found[[2, 1]] += offset * 2.0 * f64::EPSILON * 5.0;
        })
    }

    #[test]
    fn of_a_large_product_a_wrong_row_column_corner_or_block_is_seen() {
        let shape = LayerShape { n_out: 700, n_in: 700, examples: 700 };
        let ones = Array2::<f32>::ones((700, 700));
        let expected = Expected::of(Product::Forward, shape, ones.view(), ones.view());
        assert!((32..400).contains(&expected.rows.0.len()) && (32..400).contains(&expected.columns.0.len()));
        let with_wrong = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
            expected.compare(|mut found: ArrayViewMut2<f32>| {
                found.fill(700.0);
                found.slice_mut(ndarray::s![rows, columns]).fill(701.0);
            })
        };
        assert_eq!(with_wrong(0..0, 0..0), Ok(()));
        for (rows, columns) in [(0..1, 0..700), (0..700, 350..351), (699..700, 699..700), (300..348, 400..448)] {
            assert!(with_wrong(rows.clone(), columns.clone()).is_err(), "{rows:?} {columns:?}");
        }
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
        for within in [-0.9, 0.0, 0.9] {
            assert_eq!(share_of_bound_found(within), Ok(()));
        }
        for beyond in [-1.1, 1.1, f64::NAN, f64::INFINITY] {
            let wrong = share_of_bound_found(beyond).unwrap_err();
            assert_eq!((wrong.row, wrong.column, wrong.product), (2, 1, Product::Forward));
        }
    }

    #[test]
    fn the_blas_in_use_is_right_at_shapes_around_block_edges() {
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
    fn the_blas_in_use_is_right_at_the_course_nets_first_layer() {
        let shape = LayerShape { n_out: 20, n_in: 12_288, examples: 209 };
        assert_eq!(self_check::<f32>(shape), Ok(()));
        assert_eq!(self_check::<f64>(shape), Ok(()));
    }
}
