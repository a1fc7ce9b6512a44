//! Inverted dropout: in each step of training a unit is dropped with probability p, and the others are multiplied by
//! 1/(1-p), so that a trained net needs no correction (Srivastava et al., JMLR 15, 2014).

use std::ops::Range;

use kernels::Real;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Zip};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::matrix::make_room;

/// The number of the first stream of masks, beyond the streams of the weights.
const FIRST_STREAM: u64 = 1 << 40;

/// The mask of one layer, and its masked a.
#[derive(Clone, Debug)]
pub(crate) struct Dropout<R> {
    stream: ChaCha8Rng,
    /// p 2³²: a unit is kept if a random u32 is at least this.
    threshold: u64,
    /// 0 or 1/(1-p) for each unit and example.
    mask: Array2<R>,
    /// a · mask.
    a: Array2<R>,
}

impl<R: Real> Dropout<R> {
    /// Makes the masks of the hidden layer at index `i`, which has `units` units and drops the share p = `rates[i]` of them; `None` if p
    /// is 0.
    pub(crate) fn new(rates: &[f64], seed: u64, i: usize, units: usize) -> Option<Self> {
        let rate = rates.get(i).copied().filter(|rate| *rate > 0.0)?;
        let mut stream = ChaCha8Rng::seed_from_u64(seed);
        stream.set_stream(FIRST_STREAM + i as u64);
        // At least one value of a u32 keeps a unit, however close to 1 the rate is.
        let threshold = (rate * 2f64.powi(32)).round().min(f64::from(u32::MAX)) as u64;
        Some(Dropout { stream, threshold, mask: Array2::zeros((units, 0)), a: Array2::zeros((units, 0)) })
    }

    /// Draws the mask of the next step, for `examples` examples.
    pub(crate) fn draw(&mut self, examples: usize) {
        make_room(&mut self.mask, examples);
        make_room(&mut self.a, examples);
        let kept = R::from_f64(2f64.powi(32) / (2f64.powi(32) - self.threshold as f64));
        let Dropout { stream, threshold, mask, .. } = self;
        mask.map_inplace(|mask| *mask = if u64::from(stream.next_u32()) < *threshold { R::zero() } else { kept });
    }

    /// Returns the position in the stream of masks.
    pub(crate) fn position(&self) -> u128 {
        self.stream.get_word_pos()
    }

    /// Goes on from a position in the stream of masks.
    pub(crate) fn go_on_from(&mut self, position: u128) {
        self.stream.set_word_pos(position);
    }

    /// Takes the mask of some of the examples of `whole`, whose mask is drawn.
    pub(crate) fn take_part(&mut self, whole: &Dropout<R>, examples: Range<usize>) {
        make_room(&mut self.mask, examples.len());
        make_room(&mut self.a, examples.len());
        self.mask.assign(&whole.mask.slice_axis(Axis(1), examples.into()));
    }

    /// Computes a · mask.
    pub(crate) fn forward(&mut self, a: ArrayView2<R>) {
        Zip::from(&mut self.a).and(a).and(&self.mask).for_each(|dropped, &a, &mask| *dropped = a * mask);
    }

    /// Computes da ← da · mask, in place.
    pub(crate) fn backward(&self, da: ArrayViewMut2<R>) {
        Zip::from(da).and(&self.mask).for_each(|da, &mask| *da *= mask);
    }

    /// Returns the mask of this step: 0 or 1/(1-p) for each unit and example.
    pub(crate) fn mask(&self) -> ArrayView2<'_, R> {
        self.mask.view()
    }

    /// Returns a · mask of a layer, or its `a` if it has no dropout.
    pub(crate) fn output<'a>(dropout: Option<&'a Self>, a: ArrayView2<'a, R>) -> ArrayView2<'a, R> {
        dropout.map_or(a, |dropout| dropout.a.view())
    }
}
