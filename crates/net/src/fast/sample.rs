//! The choice of the steps whose products are inspected.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// The number of steps of which one is inspected. The products of an inspected step cost about a third more.
const BLOCK: usize = 100;

/// A seeded sample of the steps: the first one, a random one of each hundred, and those that [`Sample::take_next`] adds.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    stream: ChaCha8Rng,
    /// The chosen step of the current hundred.
    chosen: usize,
    takes_next: bool,
}

/// The position in a sample.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct SampleState {
    position: u128,
    chosen: usize,
    takes_next: bool,
}

impl Sample {
    /// Makes a sample that is drawn from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Sample { stream: ChaCha8Rng::seed_from_u64(seed), chosen: 0, takes_next: true }
    }

    /// Returns whether `iteration` is inspected; to be called for each iteration in turn.
    pub(crate) fn takes(&mut self, iteration: usize) -> bool {
        if iteration.is_multiple_of(BLOCK) {
            self.chosen = iteration + self.stream.random_range(0..BLOCK);
        }
        std::mem::take(&mut self.takes_next) || iteration == self.chosen
    }

    /// Adds the next step to the sample.
    pub(crate) fn take_next(&mut self) {
        self.takes_next = true;
    }

    /// Draws a seed for the signs of an inspection.
    pub(crate) fn seed(&mut self) -> u64 {
        self.stream.random()
    }

    /// Returns the position in the sample.
    pub(crate) fn state(&self) -> SampleState {
        let Sample { stream, chosen, takes_next } = self;
        SampleState { position: stream.get_word_pos(), chosen: *chosen, takes_next: *takes_next }
    }

    /// Goes on from a position in the sample.
    pub(crate) fn restore(&mut self, SampleState { position, chosen, takes_next }: SampleState) {
        self.stream.set_word_pos(position);
        (self.chosen, self.takes_next) = (chosen, takes_next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_goes_on_from_any_position() {
        let mut sample = Sample::new(5);
        sample.take_next();
        for iteration in 0..300 {
            let mut other = Sample::new(5);
            other.restore(sample.state());
            let rest = |sample: &mut Sample| -> Vec<_> {
                (iteration..iteration + 250).map(|at| sample.takes(at).then(|| sample.seed())).collect()
            };
            assert_eq!(rest(&mut other), rest(&mut sample.clone()), "from {iteration} on");
            if sample.takes(iteration) {
                sample.seed();
            }
        }
    }

    #[test]
    fn one_step_of_each_hundred_is_taken_and_the_first_and_those_that_are_asked_for() {
        let mut sample = Sample::new(5);
        let mut taken = Vec::new();
        for iteration in 0..10_000 {
            if iteration == 5_001 {
                sample.take_next();
            }
            if sample.takes(iteration) {
                sample.seed();
                taken.push(iteration);
            }
        }
        assert!(taken.contains(&0) && taken.contains(&5_001));
        for block in 1..100 {
            let count = taken.iter().filter(|&&at| at / BLOCK == block && at != 5_001).count();
            assert!(count == 1 || block == 50, "{block}: {count}");
        }
        let places: std::collections::BTreeSet<_> = taken.iter().map(|at| at % BLOCK).collect();
        assert!(places.len() > 40, "spread over the hundred: {places:?}");
    }
}
