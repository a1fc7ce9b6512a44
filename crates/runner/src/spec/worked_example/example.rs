//! The net of a worked example: its layers, the tensors that are given or published for them, and the published results.

use kernels::Activation;
use ndarray::Array2;

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

impl GivenLayer {
    /// Returns what is given for `tensor`.
    pub fn get(&self, tensor: Tensor) -> Option<&Array2<f64>> {
        self.given.iter().find(|(given, _)| *given == tensor).map(|(_, values)| values)
    }
}

/// Returns whether a tensor of any layer is given that would otherwise be computed.
pub fn gives_caches(layers: &[GivenLayer]) -> bool {
    layers.iter().any(|layer| !layer.given.is_empty())
}

/// The beginning of the keys of layers, which no experiment on a data set has.
pub(in crate::spec) const LAYER: &str = "layer.";

/// A tensor of one layer in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tensor {
    /// `z[l]`.
    Z,
    /// `a[l]`.
    A,
    /// `da[l]`.
    Da,
    /// `dz[l]`.
    Dz,
    /// `dW[l]`.
    Dw,
    /// `db[l]`.
    Db,
    /// `W[l]` after the update.
    NewW,
    /// `b[l]` after the update.
    NewB,
}

impl Tensor {
    /// Every tensor with its name in files.
    pub const ALL: [(&'static str, Tensor); 8] = [
        ("z", Tensor::Z),
        ("a", Tensor::A),
        ("da", Tensor::Da),
        ("dz", Tensor::Dz),
        ("dw", Tensor::Dw),
        ("db", Tensor::Db),
        ("new_w", Tensor::NewW),
        ("new_b", Tensor::NewB),
    ];

    /// Returns its shape in a layer of `n_out` units and `n_in` inputs, on `examples`.
    pub fn shape(self, [n_out, n_in, examples]: [usize; 3]) -> (usize, usize) {
        match self {
            Tensor::Z | Tensor::A | Tensor::Da | Tensor::Dz => (n_out, examples),
            Tensor::Dw | Tensor::NewW => (n_out, n_in),
            Tensor::Db | Tensor::NewB => (n_out, 1),
        }
    }

    /// Returns whether it can take the place of a computed one: all but the results of the update.
    pub(super) fn can_be_given(self) -> bool {
        !matches!(self, Tensor::NewW | Tensor::NewB)
    }
}

/// The published results, to compare with.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The publication that has them.
    pub source: Option<String>,
    /// J.
    pub cost: Option<f64>,
    /// The tensors.
    pub tensors: Vec<ExpectedTensor>,
}

/// The published values of one tensor.
#[derive(Clone, Debug)]
pub struct ExpectedTensor {
    /// l; 0 for `da[0]`.
    pub layer: usize,
    /// The tensor of this layer.
    pub tensor: Tensor,
    /// Its values.
    pub values: Array2<f64>,
}

impl Expected {
    /// Returns the published values of `tensor` of layer `layer`.
    pub fn get(&self, layer: usize, tensor: Tensor) -> Option<&Array2<f64>> {
        let found = self.tensors.iter().find(|expected| (expected.layer, expected.tensor) == (layer, tensor));
        found.map(|expected| &expected.values)
    }
}
