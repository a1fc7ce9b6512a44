//! The published results of an exercise.

use ndarray::Array2;

use super::tensor::Tensor;

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
