//! Softmax over the units of each example: along the columns, yet vectorised across the examples.
//!
//! It works on a block of examples at a time: maxima and sums live on the stack, and the block's columns stay in the cache from one
//! pass to the next.

use itertools::izip;
use ndarray::{ArrayView1, ArrayView2, ArrayViewMut2, Axis};

use crate::math::exponential::exp_of_difference;
use crate::real::Real;
use crate::rows::for_each_row;

/// The number of examples in a block.
pub(crate) const BLOCK: usize = 128;

/// A sum in f64 for each example of a block.
///
/// The rounding error of each addition is carried into the next one (Kahan, Further remarks on reducing truncation errors,
/// Communications of the ACM 8, 1965), so that the number of units costs no accuracy.
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

    /// Returns the sums of the first `examples` examples.
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

/// Computes z ← z + b, a = e^(z - max) / (sum of e^(z - max) over the units). The caller has checked the shapes.
#[track_caller]
pub(crate) fn bias_softmax<R: Real>(b: ArrayView1<R>, mut z: ArrayViewMut2<R>, mut a: ArrayViewMut2<R>) {
    let blocks = izip!(z.axis_chunks_iter_mut(Axis(1), BLOCK), a.axis_chunks_iter_mut(Axis(1), BLOCK));
    for (mut z, mut a) in blocks {
        let mut max = [R::neg_infinity(); BLOCK];
        for_each_row!((b, z.view_mut()), |(&b, z)| for (z, max) in izip!(z, &mut max) {
            *z += b;
            *max = if *z > *max { *z } else { *max };
        });
        let mut sums = Sums::zero();
        for_each_row!(
            (z.view(), a.view_mut()),
            |(z, a)| for (&z, a, sum, &max) in izip!(z, a, sums.iter_mut(), &max) {
                *a = exp_of_difference(z, max);
                sum.add(a.as_f64());
            }
        );
        let sums = sums.totals(a.ncols());
        for_each_row!(a, |a| for (a, &sum) in izip!(a, sums) {
            *a = R::from_f64(a.as_f64() / sum);
        });
    }
}

/// Computes dz = a (da - sum of a da over the units), in place. The caller has checked the shapes.
#[track_caller]
pub(crate) fn softmax_backward<R: Real>(a: ArrayView2<R>, mut da_to_dz: ArrayViewMut2<R>) {
    let blocks = izip!(a.axis_chunks_iter(Axis(1), BLOCK), da_to_dz.axis_chunks_iter_mut(Axis(1), BLOCK));
    for (a, da_to_dz) in blocks {
        let mut sums = Sums::zero();
        for_each_row!((a, da_to_dz.view()), |(a, da)| for (a, da, sum) in izip!(a, da, sums.iter_mut()) {
            sum.add(a.as_f64() * da.as_f64());
        });
        let sums = sums.totals(a.ncols());
        for_each_row!((a, da_to_dz), |(a, dz)| for (a, dz, &sum) in izip!(a, dz, sums) {
            *dz = R::from_f64(a.as_f64() * (dz.as_f64() - sum));
        });
    }
}
