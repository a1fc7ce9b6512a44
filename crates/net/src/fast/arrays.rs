//! The states of layers and of an engine: views of their arrays, copied back into arrays of the same shapes.

use kernels::{Real, all_finite};
use ndarray::{Array2, ArrayView2, ArrayViewMut, ArrayViewMut2, CowArray, Dimension, Ix1, Ix2};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::layer::Layer;

/// The error of a state with another layer.
pub(super) const LAYER: StateMismatch = StateMismatch("a layer");

/// The error of a state that was taken from a fleet of other nets, examples or engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the state is that of another training: {0} differs")]
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

/// `W[l]` and `b[l]` of each layer.
pub(crate) type LayersState<'s, R> = Vec<(CowArray<'s, R, Ix2>, CowArray<'s, R, Ix1>)>;

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

    /// Returns whether all elements are finite.
    pub(crate) fn is_finite(&self) -> bool
    where
        R: Real,
    {
        let of_f64 =
            |matrix: &Option<CowArray<f64, Ix2>>| matrix.as_ref().is_none_or(|matrix| all_finite(matrix.view()));
        all_finite(self.matrix.view()) && of_f64(&self.c) && of_f64(&self.t)
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

/// Views the parameters of layers.
pub(crate) fn layers<R>(layers: &[Layer<R>]) -> LayersState<'_, R> {
    layers.iter().map(|layer| ((&layer.w).into(), (&layer.b).into())).collect()
}

/// Copies the parameters of as many layers.
pub(crate) fn put_layers<R: Clone>(from: &LayersState<R>, to: &mut [Layer<R>]) -> Result<(), StateMismatch> {
    if from.len() != to.len() {
        return Err(LAYER);
    }
    for (layer, (w, b)) in to.iter_mut().zip(from) {
        put(w, layer.w.view_mut(), LAYER)?;
        put(b, layer.b.view_mut(), LAYER)?;
    }
    Ok(())
}

/// Copies an array into one of the same shape, which keeps its order in memory: the form of the products on it depends on that.
pub(super) fn put<T: Clone, D: Dimension>(
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
