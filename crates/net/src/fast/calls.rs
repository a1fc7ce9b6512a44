//! The calls of products that first layers make, by engine.

use kernels::Accumulate::{Add, Replace};
use kernels::{Call, LayerShape};

use crate::fast::chunks::chunk_sizes;
use crate::fast::engine::Engine;
use crate::fast::profile::DataSizes;

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
    fn in_f64(n_out: usize, n_in: usize, examples: usize, call: Call) -> Self {
        ProductCall { in_f64: true, ..Self::new(n_out, n_in, examples, call) }
    }
}

impl Engine {
    /// Lists the product calls that the stacked first layers make in a step: that of z and, but for the dual engine, whose step is made by
    /// the same product, that of the gradient or of the step.
    pub fn step_calls(self, data: &DataSizes, step: StackedStep) -> Vec<ProductCall> {
        let StackedStep { rows, examples, is_plain, column_major } = step;
        let calls = match self {
            Engine::Direct => vec![Call::forward(Replace), weights_call(is_plain, examples)],
            Engine::Reduced => vec![Call::forward(Add), weights_call(is_plain, examples)],
            Engine::Dual => vec![Call::forward(if is_plain { Add } else { Replace })],
        };
        let of_inputs = |call: Call| call.with_inputs(column_major);
        calls.into_iter().map(|call| ProductCall::new(rows, self.columns(data), examples, of_inputs(call))).collect()
    }

    /// Lists the product calls that one net with `rows` rows of W makes in its first layer when it is evaluated on all examples, or its z
    /// is computed anew.
    pub fn evaluation_calls(self, data: &DataSizes, rows: usize, column_major: bool) -> Vec<ProductCall> {
        let held_out = [data.test, data.validation].into_iter().flat_map(chunk_sizes);
        let held_out = held_out.map(|examples| self.wx_held_out_call(data, rows, examples));
        let train = chunk_sizes(data.train).filter_map(|examples| self.wx_call(data, rows, examples, column_major));
        held_out.chain(train).chain(self.refresh_call(data, rows)).collect()
    }

    /// Returns the call for W X of some training examples; the dual engine keeps P.
    fn wx_call(self, data: &DataSizes, rows: usize, examples: usize, column_major: bool) -> Option<ProductCall> {
        let accumulate = match self {
            Engine::Direct => Replace,
            Engine::Reduced => Add, // to W(0) X
            Engine::Dual => return None,
        };
        let call = Call::forward(accumulate).with_inputs(column_major);
        Some(ProductCall::new(rows, self.columns(data), examples, call))
    }

    /// Returns the call for W X_h of some held-out examples, which is W(0) X_h + D QᵀX_h or W(0) X_h + T XᵀX_h but for the direct engine.
    fn wx_held_out_call(self, data: &DataSizes, rows: usize, examples: usize) -> ProductCall {
        match self {
            Engine::Direct => ProductCall::new(rows, data.features, examples, Call::forward(Replace)),
            Engine::Reduced | Engine::Dual => {
                ProductCall::in_f64(rows, self.columns(data), examples, Call::forward(Add))
            }
        }
    }

    /// Returns the call for T = D S⁻¹ Vᵀ, or for P = W(0) X + T XᵀX.
    fn refresh_call(self, data: &DataSizes, rows: usize) -> Option<ProductCall> {
        match self {
            Engine::Direct => None,
            Engine::Reduced => Some(ProductCall::in_f64(rows, data.rank, data.train, Call::forward(Replace))),
            Engine::Dual => Some(ProductCall::in_f64(rows, data.train, data.train, Call::forward(Add))),
        }
    }
}

/// Returns the call that makes `W += s aᵀ` if the step is plain, else dW = (1/m) dz aᵀ.
pub fn weights_call(is_plain: bool, examples: usize) -> Call {
    match is_plain {
        true => Call::backward_weights(1.0, Add),
        false => Call::backward_weights(1.0 / examples as f64, Replace),
    }
}
