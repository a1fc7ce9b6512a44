//! The parameters of a net at the record with the lowest cost so far, which it gets back when its training ends.

use kernels::Real;
use ndarray::{CowArray, Dimension};
use serde::{Deserialize, Serialize};

use crate::fast::arrays::{FirstState, LayersState, layers};
use crate::layer::Layer;

/// A copy of the parameters at the record with the lowest cost so far; the first of those with equal costs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Best<'s, R> {
    /// The index of the record in the history.
    pub(crate) record: usize,
    /// The cost that patience watches, at that record.
    cost: f64,
    /// The parameters of layers 1 to L; without `W[1]` if there is an engine.
    pub(crate) layers: LayersState<'s, R>,
    /// The rows of the engine's matrices, if there is an engine.
    pub(crate) first: FirstState<'s, R>,
}

impl<R: Real> Best<'static, R> {
    /// Replaces `best` by a copy of the present parameters, of which `chain` has a part and `first` returns the rest, if `cost` is lower.
    pub(crate) fn keep<'f>(
        best: &mut Option<Self>,
        record: usize,
        cost: f64,
        chain: &'f [Layer<R>],
        first: impl FnOnce() -> FirstState<'f, R>,
    ) {
        if best.as_ref().is_none_or(|best| cost < best.cost) {
            *best = Some(Best { record, cost, layers: layers(chain), first: first() }.into_owned());
        }
    }
}

impl<R: Real> Best<'_, R> {
    /// Views the parameters.
    pub(crate) fn view(&self) -> Best<'_, R> {
        let Best { record, cost, layers, first } = self;
        let layers = layers.iter().map(|(w, b)| (w.view().into(), b.view().into())).collect();
        Best { record: *record, cost: *cost, layers, first: first.view() }
    }

    /// Copies the parameters where they are only viewed.
    pub(crate) fn into_owned(self) -> Best<'static, R> {
        let Best { record, cost, layers, first } = self;
        let layers = layers.into_iter().map(|(w, b)| (owned(w), owned(b))).collect();
        let FirstState { matrix, c, t } = first;
        Best { record, cost, layers, first: FirstState { matrix: owned(matrix), c: c.map(owned), t: t.map(owned) } }
    }
}

fn owned<T: Clone, D: Dimension>(array: CowArray<T, D>) -> CowArray<'static, T, D> {
    array.into_owned().into()
}
