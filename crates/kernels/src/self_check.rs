//! Check, then trust: the three products at given shapes against [`crate::reference`].

use std::fmt;

use ndarray::{Array2, ArrayView2};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

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
    let mut z = unwritten(n_out, examples);
    let mut dw = unwritten(n_out, n_in);
    let mut da_prev = unwritten(n_in, examples);
    forward(w.view(), a_prev.view(), z.view_mut(), Accumulate::Replace);
    backward_weights(dz.view(), a_prev.view(), R::one(), dw.view_mut(), Accumulate::Replace);
    backward_data(w.view(), dz.view(), da_prev.view_mut(), Accumulate::Replace);

    let expected = reference::forward(w.view(), a_prev.view());
    compare(Product::Forward, shape, n_in, z.view(), expected.view())?;
    let expected = reference::backward_weights(dz.view(), a_prev.view());
    compare(Product::BackwardWeights, shape, examples, dw.view(), expected.view())?;
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
}
