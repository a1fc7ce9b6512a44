//! The parameters of a net at the record with its lowest cost: kept, and put back at the end.

use kernels::Real;
use ndarray::ArrayView2;

use super::Member;
use crate::chain::Chain;
use crate::fast::best::Best;
use crate::fast::first_layers::FirstLayers;
use crate::fast::state::arrays::{StateMismatch, put_layers};

impl<R: Real> Member<R> {
    /// Keeps a copy of the parameters, of which `first` has a part, if `cost` is the lowest of all records; the last record is that of now.
    pub(crate) fn keep_best(&mut self, cost: f64, first: &dyn FirstLayers<R>) {
        let record = self.progress.history.len() - 1;
        let layers = std::iter::once(&self.first).chain(&self.upper.layers);
        Best::keep(&mut self.best, record, cost, layers, || first.state(self.rows.clone()));
    }

    /// Puts back the parameters of the record with the lowest cost, if they were kept.
    pub(crate) fn restore_best(&mut self, first: &mut dyn FirstLayers<R>) -> Result<(), StateMismatch> {
        if let Some(best) = &self.best {
            put_layers(&best.layers, std::iter::once(&mut self.first).chain(&mut self.upper.layers))?;
            first.restore(self.rows.clone(), &best.first)?;
        }
        Ok(())
    }

    /// Returns the whole net with the parameters of the record with the lowest cost so far, if they are kept; `w_0` is its W(0).
    pub(crate) fn best_chain(&self, first: &dyn FirstLayers<R>, w_0: ArrayView2<f64>) -> Option<Chain<R>> {
        let best = self.best.as_ref()?;
        let mut layers: Vec<_> = self.layers().cloned().collect();
        put_layers(&best.layers, &mut layers).expect("they were taken from this net");
        layers[0].w = first.weights(self.rows.clone(), &best.first, w_0).mapv(R::from_f64);
        Some(Chain { layers, rates: self.rates.clone() })
    }
}
