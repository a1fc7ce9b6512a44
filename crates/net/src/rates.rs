//! The factors on the learning rates of a net's layers.

/// The factors on the learning rate of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerRate {
    /// The factor for `W[l]`.
    pub w: f64,
    /// The factor for `b[l]`.
    pub b: f64,
}

impl Default for LayerRate {
    /// Returns factors of 1.
    fn default() -> Self {
        LayerRate { w: 1.0, b: 1.0 }
    }
}

/// The factors on the learning rates of all layers of a net, for each kind of optimiser: layer l at index l - 1, or empty if all are 1.
/// Only muP has other factors ([`crate::Initialisation::rates`]).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerRates {
    /// The factors for optimisers whose step is linear in the gradient: gradient descent, momentum, Nesterov.
    pub linear: Vec<LayerRate>,
    /// The factors for optimisers that divide out the size of the gradient: Adam, AdamW, RMSProp.
    pub adaptive: Vec<LayerRate>,
}
