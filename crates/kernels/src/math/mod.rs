//! exp, log, tanh, the sigmoid and what activations are made of them, without branches or calls, so that loops over them are
//! vectorised.
//!
//! Error bounds are in ulps of the exact result and hold for subnormal results as well; the tests check them. NaN gives NaN, and
//! an infinity gives the limit.

mod exponential;
mod logarithm;
mod logistic;
mod normal;

pub(crate) use exponential::{elu, exp, exp_of_difference, sigmoid, sigmoid_derivative, tanh, tanh_derivative};
pub(crate) use logarithm::{ln_1p, ln_1p_of_sum, softplus};
pub(crate) use logistic::{gelu_tanh, gelu_tanh_derivative, silu, silu_derivative};
pub(crate) use normal::{gelu, gelu_derivative};

/// An element type of which every function here can be computed.
pub trait Math: logarithm::Logarithm + logistic::Logistic + normal::Normal {}

impl Math for f32 {}
impl Math for f64 {}
