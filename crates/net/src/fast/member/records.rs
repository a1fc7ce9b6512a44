//! The records of a net, and the parameters at the one with its lowest cost, which are put back at the end.

use kernels::Real;
use ndarray::ArrayView2;

use super::Member;
use crate::chain::Chain;
use crate::fast::arrays::{StateMismatch, put_layers};
use crate::fast::first_layers::FirstLayers;
use crate::progress::Observation;
use crate::training::StopReason;

impl<R: Real> Member<R> {
    /// Adds a record of the present parameters, of which `first` has a part, and returns the reason to stop if patience has run out.
    pub(crate) fn record(&mut self, observation: &Observation, first: &dyn FirstLayers<R>) -> Option<StopReason> {
        let Member { training, recorder, chain, rows, .. } = self;
        recorder.record(training, observation, &chain.layers, || first.state(rows.clone()))
    }

    /// Puts back the parameters of the record with the lowest cost, if they were kept.
    pub(crate) fn restore_best(&mut self, first: &mut dyn FirstLayers<R>) -> Result<(), StateMismatch> {
        if let Some(best) = &self.recorder.best {
            put_layers(&best.layers, &mut self.chain.layers)?;
            first.restore(self.rows.clone(), &best.first)?;
        }
        Ok(())
    }

    /// Returns the whole net with the parameters of the record with the lowest cost so far, if they are kept; `w_0` is its W(0).
    pub(crate) fn best_chain(&self, first: &dyn FirstLayers<R>, w_0: ArrayView2<f64>) -> Option<Chain<R>> {
        let best = self.recorder.best.as_ref()?;
        let mut chain = self.chain.clone();
        put_layers(&best.layers, &mut chain.layers).expect("they were taken from this net");
        chain.layers[0].w = first.weights(self.rows.clone(), &best.first, w_0).mapv(R::from_f64);
        Some(chain)
    }
}
