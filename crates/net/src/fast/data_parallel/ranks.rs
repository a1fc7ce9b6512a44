//! The processes that share the examples of each step.

/// Ranks: processes that run the same training, each on its own part of every batch. All of them call the same functions in the same
/// order.
pub trait Ranks<R> {
    /// Returns the number of this rank, from 0.
    fn rank(&self) -> usize;

    /// Returns the number of ranks.
    fn count(&self) -> usize;

    /// Begins to send `to[r]` to rank r, which sends `lengths[r]` values here, and returns at once.
    fn begin(&mut self, to: Vec<Vec<R>>, lengths: Vec<usize>);

    /// Waits for the earliest exchange that was begun and not finished, and returns what each rank sent here.
    fn finish(&mut self) -> Vec<Vec<R>>;

    /// Collects numbers of each rank on all ranks, by rank.
    fn gather(&mut self, own: Vec<f64>) -> Vec<Vec<f64>>;
}

/// The only rank.
#[derive(Clone, Debug)]
pub struct Alone;

impl<R> Ranks<R> for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn count(&self) -> usize {
        1
    }

    fn begin(&mut self, _: Vec<Vec<R>>, _: Vec<usize>) {
        unreachable!("the only rank has nobody to send to");
    }

    fn finish(&mut self) -> Vec<Vec<R>> {
        unreachable!("the only rank has nobody to wait for");
    }

    fn gather(&mut self, own: Vec<f64>) -> Vec<Vec<f64>> {
        vec![own]
    }
}
