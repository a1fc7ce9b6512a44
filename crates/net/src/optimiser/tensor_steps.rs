//! The steps of the tensors of a net: their learning rates, their decay, and the clipping of the whole gradient.

use kernels::{Real, Step};
use ndarray::Array2;

use super::decay::Decay;
use super::{Optimiser, OptimiserState};
use crate::chain::Chain;
use crate::rates::{LayerRate, LayerRates};

impl Optimiser {
    /// Returns the factors on the learning rates of a net's layers that muP has for optimisers of this kind.
    pub fn layer_rates<'r>(&self, rates: &'r LayerRates) -> &'r [LayerRate] {
        if self.is_linear() { &rates.linear } else { &rates.adaptive }
    }

    /// Returns the factors on the learning rates of each layer of `chain`.
    ///
    /// # Panics
    /// If `chain.rates` has factors for another number of layers.
    #[track_caller]
    pub(crate) fn rates_of<R>(&self, chain: &Chain<R>) -> Vec<LayerRate> {
        let layers = chain.layers.len();
        let mut rates = self.layer_rates(&chain.rates).to_vec();
        assert!(rates.is_empty() || rates.len() == layers, "{} factors on the rates of {layers} layers", rates.len());
        rates.resize(layers, LayerRate::default()); // empty: all are 1
        rates
    }

    /// Computes f of clipping, min(1, clip_norm / (norm + 10⁻⁶)), from the `norm` of the whole gradient; 1 without clipping, which needs
    /// no norm.
    pub fn clip_factor(&self, norm: impl FnOnce() -> f64) -> f64 {
        self.clip_norm.map_or(1.0, |most| f64::min(1.0, most / (norm() + 1e-6)))
    }
}

impl<R: Real> OptimiserState<R> {
    /// Returns the moments of `W[l]` and of `b[l]`, which is a row there, in the order of the table of [`Algorithm`](super::Algorithm);
    /// `i` is the layer's index.
    ///
    /// # Panics
    /// If the chain has no such layer.
    #[track_caller]
    pub fn moments(&self, i: usize) -> [&[Array2<R>]; 2] {
        let [w, b] = &self.moments[i];
        [&w.0, &b.0]
    }

    /// Begins the next step of the net, at the learning rate η: a [`Step`] holds t, η, the factor of clipping, λ and η λ. The gradient's
    /// `norm` is computed only if it may be clipped.
    pub(crate) fn begin_step(&mut self, learning_rate: f64, norm: impl FnOnce() -> f64) -> Step {
        self.steps += 1;
        let grad_scale = self.optimiser.clip_factor(norm);
        Step { t: self.steps, grad_scale, ..Step::new(learning_rate) } // no decay yet
    }

    /// Derives the steps of `W[l]` and `b[l]` from a `step` of the net, each with its own learning rate and decay; `i` is the layer's
    /// index.
    pub(crate) fn tensor_steps(&self, i: usize, step: Step) -> [Step; 2] {
        let (LayerRate { w, b }, Decay { lambda, biases, .. }) = (self.rates[i], self.optimiser.decay);
        [self.tensor_step(step, w, lambda), self.tensor_step(step, b, if biases { lambda } else { 0.0 })]
    }

    /// Derives a tensor's step from a `step` of the net. `factor` multiplies η and divides λ, so that their product is the same in every
    /// layer, as in the `mup` package.
    fn tensor_step(&self, step: Step, factor: f64, lambda: f64) -> Step {
        let (learning_rate, lambda) = (step.learning_rate * factor, lambda / factor);
        if self.optimiser.decay.decoupled {
            Step { learning_rate, decay: learning_rate * lambda, ..step } // w ← w - η λ w
        } else {
            Step { learning_rate, l2: lambda, ..step } // g ← grad_scale g + λ w
        }
    }
}
