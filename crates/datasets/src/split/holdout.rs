//! Examples held out of a split: for validation, or for testing if no file holds test examples.

use ndarray::Axis;

use crate::split::Split;
use crate::split::features::Features;
use crate::split::permutation::permutation;
use crate::split::stratified::stratified_holdout;

/// A hold-out that leaves one side empty.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "a share of {share} sets {aside} of {examples} examples aside and keeps {}; at least 1 is needed on each side",
    examples - aside
)]
pub struct EmptySide {
    /// The share asked for.
    pub share: f64,
    /// The number of examples that it comes to.
    pub aside: usize,
    /// The number of all examples.
    pub examples: usize,
}

impl Split {
    /// Splits into the examples kept and those held out: round(`share` m) examples (halves away from 0), each with the same probability,
    /// drawn from `seed`. Both stay in the order of the file, and keep its sha256.
    ///
    /// # Errors
    /// If either side would be empty.
    pub fn hold_out(self, share: f64, seed: u64) -> Result<(Self, Self), EmptySide> {
        let examples = self.examples();
        let aside = (share * examples as f64).round() as usize;
        if aside == 0 || aside >= examples {
            return Err(EmptySide { share, aside: aside.min(examples), examples });
        }
        let mut drawn = vec![false; examples];
        permutation(examples, seed).into_iter().take(aside).for_each(|example| drawn[example] = true);
        let (held_out, kept): (Vec<usize>, Vec<usize>) = (0..examples).partition(|&example| drawn[example]);
        Ok((self.select(&kept), self.select(&held_out)))
    }

    /// Splits into the examples kept and those held out, chosen by [`stratified_holdout`]. Both stay in the order of the file, and
    /// keep its sha256.
    ///
    /// # Errors
    /// If either side would be empty.
    pub(crate) fn hold_out_stratified(&self, share: f64, seed: u64) -> Result<(Self, Self), String> {
        let aside = stratified_holdout(&self.targets, share, seed)?;
        let (held_out, kept): (Vec<usize>, Vec<usize>) = (0..self.examples()).partition(|&example| aside[example]);
        Ok((self.select(&kept), self.select(&held_out)))
    }

    fn select(&self, examples: &[usize]) -> Self {
        let x = match &self.x {
            Features::U8(rows) => Features::U8(rows.select(Axis(0), examples)),
            Features::F32(rows) => Features::F32(rows.select(Axis(0), examples)),
            Features::F64(rows) => Features::F64(rows.select(Axis(0), examples)),
        };
        let (targets, sha256) = (self.targets.select(examples), self.sha256.clone());
        let rows = examples.iter().map(|&example| self.rows[example]).collect();
        Self { x, image_shape: self.image_shape, targets, rows, sha256 }
    }
}
