//! The state of a fleet between two steps: everything that its next steps depend on beside what the fleet was made from.
//!
//! It borrows from the fleet when it is taken, so that a large net is not in memory twice while it is written, and owns its arrays when it
//! is read. Gradients and caches are no part of it, because each step computes them anew.

use std::borrow::Cow;
use std::time::Duration;

use kernels::Real;
use ndarray::{Array2, ArrayView2, ArrayViewMut, ArrayViewMut2, CowArray, Dimension, Ix1, Ix2};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::dropout::Dropout;
use crate::fast::best::Best;
use crate::fast::first_layers::FirstMoments;
use crate::fast::sample::SampleState;
use crate::layer::Layer;
use crate::optimiser::{Moments, OptimiserState};
use crate::progress::{HistoryPoint, Progress};
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

/// The error of a state with another layer.
const LAYER: StateMismatch = StateMismatch("a layer");

/// The error of a state that was taken from a fleet of other nets, examples or engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the state is that of another fleet: {0} has another shape")]
pub struct StateMismatch(pub(crate) &'static str);

/// The matrices of an engine.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FirstState<'s, R> {
    /// W, D or P.
    pub(crate) matrix: CowArray<'s, R, Ix2>,
    /// c; `None` in the direct engine.
    pub(crate) c: Option<CowArray<'s, f64, Ix2>>,
    /// T; `None` but in the dual engine.
    pub(crate) t: Option<CowArray<'s, f64, Ix2>>,
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
    pub(crate) lowest: f64,
    pub(crate) waited: usize,
    pub(crate) spent: Duration,
    pub(crate) drift: Option<f64>,
    pub(crate) best: Option<Best<'s, R>>,
}

/// `W[l]` and `b[l]` of each layer.
pub(crate) type LayersState<'s, R> = Vec<(CowArray<'s, R, Ix2>, CowArray<'s, R, Ix1>)>;

/// The moments of one tensor.
type MomentsState<'s, R> = Vec<CowArray<'s, R, Ix2>>;

/// The moments of one net's first layer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FirstMomentsState<'s, R> {
    w: MomentsState<'s, R>,
    c: MomentsState<'s, f64>,
    t: MomentsState<'s, f64>,
}

impl<R> FleetState<'_, R> {
    /// Returns the number of steps that were made.
    pub fn iteration(&self) -> usize {
        self.iteration
    }
}

impl<'s, R: Real> MemberState<'s, R> {
    /// Takes the state of a net without an engine, at index 0.
    pub(crate) fn of<'m>(
        chain: impl IntoIterator<Item = &'s Layer<R>>,
        optimiser: &'s OptimiserState<R>,
        masks: impl Iterator<Item = &'m Option<Dropout<R>>>,
        progress: &'s Progress,
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
            lowest: progress.lowest,
            waited: progress.waited,
            spent: progress.spent(),
            drift: None,
            best: None,
        }
    }

    /// Copies what [`MemberState::of`] has taken back to a net that was made from the same.
    pub(crate) fn put_in<'m, 'c>(
        &self,
        chain: impl IntoIterator<Item = &'c mut Layer<R>>,
        optimiser: &mut OptimiserState<R>,
        masks: impl Iterator<Item = &'m mut Option<Dropout<R>>>,
        progress: &mut Progress,
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
        (progress.lowest, progress.waited) = (self.lowest, self.waited);
        progress.go_on_after(self.spent);
        Ok(())
    }
}

impl<R: Clone> FirstMomentsState<'_, R> {
    /// Makes the state of a net without an engine.
    pub(crate) fn none() -> Self {
        FirstMomentsState { w: Vec::new(), c: Vec::new(), t: Vec::new() }
    }
}

