//! The state of a net between two steps, taken and put back.

use kernels::Real;

use super::Member;
use crate::fast::arrays::StateMismatch;
use crate::fast::best::Best;
use crate::fast::first_layers::FirstLayers;
use crate::fast::state::MemberState;

impl<R: Real> Member<R> {
    /// Returns everything that the rest of the training depends on beside what the net was made from.
    pub(crate) fn state(&self) -> MemberState<'_, R> {
        let Member { place, chain, recorder, drift, caches, optimiser, first_moments, .. } = self;
        let masks = caches.iter().map(|cache| &cache.dropout);
        MemberState {
            place: *place,
            first_moments: first_moments.state(),
            drift: *drift,
            ..MemberState::of(&chain.layers, optimiser, masks, recorder)
        }
    }

    /// Goes on from `state`, which was taken from a net that was made from the same, but for the engine's matrices: `first` has any values
    /// in the rows of the net after it.
    pub(crate) fn restore(
        &mut self,
        mut state: MemberState<R>,
        first: &mut dyn FirstLayers<R>,
    ) -> Result<(), StateMismatch> {
        self.recorder.best = state.best.take().map(Best::into_owned);
        // Its shapes are found to be wrong now, not at the end of the training.
        self.restore_best(first)?;
        let Member { chain, recorder, drift, caches, optimiser, first_moments, .. } = self;
        let masks = caches.iter_mut().map(|cache| &mut cache.dropout);
        state.put_in(&mut chain.layers, optimiser, masks, recorder)?;
        first_moments.restore(state.first_moments)?;
        *drift = state.drift;
        Ok(())
    }
}
