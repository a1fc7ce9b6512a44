//! The sums of a step's gradients over all ranks, which are exchanged while the backward pass goes on.

use std::collections::VecDeque;
use std::ops::Range;

use kernels::Real;

use super::micro_batches::{self, TreeSum, part};
use super::ranks::Ranks;

/// The gradients of the layers, last layer first, on their way to their sums. This is an all-reduce: each rank gets its slice
/// of all nodes and adds them up (reduce-scatter); then each rank gets all slices (all-gather). A rank sends about twice the size
/// of each gradient, however many ranks there are.
pub(super) struct AllReduce<'r, R> {
    ranks: &'r mut dyn Ranks<R>,
    /// The number of micro-batches of the batch.
    micro_batches: usize,
    /// The sums under way, in the order of their exchanges.
    under_way: VecDeque<Stage>,
    /// The sums that are done, in the order in which they were begun.
    done: Vec<Vec<R>>,
}

/// The exchange that a sum waits for.
#[derive(Clone, Copy)]
enum Stage {
    /// Each rank's slice of all nodes of a gradient with `length` elements.
    ReduceScatter { length: usize },
    /// The sums of all slices.
    AllGather,
}

impl<'r, R: Real> AllReduce<'r, R> {
    pub(super) fn new(ranks: &'r mut dyn Ranks<R>, micro_batches: usize) -> Self {
        AllReduce { ranks, micro_batches, under_way: VecDeque::new(), done: Vec::new() }
    }

    /// Begins the sum of a gradient of `length` elements, of which this rank has the nodes `own`.
    pub(super) fn begin(&mut self, length: usize, own: TreeSum<Vec<R>>) {
        let (rank, ranks) = (self.ranks.rank(), self.ranks.count());
        if ranks == 1 {
            self.done.push(own.into_sum());
            return;
        }
        let nodes = own.into_nodes();
        let counts = (0..ranks).map(|to| nodes.len() * slice(length, to, ranks).len()).collect();
        let width = slice(length, rank, ranks).len();
        let lengths = (0..ranks).map(|from| self.nodes_of(from).len() * width).collect();
        let values = match <[_; 1]>::try_from(nodes) {
            // The slices of one node, one after another, are the node.
            Ok([(_, value)]) => value,
            Err(nodes) => {
                let part = |to| nodes.iter().flat_map(move |(_, value)| &value[slice(length, to, ranks)]);
                (0..ranks).flat_map(part).copied().collect()
            }
        };
        self.ranks.begin_all_to_all(values, counts, lengths);
        self.under_way.push_back(Stage::ReduceScatter { length });
        // By now the nodes of the gradient before have arrived, or nearly so.
        if self.under_way.len() > 1 {
            self.advance();
        }
    }

    /// Waits for all sums, and returns them in the order in which they were begun.
    pub(super) fn finish(mut self) -> Vec<Vec<R>> {
        while !self.under_way.is_empty() {
            self.advance();
        }
        self.done
    }

    /// Finishes the earliest exchange, and begins the one that follows from it.
    fn advance(&mut self) {
        let Some(stage) = self.under_way.pop_front() else { return };
        let received = self.ranks.wait();
        match stage {
            Stage::AllGather => self.done.push(received),
            Stage::ReduceScatter { length } => {
                let (rank, ranks) = (self.ranks.rank(), self.ranks.count());
                let width = slice(length, rank, ranks).len();
                let mut sum = TreeSum::new();
                let nodes = (0..ranks).flat_map(|from| self.nodes_of(from));
                for (place, leaves) in nodes.enumerate() {
                    let value = received[place * width..(place + 1) * width].to_vec();
                    sum.push(leaves, value, |sum, value| add(sum, &value));
                }
                let lengths = (0..ranks).map(|rank| slice(length, rank, ranks).len()).collect();
                self.ranks.begin_all_gather(sum.into_sum(), lengths);
                self.under_way.push_back(Stage::AllGather);
            }
        }
    }

    /// Returns the nodes that a rank adds its micro-batches up to.
    fn nodes_of(&self, rank: usize) -> Vec<Range<usize>> {
        micro_batches::nodes(micro_batches::of_rank(rank, self.ranks.count(), self.micro_batches))
    }
}

/// Returns the elements that a rank adds up.
fn slice(length: usize, rank: usize, ranks: usize) -> Range<usize> {
    part(rank, ranks, length)
}

/// Adds `values` to `sum`, element by element.
pub(super) fn add<R: Real>(sum: &mut [R], values: &[R]) {
    sum.iter_mut().zip(values).for_each(|(sum, &value)| *sum += value);
}
