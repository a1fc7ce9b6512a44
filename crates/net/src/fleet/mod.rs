//! A fleet: nets that see the same examples at the same step, trained in lock-step with their first layers stacked.
//!
//! One product of the sum of their n\[1\] rows takes the place of one thin product a net. What is above the first
//! layer is each net's own; depths, widths, optimisers, learning rates and seeds may all differ.

mod evaluation;

use kernels::{Real, scale};
use ndarray::{Array2, ArrayView2, Axis};

use crate::batches::Batches;
use crate::cost::Score;
use crate::first_layer::{Columns, FirstLayers, block, block_mut};
use crate::layer::make_room;
use crate::member::{Member, Start};
use crate::optimiser::Update;
use crate::progress::CostAt;
use crate::training::{Ending, Reason};
use crate::{Cache, Chain, Examples};

/// After so many steps the dual engine's P is computed anew from T, in f64: one product of the size of a step's, well
/// below 1% of the work.
const REFRESH_EVERY: usize = 500;

/// What training leaves beside the trained net.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The recorded costs, all finite, in order of iteration.
    pub history: Vec<CostAt>,
    /// The values of all columns of all metrics ([`crate::Metric::columns`]) at each point of the history, one after another.
    pub metrics: Vec<f64>,
    /// How it ended.
    pub ending: Ending,
    /// On the training examples after the last update, of a net that has not diverged.
    pub train: Option<Score>,
    /// The same on the test examples.
    pub test: Option<Score>,
    /// The same on the validation examples, where there are any.
    pub validation: Option<Score>,
    /// The most that z\[1\] was off, over its largest element, when it was computed anew in f64; `None` of an engine that
    /// computes it from the weights at each step.
    pub drift: Option<f64>,
}

/// Nets in training.
pub struct Fleet<'e, R> {
    examples: &'e Examples<R>,
    batches: Batches,
    first: Box<dyn FirstLayers<R> + 'e>,
    y: Columns<'e, R>,
    /// Those in training; their rows in this order. The last ones stay when they have ended.
    members: Vec<Member<R>>,
    iteration: usize,
    iterations: usize,
    z: Array2<R>,
    a: Array2<R>,
    /// da\[1\], then dz\[1\].
    dz: Array2<R>,
    trained: Vec<Option<Trained>>,
}

impl<'e, R: Real> Fleet<'e, R> {
    /// A fleet that is to be trained on `examples`, in these batches.
    ///
    /// # Panics
    /// If there is no net, the nets' numbers of iterations differ, a shape doesn't fit, or an engine or an optimiser can't do
    /// what it should ([`crate::Engine::is_exact_for`]).
    #[track_caller]
    pub fn new(examples: &'e Examples<R>, batches: Batches, starts: Vec<Start<R>>) -> Self {
        assert_eq!(batches.examples(), examples.training(), "batches are made for these examples");
        let iterations = starts.first().expect("a fleet has at least one net").training.iterations;
        for start in &starts {
            let Start { origin, b, rest, training, .. } = start;
            assert_eq!(training.iterations, iterations, "the nets of a fleet make as many steps each");
            let n_in = rest.layers.first().map_or(origin.rows(), |layer| layer.n_in());
            let widths = (origin.rows(), origin.rows());
            assert_eq!((b.len(), n_in), widths, "b[1] and the second layer's inputs fit the first layer's outputs");
            let rows = start.cost().rows_of_y(start.outputs());
            assert_eq!(examples.y.nrows(), rows, "y has the rows that {:?} takes", start.cost());
            let engine = examples.engine();
            assert!(
                engine.is_exact_for(&training.optimiser, batches.is_full()),
                "the {} engine is not exact",
                engine.name()
            );
        }
        let first = examples.first_layers(&starts.iter().map(|start| &*start.origin).collect::<Vec<_>>());
        let count = starts.len();
        let mut rows = 0;
        let members = starts.into_iter().enumerate().map(|(place, start)| {
            let member = Member::new(place, rows, start, &*first);
            rows = member.rows.end;
            member
        });
        let members = members.collect();
        let zeros = Array2::zeros((rows, 0));
        let y = Columns::of_targets(examples.y.view());
        let (z, a, dz) = (zeros.clone(), zeros.clone(), zeros);
        Fleet { examples, batches, first, y, members, iteration: 0, iterations, z, a, dz, trained: vec![None; count] }
    }

