//! Products with B row by row: each term adds a multiple of a part of a row of B to each row of a tile of C.

use super::vector::{Element, Lanes};
use crate::cblas::{GemmArguments, Operand, Transpose};

/// The number of terms that are added in one turn of the loop, so that they share the loop's instructions.
const TERMS: usize = 4;

/// The most bytes of the part of a row of A that tiles are multiplied by. With longer parts, rows of B would be far from the processor when
/// the next tile reads them; with shorter ones, C would be read and written more often.
const PART: usize = 2048;

/// Computes a product with B not transposed.
///
/// # Safety
/// The arguments must be as [`Loops::multiply_by_loops`](super::Loops::multiply_by_loops) asks.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn product<R: Element>(arguments: GemmArguments<R>) {
    let GemmArguments { shape: [m, n, k], a, b, beta, .. } = arguments;
    let terms = k.div_ceil(k.div_ceil(PART / size_of::<R>()));
    for first in (0..k).step_by(terms) {
        // SAFETY: the terms are those of A and B; the caller upholds the rest.
        unsafe {
            let a_term = if a.transpose == Transpose::Yes { a.leading as usize } else { 1 };
            let a = Operand { pointer: a.pointer.add(first * a_term), ..a };
            let b = Operand { pointer: b.pointer.add(first * b.leading as usize), ..b };
            let beta = if first == 0 { beta } else { R::one() };
            part_of_sums(GemmArguments { shape: [m, n, terms.min(k - first)], a, b, beta, ..arguments });
        }
    }
}

/// Computes a product with B not transposed, whose sums have few terms.
///
/// # Safety
/// The arguments must be as [`product`] asks.
#[inline(always)]
unsafe fn part_of_sums<R: Element>(arguments: GemmArguments<R>) {
    let [m, n, _] = arguments.shape;
    let mut column = 0;
    // SAFETY: the columns are those of C; the caller upholds the rest.
    unsafe {
        // Each addition to a sum waits for the one before. Some eight vectors of sums keep the processor busy, so few rows take wide tiles.
        while m == 1 && column + 8 * R::LANES <= n {
            tile::<R, 1, 8>(arguments, [0, column], Lanes::All);
            column += 8 * R::LANES;
        }
        while m == 2 && column + 4 * R::LANES <= n {
            tile::<R, 2, 4>(arguments, [0, column], Lanes::All);
            column += 4 * R::LANES;
        }
        while column + 2 * R::LANES <= n {
            tiles::<R, 2>(arguments, column, Lanes::All);
            column += 2 * R::LANES;
        }
        match n - column {
            0 => (),
            rest if rest <= R::LANES => tiles::<R, 1>(arguments, column, R::first(rest)),
            rest => tiles::<R, 2>(arguments, column, R::first(rest - R::LANES)),
        }
    }
}

/// Computes all tiles of C from a column on, `VECTORS` vectors wide, of whose last one some lanes may lie beyond C.
///
/// # Safety
/// The arguments must be as [`product`] asks, and C must have the columns.
#[inline(always)]
unsafe fn tiles<R: Element, const VECTORS: usize>(arguments: GemmArguments<R>, column: usize, last: Lanes) {
    // Six rows of two vectors of sums take 12 of the 16 registers; a mask needs another one.
    let most = if matches!(last, Lanes::All) { 6 } else { 5 };
    let (m, tiles) = (arguments.shape[0], arguments.shape[0].div_ceil(most));
    let mut row = 0;
    for tile_number in 0..tiles {
        let rows = (m - row).div_ceil(tiles - tile_number);
        let place = [row, column];
        // SAFETY: the rows are those of C; the caller upholds the rest.
        unsafe {
            match rows {
                1 => tile::<R, 1, VECTORS>(arguments, place, last),
                2 => tile::<R, 2, VECTORS>(arguments, place, last),
                3 => tile::<R, 3, VECTORS>(arguments, place, last),
                4 => tile::<R, 4, VECTORS>(arguments, place, last),
                5 => tile::<R, 5, VECTORS>(arguments, place, last),
                _ => tile::<R, 6, VECTORS>(arguments, place, last),
            }
        }
        row += rows;
    }
}

