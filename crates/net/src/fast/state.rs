//! The state of a fleet between two steps: everything that its next steps depend on beside what the fleet was made from.
//!
//! It borrows from the fleet when it is taken, so that a large net is not in memory twice while it is written, and owns its arrays when it
//! is read. Gradients and caches are no part of it, because each step computes them anew.

use std::borrow::Cow;
use std::time::Duration;

use kernels::Real;
use serde::{Deserialize, Serialize};

use crate::dropout::Dropout;
use crate::fast::arrays::{FirstState, LAYER, LayersState, StateMismatch, layers, put_layers};
use crate::fast::best::Best;
use crate::fast::moments::{FirstMomentsState, MomentsState, moments, put_moments};
use crate::fast::recorder::Recorder;
use crate::fast::sample::SampleState;
use crate::layer::Layer;
use crate::optimiser::OptimiserState;
use crate::progress::HistoryPoint;
use crate::trained::Trained;

/// The state of a fleet between two steps ([`crate::Fleet::state`]), for any format of `serde` that keeps the bits of numbers.
#[derive(Debug, Serialize, Deserialize)]
pub struct FleetState<'s, R> {
    pub(crate) iteration: usize,
    pub(crate) sample: SampleState,
    pub(crate) first: FirstState<'s, R>,
    /// The nets that are left in the fleet, in the order of their rows.
    pub(crate) members: Vec<MemberState<'s, R>>,
    /// The results of the nets that have ended.
    pub(crate) trained: Cow<'s, [Option<Trained>]>,
}

/// The state of one net.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MemberState<'s, R> {
    pub(crate) place: usize,
    /// `W[l]`, which has no columns for l = 1, and `b[l]`.
    pub(crate) layers: LayersState<'s, R>,
    /// The number of steps of the optimiser.
    pub(crate) steps: usize,
    /// The moments of `W[l]` and `b[l]`.
    pub(crate) moments: Vec<[MomentsState<'s, R>; 2]>,
    /// The moments of `W[1]` in the engine's coordinates.
    pub(crate) first_moments: FirstMomentsState<'s, R>,
    /// The positions in the streams of the dropout masks; `None` for a layer without dropout.
    pub(crate) masks: Vec<Option<u128>>,
    pub(crate) history: Cow<'s, [HistoryPoint]>,
    pub(crate) metrics: Cow<'s, [f64]>,
    pub(crate) last_improvement: f64,
    pub(crate) waited: usize,
    pub(crate) spent: Duration,
    pub(crate) drift: Option<f64>,
    pub(crate) best: Option<Best<'s, R>>,
}

impl<R> FleetState<'_, R> {
    /// Returns the number of steps that were begun: the last one made no update if all nets ended in it.
    pub fn iteration(&self) -> usize {
        self.iteration
    }
}

impl<'s, R: Real> MemberState<'s, R> {
    /// Takes the state of a net without an engine, at index 0.
    pub(crate) fn of<'m>(
        chain: &'s [Layer<R>],
        optimiser: &'s OptimiserState<R>,
        masks: impl Iterator<Item = &'m Option<Dropout<R>>>,
        Recorder { progress, best }: &'s Recorder<R>,
    ) -> Self {
        MemberState {
            place: 0,
            layers: layers(chain),
            steps: optimiser.steps,
            moments: optimiser.moments.iter().map(|pair| pair.each_ref().map(moments)).collect(),
            first_moments: FirstMomentsState::none(),
            masks: masks.map(|mask| mask.as_ref().map(Dropout::position)).collect(),
            history: (&progress.history).into(),
            metrics: (&progress.metrics).into(),
            last_improvement: progress.last_improvement,
            waited: progress.waited,
            spent: progress.spent(),
            drift: None,
            best: best.as_ref().map(Best::view),
        }
    }

    /// Copies what [`MemberState::of`] has taken, but for the best parameters, back to a net that was made from the same.
    pub(crate) fn put_in<'m>(
        &self,
        chain: &mut [Layer<R>],
        optimiser: &mut OptimiserState<R>,
        masks: impl Iterator<Item = &'m mut Option<Dropout<R>>>,
        Recorder { progress, .. }: &mut Recorder<R>,
    ) -> Result<(), StateMismatch> {
        let masks: Vec<_> = masks.collect();
        if (self.moments.len(), self.masks.len()) != (optimiser.moments.len(), masks.len()) {
            return Err(LAYER);
        }
        put_layers(&self.layers, chain)?;
        optimiser.steps = self.steps;
        for ([w, b], [of_w, of_b]) in optimiser.moments.iter_mut().zip(&self.moments) {
            put_moments(of_w, w)?;
            put_moments(of_b, b)?;
        }
        for (mask, position) in masks.into_iter().zip(&self.masks) {
            match (mask, position) {
                (Some(mask), Some(position)) => mask.go_on_from(*position),
                (None, None) => {}
                _ => return Err(StateMismatch("a mask of dropout")),
            }
        }
        // Not replaced: they have room for the records of the whole training.
        self.history.as_ref().clone_into(&mut progress.history);
        self.metrics.as_ref().clone_into(&mut progress.metrics);
        (progress.last_improvement, progress.waited) = (self.last_improvement, self.waited);
        progress.go_on_after(self.spent);
        Ok(())
    }
}
