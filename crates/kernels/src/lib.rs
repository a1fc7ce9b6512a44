#![doc = include_str!("../README.md")]

mod activation;
mod allocator;
pub mod blas;
mod cblas;
mod check;
mod environment;
mod gemm;
mod labels;
pub mod lapack;
mod loops;
mod loss;
mod math;
mod parallel;
pub mod peak;
mod real;
mod reductions;
pub mod reference;
mod rows;
mod simd;
mod softmax;
mod subnormals;
mod transpose;
mod update;

pub use activation::{Activation, activation_backward, bias_activation};
pub use allocator::CacheAlignedAllocator;
pub use check::{ProductCheck, WrongSum, self_check};
pub use environment::set_variable;
pub use gemm::{
    Accumulate, Call, GemmPlan, LayerShape, Maker, Panels, Product, WrongProduct, backward_data, backward_weights,
    forward, inspected, made_by_loops,
};
pub use labels::{sigmoid_count_correct, softmax_count_correct};
pub use loss::{
    binary_cross_entropy_dz, binary_cross_entropy_sum, mean_squared_error_dz, mean_squared_error_sum,
    softmax_cross_entropy_dz, softmax_cross_entropy_sum,
};
pub use parallel::{Team, threads};
pub use real::Real;
pub use reductions::{all_finite, bias_gradient, square_sum};
pub use simd::Vectors;
pub use subnormals::{CAN_FLUSH, with_subnormals_flushed};
pub use update::{Adam, Step, adam_step, gradient_step, momentum_step, rmsprop_step, scale, scale_and_sum};
