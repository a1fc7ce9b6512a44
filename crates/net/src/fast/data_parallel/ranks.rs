//! The processes that share the examples of each step.

/// Ranks: processes that run the same training, each on its own part of every batch. All of them call the same functions in the same
/// order, so that the lengths of what comes are known.
pub trait Ranks<R> {
    /// Returns the number of this rank, from 0.
    fn rank(&self) -> usize;

    /// Returns the number of ranks.
    fn count(&self) -> usize;

    /// Begins to send a part of `values` to each rank, `counts[r]` values to rank r, one part after another, and returns at once. Rank r
    /// sends `lengths[r]` values here.
    fn begin_all_to_all(&mut self, values: Vec<R>, counts: Vec<usize>, lengths: Vec<usize>);

    /// Begins to send all `values` to every rank, and returns at once. Rank r sends `lengths[r]` values here.
    fn begin_all_gather(&mut self, values: Vec<R>, lengths: Vec<usize>);

    /// Waits for the earliest exchange that was begun and not waited for, and returns what came, rank after rank.
    fn wait(&mut self) -> Vec<R>;

    /// Collects numbers of each rank on all ranks, by rank.
    fn all_gather(&mut self, own: Vec<f64>) -> Vec<Vec<f64>>;
}

/// A training without other ranks.
#[derive(Clone, Debug)]
pub struct OneRank;

const NOBODY: &str = "the only rank has nobody to exchange values with";

impl<R> Ranks<R> for OneRank {
    fn rank(&self) -> usize {
        0
    }

    fn count(&self) -> usize {
        1
    }

    fn begin_all_to_all(&mut self, _: Vec<R>, _: Vec<usize>, _: Vec<usize>) {
        unreachable!("{NOBODY}");
    }

    fn begin_all_gather(&mut self, _: Vec<R>, _: Vec<usize>) {
        unreachable!("{NOBODY}");
    }

    fn wait(&mut self) -> Vec<R> {
        unreachable!("{NOBODY}");
    }

    fn all_gather(&mut self, own: Vec<f64>) -> Vec<Vec<f64>> {
        vec![own]
    }
}
