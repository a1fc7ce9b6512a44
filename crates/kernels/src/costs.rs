//! The sums that the costs are means of, in f64 whatever the element type, from the z of the output layer.

use ndarray::ArrayView2;

use crate::Real;
use crate::classes::class_number;
use crate::elementwise::adjacent;
use crate::functions::{exp, exp_of_difference, ln_1p, ln_1p_of_sum};
use crate::reductions::sum_over;
use crate::softmax::{BLOCK, Sums, blocks};
use crate::widest::widest;

/// The sum over the examples of max(z, 0) - z y + log(1 + e^-|z|): binary cross-entropy of a sigmoid output from its z.
///
/// Every term and the sum are taken in f64.
///
/// # Shapes
/// `z` and `y` 1 × examples.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn binary_cross_entropy_sum<R: Real>(z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
    assert!(z.dim() == y.dim(), "binary_cross_entropy_sum: shapes differ: z {:?}, y {:?}", z.dim(), y.dim());
    #[inline(always)]
    fn term(z: f64, y: f64) -> f64 {
        // `z < 0` and not `max`: a NaN must come out as NaN.
        let positive_part = if z < 0.0 { 0.0 } else { z };
        positive_part - z * y + ln_1p(exp(-z.abs()))
    }
    let rows = z.rows().into_iter().zip(y.rows());
    rows.map(|(z, y)| {
        let (z, y) = (adjacent(&z), adjacent(&y));
        widest(
            #[inline(always)]
            || {
                sum_over(
                    z,
                    y,
                    #[inline(always)]
                    |z, y| term(z.as_f64(), y.as_f64()),
                )
            },
        )
    })
    .sum()
}

/// The sum over all elements of (z - y)².
///
/// Every term and the sum are taken in f64.
///
/// # Shapes
/// `z` and `y` n_out × examples.
///
/// # Panics
/// If the shapes differ, or the elements of a row aren't adjacent.
#[track_caller]
pub fn squared_error_sum<R: Real>(z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
    assert!(z.dim() == y.dim(), "squared_error_sum: shapes differ: z {:?}, y {:?}", z.dim(), y.dim());
    let rows = z.rows().into_iter().zip(y.rows());
    rows.map(|(z, y)| {
        let (z, y) = (adjacent(&z), adjacent(&y));
        widest(
            #[inline(always)]
            || {
                sum_over(
                    z,
                    y,
                    #[inline(always)]
                    |z, y| {
                        let difference = z.as_f64() - y.as_f64();
                        difference * difference
                    },
                )
            },
        )
    })
    .sum()
}

/// The sum over the examples of log(sum over k of exp z_k) - z_y: cross-entropy of a softmax output from its z.
///
/// A term is max - z_y + log(1 + u), where u is the sum of exp(z_k - max) over every k but the first of which z_k is the
/// maximum. Nothing is subtracted from the logarithm, so that a term has its relative accuracy however small it is: it is
/// within 5 ulp of the exact value. Every term and the sum are taken in f64.
/// NaN or +∞ in an example makes the sum NaN or +∞.
///
/// # Shapes
/// `z` classes × examples, `y` 1 × examples: class numbers 0, 1, … as elements.
///
/// # Panics
/// If the shapes don't fit, a class number is none of 0, …, classes - 1, or the elements of a row aren't adjacent.
#[track_caller]
pub fn softmax_cross_entropy_sum<R: Real>(z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
    assert!(y.dim() == (1, z.ncols()), "softmax_cross_entropy_sum: shapes don't fit: z {:?}, y {:?}", z.dim(), y.dim());
    let mut cost = 0.0;
    for block in blocks(z.ncols()) {
        let (mut most, mut left_out) = ([f64::NEG_INFINITY; BLOCK], [0.0; BLOCK]);
        for (k, row) in z.rows().into_iter().enumerate() {
            let (row, k) = (&adjacent(&row)[block.clone()], k as f64);
            widest(
                #[inline(always)]
                || {
                    for ((z, most), left_out) in row.iter().zip(&mut most).zip(&mut left_out) {
                        let z = z.as_f64();
                        let larger = z > *most;
                        *most = if larger { z } else { *most };
                        *left_out = if larger { k } else { *left_out };
                    }
                },
            );
        }
        let mut gap = [0.0; BLOCK];
        for (place, example) in block.clone().enumerate() {
            let class = class_number(y[[0, example]], z.nrows(), example);
            gap[place] = most[place] - z[[class, example]].as_f64();
        }
        let mut sums = Sums::zero();
        for (k, row) in z.rows().into_iter().enumerate() {
            let (row, k) = (&adjacent(&row)[block.clone()], k as f64);
            widest(
                #[inline(always)]
                || {
                    for (((z, sum), &most), &left_out) in row.iter().zip(sums.iter_mut()).zip(&most).zip(&left_out) {
                        let e = exp_of_difference(z.as_f64(), most);
                        sum.add(if k == left_out { 0.0 } else { e });
                    }
                },
            );
        }
        cost += widest(
            #[inline(always)]
            || {
                let examples = block.len();
                sum_over(
                    sums.totals(examples),
                    &gap[..examples],
                    #[inline(always)]
                    |u, gap| gap + ln_1p_of_sum(u),
                )
            },
        );
    }
    cost
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    #[should_panic(expected = "binary_cross_entropy_sum: shapes differ")]
    fn too_few_labels_have_no_cost() {
        binary_cross_entropy_sum(Array2::<f32>::ones((1, 3)).view(), Array2::ones((1, 2)).view());
    }
}
