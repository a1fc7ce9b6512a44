//! The nets of a fleet, and their outputs, taken out of it.

use kernels::Real;
use ndarray::ArrayView2;

use super::Fleet;
use crate::chain::Chain;
use crate::layer::Cache;

impl<R: Real> Fleet<'_, R> {
    /// Returns the net at index `place` with its present parameters; `w_0` is the `W[1]` that it started with, n\[1\] × `n[0]`. `None` if
    /// the net has left the fleet: it diverged, or ended before others.
    ///
    /// All engines but the direct one multiply for it, a product that is inspected only inside of [`kernels::inspected`].
    ///
    /// # Panics
    /// If `w_0` is another matrix, and the engine is not the direct one, which does not need it.
    pub fn chain(&self, place: usize, w_0: ArrayView2<f64>) -> Option<Chain<R>> {
        let member = self.member(place)?;
        Some(member.chain(&*self.first, w_0))
    }

    /// Returns the net at index `place` with the parameters of its record with the lowest cost so far, as [`Fleet::chain`] does; `None`
    /// also unless [`crate::Stopping::restore_best`], and before the first record. Its product is inspected no more than that of
    /// [`Fleet::chain`].
    ///
    /// # Panics
    /// As [`Fleet::chain`].
    pub fn best_chain(&self, place: usize, w_0: ArrayView2<f64>) -> Option<Chain<R>> {
        let member = self.member(place)?;
        member.best_chain(&*self.first, w_0)
    }

    /// Computes z\[L\] and a\[L\] of the net at index `place` on the held-out examples, with its present parameters; `None` if it has left
    /// the fleet, or there are no held-out examples. Its products are inspected only inside of [`kernels::inspected`].
    pub fn predict_held_out(&self, place: usize) -> Option<Cache<R>> {
        let member = self.member(place)?;
        let all = 0..self.examples.y_held_out.ncols();
        if all.is_empty() {
            return None;
        }
        Some(member.predict(self.first.wx_held_out(member.rows.clone(), all)))
    }
}
