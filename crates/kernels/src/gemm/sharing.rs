//! The division of a product among the threads of a team.

use super::call::{Call, LayerShape, Product};
use super::plan::{GemmPlan, Maker};
use crate::blas::{Library, in_use};
use crate::cblas::Transpose::{No, Yes};
use crate::parallel::{longest_part, threads};
use crate::real::Real;

/// The fewest multiply-adds of a product that threads share.
const LEAST_MULTIPLY_ADDS: usize = 1 << 16;

/// The number of rows or columns that the length of a part is a multiple of: OpenBLAS's kernels take that many at once.
pub(super) const STEP: usize = 8;

/// The way in which threads share a product: how many of them take some rows or some columns of C each.
pub(super) enum Sharing {
    One,
    Rows(usize),
    Columns(usize),
}

impl Sharing {
    /// Chooses how `threads` threads share a product of this shape.
    ///
    /// Each takes some rows of C. It takes some columns if C has too few rows for all threads, or is so wide that B, which all threads
    /// would read, is much larger than A.
    pub(super) fn of([m, n, k]: [usize; 3], threads: usize) -> Self {
        let enough_rows = m >= n || m >= 2 * STEP * threads;
        if threads == 1 || m * n * k < LEAST_MULTIPLY_ADDS {
            Sharing::One
        } else if enough_rows && n < 4 * m {
            Sharing::Rows(threads)
        } else {
            Sharing::Columns(threads)
        }
    }
}

/// Names what makes a product of a layer that is called like this: the library in use, or loops of our own in its place.
pub(crate) fn maker<R: Real>(call: Call, shape: LayerShape) -> String {
    let library = in_use();
    if made_by_loops::<R>(library, call, call.product.sides(shape), threads()) {
        format!("Layerchain, in place of {library},")
    } else {
        library.to_string()
    }
}

/// Returns whether loops of our own make a product instead of `library`, if `threads` threads share it: a product of m × n elements with k
/// terms each, which is called like this. Its largest part decides.
pub fn made_by_loops<R: Real>(library: &Library, call: Call, shape @ [m, n, k]: [usize; 3], threads: usize) -> bool {
    let shape = match Sharing::of(shape, threads) {
        Sharing::One => shape,
        Sharing::Rows(threads) => [longest_part(threads, (m, STEP)), n, k],
        Sharing::Columns(threads) => [m, longest_part(threads, (n, STEP)), k],
    };
    // BLAS reads a column-major A as the transpose of a row-major matrix. A single column is both, and so is a single row.
    let column_major = |n_in, examples| call.column_major && n_in > 1 && examples > 1;
    let transposes = match call.product {
        Product::Forward => [No, if column_major(k, n) { Yes } else { No }],
        Product::BackwardWeights => [No, if k == 1 || column_major(n, k) { No } else { Yes }],
        Product::BackwardData => [Yes, No],
    };
    GemmPlan::of::<R>(library, transposes, shape).maker == Maker::Loops
}
