//! The three products of a fully-connected layer on a BLAS, and the elementwise passes between them.
//!
//! Every matrix holds one example a column, and is row-major (C order) unless it says otherwise. The products of layer `l`:
//!
//! | product | equation | M × N × K | kernel | BLAS case |
//! |---|---|---|---|---|
//! | W·A   | z = W a_prev         | n_out × examples × n_in | [`forward`]          | NN |
//! | dZ·Aᵀ | dW = scale dz a_prevᵀ | n_out × n_in × examples | [`backward_weights`] | NT |
//! | Wᵀ·dZ | da_prev = Wᵀ dz      | n_in × examples × n_out | [`backward_data`]    | TN |
//!
//! Each is made of the `gemm` calls of its [`Plan`] (mostly one), writes into the caller's buffer and allocates nothing. Called
//! in a [`Team`], large products and passes are shared by its threads.
//! Between them stand [`bias_activation`], [`activation_backward`] and [`bias_gradient`], one pass each.
//!
//! This is the only crate with `unsafe`: the loading of a BLAS, the calls into it, the variables that C libraries read. It knows no layers, files or threads of its own.
//!
//! ```
//! use kernels::{Accumulate, forward};
//! use ndarray::{Array2, array};
//!
//! let w = array![[1.0, 2.0], [3.0, 4.0]];
//! let a_prev = array![[1.0], [10.0]]; // one example
//! let mut z = Array2::zeros((2, 1));
//! forward(w.view(), a_prev.view(), z.view_mut(), Accumulate::Replace);
//! assert_eq!(z, array![[21.0], [43.0]]);
//! ```

mod activation;
pub mod blas;
mod check;
mod environment;
mod gemm;
mod labels;
pub mod lapack;
mod lines;
mod loss;
mod math;
mod panels;
mod parallel;
pub mod peak;
mod plan;
mod real;
mod reductions;
pub mod reference;
mod rows;
mod simd;
mod softmax;
mod subnormals;
mod team;
mod transpose;
mod update;

pub use activation::{Activation, activation_backward, bias_activation};
pub use check::{Call, LayerShape, Product, ProductCheck, WrongProduct, WrongSum, inspected, self_check};
pub use environment::set_variable;
pub use gemm::{Accumulate, backward_data, backward_weights, forward};
pub use labels::count_correct;
pub use lines::CacheLines;
pub use loss::{
    binary_cross_entropy_dz, binary_cross_entropy_sum, mean_squared_error_dz, mean_squared_error_sum,
    softmax_cross_entropy_dz, softmax_cross_entropy_sum,
};
pub use plan::{Panels, Plan};
pub use real::Real;
pub use reductions::{all_finite, bias_gradient, square_sum};
pub use simd::Vectors;
pub use subnormals::{CAN_FLUSH, flushed};
pub use team::{Team, threads};
pub use update::{Adam, Step, adam_step, gradient_step, momentum_step, rmsprop_step, scale};
