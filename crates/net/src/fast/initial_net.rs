//! Nets before their training, as fleets take them.

use std::sync::Arc;

use kernels::{Activation, Real, WrongSum};
use ndarray::Array1;

use crate::chain::Chain;
use crate::cost::Cost;
use crate::fast::examples::{Examples, InitialFirstLayer};
use crate::layer::Layer;
use crate::rates::LayerRates;
use crate::training::Training;

/// A net before its training.
#[derive(Clone, Debug)]
pub struct InitialNet<R> {
    /// `W[1]` at the start, in the coordinates of the engine.
    pub first: Arc<InitialFirstLayer>,
    /// `b[1]`.
    pub b: Array1<R>,
    /// `g[1]`.
    pub activation: Activation,
    /// Layers 2 to L; none in a net of one layer.
    pub rest: Chain<R>,
    /// The factors on the learning rates of all layers.
    pub rates: LayerRates,
    /// How it is trained.
    pub training: Training,
}

impl<R: Real> InitialNet<R> {
    /// Takes a whole chain, to be trained on `examples`.
    ///
    /// # Errors
    /// If the BLAS computes W(0) X wrongly.
    ///
    /// # Panics
    /// If the chain has no layer, or a shape doesn't fit.
    #[track_caller]
    pub fn new(examples: &Examples<R>, chain: Chain<R>, training: Training) -> Result<Self, WrongSum> {
        let rates = chain.rates;
        let mut layers = chain.layers.into_iter();
        let Layer { w, b, activation } = layers.next().expect("a net has at least one layer");
        let first = Arc::new(examples.initial_first_layer(w.mapv(R::as_f64))?);
        Ok(InitialNet { first, b, activation, rest: Chain::new(layers.collect()), rates, training })
    }

    /// Returns the cost of its output layer.
    pub fn cost(&self) -> Cost {
        Cost::for_output(self.rest.layers.last().map_or(self.activation, |layer| layer.activation))
    }

    /// Returns `n[L]`.
    pub fn outputs(&self) -> usize {
        self.rest.layers.last().map_or(self.b.len(), Layer::n_out)
    }
}
