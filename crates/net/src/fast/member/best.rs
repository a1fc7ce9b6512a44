//! The parameters of a net at the record with its lowest cost: kept, and put back at the end.

use kernels::Real;
use ndarray::ArrayView2;

use super::Member;
use crate::chain::Chain;
use crate::fast::best::Best;
use crate::fast::first_layers::FirstLayers;
use crate::fast::state::arrays::{StateMismatch, put_layers};
use crate::progress::Observation;

impl<R: Real> Member<R> {
    /// Adds a record to the history, and keeps a copy of the parameters, of which `first` has a part, if their cost is the lowest of all records
    /// and [`crate::Stopping::restore_best`].
    pub(crate) fn record(&mut self, iteration: usize, observation: &Observation, first: &dyn FirstLayers<R>) {
        let record = self.progress.record(iteration, observation);
        if self.training.stopping.restore_best {
            let first = || first.state(self.rows.clone());
            Best::keep(&mut self.best, record, observation.watched, &self.chain.layers, first);
        }
    }

    /// Puts back the parameters of the record with the lowest cost, if they were kept.
    pub(crate) fn restore_best(&mut self, first: &mut dyn FirstLayers<R>) -> Result<(), StateMismatch> {
        if let Some(best) = &self.best {
            put_layers(&best.layers, &mut self.chain.layers)?;
            first.restore(self.rows.clone(), &best.first)?;
        }
        Ok(())
    }

    /// Returns the whole net with the parameters of the record with the lowest cost so far, if they are kept; `w_0` is its W(0).
    pub(crate) fn best_chain(&self, first: &dyn FirstLayers<R>, w_0: ArrayView2<f64>) -> Option<Chain<R>> {
        let best = self.best.as_ref()?;
        let mut chain = self.chain.clone();
        put_layers(&best.layers, &mut chain.layers).expect("they were taken from this net");
        chain.layers[0].w = first.weights(self.rows.clone(), &best.first, w_0).mapv(R::from_f64);
        Some(chain)
    }
}
