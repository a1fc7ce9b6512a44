//! The check of products before a program relies on them: at its shapes and with its calls, against [`crate::reference`].

#[cfg(test)]
mod tests;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};
use rand::seq::index;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::gemm::{
    Accumulate, Call, LayerShape, Product, WrongProduct, backward_data, backward_weights, forward, maker, suspects,
};
use crate::real::Real;
use crate::reference;

/// The most multiply-adds of a product of which every element is compared.
const COMPARED_WHOLE: usize = 1 << 27;

/// The seed of the random signs under which the elements of larger products are added up.
const SIGNS: u64 = 0x516e5;

/// Makes each of `calls` for a layer of `shape` on the BLAS in use, and compares the products with [`crate::reference`].
///
/// Every element is compared. Of a product of more than 2²⁷ multiply-adds, whole rows and whole columns are compared, with that many
/// multiply-adds in each direction: the first and last ones, and random ones between them. A wrong block, edge or thread's part
/// crosses them. So are the rows that Freivalds' method suspects, as [`crate::inspected`] does: those with an element that is off by a
/// thousandth of √K in f64, and in f32 up to N K = 2·10⁶; beyond that, by √(N K / 2·10⁶) thousandths of √K.
///
/// The inputs are uniform in [-1, 1), from a fixed seed, except for one term of each sum, ±2√K. So nearly all elements are between √K and
/// 3√K in size. K roundings of partial sums of that size add up to about ε K. The bound is 8 ε (K + 2): it leaves room for any usual order
/// of summation, and in f32 it exposes an element that is off by a thousandth, for K up to a million. A C that is added to is a quarter as
/// large as the product.
///
/// # Errors
/// If a product is wrong: its first wrong element.
///
/// # Panics
/// If a side of `shape` is empty, or the factor of a call is zero in the element type, or not finite.
///
/// ```
/// use kernels::{Accumulate, Call, LayerShape, self_check};
///
/// let shape = LayerShape { n_out: 20, n_in: 300, examples: 64 };
/// self_check::<f32>(shape, &[Call::forward(Accumulate::Replace), Call::backward_data()])?;
/// # Ok::<(), kernels::WrongProduct>(())
/// ```
#[track_caller]
pub fn self_check<R: Real>(shape: LayerShape, calls: &[Call]) -> Result<(), WrongProduct> {
    assert!(shape.n_out.min(shape.n_in).min(shape.examples) > 0, "self_check: a side is empty, {shape}");
    for call in calls {
        let scale = R::from_f64(call.scale);
        assert!(scale != R::zero() && scale.is_finite(), "self_check: the factor of {call} is {scale} in {}", R::NAME);
    }
    for product in [Product::Forward, Product::BackwardWeights, Product::BackwardData] {
        let mut calls = calls.iter().filter(|call| call.product == product).peekable();
        if calls.peek().is_some() {
            let operands = Operands::<R>::drawn(product, shape);
            let (a, b) = operands.multiplied();
            let expected = Expected::of(a, b);
            calls.try_for_each(|&call| expected.compare(call, shape, |c| operands.make(call, c)))?;
        }
    }
    Ok(())
}

/// The operands of a product: W and A, dZ and A, or W and dZ.
struct Operands<R> {
    product: Product,
    left: Array2<R>,
    right: Array2<R>,
    /// The right operand in the other order of storage.
    by_columns: Array2<R>,
}

impl<R: Real> Operands<R> {
    fn drawn(product: Product, LayerShape { n_out, n_in, examples }: LayerShape) -> Self {
        let (left, right, terms) = match product {
            Product::Forward => ((n_out, n_in), (n_in, examples), n_in),
            Product::BackwardWeights => ((n_out, examples), (n_in, examples), examples),
            Product::BackwardData => ((n_out, n_in), (n_out, examples), n_out),
        };
        let mut stream = ChaCha8Rng::seed_from_u64(0x5e1f_c4ec);
        let (mut left, mut right) = (uniform::<R>(&mut stream, left), uniform::<R>(&mut stream, right));
        let large = R::from_f64(2.0 * (terms as f64).sqrt());
        let last = terms - 1;
        let (last_of_a, last_of_b) = match product {
            Product::Forward => (left.column_mut(last), right.row_mut(last)),
            Product::BackwardWeights => (left.column_mut(last), right.column_mut(last)),
            Product::BackwardData => (left.row_mut(last), right.row_mut(last)),
        };
        last_of_a.into_iter().for_each(|a| *a = large.copysign(*a));
        last_of_b.into_iter().for_each(|b| *b = R::one().copysign(*b));
        Operands { product, by_columns: right.t().as_standard_layout().into_owned(), left, right }
    }

    /// Views op(A) and op(B).
    fn multiplied(&self) -> (ArrayView2<'_, R>, ArrayView2<'_, R>) {
        match self.product {
            Product::Forward => (self.left.view(), self.right.view()),
            Product::BackwardWeights => (self.left.view(), self.right.t()),
            Product::BackwardData => (self.left.t(), self.right.view()),
        }
    }

