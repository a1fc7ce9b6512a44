//! The choice of the steps whose products are inspected.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

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
}

#[cfg(test)]
mod tests {
    use super::*;

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
