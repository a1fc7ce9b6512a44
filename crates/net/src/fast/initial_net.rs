//! Nets before their training, as fleets take them.

use std::sync::Arc;

use kernels::{Real, WrongSum};
use ndarray::Array2;

use crate::batches::Batches;
use crate::chain::{Chain, assert_chained};
use crate::fast::examples::{Examples, InitialFirstWeights};
use crate::training::Training;

/// A net before its training.
#[derive(Clone, Debug)]
pub struct InitialNet<R> {
    /// `W[1](0)`, as the engine takes it.
    pub first_weights: Arc<InitialFirstWeights>,
    /// All other parameters: the chain with a `W[1]` of n\[1\] × 0.
    pub chain: Chain<R>,
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
    pub fn new(examples: &Examples<R>, mut chain: Chain<R>, training: Training) -> Result<Self, WrongSum> {
        let first = chain.layers.first_mut().expect("a net has at least one layer");
        let no_columns = Array2::zeros((first.n_out(), 0));
        let w_0 = std::mem::replace(&mut first.w, no_columns).mapv(R::as_f64);
        let first_weights = Arc::new(examples.initial_first_weights(w_0)?);
        Ok(InitialNet { first_weights, chain, training })
    }

    /// Asserts that the settings of its training are valid, that it was made for `examples` and its shapes fit together, and that their
    /// engine is exact for its optimiser and these batches.
    #[track_caller]
    pub(crate) fn assert_fits(&self, examples: &Examples<R>, batches: &Batches) {
        self.training.check();
        examples.assert_made_for(&self.first_weights);
        let layers = &self.chain.layers;
        let [first, last] = [layers.first(), layers.last()].map(|layer| layer.expect("a net has at least one layer"));
        assert_eq!(first.n_out(), self.first_weights.rows(), "layer 1 has a unit for each row of W[1](0)");
        assert_chained(layers, 0);
        examples.assert_targets_of(self.chain.cost(), last.n_out());
        let engine = examples.engine();
        let is_exact = engine.is_exact_for(&self.training.optimiser, batches.is_full());
        assert!(is_exact, "the {} engine is not exact", engine.name());
    }
}
