//! Products with B transposed: dot products of rows of A and rows of B.

use super::vector::{Element, Lanes};
use crate::cblas::GemmArguments;

/// Computes a product with B transposed and A not.
///
/// # Safety
/// The arguments must be as [`Loops::multiply_by_loops`](super::Loops::multiply_by_loops) asks.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn product<R: Element>(arguments: GemmArguments<R>) {
    // The sums of three rows of A and four of B take 12 registers, the rows of A three, and a row of B the last of all 16.
    for row in (0..arguments.shape[0]).step_by(3) {
        // SAFETY: the rows are those of C; the caller upholds the rest.
        unsafe {
            match arguments.shape[0] - row {
                1 => tiles::<R, 1>(arguments, row),
                2 => tiles::<R, 2>(arguments, row),
                _ => tiles::<R, 3>(arguments, row),
            }
        }
    }
}

/// Computes `ROWS` rows of C.
///
/// # Safety
/// The arguments must be as [`product`] asks, and C must have the rows.
#[inline(always)]
unsafe fn tiles<R: Element, const ROWS: usize>(arguments: GemmArguments<R>, row: usize) {
    for column in (0..arguments.shape[1]).step_by(4) {
        // SAFETY: the columns are those of C; the caller upholds the rest.
        unsafe {
            match arguments.shape[1] - column {
                1 => tile::<R, ROWS, 1>(arguments, [row, column]),
                2 => tile::<R, ROWS, 2>(arguments, [row, column]),
                3 => tile::<R, ROWS, 3>(arguments, [row, column]),
                _ => tile::<R, ROWS, 4>(arguments, [row, column]),
            }
        }
    }
}

/// Computes the tile of C from a row and a column on.
///
/// # Safety
/// The arguments must be as [`product`] asks, and C must have the tile.
#[inline(always)]
unsafe fn tile<R: Element, const ROWS: usize, const COLUMNS: usize>(
    GemmArguments { shape: [_, _, k], alpha, a, b, beta, c }: GemmArguments<R>,
    [row, column]: [usize; 2],
) {
    let (a_leading, b_leading, c_leading) = (a.leading as usize, b.leading as usize, c.leading as usize);
    // SAFETY: the caller upholds it.
    unsafe {
        let (a, b) = (a.pointer.add(row * a_leading), b.pointer.add(column * b_leading));
        let mut sums = [[R::splat(R::zero()); COLUMNS]; ROWS];
        let whole = k - k % R::LANES;
        for term in (0..whole).step_by(R::LANES) {
            add_terms(&mut sums, (a.add(term), a_leading), (b.add(term), b_leading), Lanes::All);
        }
        if whole < k {
            add_terms(&mut sums, (a.add(whole), a_leading), (b.add(whole), b_leading), R::first(k - whole));
        }
        for i in 0..ROWS {
            for j in 0..COLUMNS {
                let (c, sum) = (&mut *c.pointer.add((row + i) * c_leading + column + j), R::sum(sums[i][j]));
                *c = if beta == R::zero() { alpha * sum } else { alpha.mul_add(sum, *c) };
            }
        }
    }
}

/// Adds the products of a vector of each row of A and of B, which begin `leading` elements apart, to the sums of the pair.
///
/// # Safety
/// The rows must have the lanes.
#[inline(always)]
unsafe fn add_terms<R: Element, const ROWS: usize, const COLUMNS: usize>(
    sums: &mut [[R::Vector; COLUMNS]; ROWS],
    (a, a_leading): (*const R, usize),
    (b, b_leading): (*const R, usize),
    lanes: Lanes,
) {
    // SAFETY: the caller upholds it.
    unsafe {
        let mut a_rows = [R::splat(R::zero()); ROWS];
        for i in 0..ROWS {
            a_rows[i] = R::load(a.add(i * a_leading), lanes);
        }
        for j in 0..COLUMNS {
            let b = R::load(b.add(j * b_leading), lanes);
            for i in 0..ROWS {
                sums[i][j] = R::multiply_add(a_rows[i], b, sums[i][j]);
            }
        }
    }
}
