//! The matrices of a product, as training lays them out, and the call that multiplies them.

use kernels::{Accumulate, Real, backward_data, backward_weights, forward};
use ndarray::{ArrayView2, ArrayViewMut2, Ix2, ShapeBuilder, StrideShape};
use net::row_stride_in_lines;

use crate::plan::products::{Form, Product};

/// The elements of a cache line in f32. Each placement moves the matrices by a multiple of it.
const LINE: usize = 16;

/// A, B and C of a product.
pub(crate) struct Operands<R> {
    product: Product,
    a: Matrix<R>,
    b: Matrix<R>,
    c: Matrix<R>,
}

struct Matrix<R> {
    elements: Vec<R>,
    start: usize,
    dim: (usize, usize),
    /// The number of elements from one row to the next.
    row_stride: usize,
    /// The number of elements from one column to the next.
    column_stride: usize,
}

impl<R: Real> Operands<R> {
    /// Draws the factors of `product`. The place of matrices in memory decides some per cent of the speed, so that each
    /// `placement` lays them elsewhere.
    pub(crate) fn new(product: Product, placement: usize) -> Self {
        let Product { form, m, n, k, column_major, .. } = product;
        let (a, b) = match form {
            Form::Nn => ((m, k), (k, n)),
            Form::Nt => ((m, k), (n, k)),
            Form::Tn => ((k, m), (k, n)),
        };
        let place = |which: usize| (which + 3 * placement) * LINE;
        let matrix = |which, dim, column_major| Matrix::drawn(place(which), dim, column_major);
        // Of the products with XᵀX or R, which lie so in training, those that are added to C can be told from others: of a plain step of
        // the dual engine, and of the forward pass of the reduced one.
        let b = if form == Form::Nn && product.adds && !column_major {
            Matrix::drawn_in_lines(place(1), b)
        } else {
            matrix(1, b, column_major)
        };
        Operands { product, a: matrix(0, a, false), b, c: matrix(2, (m, n), false) }
    }

    /// Calls the kernel once.
    pub(crate) fn multiply(&mut self) {
        let Operands { product, a, b, c } = self;
        let accumulate = if product.adds { Accumulate::Add } else { Accumulate::Replace };
        let (a, b, c) = (a.view(), b.view(), c.view_mut());
        match product.form {
            Form::Nn => forward(a, b, c, accumulate),
            // As small as a step of an optimiser.
            Form::Nt => backward_weights(a, b, R::from_f64(1e-3), c, accumulate),
            Form::Tn => backward_data(a, b, c, accumulate),
        }
    }
}

impl<R: Real> Matrix<R> {
    /// Draws a matrix without gaps.
    fn drawn(start: usize, dim: (usize, usize), column_major: bool) -> Self {
        let (row_stride, column_stride) = if column_major { (1, dim.0) } else { (dim.1, 1) };
        Matrix { elements: drawn(start + dim.0 * dim.1, start), start, dim, row_stride, column_stride }
    }

    /// Draws a matrix whose rows begin with lines of the cache, as XᵀX lies in memory.
    fn drawn_in_lines(start: usize, dim: (usize, usize)) -> Self {
        let row_stride = row_stride_in_lines::<R>(dim.1);
        let elements: Vec<R> = drawn(start + dim.0 * row_stride + LINE, start);
        let start = start + elements[start..].as_ptr().align_offset(64).min(LINE);
        Matrix { elements, start, dim, row_stride, column_stride: 1 }
    }

    fn shape(&self) -> StrideShape<Ix2> {
        self.dim.strides((self.row_stride, self.column_stride))
    }

    fn view(&self) -> ArrayView2<'_, R> {
        ArrayView2::from_shape(self.shape(), &self.elements[self.start..]).expect("as many elements")
    }

    fn view_mut(&mut self) -> ArrayViewMut2<'_, R> {
        ArrayViewMut2::from_shape(self.shape(), &mut self.elements[self.start..]).expect("as many elements")
    }
}

/// Draws `count` numbers between -1 and 1 that are no multiples of one another: some processors are faster on zeros.
fn drawn<R: Real>(count: usize, seed: usize) -> Vec<R> {
    let mut state = seed as u64 + 1;
    let draw = |_| {
        // The generator of Knuth's MMIX.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        R::from_f64((state >> 11) as f64 / (1u64 << 52) as f64 - 1.0)
    };
    (0..count).map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::trial::Dtype;

    #[test]
    fn each_form_is_multiplied_at_its_sides_in_any_storage_order() {
        for (_, form) in Form::ALL {
            for column_major in [false, true] {
                for adds in [false, true] {
                    let product = Product { form, m: 3, n: 5, k: 7, dtype: Dtype::F64, adds, column_major };
                    let mut operands = Operands::<f64>::new(product, 1);
                    let [a, b, before] = [&operands.a, &operands.b, &operands.c].map(|matrix| matrix.view().to_owned());
                    operands.multiply();
                    let expected = match form {
                        Form::Nn => a.dot(&b),
                        Form::Nt => 1e-3 * a.dot(&b.t()),
                        Form::Tn => a.t().dot(&b),
                    };
                    let found = &operands.c.view() - &if adds { before } else { 0.0 * before };
                    assert_eq!(operands.b.view().strides()[0] == 1, column_major);
                    let is_in_lines = operands.b.view().as_ptr().addr().is_multiple_of(64)
                        && operands.b.view().strides()[0] == row_stride_in_lines::<f64>(5) as isize;
                    assert_eq!(is_in_lines, form == Form::Nn && adds && !column_major);
                    assert!(found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-12));
                }
            }
        }
    }
}
