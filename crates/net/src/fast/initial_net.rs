//! Nets before their training, as fleets take them.

use std::sync::Arc;

use kernels::{Activation, Real, WrongSum};
use ndarray::Array1;

use crate::batches::Batches;
use crate::chain::{Chain, assert_chained};
use crate::cost::Cost;
use crate::fast::examples::{Examples, InitialFirstWeights};
use crate::layer::Layer;
use crate::rates::LayerRates;
use crate::training::Training;

/// A net before its training.
#[derive(Clone, Debug)]
pub struct InitialNet<R> {
    /// `W[1](0)`, as the engine takes it.
    pub first_weights: Arc<InitialFirstWeights>,
    /// `b[1]`.
    pub first_biases: Array1<R>,
    /// `g[1]`.
    pub first_activation: Activation,
    /// Layers 2 to L; an empty chain if L = 1.
    pub upper: Chain<R>,
    /// The factors on the learning rates of all layers.
    pub rates: LayerRates,
    /// Its training.
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
        let Layer { w, b: first_biases, activation: first_activation } =
            layers.next().expect("a net has at least one layer");
        let first_weights = Arc::new(examples.initial_first_weights(w.mapv(R::as_f64))?);
        let upper = Chain::new(layers.collect());
        Ok(InitialNet { first_weights, first_biases, first_activation, upper, rates, training })
    }

    /// Returns the cost of its output layer.
    pub fn cost(&self) -> Cost {
        Cost::for_output(self.upper.layers.last().map_or(self.first_activation, |layer| layer.activation))
    }

    /// Asserts that the settings of its training are valid, that it was made for `examples` and its shapes fit together, and that their
    /// engine is exact for its optimiser and these batches.
    #[track_caller]
    pub(crate) fn assert_fits(&self, examples: &Examples<R>, batches: &Batches) {
        self.training.check();
        examples.assert_made_for(&self.first_weights);
        let n_1 = self.first_weights.rows();
        assert_eq!(self.first_biases.len(), n_1, "b[1] has as many elements as W[1] has rows");
        assert_chained(&self.upper.layers, 2, n_1);
        examples.assert_targets_of(self.cost(), self.n_out());
        let engine = examples.engine();
        let is_exact = engine.is_exact_for(&self.training.optimiser, batches.is_full());
        assert!(is_exact, "the {} engine is not exact", engine.name());
    }

    /// Returns `n[L]`.
    pub fn n_out(&self) -> usize {
        self.upper.layers.last().map_or(self.first_biases.len(), Layer::n_out)
    }
}
