//! The state of a data-parallel training between two steps, taken and put back.

use kernels::Real;

use super::DataParallel;
use crate::fast::arrays::{FirstState, StateMismatch, put_layers};
use crate::fast::best::Best;
use crate::fast::state::{FleetState, MemberState};
use crate::trained::Trained;

impl<'e, R: Real> DataParallel<'e, R> {
    /// Returns the number of steps that were made.
    pub fn iteration(&self) -> usize {
        self.iteration
    }

    /// Returns everything that the rest of the training depends on beside what it was made from, and beside the ranks: any number of them
    /// goes on with the same bits. It is the state of a fleet of one net without an engine.
    pub fn state(&self) -> FleetState<'_, R> {
        let DataParallel { sample, chain, optimiser, masks, recorder, iteration, trained, .. } = self;
        let member = MemberState::of(&chain.layers, optimiser, masks.iter(), recorder);
        FleetState {
            iteration: *iteration,
            sample: sample.state(),
            first: FirstState::none(),
            members: vec![member],
            trained: std::slice::from_ref(trained).into(),
        }
    }

    /// Goes on from `state`, which was taken from a training that was made from the same.
    ///
    /// # Errors
    /// If it is the state of another net or of a longer training, or of a fleet.
    pub fn resume(mut self, state: FleetState<R>) -> Result<Self, StateMismatch> {
        const NETS: StateMismatch = StateMismatch("the list of nets");
        let Ok([mut member]) = <[MemberState<R>; 1]>::try_from(state.members) else {
            return Err(NETS);
        };
        let [trained] = <[Option<Trained>; 1]>::try_from(state.trained.into_owned()).map_err(|_| NETS)?;
        if state.iteration > self.training.iterations {
            return Err(StateMismatch("the number of steps"));
        }
        self.recorder.best = member.best.take().map(Best::into_owned);
        // Its shapes are found to be wrong now, not at the end of the training.
        self.restore_best()?;
        let DataParallel { sample, chain, optimiser, masks, recorder, .. } = &mut self;
        member.put_in(&mut chain.layers, optimiser, masks.iter_mut(), recorder)?;
        sample.restore(state.sample);
        self.iteration = state.iteration;
        self.trained = trained;
        Ok(self)
    }

    /// Puts back the parameters of the record with the lowest cost, if they were kept.
    pub(super) fn restore_best(&mut self) -> Result<(), StateMismatch> {
        self.recorder.best.as_ref().map_or(Ok(()), |best| put_layers(&best.layers, &mut self.chain.layers))
    }
}
