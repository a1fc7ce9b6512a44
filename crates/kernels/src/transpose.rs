//! The transposition of a matrix into other memory, by square blocks that fit into vector registers.

#[cfg(target_arch = "x86_64")]
use crate::simd::Vectors;

/// An element type of which square blocks can be transposed.
pub trait TransposeBlock: Copy + Default {
    /// The side of a block: the number of elements in a 512-bit register.
    const SIDE: usize;

    /// Transposes a block. Rows are `leading_from` and `leading_to` elements apart.
    ///
    /// # Safety
    /// `from` and `to` must have `SIDE` rows of `SIDE` elements, and must not overlap.
    unsafe fn transpose_block(from: *const Self, leading_from: usize, to: *mut Self, leading_to: usize);
}

/// Writes the transpose of the rows × columns elements at `from` to `to`. Rows are `leading_from` and `leading_to` elements apart;
/// `leading_to` ≥ rows.
///
/// # Safety
/// `from` must have rows × columns elements with `leading_from`, and `to` columns × rows with `leading_to`; they must not overlap.
pub(crate) unsafe fn transpose<R: TransposeBlock>(
    from: *const R,
    leading_from: usize,
    to: *mut R,
    leading_to: usize,
    [rows, columns]: [usize; 2],
) {
    let side = R::SIDE;
    for row in (0..rows).step_by(side) {
        for column in (0..columns).step_by(side) {
            let (height, width) = (side.min(rows - row), side.min(columns - column));
            // SAFETY: the block lies in both matrices; a block that an edge cuts off goes through whole blocks on the stack.
            unsafe {
                let (from, to) = (from.add(row * leading_from + column), to.add(column * leading_to + row));
                if height == side && width == side {
                    R::transpose_block(from, leading_from, to, leading_to);
                } else {
                    edge(from, leading_from, to, leading_to, [height, width]);
                }
            }
        }
    }
}

/// The side of the largest block of all types.
const MOST_SIDE: usize = 16;

/// Transposes a block that has only `height` × `width` elements.
///
/// # Safety
/// `from` must have height × width elements, and `to` width × height; they must not overlap.
unsafe fn edge<R: TransposeBlock>(
    from: *const R,
    leading_from: usize,
    to: *mut R,
    leading_to: usize,
    [height, width]: [usize; 2],
) {
    let side = R::SIDE;
    let (mut whole, mut transposed) = ([R::default(); MOST_SIDE * MOST_SIDE], [R::default(); MOST_SIDE * MOST_SIDE]);
    // SAFETY: the caller upholds the bounds of `from` and `to`; the two blocks on the stack are large enough for both types.
    unsafe {
        for row in 0..height {
            from.add(row * leading_from).copy_to_nonoverlapping(whole.as_mut_ptr().add(row * side), width);
        }
        R::transpose_block(whole.as_ptr(), side, transposed.as_mut_ptr(), side);
        for column in 0..width {
            transposed.as_ptr().add(column * side).copy_to_nonoverlapping(to.add(column * leading_to), height);
        }
    }
}

/// Transposes a block element by element, for processors without AVX2.
///
/// # Safety
/// The requirements of [`TransposeBlock::transpose_block`] must hold.
unsafe fn one_by_one<R: TransposeBlock>(from: *const R, leading_from: usize, to: *mut R, leading_to: usize) {
    for row in 0..R::SIDE {
        for column in 0..R::SIDE {
            // SAFETY: the caller upholds it.
            unsafe { *to.add(column * leading_to + row) = *from.add(row * leading_from + column) };
        }
    }
}

macro_rules! transpose_block {
    ($type:ty, $side:literal, $function:ident) => {
        impl TransposeBlock for $type {
            const SIDE: usize = $side;

            unsafe fn transpose_block(from: *const Self, leading_from: usize, to: *mut Self, leading_to: usize) {
                #[cfg(target_arch = "x86_64")]
                if Vectors::detect() >= Vectors::Avx512 {
                    // SAFETY: the processor has the instructions of the function; the caller upholds the rest.
                    return unsafe { avx512::$function(from, leading_from, to, leading_to) };
                }
                #[cfg(target_arch = "x86_64")]
                if Vectors::detect() >= Vectors::Avx2 {
                    // SAFETY: as above.
                    return unsafe { avx2::$function(from, leading_from, to, leading_to) };
                }
                // SAFETY: the caller upholds it.
                unsafe { one_by_one(from, leading_from, to, leading_to) }
            }
        }
    };
}

