//! exp, log, tanh, the sigmoid and the activations that are computed from them, without branches or calls, so that loops over them are
//! vectorised.
//!
//! Error bounds are in ulps of the exact result and hold for subnormal results as well; the tests check them. NaN gives NaN, and
//! an infinity gives the limit.

pub(crate) mod exponential;
pub(crate) mod logarithm;
pub(crate) mod logistic;
pub(crate) mod normal;

/// An element type of which every function here can be computed.
pub trait Math: logarithm::Logarithm + logistic::Logistic + normal::Normal {}

impl Math for f32 {}
impl Math for f64 {}
