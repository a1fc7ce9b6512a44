//! The functions of the passes, written without branches or calls, so that a loop over them is vectorised.
//!
//! Each error bound is in ulps of the exact result, and holds for subnormal results as well; the tests hold them. NaN
//! comes out as NaN, and an infinity as the limit.

mod exponential;
mod logarithm;
mod logistic;
mod normal;

pub(crate) use exponential::{elu, exp, exp_of_difference, sigmoid, sigmoid_derivative, tanh, tanh_derivative};
pub(crate) use logarithm::{ln_1p, ln_1p_of_sum, softplus};
pub(crate) use logistic::{gelu_tanh, gelu_tanh_derivative, silu, silu_derivative};
pub(crate) use normal::{gelu, gelu_derivative};

/// What the functions need to know of an element type.
pub trait Constants:
    exponential::ExponentialConstants
    + logarithm::LogarithmConstants
    + logistic::LogisticConstants
    + normal::NormalConstants
{
}

impl Constants for f32 {}
impl Constants for f64 {}