impl<R: Clone> FirstState<'_, R> {
    /// Makes the state of a net without an engine.
    pub(crate) fn none() -> Self {
        let matrix = Array2::from_shape_vec((0, 0), Vec::new()).expect("no element");
        FirstState { matrix: matrix.into(), c: None, t: None }
    }

    /// Views c.
    ///
    /// # Panics
    /// If it is a state of the direct engine.
    pub(crate) fn c(&self) -> ArrayView2<'_, f64> {
        self.c.as_ref().expect("a state of this engine has c").view()
    }

    /// Views the matrices.
    pub(crate) fn view(&self) -> FirstState<'_, R> {
        let FirstState { matrix, c, t } = self;
        let [c, t] = [c, t].map(|matrix| matrix.as_ref().map(|matrix| matrix.view().into()));
        FirstState { matrix: matrix.view().into(), c, t }
    }

    /// Copies the matrices to those of an engine, which has the same ones.
    pub(crate) fn put_in(
        &self,
        matrix: ArrayViewMut2<R>,
        c: Option<ArrayViewMut2<f64>>,
        t: Option<ArrayViewMut2<f64>>,
    ) -> Result<(), StateMismatch> {
        const FIRST: StateMismatch = StateMismatch("the first layer");
        put(&self.matrix, matrix, FIRST)?;
        for (from, to) in [(&self.c, c), (&self.t, t)] {
            match (from, to) {
                (Some(from), Some(to)) => put(from, to, FIRST)?,
                (None, None) => {}
                _ => return Err(FIRST),
            }
        }
        Ok(())
    }
}

impl<R: Clone> FirstMoments<R> {
    pub(crate) fn state(&self) -> FirstMomentsState<'_, R> {
        let FirstMoments { w, c, t } = self;
        FirstMomentsState { w: moments(w), c: moments(c), t: moments(t) }
    }

    pub(crate) fn restore(&mut self, state: FirstMomentsState<R>) -> Result<(), StateMismatch> {
        put_moments(&state.w, &mut self.w)?;
        put_moments(&state.c, &mut self.c)?;
        put_moments(&state.t, &mut self.t)
    }
}

/// Views the parameters of layers.
pub(crate) fn layers<'s, R>(layers: impl IntoIterator<Item = &'s Layer<R>>) -> LayersState<'s, R> {
    layers.into_iter().map(|layer| ((&layer.w).into(), (&layer.b).into())).collect()
}

/// Copies the parameters of as many layers.
pub(crate) fn put_layers<'m, R: Clone + 'm>(
    from: &LayersState<R>,
    to: impl IntoIterator<Item = &'m mut Layer<R>>,
) -> Result<(), StateMismatch> {
    let to: Vec<_> = to.into_iter().collect();
    if from.len() != to.len() {
        return Err(LAYER);
    }
    for (layer, (w, b)) in to.into_iter().zip(from) {
        put(w, layer.w.view_mut(), LAYER)?;
        put(b, layer.b.view_mut(), LAYER)?;
    }
    Ok(())
}

/// Views the moments of one tensor.
fn moments<R: Clone>(Moments(moments): &Moments<R>) -> MomentsState<'_, R> {
    moments.iter().map(CowArray::from).collect()
}

/// Copies the moments of one tensor.
fn put_moments<R: Clone>(from: &MomentsState<R>, Moments(to): &mut Moments<R>) -> Result<(), StateMismatch> {
    const MOMENTS: StateMismatch = StateMismatch("a moment of the optimiser");
    if from.len() != to.len() {
        return Err(MOMENTS);
    }
    from.iter().zip(to).try_for_each(|(from, to)| put(from, to.view_mut(), MOMENTS))
}

/// Copies an array into one of the same shape, which keeps its order in memory: the form of the products on it depends on that.
fn put<T: Clone, D: Dimension>(
    from: &CowArray<T, D>,
    mut to: ArrayViewMut<T, D>,
    otherwise: StateMismatch,
) -> Result<(), StateMismatch> {
    if from.raw_dim() != to.raw_dim() {
        return Err(otherwise);
    }
    to.assign(from);
    Ok(())
}
