//! A fleet: nets that see the same examples at the same step, trained in lock-step with their first layers stacked.
//!
//! One product of the sum of their n\[1\] rows takes the place of one thin product a net. What is above the first
//! layer is each net's own; depths, widths, learning rates and seeds may all differ.

use kernels::Real;
use ndarray::{Array2, ArrayView2, Axis};

use crate::first_layer::{FirstLayers, block, block_mut};
use crate::member::{CostAt, Member, Start};
use crate::{Cache, Chain, Examples, cost};

/// After so many steps the dual engine's P is computed anew from T, in f64: one product of the size of a step's, well
/// below 1% of the work.
const REFRESH_EVERY: usize = 500;

/// How training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All iterations were made.
    Completed,
    /// An output or the cost was no longer finite.
    Diverged {
        /// The first such iteration.
        iteration: usize,
    },
}

/// What training leaves beside the trained net.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The recorded costs, all finite, in order of iteration.
    pub history: Vec<CostAt>,
    /// How it ended.
    pub ending: Ending,
    /// The share of training examples in their right class after the last update, of a completed net.
    pub train_accuracy: Option<f64>,
    /// The same of the test examples.
    pub test_accuracy: Option<f64>,
    /// J of the test examples after the last update, of a completed net, where it is finite.
    pub test_cost: Option<f64>,
    /// The most that z\[1\] was off, over its largest element, when it was computed anew in f64; `None` of an engine that
    /// computes it from the weights at each step.
    pub drift: Option<f64>,
}

/// Nets in training.
pub struct Fleet<'e, R> {
    examples: &'e Examples<R>,
    first: Box<dyn FirstLayers<R> + 'e>,
    /// Those that have not diverged; their rows in this order.
    members: Vec<Member<R>>,
    iteration: usize,
    iterations: usize,
    z: Array2<R>,
    a: Array2<R>,
    /// da\[1\], then dz\[1\], then the steps of `W[1]`.
    dz: Array2<R>,
    trained: Vec<Option<Trained>>,
}

impl<'e, R: Real> Fleet<'e, R> {
    /// A fleet that is to be trained on `examples`.
    ///
    /// # Panics
    /// If there is no net, the nets' numbers of iterations differ, or a shape doesn't fit.
    #[track_caller]
    pub fn new(examples: &'e Examples<R>, starts: Vec<Start<R>>) -> Self {
        let iterations = starts.first().expect("a fleet has at least one net").descent.iterations;
        for Start { origin, b, rest, descent, .. } in &starts {
            assert_eq!(descent.iterations, iterations, "the nets of a fleet make as many steps each");
            let n_in = rest.layers.first().map_or(origin.rows(), |layer| layer.n_in());
            let widths = (origin.rows(), origin.rows());
            assert_eq!((b.len(), n_in), widths, "b[1] and the second layer's inputs fit the first layer's outputs");
        }
        let first = examples.first_layers(&starts.iter().map(|start| &*start.origin).collect::<Vec<_>>());
        let (count, m) = (starts.len(), examples.training());
        let mut rows = 0;
        let members = starts.into_iter().enumerate().map(|(place, start)| {
            let member = Member::new(place, rows, start, m);
            rows = member.rows.end;
            member
        });
        let members = members.collect();
        let zeros = Array2::zeros((rows, m));
        let (z, a, dz) = (zeros.clone(), zeros.clone(), zeros);
        Fleet { examples, first, members, iteration: 0, iterations, z, a, dz, trained: vec![None; count] }
    }

    /// Trains all nets to their end. `keep_going` is asked before each step; `None` if it says no.
    ///
    /// Nothing is allocated in a step but when a net leaves, and every 500th time to compute P anew.
    pub fn train(&mut self, keep_going: impl Fn() -> bool) -> Option<Vec<Trained>> {
        while self.iteration < self.iterations && !self.members.is_empty() {
            if !keep_going() {
                return None;
            }
            self.step();
        }
        self.refresh();
        self.evaluate();
        self.trained.iter().cloned().collect()
    }

    /// The net at `place` of the list that the fleet was made of, as trained; `w_0` is what it started with. `None` of one
    /// that has diverged.
    pub fn chain(&self, place: usize, w_0: ArrayView2<f64>) -> Option<Chain<R>> {
        let member = self.members.iter().find(|member| member.place == place)?;
        Some(member.chain(&self.first.weights(member.rows.clone(), w_0)))
    }

    /// z\[L\] and a\[L\] on the test examples, of the net at `place` as it is now; `None` of one that has diverged.
    pub fn predict_test(&self, place: usize) -> Option<Cache<R>> {
        let member = self.members.iter().find(|member| member.place == place)?;
        Some(self.predict_test_of(member))
    }

    fn predict_test_of(&self, member: &Member<R>) -> Cache<R> {
        member.predict(self.first.outputs_on_test(member.rows.clone()).mapv(R::from_f64))
    }

    /// One step of all nets: forward, J where it is due, back, descend.
    pub fn step(&mut self) {
        let iteration = self.iteration;
        if iteration > 0 && iteration.is_multiple_of(REFRESH_EVERY) {
            self.refresh();
        }
        let Fleet { examples, first, members, z, a, dz, .. } = self;
        let y = examples.y.view();
        let mut diverged = Vec::new();
        first.forward(z.view_mut());
        for member in members.iter_mut() {
            let rows = member.rows.clone();
            member.forward(block_mut(z, rows.clone()), block_mut(a, rows.clone()));
            let (z, a, mut dz) = (block(z, rows.clone()), block(a, rows.clone()), block_mut(dz, rows.clone()));
            if member.record(iteration, z, y) {
                member.backward(z, a, y, dz.view_mut());
                first.take_step(rows, member.step_factor(y.len()), dz);
            } else {
                diverged.push(member.place);
            }
        }
        self.leave(&diverged, iteration);
        if !self.members.is_empty() {
            self.first.descend(self.dz.view());
        }
        self.iteration += 1;
    }

