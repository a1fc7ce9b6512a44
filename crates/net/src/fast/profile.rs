//! The demands of an engine: operations, memory, and the products that it calls.

use kernels::{Call, LayerShape};

use crate::optimiser::Optimiser;

/// The sizes of a data set that first layers depend on.
#[derive(Clone, Copy, Debug)]
pub struct DataSizes {
    /// `n[0]`.
    pub features: usize,
    /// m, the training examples.
    pub train: usize,
    /// The test examples.
    pub test: usize,
    /// The validation examples.
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

/// The stacked first layers of a fleet in one step.
#[derive(Clone, Copy, Debug)]
pub struct StackedStep {
    /// The rows of W, the sum of the nets' `n[1]`.
    pub rows: usize,
    /// The examples of the step.
    pub examples: usize,
    /// Whether the step of every net is one product W += s aᵀ ([`crate::Training::is_plain`]).
    pub is_plain: bool,
    /// Whether the inputs of each example lie side by side, as mini-batches do.
    pub column_major: bool,
}

/// One call of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductCall {
    /// Whether it is in f64 whatever the element type of the nets is.
    pub in_f64: bool,
    /// Its shape.
    pub shape: LayerShape,
    /// Its form.
    pub call: Call,
}

impl ProductCall {
    /// Makes a call in the nets' own element type.
    pub(crate) fn new(n_out: usize, n_in: usize, examples: usize, call: Call) -> Self {
        ProductCall { in_f64: false, shape: LayerShape { n_out, n_in, examples }, call }
    }

    /// Makes a call in f64.
    pub(crate) fn in_f64(n_out: usize, n_in: usize, examples: usize, call: Call) -> Self {
        ProductCall { in_f64: true, ..Self::new(n_out, n_in, examples, call) }
    }
}

/// The demands of an engine. Each stands beside the code that makes them.
pub(crate) trait Profile: Sync {
    /// Returns its name in experiments.
    fn name(&self) -> &'static str;

    /// Returns whether it computes the same training as the direct engine.
    fn is_exact_for(&self, optimiser: &Optimiser, full_batch: bool) -> bool;

    /// Returns the columns of W in its coordinates: the rows of the matrix that W is multiplied by.
    fn columns(&self, data: &DataSizes) -> usize;

    /// Returns the elements of its inputs, in the element type of the nets.
    fn input_elements(&self, data: &DataSizes) -> f64;

    /// Returns the operations of a step, for each row of W and example of the step.
    fn flops_a_step(&self, data: &DataSizes) -> f64;

    /// Returns the operations before the first step, for `rows` rows of W.
    fn flops_before(&self, data: &DataSizes, rows: usize) -> f64;

    /// Returns the bytes of a row of W in training, with `copies` arrays of each parameter (itself, its gradient, its moments) whose
    /// elements have `element` bytes.
    fn bytes_of_a_row(&self, data: &DataSizes, copies: f64, element: f64) -> f64;

    /// Returns the calls of a step.
    fn step_calls(&self, data: &DataSizes, step: StackedStep) -> Vec<ProductCall>;

    /// Returns the calls for the outputs of one net with `rows` rows of W on `examples` training examples, or on held-out ones.
    fn output_calls(
        &self,
        data: &DataSizes,
        rows: usize,
        examples: usize,
        held_out: bool,
        column_major: bool,
    ) -> Vec<ProductCall>;

    /// Returns the calls for a net's weights, or for its z computed anew.
    fn refresh_calls(&self, data: &DataSizes, rows: usize) -> Vec<ProductCall>;
}
