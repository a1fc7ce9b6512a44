//! The cached chain of layers, forward and backward, exactly as in the deep-learning course's equations.
//!
//! Column-major *examples*: `x = a[0]` is `n[0]` × m, one example a column. For layer `l` of `L`:
//!
//! ```text
//! forward      z[l] = W[l] a[l-1] + b[l]           a[l] = g[l](z[l])                        layer.rs
//! cost         J = -(1/m) sum( y log a[L] + (1-y) log(1-a[L]) )                             cost.rs
//! way back     dz[L] = a[L] - y                                                             cost.rs
//!              dW[l] = (1/m) dz[l] a[l-1]ᵀ         db[l] = (1/m) sum over examples of dz[l] layer.rs
//!              da[l-1] = W[l]ᵀ dz[l]               dz[l-1] = da[l-1] · g[l-1]'(z[l-1])      layer.rs
//! descent      W[l] -= learning_rate dW[l]         b[l] -= learning_rate db[l]              chain.rs
//! ```
//!
//! One example (m = 1) and a whole training set go through the same code. This crate knows no files, no threads
//! and no command line.

#![forbid(unsafe_code)]

mod chain;
pub mod cost;
mod engine;
mod examples;
mod first_layer;
mod fleet;
pub mod gradient_check;
pub mod initialise;
mod layer;
mod member;
mod numpy_stream;
mod span;

pub use chain::Chain;
pub use engine::{Engine, Workload};
pub use examples::{Examples, Origin};
pub use fleet::{Ending, Fleet, Trained};
pub use initialise::Initialisation;
pub use layer::{Cache, Gradient, Layer};
pub use member::{CostAt, Descent, Start};
pub use span::Span;
