//! Softmax over the units of each example, down the columns, but vectorised along the examples.
//!
//! A block of examples at a time: its maxima and sums stand on the stack, its columns stay in the cache between the passes.

use std::ops::Range;

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut2};

use crate::Real;
use crate::elementwise::{adjacent, adjacent_mut};
use crate::functions::exp_of_difference;
use crate::widest::widest;

/// The examples of a block.
pub(crate) const BLOCK: usize = 128;

/// The columns of each block in turn; the last one may be short.
pub(crate) fn blocks(examples: usize) -> impl Iterator<Item = Range<usize>> {
    (0..examples).step_by(BLOCK).map(move |start| start..examples.min(start + BLOCK))
}

/// A sum for each example of a block, in f64. What each addition rounds off goes into the next one (Kahan, Further remarks
/// on reducing truncation errors, Communications of the ACM 8, 1965), so that the number of units costs no accuracy.
pub(crate) struct Sums {
    sum: [f64; BLOCK],
    excess: [f64; BLOCK],
}

impl Sums {
    pub(crate) fn zero() -> Self {
        Sums { sum: [0.0; BLOCK], excess: [0.0; BLOCK] }
    }

    #[inline(always)]
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = Sum<'_>> {
        self.sum.iter_mut().zip(&mut self.excess).map(
            #[inline(always)]
            |(sum, excess)| Sum { sum, excess },
        )
    }

    #[inline(always)]
    pub(crate) fn totals(&self, examples: usize) -> &[f64] {
        &self.sum[..examples]
    }
}

/// The sum of one example.
pub(crate) struct Sum<'a> {
    sum: &'a mut f64,
    excess: &'a mut f64,
}

impl Sum<'_> {
    #[inline(always)]
    pub(crate) fn add(self, term: f64) {
        let term = term - *self.excess;
        let sum = *self.sum + term;
        *self.excess = (sum - *self.sum) - term;
        *self.sum = sum;
    }
}

/// z ← z + b, a = e^(z - max) / (sum of e^(z - max)), of shapes that the caller has checked.
#[track_caller]
pub(crate) fn bias_softmax<R: Real>(b: ArrayView1<R>, mut z: ArrayViewMut2<R>, mut a: ArrayViewMut2<R>) {
    for block in blocks(z.ncols()) {
        let mut most = [R::neg_infinity(); BLOCK];
        for (&b, mut row) in b.iter().zip(z.rows_mut()) {
            let row = &mut adjacent_mut(&mut row)[block.clone()];
            widest(
                #[inline(always)]
                || {
                    for (z, most) in row.iter_mut().zip(&mut most) {
                        *z += b;
                        *most = if *z > *most { *z } else { *most };
                    }
                },
            );
        }
        let mut sums = Sums::zero();
        for (z, mut a) in z.rows().into_iter().zip(a.rows_mut()) {
            let (z, a) = (&adjacent(&z)[block.clone()], &mut adjacent_mut(&mut a)[block.clone()]);
            widest(
                #[inline(always)]
                || {
                    for (((&z, a), sum), &most) in z.iter().zip(a).zip(sums.iter_mut()).zip(&most) {
                        *a = exp_of_difference(z, most);
                        sum.add(a.as_f64());
                    }
                },
            );
        }
        for mut a in a.rows_mut() {
            let a = &mut adjacent_mut(&mut a)[block.clone()];
            widest(
                #[inline(always)]
                || {
                    for (a, &sum) in a.iter_mut().zip(sums.totals(block.len())) {
                        *a = R::from_f64(a.as_f64() / sum);
                    }
                },
            );
        }
    }
}

/// dz = a (da - sum of a da over the units), in place, of shapes that the caller has checked.
#[track_caller]
pub(crate) fn softmax_backward<R: Real>(a: ArrayView2<R>, mut da_to_dz: ArrayViewMut2<R>) {
    for block in blocks(a.ncols()) {
        let mut sums = Sums::zero();
        for (a, da) in a.rows().into_iter().zip(da_to_dz.rows()) {
            let (a, da) = (&adjacent(&a)[block.clone()], &adjacent(&da)[block.clone()]);
            widest(
                #[inline(always)]
                || {
                    for ((a, da), sum) in a.iter().zip(da).zip(sums.iter_mut()) {
                        sum.add(a.as_f64() * da.as_f64());
                    }
                },
            );
        }
        for (a, mut dz) in a.rows().into_iter().zip(da_to_dz.rows_mut()) {
            let (a, dz) = (&adjacent(&a)[block.clone()], &mut adjacent_mut(&mut dz)[block.clone()]);
            widest(
                #[inline(always)]
                || {
                    for ((a, dz), &sum) in a.iter().zip(dz).zip(sums.totals(block.len())) {
                        *dz = R::from_f64(a.as_f64() * (dz.as_f64() - sum));
                    }
                },
            );
        }
    }
}
