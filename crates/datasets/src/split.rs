//! Some examples of a part set aside: for validation, or for testing where no file holds test examples.

use ndarray::Axis;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::part::{Part, Pixels};
use super::share::drawn;

/// A split with nothing on one side.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "a share of {share} sets {aside} of {examples} examples aside and keeps {}; at least 1 is needed on each side",
    examples - aside
)]
pub struct EmptySide {
    /// The share asked for.
    pub share: f64,
    /// The examples that it comes to.
    pub aside: usize,
    /// All examples.
    pub examples: usize,
}

impl Part {
    /// What is kept, and what is set aside: round(`share` m) examples (halves away from 0), any of them as likely as the
    /// others, drawn from `seed`. Both stay in the order of the file, and keep its sha256.
    ///
    /// # Errors
    /// If either side would be empty.
    pub fn split(self, share: f64, seed: u64) -> Result<(Self, Self), EmptySide> {
        let examples = self.examples();
        let aside = (share * examples as f64).round() as usize;
        if aside == 0 || aside >= examples {
            return Err(EmptySide { share, aside: aside.min(examples), examples });
        }
        let mut drawn = vec![false; examples];
        permutation(examples, seed).into_iter().take(aside).for_each(|example| drawn[example] = true);
        let (taken, kept): (Vec<usize>, Vec<usize>) = (0..examples).partition(|&example| drawn[example]);
        Ok((self.select(&kept), self.select(&taken)))
    }

    /// What is kept, and what is set aside: the share of each class that [`drawn`] says. Both stay in the order of the file, and
    /// keep its sha256.
    ///
    /// # Errors
    /// If either side would be empty.
    pub(super) fn split_classes(&self, share: f64, seed: u64) -> Result<(Self, Self), String> {
        let aside = drawn(&self.targets, share, seed)?;
        let (taken, kept): (Vec<usize>, Vec<usize>) = (0..self.examples()).partition(|&example| aside[example]);
        Ok((self.select(&kept), self.select(&taken)))
    }

    fn select(&self, examples: &[usize]) -> Self {
        let pixels = match &self.pixels {
            Pixels::U8(rows) => Pixels::U8(rows.select(Axis(0), examples)),
            Pixels::F32(rows) => Pixels::F32(rows.select(Axis(0), examples)),
            Pixels::F64(rows) => Pixels::F64(rows.select(Axis(0), examples)),
        };
        let (targets, sha256) = (self.targets.select(examples), self.sha256.clone());
        Self { pixels, image_shape: self.image_shape, targets, sha256 }
    }
}

/// The numbers below `count` in an order drawn from `seed`: Fisher and Yates's shuffle on ChaCha8, written out here, so
/// that no release of `rand` can change it.
pub(super) fn permutation(count: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, below(&mut rng, last as u64 + 1) as usize);
    }
    order
}

/// Uniform in 0 .. `count`, without bias: the high word of a 128-bit product, drawn again where its low word is below
/// 2^64 mod `count` (Lemire 2019, Fast random integer generation in an interval).
fn below(rng: &mut ChaCha8Rng, count: u64) -> u64 {
    let rejected = count.wrapping_neg() % count;
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(count);
        if product as u64 >= rejected {
            return (product >> 64) as u64;
        }
    }
}
