//! The state of a net between two steps, taken and put back.

use kernels::Real;

use super::Member;
use crate::fast::state::{MemberState, StateMismatch, moments, put, put_moments};

impl<R: Real> Member<R> {
    /// Returns everything that the rest of the training depends on beside what the net was made from.
    pub(crate) fn state(&self) -> MemberState<'_, R> {
        let Member { place, progress, drift, chain, caches, optimiser, first_moments, .. } = self;
        MemberState {
            place: *place,
            layers: chain.layers.iter().map(|layer| ((&layer.w).into(), (&layer.b).into())).collect(),
            steps: optimiser.steps,
            moments: optimiser.moments.iter().map(|pair| pair.each_ref().map(moments)).collect(),
            first_moments: first_moments.state(),
            masks: caches.iter().map(|cache| cache.dropout.as_ref().map(|dropout| dropout.position())).collect(),
            history: (&progress.history).into(),
            metrics: (&progress.metrics).into(),
            lowest: progress.lowest,
            waited: progress.waited,
            spent: progress.spent(),
            drift: *drift,
        }
    }

    /// Goes on from `state`, which was taken from a net that was made from the same.
    pub(crate) fn restore(&mut self, state: MemberState<R>) -> Result<(), StateMismatch> {
        const LAYER: StateMismatch = StateMismatch("a layer");
        let Member { progress, drift, chain, caches, optimiser, first_moments, .. } = self;
        let counts = (state.layers.len(), state.moments.len(), state.masks.len());
        if counts != (chain.layers.len(), optimiser.moments.len(), caches.len()) {
            return Err(LAYER);
        }
        for (layer, (w, b)) in chain.layers.iter_mut().zip(state.layers) {
            put(w, &mut layer.w, LAYER)?;
            put(b, &mut layer.b, LAYER)?;
        }
        optimiser.steps = state.steps;
        for ([w, b], [of_w, of_b]) in optimiser.moments.iter_mut().zip(state.moments) {
            put_moments(of_w, w)?;
            put_moments(of_b, b)?;
        }
        first_moments.restore(state.first_moments)?;
        for (cache, position) in caches.iter_mut().zip(state.masks) {
            match (&mut cache.dropout, position) {
                (Some(dropout), Some(position)) => dropout.go_on_from(position),
                (None, None) => {}
                _ => return Err(StateMismatch("a mask of dropout")),
            }
        }
        // Not replaced: they have room for the records of the whole training.
        state.history.as_ref().clone_into(&mut progress.history);
        state.metrics.as_ref().clone_into(&mut progress.metrics);
        (progress.lowest, progress.waited) = (state.lowest, state.waited);
        progress.go_on_after(state.spent);
        *drift = state.drift;
        Ok(())
    }
}
