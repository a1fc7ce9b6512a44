//! Products with B row by row: each term adds a multiple of a part of a row of B to each row of a tile of C.

use super::vector::{Element, Lanes};
use crate::cblas::{GemmArguments, Operand, Transpose};

/// The most bytes of the part of a row of A that tiles are multiplied by. With longer parts, rows of B would leave the first-level cache
/// before the next tile reads them; with shorter ones, C would be read and written more often.
const PART: usize = 1024;

/// Computes a product with B not transposed.
///
/// # Safety
/// The arguments must be as [`Unpacked::unpacked`](super::Unpacked::unpacked) asks.
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
            rest if rest <= R::LANES => tiles::<R, 1>(arguments, column, Lanes::First(rest)),
            rest => tiles::<R, 2>(arguments, column, Lanes::First(rest - R::LANES)),
        }
    }
}

/// Computes all tiles of C from a column on, `VECTORS` vectors wide, of whose last one some lanes may lie beyond C.
///
/// # Safety
/// The arguments must be as [`product`] asks, and C must have the columns.
#[inline(always)]
unsafe fn tiles<R: Element, const VECTORS: usize>(arguments: GemmArguments<R>, column: usize, last: Lanes) {
    // Six rows of two vectors of sums take 12 of the 16 registers.
    let (m, tiles) = (arguments.shape[0], arguments.shape[0].div_ceil(6));
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
    let (a_row, a_term) = if a.transpose == Transpose::Yes { (1, a_leading) } else { (a_leading, 1) };
    let lanes = |v: usize| if v + 1 == VECTORS { last } else { Lanes::All };
    // SAFETY: the caller upholds it.
    unsafe {
        // Pointers that move on by themselves: the compiler would multiply the number of the term by both strides at each term. With two
        // of them, the addresses of six rows need no further instructions.
        let mut a = [0, 3].map(|first| a.pointer.wrapping_add((row + first) * a_row));
        let mut b = b.pointer.add(column);
        let mut sums = [[R::splat(R::zero()); VECTORS]; ROWS];
        for _ in 0..k {
            let mut b_row = [R::splat(R::zero()); VECTORS];
            for v in 0..VECTORS {
                b_row[v] = R::load(b.add(v * R::LANES), lanes(v));
            }
            for i in 0..ROWS {
                let a = R::splat(*a[i / 3].add(i % 3 * a_row));
                for v in 0..VECTORS {
                    sums[i][v] = R::multiply_add(a, b_row[v], sums[i][v]);
                }
            }
            a = a.map(|a| a.wrapping_add(a_term));
            b = b.wrapping_add(b_leading);
        }
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
