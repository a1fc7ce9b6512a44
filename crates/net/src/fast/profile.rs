//! The work and memory of each engine: its columns, its operations and its bytes.

use crate::fast::engine::Engine;

/// The sizes of a data set on which the work of first layers depends.
#[derive(Clone, Copy, Debug)]
pub struct DataSizes {
    /// `n[0]`.
    pub features: usize,
    /// m, the number of training examples.
    pub train: usize,
    /// The number of test examples.
    pub test: usize,
    /// The number of validation examples.
    pub validation: usize,
    /// The rank of X; only the reduced engine depends on it.
    pub rank: usize,
}

impl DataSizes {
    /// Returns the number of held-out examples.
    pub fn held_out(&self) -> usize {
        self.test + self.validation
    }
}

/// The sizes that the operations of one net's first layer depend on.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// `n[0]`.
    pub features: usize,
    /// m, the number of training examples.
    pub examples: usize,
    /// The number of examples of a step; m for full batches.
    pub batch: usize,
    /// `n[1]`, the number of rows of W.
    pub rows: usize,
    /// The number of steps.
    pub iterations: usize,
}

impl Workload {
    pub(crate) fn data(&self, rank: usize) -> DataSizes {
        DataSizes { features: self.features, train: self.examples, test: 0, validation: 0, rank }
    }
}

impl Engine {
    /// Returns the number of columns of W in its coordinates: `n[0]`, r or m.
    pub fn columns(self, data: &DataSizes) -> usize {
        match self {
            Engine::Direct => data.features,
            Engine::Reduced => data.rank,
            Engine::Dual => data.train,
        }
    }

    /// Counts the elements of its input matrix, X with the held-out examples, R or G, in the element type of the nets.
    pub fn input_elements(self, data: &DataSizes) -> f64 {
        let examples = if self == Engine::Direct { data.train + data.held_out() } else { data.train };
        self.columns(data) as f64 * examples as f64
    }

    /// Counts the floating-point operations of the first layer in one step, for X of the given rank.
    pub fn flops_per_step(self, workload: Workload, rank: usize) -> f64 {
        let products = if self == Engine::Dual { 1.0 } else { 2.0 };
        let columns = self.columns(&workload.data(rank));
        2.0 * products * columns as f64 * workload.rows as f64 * workload.batch as f64
    }

    /// Counts the floating-point operations before the first step: those for W(0) X, and for the factors of X or for G; not those for
    /// held-out examples.
    pub fn flops_before(self, workload: Workload) -> f64 {
        let (n0, m, n1) = (workload.features as f64, workload.examples as f64, workload.rows as f64);
        let (least, most) = (n0.min(m), n0.max(m));
        let wx_0 = 2.0 * n1 * n0 * m;
        match self {
            Engine::Direct => 0.0,
            Engine::Reduced => wx_0 + 2.0 * most * least * least + 12.0 * least.powi(3),
            Engine::Dual => wx_0 + 2.0 * n0 * m * m,
        }
    }

    /// Counts the bytes that a row of W takes in training with `copies` copies of the parameters (themselves, their gradient, their
    /// moments), for elements of `element` bytes.
    pub fn bytes_per_row(self, data: &DataSizes, copies: f64, element: usize) -> f64 {
        let (element, in_f64) = (element as f64, size_of::<f64>() as f64);
        let (columns, train, held_out) = (self.columns(data) as f64, data.train as f64, data.held_out() as f64);
        match self {
            // W and, in f64, W(0).
            Engine::Direct => columns * (copies * element + in_f64),
            // D and, in f64, W(0) X of all examples and of a batch, T and W(0) X_h, at an evaluation also c W(0) X and W X_h.
            Engine::Reduced => columns * copies * element + (4.0 * train + 2.0 * held_out) * in_f64,
            // P and, in f64, T, W(0) X and W(0) X_h, at an evaluation or a refresh also c W(0) X and W X_h.
            Engine::Dual => columns * copies * (element + in_f64) + (2.0 * train + 2.0 * held_out) * in_f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operations_are_counted() {
        let workload = Workload { features: 10, examples: 4, batch: 4, rows: 3, iterations: 1 };
        let before = Engine::ALL.map(|(_, engine)| engine.flops_before(workload));
        assert_eq!(before, [0.0, 240.0 + 320.0 + 12.0 * 64.0, 240.0 + 320.0]);
    }
}
