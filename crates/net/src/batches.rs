//! The examples of each step: all of them, or mini-batches.

use std::ops::Range;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// The division of the training examples into batches, epoch by epoch. The last batch of an epoch has the examples that are left.
#[derive(Clone, Debug)]
pub struct Batches {
    examples: usize,
    size: usize,
    shuffle: Option<u64>,
    /// The order of the examples in `epoch`.
    order: Vec<usize>,
    /// The epoch whose order was drawn last.
    epoch: Option<usize>,
}

/// The examples of one step, as columns of X.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Batch<'b> {
    /// All examples.
    All,
    /// Consecutive examples.
    Range(Range<usize>),
    /// The examples with these indices, in this order.
    Indices(&'b [usize]),
}

impl Batches {
    /// Makes full batches: every step uses all `examples`.
    pub fn full(examples: usize) -> Self {
        Batches::new(examples, examples, None)
    }

    /// Makes batches of `size` out of `examples` examples: in the order of the data, or in an order that is drawn for each epoch from the
    /// seed `shuffle` and the number of the epoch. A `size` of `examples` or more makes full batches.
    ///
    /// Epoch e, from 0, is shuffled by the ChaCha8 stream (`shuffle`, e), from which [`crate::initialise::Draw`] draws W\[e + 1\] of a net
    /// with that seed: the order of the first epochs and those weights then come from the same numbers. Another seed makes them
    /// independent.
    ///
    /// # Panics
    /// If `examples` or `size` is 0.
    #[track_caller]
    pub fn new(examples: usize, size: usize, shuffle: Option<u64>) -> Self {
        assert!(examples > 0 && size > 0, "batches of {size} of {examples} examples");
        Batches { examples, size: size.min(examples), shuffle, order: Vec::new(), epoch: None }
    }

    /// Returns m, the number of training examples.
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// Returns the number of examples of every batch of an epoch but the last.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Returns whether every step uses all examples.
    pub fn is_full(&self) -> bool {
        self.size == self.examples
    }

    /// Returns the number of steps of an epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.examples.div_ceil(self.size)
    }

    /// Returns the number of examples of the last batch of an epoch.
    pub fn last_size(&self) -> usize {
        self.examples - (self.steps_per_epoch() - 1) * self.size
    }

    /// Counts the examples of the first `steps` steps, each as often as it is used.
    pub fn examples_of(&self, steps: usize) -> f64 {
        let (epochs, rest) = (steps / self.steps_per_epoch(), steps % self.steps_per_epoch());
        epochs as f64 * self.examples as f64 + (rest * self.size) as f64
    }

    /// Returns the batch of step `iteration`.
    pub fn at(&mut self, iteration: usize) -> Batch<'_> {
        if self.is_full() {
            return Batch::All;
        }
        let (epoch, place) = (iteration / self.steps_per_epoch(), iteration % self.steps_per_epoch());
        let range = place * self.size..(self.examples).min((place + 1) * self.size);
        let Some(seed) = self.shuffle else { return Batch::Range(range) };
        if self.epoch != Some(epoch) {
            self.epoch = Some(epoch);
            self.order.clear();
            self.order.extend(0..self.examples);
            let mut stream = ChaCha8Rng::seed_from_u64(seed);
            stream.set_stream(epoch as u64);
            self.order.shuffle(&mut stream);
        }
        Batch::Indices(&self.order[range])
    }
}

impl<'b> Batch<'b> {
    /// Returns the examples at these `places` of the batch.
    pub(crate) fn part(&self, places: Range<usize>) -> Batch<'b> {
        match *self {
            Batch::All => Batch::Range(places),
            Batch::Range(ref range) => Batch::Range(range.start + places.start..range.start + places.end),
            Batch::Indices(examples) => Batch::Indices(&examples[places]),
        }
    }

    /// Returns the number of its examples, where there are `all` in the training set.
    pub fn len(&self, all: usize) -> usize {
        match self {
            Batch::All => all,
            Batch::Range(range) => range.len(),
            Batch::Indices(examples) => examples.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(batches: &mut Batches, epoch: usize) -> Vec<Vec<usize>> {
        let steps = batches.steps_per_epoch();
        let at = |step: usize| match batches.at(epoch * steps + step) {
            Batch::All => panic!("not a mini-batch"),
            Batch::Range(range) => range.collect(),
            Batch::Indices(examples) => examples.to_vec(),
        };
        (0..steps).map(at).collect()
    }

    #[test]
    fn an_epoch_has_every_example_once_and_its_last_batch_what_is_left() {
        let mut shuffled = Batches::new(37, 8, Some(1));
        for number in [0, 1, 5, 2] {
            let batches = epoch(&mut shuffled, number);
            assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [8, 8, 8, 8, 5]);
            let mut all = batches.concat();
            assert_ne!(all, (0..37).collect::<Vec<_>>());
            all.sort_unstable();
            assert_eq!(all, (0..37).collect::<Vec<_>>());
        }
        assert_eq!((shuffled.steps_per_epoch(), shuffled.size(), shuffled.last_size()), (5, 8, 5));
        assert_eq!(Batches::new(32, 8, None).last_size(), 8);
    }

    #[test]
    fn the_examples_of_steps_are_those_of_their_batches() {
        for size in [1, 8, 36, 37] {
            let mut batches = Batches::new(37, size, None);
            let mut examples = 0;
            for step in 0..100 {
                assert_eq!(batches.examples_of(step), f64::from(examples), "{step} steps of {size}");
                examples += batches.at(step).len(37) as u32;
            }
        }
    }

    #[test]
    fn each_epoch_and_seed_has_its_own_order_whatever_was_asked_for_before() {
        let mut shuffled = Batches::new(37, 8, Some(1));
        let (first, second) = (epoch(&mut shuffled, 0), epoch(&mut shuffled, 1));
        assert_ne!(first, second);
        assert_eq!(epoch(&mut shuffled, 0), first);
        assert_eq!(epoch(&mut Batches::new(37, 8, Some(1)), 1), second);
        assert_ne!(epoch(&mut Batches::new(37, 8, Some(2)), 0), first);
    }

    #[test]
    fn without_a_shuffle_batches_are_neighbours_in_order() {
        let mut ordered = Batches::new(5, 2, None);
        assert_eq!(epoch(&mut ordered, 3), [vec![0, 1], vec![2, 3], vec![4]]);
    }

    #[test]
    fn a_batch_of_all_examples_or_more_is_the_full_batch() {
        for size in [5, 6] {
            let mut full = Batches::new(5, size, Some(1));
            assert!(full.is_full());
            assert_eq!(full.at(3), Batch::All);
            assert_eq!(full.steps_per_epoch(), 1);
        }
    }

    #[test]
    fn every_example_comes_first_equally_often() {
        let mut first = [0; 4];
        for epoch in 0..4000 {
            match Batches::new(4, 2, Some(7)).at(2 * epoch) {
                Batch::Indices(examples) => first[examples[0]] += 1,
                _ => panic!("shuffled"),
            }
        }
        // Five standard deviations of a binomial count of 1000 of 4000.
        assert!(first.iter().all(|count| (863..1137).contains(count)), "{first:?}");
    }
}
