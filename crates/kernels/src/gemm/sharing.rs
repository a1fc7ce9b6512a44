//! The division of a product among the threads of a team.

use super::plan::GemmPlan;
use crate::blas::Library;
use crate::cblas::Transpose;
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
    /// Each takes some rows of C. It takes some columns if C has too few rows for all threads, or is so wide that B, which all threads would
    /// read, is much larger than A.
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

/// Returns whether loops of our own make a product op(A) op(B) that `threads` threads share, without `library`. Its largest part decides;
/// [`Transpose`] says which operands are transposed in memory.
pub fn is_unpacked<R: Real>(
    library: &Library,
    transposes: [Transpose; 2],
    shape @ [m, n, k]: [usize; 3],
    threads: usize,
) -> bool {
    let part = |length: usize, threads| length.div_ceil(threads).next_multiple_of(STEP).min(length);
    let shape = match Sharing::of(shape, threads) {
        Sharing::One => shape,
        Sharing::Rows(threads) => [part(m, threads), n, k],
        Sharing::Columns(threads) => [m, part(n, threads), k],
    };
    GemmPlan::of::<R>(library, transposes, shape) == GemmPlan::Unpacked
}
