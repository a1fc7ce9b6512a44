//! The state of a fleet between two steps, taken and put back.

use kernels::Real;

use super::Fleet;
use crate::fast::arrays::StateMismatch;
use crate::fast::state::FleetState;

impl<'e, R: Real> Fleet<'e, R> {
    /// Returns everything that the rest of the training depends on beside what the fleet was made from: a fleet that is made from the same
    /// and goes on from this state ends with the same bits.
    ///
    /// ```
    /// use net::ndarray::array;
    /// use net::{Activation, Architecture, Batches, Examples, Fleet, InitialNet, Scheme, Training, initialise};
    ///
    /// let (x, y) = (array![[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]], array![[0.0, 1.0, 1.0, 0.0]]);
    /// let examples = Examples::<f64>::direct(x.clone(), y.clone(), x, y);
    /// let fleet = || {
    ///     let architecture = Architecture::classifier(2, &[4], Activation::Tanh);
    ///     let chain = initialise::chain(&architecture, &Scheme::XavierNormal.into(), 3);
    ///     let net = InitialNet::new(&examples, chain, Training::descent(1.0, 100, 10)).unwrap();
    ///     Fleet::new(&examples, Batches::full(4), vec![net])
    /// };
    /// let mut first = fleet();
    /// (0..60).for_each(|_| first.step().unwrap());
    /// let mut second = fleet().resume(first.state()).unwrap();
    /// assert_eq!(second.iteration(), 60);
    /// assert_eq!(second.train(|_| true).unwrap(), fleet().train(|_| true).unwrap());
    /// ```
    pub fn state(&self) -> FleetState<'_, R> {
        FleetState {
            iteration: self.iteration,
            sample: self.sample.state(),
            first: self.first.state(0..self.z.nrows()),
            members: self.members.iter().map(|member| member.state()).collect(),
            trained: (&self.trained).into(),
        }
    }

    /// Goes on from `state`, which was taken from a fleet that was made from the same examples, batches and nets as this one. Only the
    /// shapes are compared.
    ///
    /// # Errors
    /// If it is the state of other nets, or of a longer training.
    pub fn resume(mut self, state: FleetState<R>) -> Result<Self, StateMismatch> {
        const NETS: StateMismatch = StateMismatch("the list of nets");
        let FleetState { iteration, sample, first, members, trained } = state;
        let places: Vec<_> = members.iter().map(|member| member.place).collect();
        let stays: Vec<_> = self.members.iter().map(|member| places.contains(&member.place)).collect();
        if trained.len() != self.trained.len() {
            return Err(NETS);
        }
        if iteration > self.iterations {
            return Err(StateMismatch("the number of steps"));
        }
        self.retain(&stays);
        if !self.members.iter().map(|member| member.place).eq(places) {
            return Err(NETS);
        }
        let rows = 0..self.z.nrows();
        let mut nets = self.members.iter_mut().zip(members);
        nets.try_for_each(|(member, state)| member.restore(state, &mut *self.first))?;
        self.first.restore(rows, &first)?;
        self.iteration = iteration;
        self.trained = trained.into_owned();
        self.sample.restore(sample);
        Ok(self)
    }
}
