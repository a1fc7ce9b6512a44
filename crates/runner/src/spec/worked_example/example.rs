//! The net of a worked example.

use kernels::Activation;
use ndarray::Array2;

use super::expected::Expected;
use super::tensor::Tensor;
use crate::spec::trial::TrialConfig;

/// A net of given numbers.
#[derive(Clone, Debug)]
pub struct WorkedExample {
    /// Its name: that of the file, if it gives none.
    pub name: String,
    /// A sentence on it; empty if there is none.
    pub description: String,
    /// X, `n[0]` × m; `None` if the file gives dW and db of every layer, so that nothing but the update is left.
    pub x: Option<Array2<f64>>,
    /// Y, as the cost takes it; `None` if there is no cost.
    pub y: Option<Array2<f64>>,
    /// Layer l is at index l - 1.
    pub layers: Vec<GivenLayer>,
    /// Its training; `None` if there is no update.
    pub training: Option<TrialConfig>,
    /// The published results.
    pub expected: Expected,
}

/// A layer of given numbers: its parameters, and whatever else is not to be computed.
#[derive(Clone, Debug)]
pub struct GivenLayer {
    /// `g[l]`.
    pub activation: Activation,
    /// `W[l]`, n_out × n_in.
    pub w: Array2<f64>,
    /// `b[l]`, n_out × 1.
    pub b: Array2<f64>,
    /// The tensors that take the place of computed ones.
    pub given: Vec<(Tensor, Array2<f64>)>,
}

impl WorkedExample {
    /// Returns whether a tensor of any layer is given that would otherwise be computed.
    pub fn gives_caches(&self) -> bool {
        self.layers.iter().any(|layer| !layer.given.is_empty())
    }
}

impl GivenLayer {
    /// Returns what is given for `tensor`.
    pub fn get(&self, tensor: Tensor) -> Option<&Array2<f64>> {
        self.given.iter().find(|(given, _)| *given == tensor).map(|(_, values)| values)
    }
}
