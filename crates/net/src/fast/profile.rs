//! The work and memory of an engine: its operations, its bytes, and the products that it calls.

use kernels::{Call, LayerShape};

use crate::optimiser::Optimiser;

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

/// The stacked first layers of a fleet in one step.
#[derive(Clone, Copy, Debug)]
pub struct StackedStep {
    /// The number of rows of W, the sum of the nets' `n[1]`.
    pub rows: usize,
    /// The number of examples of the step.
    pub examples: usize,
    /// True if the step of every net is one product W += s aᵀ ([`crate::Training::is_plain`]).
    pub is_plain: bool,
    /// True if the inputs of each example lie side by side, as mini-batches do.
    pub column_major: bool,
}

/// One call of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductCall {
    /// True if it is in f64, even if the nets' element type is f32.
    pub in_f64: bool,
    /// The shape of the layer whose product it is.
    pub shape: LayerShape,
    /// The product, and how it is called.
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

/// The work and memory of an engine. Each engine implements it beside the code that it describes.
pub(crate) trait Profile: Sync {
    /// Returns whether it computes the same training as the direct engine.
    fn is_exact_for(&self, optimiser: &Optimiser, full_batch: bool) -> bool;

    /// Returns the columns of W in its coordinates: the rows of the matrix that W is multiplied by.
    fn columns(&self, data: &DataSizes) -> usize;

    /// Counts the elements of its input matrix, in the element type of the nets.
    fn input_elements(&self, data: &DataSizes) -> f64;

    /// Counts the operations of a step for one row of W and one example.
    fn flops_per_step(&self, data: &DataSizes) -> f64;

    /// Counts the operations before the first step, for `rows` rows of W.
    fn flops_before(&self, data: &DataSizes, rows: usize) -> f64;

    /// Counts the bytes of a row of W in training, with `copies` arrays for the parameters (themselves, their gradient, their moments) of
    /// `element` bytes per element.
    fn bytes_per_row(&self, data: &DataSizes, copies: f64, element: f64) -> f64;

    /// Lists the calls of a step.
    fn step_calls(&self, data: &DataSizes, step: StackedStep) -> Vec<ProductCall>;

    /// Lists the calls that compute W X for one net with `rows` rows of W and `examples` training examples, or W X_h if `held_out`.
    fn wx_calls(
        &self,
        data: &DataSizes,
        rows: usize,
        examples: usize,
        held_out: bool,
        column_major: bool,
    ) -> Vec<ProductCall>;

    /// Lists the calls that compute a net's T, or its z anew.
    fn refresh_calls(&self, data: &DataSizes, rows: usize) -> Vec<ProductCall>;
}
