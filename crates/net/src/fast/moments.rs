//! The moments of an optimiser in a state, and those of a first layer in its engine's coordinates.

use kernels::Real;
use ndarray::{CowArray, Ix2};
use serde::{Deserialize, Serialize};

use super::arrays::{StateMismatch, put};
use crate::optimiser::Moments;

/// The moments of the first layer of one net.
pub(crate) struct FirstMoments<R> {
    /// The moments of the matrix that the engine keeps: W, D or P.
    pub(crate) w: Moments<R>,
    /// The moments of c; empty for the direct engine.
    pub(crate) c: Moments<f64>,
    /// The moments of T; empty for the direct and the reduced engine.
    pub(crate) t: Moments<f64>,
}

/// The moments of one tensor.
pub(crate) type MomentsState<'s, R> = Vec<CowArray<'s, R, Ix2>>;

/// The moments of one net's first layer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FirstMomentsState<'s, R> {
    w: MomentsState<'s, R>,
    c: MomentsState<'s, f64>,
    t: MomentsState<'s, f64>,
}

impl<R: Real> FirstMoments<R> {
    pub(crate) fn are_finite(&self) -> bool {
        self.w.are_finite() && self.c.are_finite() && self.t.are_finite()
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

impl<R: Clone> FirstMomentsState<'_, R> {
    /// Makes the state of a net without an engine.
    pub(crate) fn none() -> Self {
        FirstMomentsState { w: Vec::new(), c: Vec::new(), t: Vec::new() }
    }
}

/// Views the moments of one tensor.
pub(super) fn moments<R: Clone>(Moments(moments): &Moments<R>) -> MomentsState<'_, R> {
    moments.iter().map(CowArray::from).collect()
}

/// Copies the moments of one tensor.
pub(super) fn put_moments<R: Clone>(from: &MomentsState<R>, Moments(to): &mut Moments<R>) -> Result<(), StateMismatch> {
    const MOMENTS: StateMismatch = StateMismatch("a moment of the optimiser");
    if from.len() != to.len() {
        return Err(MOMENTS);
    }
    from.iter().zip(to).try_for_each(|(from, to)| put(from, to.view_mut(), MOMENTS))
}