    /// Trains all nets to their end. `keep_going` is asked before each step; `None` if it says no.
    ///
    /// Nothing is allocated in a step but when a net leaves, when a metric is recorded that looks at other examples than the
    /// step's, and every 500th time to compute P anew.
    pub fn train(&mut self, keep_going: impl Fn() -> bool) -> Option<Vec<Trained>> {
        self.train_watched(|_| keep_going())
    }

    /// [`Fleet::train`], where what is asked before each step sees the fleet.
    pub fn train_watched(&mut self, keep_going: impl Fn(&Self) -> bool) -> Option<Vec<Trained>> {
        while self.iteration < self.iterations && self.is_training() {
            if !keep_going(self) {
                return None;
            }
            self.step();
        }
        self.refresh();
        let left = self.members.iter().filter(|member| self.trained[member.place].is_none());
        let left: Vec<_> = left.map(|member| (member.place, Ending::Completed)).collect();
        self.end(&left);
        self.trained.iter().cloned().collect()
    }

    fn is_training(&self) -> bool {
        self.members.iter().any(|member| self.trained[member.place].is_none())
    }

    /// The last recorded cost of the net at `place`; `None` before the first one, and of a net that has left.
    pub fn latest(&self, place: usize) -> Option<CostAt> {
        self.members.iter().find(|member| member.place == place)?.progress.history.last().copied()
    }

    /// The net at `place` of the list that the fleet was made of, as it is now; `w_0` is what it started with. `None` of one
    /// that has left: it diverged, or ended before others.
    pub fn chain(&self, place: usize, w_0: ArrayView2<f64>) -> Option<Chain<R>> {
        let member = self.members.iter().find(|member| member.place == place)?;
        Some(member.chain(&self.first.weights(member.rows.clone(), w_0)))
    }

    /// z\[L\] and a\[L\] on the held-out examples, of the net at `place` as it is now; `None` of one that has left.
    pub fn predict_held_out(&self, place: usize) -> Option<Cache<R>> {
        let member = self.members.iter().find(|member| member.place == place)?;
        let all = 0..self.examples.y_held_out.ncols();
        Some(member.predict(self.first.outputs_held_out(member.rows.clone(), all)))
    }

    /// One step of all nets: forward, J where it is due, back, descend.
    pub fn step(&mut self) {
        let iteration = self.iteration;
        if iteration > 0 && iteration.is_multiple_of(REFRESH_EVERY) {
            self.refresh();
        }
        let diverged = self.forward_and_back();
        self.end(&diverged);
        // For the whole step, whoever stops in it: dz is dW's, or the step's.
        let is_plain = self.members.iter().all(Member::is_plain);
        if self.is_training() {
            if !is_plain {
                self.first.backward(self.dz.view_mut());
            }
            let stopped = self.record();
            self.end(&stopped);
        }
        if self.is_training() {
            self.descend(is_plain);
        }
        self.iteration += 1;
    }

    /// All nets on the batch of this step, to dz\[1\] and the gradients above it. Returns those that have diverged.
    fn forward_and_back(&mut self) -> Vec<(usize, Ending)> {
        let Fleet { batches, first, y, members, iteration, z, a, dz, .. } = self;
        let batch = batches.at(*iteration);
        let examples = batch.len(self.examples.training());
        first.take(&batch);
        y.take(&batch);
        for stacked in [&mut *z, a, dz] {
            make_room(stacked, examples);
        }
        let y = y.now();
        let mut diverged = Vec::new();
        first.forward(z.view_mut());
        for member in members.iter_mut() {
            let rows = member.rows.clone();
            member.prepare(examples);
            member.forward(block_mut(z, rows.clone()), block_mut(a, rows.clone()));
            let (z, a, dz) = (block(z, rows.clone()), block(a, rows.clone()), block_mut(dz, rows));
            let due = member.training.records(*iteration);
            let bound = member.training.stopping.diverge_above.unwrap_or(f64::INFINITY);
            match member.cost(z, y, due).filter(|cost| *cost <= bound) {
                Some(cost) => {
                    if due {
                        member.progress.history.push(CostAt { iteration: *iteration, cost });
                    }
                    member.backward(z, a, y, dz);
                }
                None => diverged.push((member.place, Ending::Diverged { iteration: *iteration })),
            }
        }
        diverged
    }

