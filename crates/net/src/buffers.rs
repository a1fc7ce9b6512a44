//! The memory of the passes: caches and gradients, for any number of examples.

use kernels::Real;
use ndarray::{Array1, Array2};

use crate::chain::Chain;
use crate::dropout::Dropout;
use crate::layer::{Cache, Gradient, Layer};
use crate::matrix::make_room;

impl<R: Real> Layer<R> {
    /// Makes a cache of zeros for a forward pass over `examples`.
    pub fn cache(&self, examples: usize) -> Cache<R> {
        let zeros = Array2::zeros((self.n_out(), examples));
        Cache { z: zeros.clone(), a: zeros, dropout: None }
    }

    /// Makes a gradient of zeros for a backward pass over `examples`.
    pub fn gradient(&self, examples: usize) -> Gradient<R> {
        let (dw, db) = (Array2::zeros(self.w.dim()), Array1::zeros(self.n_out()));
        Gradient { dz: Array2::zeros((self.n_out(), examples)), dw, db }
    }
}

impl<R: Real> Cache<R> {
    /// Makes room for `examples`, and draws the masks of the next step. Earlier values are lost.
    pub fn prepare(&mut self, examples: usize) {
        make_room(&mut self.z, examples);
        make_room(&mut self.a, examples);
        if let Some(dropout) = &mut self.dropout {
            dropout.draw(examples);
        }
    }
}

impl<R: Real> Chain<R> {
    /// Makes caches of zeros for forward passes over `examples`.
    pub fn caches(&self, examples: usize) -> Vec<Cache<R>> {
        self.layers.iter().map(|layer| layer.cache(examples)).collect()
    }

    /// Makes caches with the dropout masks of the first step of training: hidden layer l drops the share `dropout_rates[l - 1]` of its
    /// units, drawn from `seed`; nothing is dropped if `dropout_rates` is empty. [`Cache::prepare`] draws the masks of each later step.
    ///
    /// # Panics
    /// If a rate is not in [0, 1).
    #[track_caller]
    pub fn dropout_caches(&self, examples: usize, dropout_rates: &[f64], seed: u64) -> Vec<Cache<R>> {
        let mut caches = self.caches(examples);
        let hidden = caches.len() - 1;
        assert!(
            dropout_rates.iter().all(|rate| (0.0..1.0).contains(rate)),
            "dropout: a rate of {dropout_rates:?} is not in [0, 1)"
        );
        for (i, cache) in caches[..hidden].iter_mut().enumerate() {
            cache.dropout = Dropout::new(dropout_rates, seed, i, cache.z.nrows());
            cache.prepare(examples); // draws the mask
        }
        caches
    }

    /// Makes gradients of zeros for backward passes over `examples`.
    pub fn gradients(&self, examples: usize) -> Vec<Gradient<R>> {
        self.layers.iter().map(|layer| layer.gradient(examples)).collect()
    }
}
