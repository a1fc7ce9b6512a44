//! A micro-batch of a batch on its rank: its examples, caches and gradients.

use std::ops::Range;

use kernels::Real;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use crate::chain::{self, Chain};
use crate::dropout::Dropout;
use crate::fast::columns::Columns;
use crate::layer::{Cache, Gradient, parameter_gradients};
use crate::matrix::make_room;
use crate::training::Training;

/// A micro-batch of a batch with its caches and gradients.
pub(super) struct MicroBatch<'e, R> {
    pub(super) x: Columns<'e, R>,
    pub(super) y: Columns<'e, R>,
    pub(super) caches: Vec<Cache<R>>,
    /// Only dz is used.
    pub(super) gradients: Vec<Gradient<R>>,
}

impl<'e, R: Real> MicroBatch<'e, R> {
    pub(super) fn new(chain: &Chain<R>, training: &Training, x: ArrayView2<'e, R>, y: ArrayView2<'e, R>) -> Self {
        let caches = chain.dropout_caches(0, &training.dropout, training.dropout_seed);
        let (x, y) = (Columns::of_inputs(x), Columns::of_targets(y));
        let gradients = caches.iter().map(|cache| {
            let (dw, db) = (Array2::zeros((0, 0)), Array1::zeros(0));
            Gradient { dz: Array2::zeros((cache.z.nrows(), 0)), dw, db }
        });
        MicroBatch { x, y, gradients: gradients.collect(), caches }
    }

    /// Makes room for some `examples` of a batch, whose `masks` are drawn. The values before are lost.
    pub(super) fn prepare(&mut self, examples: Range<usize>, masks: &[Option<Dropout<R>>]) {
        let MicroBatch { caches, gradients, .. } = self;
        for (Cache { z, a, dropout }, masks) in caches.iter_mut().zip(masks.iter().map(Option::as_ref).chain([None])) {
            make_room(z, examples.len());
            make_room(a, examples.len());
            if let (Some(dropout), Some(masks)) = (dropout, masks) {
                dropout.take_part(masks, examples.clone());
            }
        }
        gradients.iter_mut().for_each(|gradient| make_room(&mut gradient.dz, examples.len()));
    }

    /// Computes what this micro-batch contributes to the `dW[l]` and `db[l]` of a batch of `m` examples; the caller adds up those of
    /// all. `i` is the layer's index.
    pub(super) fn parameters_part(&self, i: usize, m: usize, dw: ArrayViewMut2<R>, db: ArrayViewMut1<R>) {
        let a_prev = chain::input(i, self.x.current(), &self.caches);
        parameter_gradients(self.gradients[i].dz.view(), a_prev, m, dw, db);
    }
}
