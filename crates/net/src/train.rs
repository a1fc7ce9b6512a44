//! The course's training loop: forward, cost, backward, update.

use kernels::Real;
use ndarray::ArrayView2;

use crate::chain::Chain;
use crate::optimiser::{Optimiser, OptimiserState};

impl<R: Real> Chain<R> {
    /// Trains the net by the loop of the course, on all examples at each step. Returns J before each update, without the
    /// term of weight decay.
    ///
    /// The function [`net::train`](crate::train()) is faster; it adds batches, dropout, schedules, scores and early stopping.
    ///
    /// ```
    /// use net::ndarray::array;
    /// use net::{Activation, Architecture, Optimiser, Scheme, initialise};
    ///
    /// let (x, y) = (array![[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]], array![[0.0, 1.0, 1.0, 0.0]]); // exclusive or
    /// let architecture = Architecture::classifier(2, &[4], Activation::Tanh);
    /// let mut chain = initialise::chain::<f64>(&architecture, &Scheme::XavierNormal.into(), 3);
    /// let costs = chain.train(x.view(), y.view(), Optimiser::DESCENT, 1.0, 2000);
    /// assert!(costs[0] > 0.6 && costs[1999] < 0.01);
    /// ```
    ///
    /// Shapes and panics are those of [`Chain`] and [`OptimiserState::new`].
    #[track_caller]
    pub fn train(
        &mut self,
        x: ArrayView2<R>,
        y: ArrayView2<R>,
        optimiser: Optimiser,
        learning_rate: f64,
        iterations: usize,
    ) -> Vec<f64> {
        let (mut caches, mut gradients) = (self.caches(x.ncols()), self.gradients(x.ncols())); // buffers
        let mut state = OptimiserState::new(optimiser, self);
        let mut costs = Vec::with_capacity(iterations);
        for _ in 0..iterations {
            let output = self.forward(x, &mut caches);
            costs.push(self.cost().mean(output.z.view(), y)); // J, from z[L]: see `cost.rs`
            self.backward(x, y, &caches, &mut gradients);
            state.step(self, &gradients, learning_rate);
        }
        costs
    }
}
