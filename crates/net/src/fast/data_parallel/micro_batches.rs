//! The fixed division of a batch into micro-batches, and sums over them in a fixed order, so that no result depends on the number of ranks.

use std::ops::Range;

/// The most micro-batches of a batch, and so the most ranks that have work.
const MOST: usize = 16;
/// The least examples of a micro-batch: a product with fewer is slow.
const LEAST: usize = 32;

/// Returns part `i` of `n` things that are divided into `parts` of nearly equal size.
pub(super) fn part(i: usize, parts: usize, n: usize) -> Range<usize> {
    i * n / parts..(i + 1) * n / parts
}

/// Returns the number of micro-batches of a batch of `examples`: a power of two.
pub(super) fn count(examples: usize) -> usize {
    let most = (examples / LEAST).clamp(1, MOST);
    1 << most.ilog2()
}

/// Returns the examples of micro-batch `place` of `count`, as places in a batch of `examples`.
pub(super) fn examples_of(place: usize, count: usize, examples: usize) -> Range<usize> {
    part(place, count, examples)
}

/// Returns the micro-batches of a rank.
pub(super) fn of_rank(rank: usize, ranks: usize, count: usize) -> Range<usize> {
    part(rank, ranks, count)
}

/// Returns the most gradients of a layer that a rank sends at once in a step on `examples`: one for each node that it is left with.
pub fn most_gradients_sent(examples: usize, ranks: usize) -> usize {
    let count = count(examples);
    (0..ranks).map(|rank| nodes(of_rank(rank, ranks, count)).len()).max().unwrap_or(0)
}

/// A sum over consecutive micro-batches, the leaves of a binary tree: two neighbours are added only if they are the halves of a
/// node of the tree. A rank adds its own leaves up as far as the tree lets it, and the nodes that it is left with
/// are added to those of others in the same way.
///
/// ```text
/// leaves   0   1   2   3   4   5   6   7          of 3 ranks
///          └─+─┘   │   │   │   └┐  └─+─┘          0 and 1 | 2, 3 and 4 | 5, 6 and 7
///            n0   n2  n3  n4   n5    n6
/// ```
#[derive(Clone, Debug, Default)]
pub(super) struct TreeSum<T> {
    nodes: Vec<(Range<usize>, T)>,
}

impl<T> TreeSum<T> {
    /// Makes the sum of no leaf.
    pub(super) fn new() -> Self {
        TreeSum { nodes: Vec::new() }
    }

    /// Adds the sum of the next `leaves`, a node of the tree. `add` adds its second value to the first.
    pub(super) fn push(&mut self, leaves: Range<usize>, value: T, mut add: impl FnMut(&mut T, T)) {
        self.nodes.push((leaves, value));
        while let [.., (left, _), (right, _)] = &self.nodes[..] {
            let are_halves = left.len() == right.len() && left.start.is_multiple_of(2 * left.len());
            if !are_halves {
                break;
            }
            let (right, value) = self.nodes.pop().expect("two nodes");
            let (left, sum) = self.nodes.last_mut().expect("two nodes");
            add(sum, value);
            left.end = right.end;
        }
    }

    /// Returns the nodes that are left, in order.
    pub(super) fn into_nodes(self) -> Vec<(Range<usize>, T)> {
        self.nodes
    }

    /// Returns the sum of all leaves.
    ///
    /// # Panics
    /// If there are some missing.
    pub(super) fn into_sum(mut self) -> T {
        assert_eq!(self.nodes.len(), 1, "all leaves are there");
        self.nodes.remove(0).1
    }
}

/// Returns the nodes that the leaves `all` are added up to.
pub(super) fn nodes(all: Range<usize>) -> Vec<Range<usize>> {
    let mut sum = TreeSum::new();
    all.for_each(|leaf| sum.push(leaf..leaf + 1, (), |(), ()| {}));
    sum.into_nodes().into_iter().map(|(leaves, ())| leaves).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn micro_batches_are_a_power_of_two_of_enough_examples() {
        assert_eq!([1, 31, 64, 209, 256, 511, 512, 60_000].map(count), [1, 1, 2, 4, 8, 8, 16, 16]);
        let sizes: Vec<_> = (0..4).map(|place| examples_of(place, 4, 209).len()).collect();
        assert_eq!((sizes.iter().sum::<usize>(), sizes), (209, vec![52, 52, 52, 53]));
    }

    #[test]
    fn a_rank_adds_what_the_tree_lets_it() {
        let is_one = |all: Range<usize>| nodes(all.clone()) == vec![all];
        assert!(is_one(0..8) && is_one(0..2) && is_one(4..8) && is_one(7..8));
        assert_eq!(nodes(2..5), [2..4, 4..5]);
        assert_eq!(nodes(5..8), [5..6, 6..8]);
        assert_eq!(nodes(1..8), [1..2, 2..4, 4..8]);
        assert!(nodes(3..3).is_empty());
    }

    #[test]
    fn a_rank_sends_several_gradients_where_its_micro_batches_are_no_node_of_the_tree() {
        assert_eq!([1, 2, 3, 4, 5, 16, 20].map(|ranks| most_gradients_sent(512, ranks)), [1, 1, 3, 1, 2, 1, 1]);
        assert_eq!(most_gradients_sent(20, 3), 1);
    }

    #[test]
    fn the_sum_is_the_same_whatever_the_number_of_ranks() {
        let values: Vec<f32> = (0..16).map(|leaf| 0.1 + (leaf as f32 * 1.7).sin()).collect();
        let add = |sum: &mut f32, value: f32| *sum += value;
        let by_ranks = |ranks| {
            let mut whole = TreeSum::new();
            for rank in 0..ranks {
                let mut own = TreeSum::new();
                of_rank(rank, ranks, 16).for_each(|leaf| own.push(leaf..leaf + 1, values[leaf], add));
                let left = own.into_nodes();
                let expected: Vec<_> = left.iter().map(|(leaves, _)| leaves.clone()).collect();
                assert_eq!(expected, nodes(of_rank(rank, ranks, 16)));
                left.into_iter().for_each(|(leaves, value)| whole.push(leaves, value, add));
            }
            whole.into_sum()
        };
        let one = by_ranks(1);
        assert!((2..=20).all(|ranks| by_ranks(ranks) == one));
        assert_ne!(one, values.iter().sum(), "one after the other is another sum");
    }
}