    /// The metrics that are due, at the parameters before the update. Returns the nets that have been told to stop.
    fn record(&mut self) -> Vec<(usize, Ending)> {
        let mut stopped = Vec::new();
        for at in 0..self.members.len() {
            let due = self.members[at].training.records(self.iteration);
            if due {
                let values = self.metrics(&self.members[at]);
                self.members[at].progress.metrics.extend(values);
            }
            if let Some(reason) = self.reason_to_stop(at, due) {
                stopped.push((self.members[at].place, Ending::Stopped { iteration: self.iteration, reason }));
            }
        }
        stopped
    }

    fn reason_to_stop(&mut self, at: usize, due: bool) -> Option<Reason> {
        let watches = self.members[at].training.stopping.patience.is_some() && !self.examples.validation().is_empty();
        let watched = (due && watches).then(|| self.validation_score(&self.members[at])).flatten();
        let Member { training, progress, .. } = &mut self.members[at];
        if due {
            let recorded = progress.history.last().map_or(f64::INFINITY, |record| record.cost);
            let reason = progress.reason_to_stop(&training.stopping, watched.map_or(recorded, |score| score.cost));
            if reason.is_some() {
                return reason;
            }
        }
        progress.is_late(&training.stopping).then_some(Reason::Time)
    }

    /// All parameters of all nets take their step; where it `is_plain` for every net, the first layers do so in one product.
    fn descend(&mut self, is_plain: bool) {
        let Fleet { members, first, iteration, a, dz, .. } = self;
        let examples = dz.ncols();
        for member in members.iter_mut() {
            let (optimiser, rows) = (member.training.optimiser, member.rows.clone());
            let factor = if optimiser.clip_norm.is_some() {
                let of_w_1 = first.gradient_square(rows.clone());
                optimiser.clip_factor(member.gradient_squares(of_w_1).sum::<f64>().sqrt())
            } else {
                1.0
            };
            let rate = member.training.schedule.at(*iteration);
            let update = Update { optimiser, rate, factor, iteration: *iteration };
            if is_plain {
                scale(member.first_step(rate, examples), block_mut(dz, rows.clone()));
            } else {
                member.descend_first(update, &mut **first);
            }
            member.descend(update, block(a, rows));
        }
        if is_plain {
            first.descend_along(dz.view());
        }
    }

    /// These nets have ended: they are evaluated, and leave if others go on.
    fn end(&mut self, endings: &[(usize, Ending)]) {
        if endings.is_empty() {
            return;
        }
        for &(place, ending) in endings {
            let member = self.members.iter().find(|member| member.place == place).expect("it was in training");
            self.trained[place] = Some(self.evaluated(member, ending));
        }
        let gone = |trained: &[Option<Trained>], member: &Member<R>| match &trained[member.place] {
            Some(Trained { ending: Ending::Diverged { .. }, .. }) => true,
            ended => ended.is_some() && self.is_training(),
        };
        let gone: Vec<bool> = self.members.iter().map(|member| gone(&self.trained, member)).collect();
        self.keep(&gone.iter().map(|gone| !gone).collect::<Vec<_>>());
    }

    /// Keeps these members only; their rows stay as they are.
    fn keep(&mut self, stays: &[bool]) {
        let mut stays = stays.iter();
        self.members.retain(|_| *stays.next().expect("one a member"));
        let rows: Vec<usize> = self.members.iter().flat_map(|member| member.rows.clone()).collect();
        if rows.len() == self.z.nrows() {
            return;
        }
        self.first.keep(&rows);
        for stacked in [&mut self.z, &mut self.a, &mut self.dz] {
            *stacked = stacked.select(Axis(0), &rows);
        }
        let mut next = 0;
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
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Architecture, Engine, Scheme, Span, Training, initialise};
    use kernels::Activation;

    fn fleet(examples: &Examples<f64>) -> Fleet<'_, f64> {
        let architecture = Architecture::classifier(2, &[3], Activation::Tanh);
        let chain = initialise::chain(&architecture, &Scheme::XavierNormal.into(), 1);
        let descent = Training::descent(0.1, 1000, 100);
        Fleet::new(examples, Batches::full(3), vec![Start::new(examples, chain, descent).unwrap()])
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
        fleet.end(&[(0, Ending::Diverged { iteration: 3 })]);
        assert_eq!(fleet.trained[0].as_ref().unwrap().drift, Some(0.25));
    }
}
