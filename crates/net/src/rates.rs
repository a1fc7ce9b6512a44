//! The factors on the learning rates of a net's layers.

/// The factors on the learning rate of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerRate {
    /// The factor for `W[l]`.
    pub w: f64,
    /// The factor for `b[l]`.
    pub b: f64,
}

/// The learning rate itself.
impl Default for LayerRate {
    fn default() -> Self {
        LayerRate { w: 1.0, b: 1.0 }
    }
}

/// k\[0\] to k\[L\], by which muP scales the learning rates of the layers, see [`crate::Initialisation::rates`]. Empty for one rate for all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WidthRatios(pub(crate) Vec<f64>);

impl WidthRatios {
    /// Returns the factors, layer l at index l - 1; none for one rate for all. `adaptive` is whether the optimiser divides out the
    /// size of the gradient.
    pub(crate) fn rates(&self, adaptive: bool) -> Vec<LayerRate> {
        let rate = |k: &[f64]| match adaptive {
            false => LayerRate { w: k[1] / k[0], b: k[1] },
            true => LayerRate { w: 1.0 / k[0], b: 1.0 },
        };
        self.0.windows(2).map(rate).collect()
    }
}
