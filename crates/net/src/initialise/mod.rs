//! Initialisation: the weights and biases that a net starts with, and the factors on its learning rates that belong to them.

mod draw;
mod rates;
mod scheme;

use kernels::Real;

pub use draw::Draw;
pub use scheme::Scheme;

use crate::architecture::Architecture;
use crate::chain::Chain;
use crate::layer::Layer;

/// The distribution that the initial parameters of a net are drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct Initialisation {
    /// The distribution of each layer's weights and biases.
    pub scheme: Scheme,
    /// The factors on `W[l]` after it has been drawn (biases are left alone): empty for 1, one number for all layers, or one for each layer.
    pub scales: Vec<f64>,
}

impl From<Scheme> for Initialisation {
    /// Makes an initialisation by this scheme, with scales of 1.
    fn from(scheme: Scheme) -> Self {
        Initialisation { scheme, scales: Vec::new() }
    }
}

impl Initialisation {
    /// Returns the factor on `W[l]`, layer l at index l - 1.
    fn scale(&self, l: usize) -> f64 {
        match self.scales[..] {
            [] => 1.0,
            [scale] => scale,
            ref scales => scales[l],
        }
    }

    #[track_caller]
    fn check(&self, architecture: &Architecture) {
        architecture.check();
        assert_ne!(self.scheme, Scheme::MuP { base_width: 0 }, "the base width of muP is at least 1");
        assert!(
            self.scales.len() <= 1 || self.scales.len() == architecture.depth(),
            "an initialisation has no scale, one, or one per layer: found scales {:?} for widths {:?}",
            self.scales,
            architecture.widths
        );
    }
}

/// Draws the parameters of a net, in f64, and rounds them to `R`.
///
/// # Panics
/// If `architecture` isn't one that [`Architecture::new`] makes, the number of scales is neither 0 nor 1 nor L, or the base
/// width of muP is 0.
#[track_caller]
pub fn chain<R: Real>(architecture: &Architecture, initialisation: &Initialisation, seed: u32) -> Chain<R> {
    initialisation.check(architecture);
    let (n_in, n_out) = (architecture.widths[0], architecture.widths[1]);
    let (w, draw) = Draw::first_weights(initialisation, seed, n_out, n_in);
    let (w, b) = (w.mapv(R::from_f64), draw.first_biases().mapv(R::from_f64));
    let first = Layer { w, b, activation: architecture.activations[0] };
    let layers = std::iter::once(first).chain(draw.upper_layers(architecture).layers).collect();
    Chain { layers, rates: initialisation.rates(architecture) }
}

#[cfg(test)]
mod tests;
