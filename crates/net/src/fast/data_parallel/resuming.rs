//! The state of a shared training between two steps, taken and put back.

use kernels::Real;

use super::DataParallel;
use crate::fast::state::{
    FirstMomentsState, FirstState, FleetState, MemberState, StateMismatch, moments, put, put_moments,
};

impl<'e, R: Real> DataParallel<'e, R> {
    /// Returns the number of steps that were made.
    pub fn iteration(&self) -> usize {
        self.iteration
    }

    /// Returns everything that the rest of the training depends on beside what it was made from, and beside the ranks: any number of them goes
    /// on with the same bits. It is the state of a fleet of one net without an engine.
    pub fn state(&self) -> FleetState<'_, R> {
        let DataParallel { sample, chain, optimiser, masks, progress, iteration, .. } = self;
        let member = MemberState {
            place: 0,
            layers: chain.layers.iter().map(|layer| ((&layer.w).into(), (&layer.b).into())).collect(),
            steps: optimiser.steps,
            moments: optimiser.moments.iter().map(|pair| pair.each_ref().map(moments)).collect(),
            first_moments: FirstMomentsState::none(),
            masks: masks.iter().map(|mask| mask.as_ref().map(|mask| mask.position())).collect(),
            history: (&progress.history).into(),
            metrics: (&progress.metrics).into(),
            lowest: progress.lowest,
            waited: progress.waited,
            spent: progress.spent(),
            drift: None,
        };
        FleetState {
            iteration: *iteration,
            sample: sample.state(),
            first: FirstState::none(),
            members: vec![member],
            trained: vec![None].into(),
        }
    }

    /// Goes on from `state`, which was taken from a training that was made from the same.
    ///
    /// # Errors
    /// If it is the state of another net, or of a fleet.
    pub fn resume(mut self, state: FleetState<R>) -> Result<Self, StateMismatch> {
        const LAYER: StateMismatch = StateMismatch("a layer");
        let DataParallel { sample, chain, optimiser, masks, progress, .. } = &mut self;
        let Ok([member]) = <[MemberState<R>; 1]>::try_from(state.members) else {
            return Err(StateMismatch("the list of nets"));
        };
        let counts = (member.layers.len(), member.moments.len(), member.masks.len());
        if counts != (chain.layers.len(), optimiser.moments.len(), masks.len()) {
            return Err(LAYER);
        }
        for (layer, (w, b)) in chain.layers.iter_mut().zip(member.layers) {
            put(w, &mut layer.w, LAYER)?;
            put(b, &mut layer.b, LAYER)?;
        }
        optimiser.steps = member.steps;
        for ([w, b], [of_w, of_b]) in optimiser.moments.iter_mut().zip(member.moments) {
            put_moments(of_w, w)?;
            put_moments(of_b, b)?;
        }
        for (mask, position) in masks.iter_mut().zip(member.masks) {
            match (mask, position) {
                (Some(mask), Some(position)) => mask.go_on_from(position),
                (None, None) => {}
                _ => return Err(StateMismatch("a mask of dropout")),
            }
        }
        member.history.as_ref().clone_into(&mut progress.history);
        member.metrics.as_ref().clone_into(&mut progress.metrics);
        (progress.lowest, progress.waited) = (member.lowest, member.waited);
        progress.go_on_after(member.spent);
        sample.restore(state.sample);
        self.iteration = state.iteration;
        Ok(self)
    }
}
