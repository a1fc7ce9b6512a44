//! The state of a net between two steps, taken and put back.

use kernels::Real;

use super::Member;
use crate::fast::state::{MemberState, StateMismatch};

impl<R: Real> Member<R> {
    /// Returns everything that the rest of the training depends on beside what the net was made from.
    pub(crate) fn state(&self) -> MemberState<'_, R> {
        let Member { place, progress, drift, chain, caches, optimiser, first_moments, .. } = self;
        MemberState {
            place: *place,
            first_moments: first_moments.state(),
            drift: *drift,
            ..MemberState::of(chain, optimiser, caches.iter().map(|cache| &cache.dropout), progress)
        }
    }

    /// Goes on from `state`, which was taken from a net that was made from the same.
    pub(crate) fn restore(&mut self, state: MemberState<R>) -> Result<(), StateMismatch> {
        let Member { progress, drift, chain, caches, optimiser, first_moments, .. } = self;
        state.put_in(chain, optimiser, caches.iter_mut().map(|cache| &mut cache.dropout), progress)?;
        first_moments.restore(state.first_moments)?;
        *drift = state.drift;
        Ok(())
    }
}