    /// The nets at these places have diverged: their rows go, those of the others stay as they are.
    fn leave(&mut self, places: &[usize], iteration: usize) {
        if places.is_empty() {
            return;
        }
        let (gone, kept): (Vec<_>, Vec<_>) = self.members.drain(..).partition(|member| places.contains(&member.place));
        for Member { place, history, drift, .. } in gone {
            let ending = Ending::Diverged { iteration };
            let (train_accuracy, test_accuracy, test_cost) = (None, None, None);
            let trained = Trained { history, ending, train_accuracy, test_accuracy, test_cost, drift };
            self.trained[place] = Some(trained);
        }
        let rows: Vec<usize> = kept.iter().flat_map(|member| member.rows.clone()).collect();
        self.first.keep(&rows);
        for stacked in [&mut self.z, &mut self.a, &mut self.dz] {
            *stacked = stacked.select(Axis(0), &rows);
        }
        let mut next = 0;
        self.members = kept;
        for member in &mut self.members {
            member.rows = next..next + member.rows.len();
            next = member.rows.end;
        }
    }

    fn refresh(&mut self) {
        for member in &mut self.members {
            let drift = self.first.refresh(member.rows.clone());
            member.drift = member.drift.into_iter().chain(drift).max_by(f64::total_cmp);
        }
    }

    /// The accuracies and the test cost after the last update; where an output is not finite, that update was one too many.
    fn evaluate(&mut self) {
        if self.members.is_empty() {
            return;
        }
        self.first.forward(self.z.view_mut());
        let mut diverged = Vec::new();
        for member in &self.members {
            let accuracy =
                |outputs: &Cache<R>, y: &Array2<R>| cost::accuracy(outputs.z.view(), outputs.a.view(), y.view());
            let on_training = member.predict(block(&self.z, member.rows.clone()).to_owned());
            let on_test = self.predict_test_of(member);
            let train_accuracy = accuracy(&on_training, &self.examples.y);
            let test_accuracy = accuracy(&on_test, &self.examples.y_test);
            if train_accuracy.is_none() || test_accuracy.is_none() {
                diverged.push(member.place);
                continue;
            }
            let test_cost = cost::binary_cross_entropy(on_test.z.view(), self.examples.y_test.view());
            let test_cost = Some(test_cost).filter(|cost| cost.is_finite());
            let (history, ending, drift) = (member.history.clone(), Ending::Completed, member.drift);
            let trained = Trained { history, ending, train_accuracy, test_accuracy, test_cost, drift };
            self.trained[member.place] = Some(trained);
        }
        self.leave(&diverged, self.iterations);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Descent, Engine, Initialisation, Span, initialise};
    use kernels::Activation;

    fn fleet(examples: &Examples<f64>) -> Fleet<'_, f64> {
        let chain = initialise::chain(&[2, 3, 1], Activation::Tanh, Initialisation::Xavier, 1);
        let descent = Descent { learning_rate: 0.1, iterations: 1000, record_every: 100 };
        Fleet::new(examples, vec![Start::new(examples, chain, descent).unwrap()])
    }

    fn examples() -> Examples<f64> {
        let x = ndarray::array![[0.1, 0.9, 0.4], [0.7, 0.2, 0.3]];
        let y = ndarray::array![[0.0, 1.0, 1.0]];
        Examples::of(Engine::Dual, &Arc::new(Span::new(x.view(), x.view())), y.clone(), y).unwrap()
    }

    #[test]
    fn the_first_layer_is_refreshed_before_step_500_and_the_largest_drift_is_kept() {
        let examples = examples();
        let mut fleet = fleet(&examples);
        (0..500).for_each(|_| fleet.step());
        assert_eq!(fleet.members[0].drift, None);
        fleet.step();
        assert!(fleet.members[0].drift.is_some());
        fleet.members[0].drift = Some(0.5);
        fleet.refresh();
        assert_eq!(fleet.members[0].drift, Some(0.5));
    }

    #[test]
    fn a_diverged_net_keeps_its_drift() {
        let examples = examples();
        let mut fleet = fleet(&examples);
        fleet.members[0].drift = Some(0.25);
        fleet.leave(&[0], 3);
        assert_eq!(fleet.trained[0].as_ref().unwrap().drift, Some(0.25));
    }

    #[test]
    fn a_refresh_sets_p_right_and_says_by_how_much_of_its_largest_element_it_was_off() {
        let examples = examples();
        let origin = examples.origin(ndarray::array![[1e3, 0.0]]).unwrap(); // P = [100, 900, 400]
        let mut first = examples.first_layers(&[&origin]);
        first.descend(ndarray::array![[1.0, 0.0, 0.0]].view()); // a step that T does not know of: P is off by G's first row
        let drift = first.refresh(0..1).unwrap();
        assert!((drift - 0.5 / 900.0).abs() < 1e-12, "{drift}");
        assert!(first.refresh(0..1).unwrap() < 1e-15);
    }
}