transpose_block!(f32, 16, transpose_f32);
transpose_block!(f64, 8, transpose_f64);

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        _mm_loadu_pd, _mm_loadu_ps, _mm512_castpd_ps, _mm512_castpd128_pd512, _mm512_castps_pd, _mm512_castps128_ps512,
        _mm512_insertf32x4, _mm512_shuffle_ps, _mm512_storeu_pd, _mm512_storeu_ps, _mm512_unpackhi_pd,
        _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
    };

    /// Transposes 16 × 16 elements: four columns of rows i, 4 + i, 8 + i, 12 + i in a register, then 4 × 4 in each of its lanes.
    ///
    /// # Safety
    /// The requirements of `TransposeBlock::transpose_block` must hold.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn transpose_f32(from: *const f32, leading_from: usize, to: *mut f32, leading_to: usize) {
        for column in (0..16).step_by(4) {
            let rows = |first: usize| {
                // SAFETY: rows below 16, four columns from `column` on.
                unsafe {
                    let four = |row: usize| _mm_loadu_ps(from.add(row * leading_from + column));
                    let one = _mm512_castps128_ps512(four(first));
                    let two = _mm512_insertf32x4(one, four(4 + first), 1);
                    let three = _mm512_insertf32x4(two, four(8 + first), 2);
                    _mm512_insertf32x4(three, four(12 + first), 3)
                }
            };
            let [a, b, c, d] = [rows(0), rows(1), rows(2), rows(3)];
            let (ab, ab_high) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
            let (cd, cd_high) = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
            // SAFETY: rows below 16 of the transpose.
            unsafe {
                let row = |number: usize| to.add((column + number) * leading_to);
                _mm512_storeu_ps(row(0), _mm512_shuffle_ps(ab, cd, 0x44));
                _mm512_storeu_ps(row(1), _mm512_shuffle_ps(ab, cd, 0xee));
                _mm512_storeu_ps(row(2), _mm512_shuffle_ps(ab_high, cd_high, 0x44));
                _mm512_storeu_ps(row(3), _mm512_shuffle_ps(ab_high, cd_high, 0xee));
            }
        }
    }

    /// Transposes 8 × 8 elements: two columns of rows i, 2 + i, 4 + i, 6 + i in a register, then 2 × 2 in each of its lanes.
    ///
    /// # Safety
    /// The requirements of `TransposeBlock::transpose_block` must hold.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn transpose_f64(from: *const f64, leading_from: usize, to: *mut f64, leading_to: usize) {
        for column in (0..8).step_by(2) {
            let rows = |first: usize| {
                // SAFETY: rows below 8, two columns from `column` on. Lanes of 128 bits are moved, whatever is in them.
                unsafe {
                    let two = |row: usize| _mm_loadu_pd(from.add(row * leading_from + column));
                    let lane = |row: usize| std::arch::x86_64::_mm_castpd_ps(two(row));
                    let one = _mm512_castpd_ps(_mm512_castpd128_pd512(two(first)));
                    let two = _mm512_insertf32x4(one, lane(2 + first), 1);
                    let three = _mm512_insertf32x4(two, lane(4 + first), 2);
                    _mm512_castps_pd(_mm512_insertf32x4(three, lane(6 + first), 3))
                }
            };
            let (a, b) = (rows(0), rows(1));
            // SAFETY: rows below 8 of the transpose.
            unsafe {
                _mm512_storeu_pd(to.add(column * leading_to), _mm512_unpacklo_pd(a, b));
                _mm512_storeu_pd(to.add((column + 1) * leading_to), _mm512_unpackhi_pd(a, b));
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        _mm_loadu_pd, _mm_loadu_ps, _mm256_castpd128_pd256, _mm256_castps128_ps256, _mm256_insertf128_pd,
        _mm256_insertf128_ps, _mm256_shuffle_ps, _mm256_storeu_pd, _mm256_storeu_ps, _mm256_unpackhi_pd,
        _mm256_unpackhi_ps, _mm256_unpacklo_pd, _mm256_unpacklo_ps,
    };

    /// Transposes 16 × 16 elements, eight rows at a time: four columns of rows i and 4 + i in a register, then 4 × 4 in each of its lanes.
    ///
    /// # Safety
    /// The requirements of `TransposeBlock::transpose_block` must hold.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn transpose_f32(from: *const f32, leading_from: usize, to: *mut f32, leading_to: usize) {
        for row in (0..16).step_by(8) {
            for column in (0..16).step_by(4) {
                let rows = |first: usize| {
                    // SAFETY: rows below 16, four columns from `column` on.
                    unsafe {
                        let four = |i: usize| _mm_loadu_ps(from.add((row + i) * leading_from + column));
                        _mm256_insertf128_ps(_mm256_castps128_ps256(four(first)), four(4 + first), 1)
                    }
                };
                let [a, b, c, d] = [rows(0), rows(1), rows(2), rows(3)];
                let (ab, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
                let (cd, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
                // SAFETY: rows below 16 of the transpose, eight columns from `row` on.
                unsafe {
                    let to = |number: usize| to.add((column + number) * leading_to + row);
                    _mm256_storeu_ps(to(0), _mm256_shuffle_ps(ab, cd, 0x44));
                    _mm256_storeu_ps(to(1), _mm256_shuffle_ps(ab, cd, 0xee));
                    _mm256_storeu_ps(to(2), _mm256_shuffle_ps(ab_high, cd_high, 0x44));
                    _mm256_storeu_ps(to(3), _mm256_shuffle_ps(ab_high, cd_high, 0xee));
                }
            }
        }
    }

    /// Transposes 8 × 8 elements, four rows at a time: two columns of rows i and 2 + i in a register, then 2 × 2 in each of its lanes.
    ///
    /// # Safety
    /// The requirements of `TransposeBlock::transpose_block` must hold.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn transpose_f64(from: *const f64, leading_from: usize, to: *mut f64, leading_to: usize) {
        for row in (0..8).step_by(4) {
            for column in (0..8).step_by(2) {
                let rows = |first: usize| {
                    // SAFETY: rows below 8, two columns from `column` on.
                    unsafe {
                        let two = |i: usize| _mm_loadu_pd(from.add((row + i) * leading_from + column));
                        _mm256_insertf128_pd(_mm256_castpd128_pd256(two(first)), two(2 + first), 1)
                    }
                };
                let (a, b) = (rows(0), rows(1));
                // SAFETY: rows below 8 of the transpose, four columns from `row` on.
                unsafe {
                    let to = |number: usize| to.add((column + number) * leading_to + row);
                    _mm256_storeu_pd(to(0), _mm256_unpacklo_pd(a, b));
                    _mm256_storeu_pd(to(1), _mm256_unpackhi_pd(a, b));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_transposed<R: TransposeBlock + PartialEq + std::fmt::Debug>(number: impl Fn(usize) -> R) {
        for [rows, columns] in [[1, 1], [8, 8], [16, 16], [17, 31], [64, 256], [5, 40], [100, 3]] {
            let (leading_from, leading_to) = (columns + 3, rows + 2);
            let from: Vec<R> = (0..rows * leading_from).map(&number).collect();
            let mut to = vec![number(9_999_999); columns * leading_to];
            // SAFETY: the sizes above.
            unsafe { transpose(from.as_ptr(), leading_from, to.as_mut_ptr(), leading_to, [rows, columns]) };
            for (place, &found) in to.iter().enumerate() {
                let (column, row) = (place / leading_to, place % leading_to);
                let expected = if row < rows { row * leading_from + column } else { 9_999_999 };
                assert_eq!(found, number(expected), "{rows}x{columns} at {row}, {column}");
            }
        }
    }

    #[test]
    fn every_element_is_at_its_place_and_the_padding_is_left_alone() {
        is_transposed(|number| number as f32);
        is_transposed(|number| number as f64);
    }

    #[test]
    fn blocks_without_vectors_are_the_same() {
        let from: Vec<f32> = (0..256).map(|number| number as f32).collect();
        let (mut vectors, mut one) = ([0.0; 256], [0.0; 256]);
        // SAFETY: 16 × 16 elements each.
        unsafe {
            f32::transpose_block(from.as_ptr(), 16, vectors.as_mut_ptr(), 16);
            one_by_one(from.as_ptr(), 16, one.as_mut_ptr(), 16);
        }
        assert_eq!(vectors, one);
    }

    /// Processors with AVX-512 leave these functions out.
    #[test]
    #[cfg(target_arch = "x86_64")]
    fn blocks_by_avx2_are_the_same() {
        if Vectors::detect() < Vectors::Avx2 {
            return;
        }
        let (single, double): (Vec<f32>, Vec<f64>) = (0..256).map(|number| (number as f32, f64::from(number))).unzip();
        let (mut single_to, mut double_to) = ([0.0_f32; 256], [0.0_f64; 64]);
        // SAFETY: 16 × 16 and 8 × 8 elements, and the processor has AVX2.
        unsafe {
            avx2::transpose_f32(single.as_ptr(), 16, single_to.as_mut_ptr(), 16);
            avx2::transpose_f64(double.as_ptr(), 8, double_to.as_mut_ptr(), 8);
        }
        for (row, column) in (0..16).flat_map(|row| (0..16).map(move |column| (row, column))) {
            assert_eq!(single_to[column * 16 + row], single[row * 16 + column]);
            if row < 8 && column < 8 {
                assert_eq!(double_to[column * 8 + row], double[row * 8 + column]);
            }
        }
    }
}