    fn make(&self, Call { product, accumulate, scale, column_major }: Call, c: ArrayViewMut2<R>) {
        let left = self.left.view();
        let right = if column_major { self.by_columns.t() } else { self.right.view() };
        match product {
            Product::Forward => forward(left, right, c, accumulate),
            Product::BackwardWeights => backward_weights(left, right, R::from_f64(scale), c, accumulate),
            Product::BackwardData => backward_data(left, right, c, accumulate),
        }
    }
}

fn uniform<R: Real>(stream: &mut ChaCha8Rng, dim: (usize, usize)) -> Array2<R> {
    Array2::from_shape_simple_fn(dim, || R::from_f64(stream.random_range(-1.0..1.0)))
}

/// Some rows and some columns of a product, as the reference computes them, with their numbers.
struct Expected<'o, R> {
    sides: (usize, usize),
    terms: usize,
    rows: (Vec<usize>, Array2<f64>),
    columns: (Vec<usize>, Array2<f64>),
    /// The operands, for the rows that are suspected; `None` if every element is compared anyway.
    operands: Option<(ArrayView2<'o, R>, ArrayView2<'o, R>)>,
}

impl<'o, R: Real> Expected<'o, R> {
    /// Computes rows and columns of A B by the definition.
    fn of(a: ArrayView2<'o, R>, b: ArrayView2<'o, R>) -> Self {
        let (sides, terms) = ((a.nrows(), b.ncols()), a.ncols());
        let rows = chosen(sides.0, COMPARED_WHOLE / (terms * sides.1));
        // If every row is compared, every column is.
        let is_whole = rows.len() == sides.0;
        let columns = if is_whole { Vec::new() } else { chosen(sides.1, COMPARED_WHOLE / (terms * sides.0)) };
        let of_rows = reference::product(a.select(Axis(0), &rows).view(), b);
        let of_columns = reference::product(a, b.select(Axis(1), &columns).view());
        let operands = (!is_whole).then_some((a, b));
        Expected { sides, terms, rows: (rows, of_rows), columns: (columns, of_columns), operands }
    }

    fn compare(&self, call: Call, shape: LayerShape, make: impl FnOnce(ArrayViewMut2<R>)) -> Result<(), WrongProduct> {
        let scale = R::from_f64(call.scale).as_f64();
        let before = match call.accumulate {
            // NaN, so that an element that the product leaves untouched can't pass by luck.
            Accumulate::Replace => Array2::from_elem(self.sides, R::nan()),
            Accumulate::Add => {
                let size = R::from_f64(scale * (self.terms as f64).sqrt() / 2.0);
                uniform::<R>(&mut ChaCha8Rng::seed_from_u64(0xadd), self.sides).mapv(|drawn| size * drawn)
            }
        };
        let mut found = before.clone();
        make(found.view_mut());
        let suspected = self.suspected(call, before.view(), found.view());
        let rounding = 8.0 * R::epsilon().as_f64() * (self.terms + 2) as f64 * scale.abs();
        // Terms too small for a normal number lose up to that number each.
        let bound = rounding + self.terms as f64 * R::min_positive_value().as_f64();
        let of_rows = [&self.rows, &suspected].into_iter().flat_map(|(rows, values)| {
            values.indexed_iter().map(|((place, column), value)| (rows[place], column, *value))
        });
        let of_columns = self.columns.1.indexed_iter();
        let of_columns = of_columns.map(|((row, place), value)| (row, self.columns.0[place], *value));
        for (row, column, product) in of_rows.chain(of_columns) {
            let added_to = if call.accumulate == Accumulate::Add { before[[row, column]].as_f64() } else { 0.0 };
            let (found, expected) = (found[[row, column]].as_f64(), added_to + scale * product);
            let is_right = (found - expected).abs() <= bound; // false for NaN
            if !is_right {
                let (library, dtype) = (maker::<R>(call, shape), R::NAME);
                return Err(WrongProduct { library, call, shape, dtype, row, column, found, expected, bound });
            }
        }
        Ok(())
    }

    /// Computes the rows that Freivalds' method suspects, if not all are compared.
    fn suspected(&self, call: Call, before: ArrayView2<R>, found: ArrayView2<R>) -> (Vec<usize>, Array2<f64>) {
        let Some((a, b)) = self.operands else { return (Vec::new(), Array2::zeros((0, self.sides.1))) };
        let before = (call.accumulate == Accumulate::Add).then_some(before);
        let rows = suspects(&mut ChaCha8Rng::seed_from_u64(SIGNS), call, (a, b), before, found);
        let values = reference::product(a.select(Axis(0), &rows).view(), b);
        (rows, values)
    }
}

/// Chooses about `most` of the numbers below `count`, at least 32, in rising order: all of them, or a quarter at each end and random
/// ones in between.
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