/// Computes the tile of C from a row and a column on; `last` are the lanes of a row's last vector that lie in C.
///
/// # Safety
/// The arguments must be as [`product`] asks, and C must have the tile.
#[inline(always)]
unsafe fn tile<R: Element, const ROWS: usize, const VECTORS: usize>(
    GemmArguments { shape: [_, _, k], alpha, a, b, beta, c }: GemmArguments<R>,
    [row, column]: [usize; 2],
    last: Lanes,
) {
    let (a_leading, b_leading, c_leading) = (a.leading as usize, b.leading as usize, c.leading as usize);
    let lanes = |v: usize| if v + 1 == VECTORS { last } else { Lanes::All };
    // SAFETY: the caller upholds it.
    unsafe {
        let b = (b.pointer.add(column), b_leading);
        let sums: [[R::Vector; VECTORS]; ROWS] = if a.transpose == Transpose::Yes {
            sums::<R, ROWS, VECTORS>(k, (a.pointer.add(row), [1, a_leading]), b, last)
        } else {
            sums::<R, ROWS, VECTORS>(k, (a.pointer.add(row * a_leading), [a_leading, 1]), b, last)
        };
        let alpha = R::splat(alpha);
        for i in 0..ROWS {
            for v in 0..VECTORS {
                let c = c.pointer.add((row + i) * c_leading + column + v * R::LANES);
                let new = if beta == R::zero() {
                    R::multiply(alpha, sums[i][v])
                } else {
                    R::multiply_add(alpha, sums[i][v], R::load(c, lanes(v)))
                };
                R::store(c, lanes(v), new);
            }
        }
    }
}

/// Computes the sums of a tile over `k` terms. `a` is the first element of A with its strides from row to row and from term to term, `b`
/// that of B with its stride from term to term.
///
/// # Safety
/// A must have the rows and B the columns of the tile, and both the terms.
#[inline(always)]
unsafe fn sums<R: Element, const ROWS: usize, const VECTORS: usize>(
    k: usize,
    (a, [a_row, a_term]): (*const R, [usize; 2]),
    (mut b, b_leading): (*const R, usize),
    last: Lanes,
) -> [[R::Vector; VECTORS]; ROWS] {
    // SAFETY: the caller upholds it. No address beyond the last term is read.
    unsafe {
        let mut sums = [[R::splat(R::zero()); VECTORS]; ROWS];
        // With two pointers, the addresses of six rows need no further instructions.
        let mut a = [a, a.wrapping_add(3 * a_row)];
        for _ in 0..k / TERMS {
            for term in 0..TERMS {
                add_term(
                    &mut sums,
                    (a.map(|a| a.wrapping_add(term * a_term)), a_row),
                    b.wrapping_add(term * b_leading),
                    last,
                );
            }
            a = a.map(|a| a.wrapping_add(TERMS * a_term));
            b = b.wrapping_add(TERMS * b_leading);
        }
        for _ in 0..k % TERMS {
            add_term(&mut sums, (a, a_row), b, last);
            a = a.map(|a| a.wrapping_add(a_term));
            b = b.wrapping_add(b_leading);
        }
        sums
    }
}

/// Adds one term to the sums of a tile: the product of a column of A and a row of B. `a` are the column's first and fourth elements; its
/// elements are `a_row` apart.
///
/// # Safety
/// A must have the rows of the tile, and B its columns.
#[inline(always)]
unsafe fn add_term<R: Element, const ROWS: usize, const VECTORS: usize>(
    sums: &mut [[R::Vector; VECTORS]; ROWS],
    (a, a_row): ([*const R; 2], usize),
    b: *const R,
    last: Lanes,
) {
    // SAFETY: the caller upholds it.
    unsafe {
        let mut b_row = [R::splat(R::zero()); VECTORS];
        for v in 0..VECTORS {
            b_row[v] = R::load(b.add(v * R::LANES), if v + 1 == VECTORS { last } else { Lanes::All });
        }
        for i in 0..ROWS {
            let a = R::splat(*a[i / 3].wrapping_add(i % 3 * a_row));
            for v in 0..VECTORS {
                sums[i][v] = R::multiply_add(a, b_row[v], sums[i][v]);
            }
        }
    }
}
