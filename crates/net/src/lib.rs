//! Fully-connected nets: the cached chain of layers, forward and backward, exactly as in the deep-learning course's equations, and fast
//! ways to train many of them.
//!
//! Matrices are row-major with one example per column: `x = a[0]` is `n[0]` × m. For layer `l` of `L`:
//!
//! ```text
//! forward      z[l] = W[l] a[l-1] + b[l]           a[l] = g[l](z[l])                        layer.rs
//! cost         J, of a sigmoid, a softmax or a linear output                               cost.rs
//! back         dz[L] = a[L] - y (times 2/n[L] for the squared error)                        cost.rs
//!              da[l-1] = W[l]ᵀ dz[l]               dz[l-1] = da[l-1] · g[l-1]'(z[l-1])      chain.rs, layer.rs
//!              dW[l] = (1/m) dz[l] a[l-1]ᵀ         db[l] = (1/m) sum over examples of dz[l] layer.rs
//! step         W[l] -= η dW[l]                     b[l] -= η db[l]      and its relatives   optimiser.rs
//! ```
//!
//! A net that learns exclusive or:
//!
//! ```
//! use net::ndarray::array;
//! use net::{Activation, Architecture, Data, Scheme, Training, initialise};
//!
//! let (x, y) = (array![[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]], array![[0.0, 1.0, 1.0, 0.0]]);
//! let architecture = Architecture::classifier(2, &[4], Activation::Tanh);
//! let mut chain = initialise::chain::<f64>(&architecture, &Scheme::XavierNormal.into(), 3);
//! let trained = net::train(&mut chain, &Data::new(&x, &y), &Training::descent(1.0, 2000, 100))?;
//! for point in &trained.history {
//!     println!("{:5} {:.6}", point.iteration, point.cost);
//! }
//! assert_eq!(chain.score(x.view(), y.view()).unwrap().accuracy, Some(1.0));
//! # Ok::<(), net::Error>(())
//! ```
//!
//! [`train()`] trains one net by the cheapest exact engine, a [`Fleet`] many at once, and [`Chain::train`] one by the course's loop. All of
//! them use the same forward pass, cost and `dz[l]`, which [`gradient_check`] checks. A fleet makes the step W -= η dW of plain gradient
//! descent in one product, which `tests/library.rs` compares with the course's loop. One example (m = 1) and a whole training set go
//! through the same code. This crate has no files, no threads and no command line.

#![forbid(unsafe_code)]

mod architecture;
mod batches;
mod buffers;
mod chain;
pub mod cost;
mod dropout;
mod fast;
pub mod gradient_check;
pub mod initialise;
mod layer;
mod matrix;
mod numpy_stream;
mod optimiser;
mod progress;
mod rates;
mod schedule;
mod score;
mod train;
mod trained;
mod training;

pub use architecture::Architecture;
pub use batches::{Batch, Batches};
pub use chain::Chain;
pub use cost::Cost;
pub use fast::arrays::StateMismatch;
pub use fast::calls::{ProductCall, StackedStep, weights_call};
pub use fast::chunks::chunk_sizes;
pub use fast::data_parallel::{DataParallel, OneRank, Ranks, WrongRank, data_parallel_calls, most_gradients_sent};
pub use fast::engine::Engine;
pub use fast::examples::{Examples, InitialFirstWeights};
pub use fast::fleet::Fleet;
pub use fast::gram::GramSpace;
pub use fast::initial_net::InitialNet;
pub use fast::profile::{DataSizes, Workload};
pub use fast::state::FleetState;
pub use fast::train::{Data, Error, train};
pub use initialise::{Initialisation, Scheme};
pub use kernels::{Activation, Adam, Call, LayerShape, Real, WrongProduct, WrongSum};
pub use layer::{Cache, Gradient, Layer};
pub use matrix::row_stride_in_lines;
pub use ndarray;
pub use optimiser::{Algorithm, Decay, Optimiser, OptimiserState};
pub use progress::HistoryPoint;
pub use rates::{LayerRate, LayerRates};
pub use schedule::{Curve, Schedule};
pub use score::{Score, Set};
pub use trained::Trained;
pub use training::{Bound, Ending, Metric, StopReason, Stopping, Training};
