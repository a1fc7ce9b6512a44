//! A fleet: nets that see the same examples at the same step, trained in lock-step with their first layers stacked.
//!
//! One product with the sum of their n\[1\] rows takes the place of a thin product for each net. The layers above the first
//! are each net's own: depths, widths, optimisers, learning rates and seeds may all differ.

mod evaluation;
mod nets;
mod resuming;
#[cfg(test)]
mod tests;

use kernels::{Real, WrongProduct, inspected};
use ndarray::{Array2, Axis};

use crate::batches::Batches;
use crate::fast::columns::Columns;
use crate::fast::examples::Examples;
use crate::fast::first_layers::FirstLayers;
use crate::fast::initial_net::InitialNet;
use crate::fast::member::Member;
use crate::fast::sample::Sample;
use crate::matrix::{block, block_mut, make_room};
use crate::progress::HistoryPoint;
use crate::trained::Trained;
use crate::training::Ending;

/// The number of steps after which the dual engine's P is computed anew from T, in f64: one product as large as that of a step, well below
/// 1% of the work.
const REFRESH_EVERY: usize = 500;

/// Nets in training, whose first layers are stacked.
pub struct Fleet<'e, R: 'static> {
    examples: &'e Examples<R>,
    batches: Batches,
    first: Box<dyn FirstLayers<R> + 'e>,
    y: Columns<'e, R>,
    /// The nets in training, in the order of their rows. The nets that end last stay here.
    members: Vec<Member<R>>,
    iteration: usize,
    iterations: usize,
    sample: Sample,
    z: Array2<R>,
    a: Array2<R>,
    /// da\[1\], then dz\[1\].
    dz: Array2<R>,
    trained: Vec<Option<Trained>>,
    /// The first wrong product: since then, no net can be trusted.
    wrong: Option<WrongProduct>,
}

impl<'e, R: Real> Fleet<'e, R> {
    /// Makes a fleet of `nets` that trains on `examples`, in `batches`.
    ///
    /// # Panics
    /// If there is no net, the nets' numbers of iterations differ, a shape doesn't fit, a target of a sigmoid is not between 0 and 1, an
    /// output activation has no [`crate::Cost`], a rate of dropout is not in [0, 1), a setting of a training is out of its range
    /// ([`crate::Training`]), or the engine is not exact for an optimiser or for these batches ([`crate::Engine::is_exact_for`]).
    #[track_caller]
    pub fn new(examples: &'e Examples<R>, batches: Batches, nets: Vec<InitialNet<R>>) -> Self {
        assert_eq!(batches.examples(), examples.train_count(), "batches are made for these examples");
        let iterations = nets.first().expect("a fleet has at least one net").training.iterations;
        for net in &nets {
            assert_eq!(net.training.iterations, iterations, "the nets of a fleet make the same number of steps");
            net.assert_fits(examples, &batches);
        }
        // Any fixed seed serves, since an inspection changes no result.
        let sample = Sample::new(nets[0].training.dropout_seed);
        let first = examples.first_layers(&nets.iter().map(|net| &*net.first_weights).collect::<Vec<_>>());
        let count = nets.len();
        let mut rows = 0;
        let members = nets.into_iter().enumerate().map(|(place, net)| {
            let member = Member::new(place, rows, net, &*first);
            rows = member.rows.end;
            member
        });
        let members = members.collect();
        let zeros = Array2::zeros((rows, 0));
        let y = Columns::of_targets(examples.y.view());
        let (z, a, dz) = (zeros.clone(), zeros.clone(), zeros);
        let trained = vec![None; count];
        Fleet { examples, batches, first, y, members, iteration: 0, iterations, sample, z, a, dz, trained, wrong: None }
    }

    /// Trains all nets to their end, and returns their results in the order of [`Fleet::new`]. `keep_going` is called before each step, and
    /// can look at the fleet, such as at [`Fleet::latest`]; `None` if it returns false.
    ///
    /// The products of one step in a hundred are inspected ([`kernels::inspected`]), and those of the first step, of each first step after
    /// a net has left, and of the evaluations at the end.
    ///
    /// A step allocates memory only if its batch is larger than any before, a metric or the validation cost that may end the training is
    /// recorded, a lower cost is recorded whose parameters are kept, the history outgrows its memory, a net leaves, the step is inspected,
    /// or P is computed anew.
    ///
    /// # Errors
    /// If an inspected product is wrong, or was wrong in an earlier call.
    ///
    /// # Panics
    /// If a net ends in a softmax, and a label is not a class number.
    pub fn train(&mut self, keep_going: impl Fn(&Self) -> bool) -> Result<Option<Vec<Trained>>, WrongProduct> {
        while self.has_next_step() {
            if !keep_going(self) {
                return Ok(None);
            }
            self.step()?;
        }
        self.was_right()?;
        let left: Vec<_> = self.training_members().map(|member| (member.place, Ending::Completed)).collect();
        if !left.is_empty() {
            let ended = self.end(&left);
            self.keep_wrong(ended)?;
        }
        Ok(self.trained.iter().cloned().collect())
    }

    /// Returns the results of the net at index `place` of the list given to [`Fleet::new`]; `None` if its training goes on, or the list is
    /// shorter.
    pub fn ended(&self, place: usize) -> Option<&Trained> {
        self.trained.get(place)?.as_ref()
    }

    /// Returns the number of steps that were begun: the last one made no update if all nets ended in it.
    pub fn iteration(&self) -> usize {
        self.iteration
    }

    fn has_next_step(&self) -> bool {
        self.iteration < self.iterations && self.is_training()
    }

    /// Returns whether a net is in training: it has neither diverged nor ended otherwise.
    pub fn is_training(&self) -> bool {
        self.training_count() > 0
    }

    /// Counts the nets in training.
    pub fn training_count(&self) -> usize {
        self.training_members().count()
    }

    fn training_members(&self) -> impl Iterator<Item = &Member<R>> {
        self.members.iter().filter(|member| self.trained[member.place].is_none())
    }

    /// Returns the net at index `place` of the list given to [`Fleet::new`]; `None` if it has left the fleet.
    fn member(&self, place: usize) -> Option<&Member<R>> {
        self.members.iter().find(|member| member.place == place)
    }

    /// Returns the last point in the history of the net at index `place`; `None` before the first record, and if the net has left the
    /// fleet.
    pub fn latest(&self, place: usize) -> Option<HistoryPoint> {
        self.member(place)?.recorder.progress.history.last().copied()
    }

    /// Makes one step of all nets: forward, cost, backward, update. Does nothing if all steps were made, or all nets have ended.
    ///
    /// # Errors
    /// If its products are inspected and one of them is wrong, or was wrong in an earlier call.
    ///
    /// # Panics
    /// As [`Fleet::train`].
    pub fn step(&mut self) -> Result<(), WrongProduct> {
        self.was_right()?;
        if !self.has_next_step() {
            return Ok(());
        }
        let made = if self.sample.takes(self.iteration) {
            inspected(self.sample.seed(), || self.make_step()).flatten()
        } else {
            self.make_step()
        };
        self.keep_wrong(made)
    }

    /// Returns the error of an earlier call: its product is in the parameters of every net.
    fn was_right(&self) -> Result<(), WrongProduct> {
        self.wrong.clone().map_or(Ok(()), Err)
    }

    fn keep_wrong(&mut self, result: Result<(), WrongProduct>) -> Result<(), WrongProduct> {
        self.wrong = result.clone().err();
        result
    }

    fn make_step(&mut self) -> Result<(), WrongProduct> {
        let iteration = self.iteration;
        if iteration > 0 && iteration.is_multiple_of(REFRESH_EVERY) {
            self.refresh();
        }
        let diverged = self.forward_and_back();
        self.end(&diverged)?;
        // Decided before nets stop, because `backward` may change dz: a step that calls it isn't made as a plain one, even if only plain
        // nets are left by then.
        let is_plain = self.members.iter().all(Member::is_plain);
        if self.is_training() {
            if !is_plain {
                self.first.backward(self.dz.view_mut());
            }
            let stopped = self.record();
            self.end(&stopped)?;
        }
        if self.is_training() {
            self.descend(is_plain);
        }
        self.iteration += 1;
        Ok(())
    }

    /// Runs the forward and the backward pass of all nets on the batch of this step, down to dz\[1\]. Returns the nets that have diverged.
    fn forward_and_back(&mut self) -> Vec<(usize, Ending)> {
        let Fleet { batches, first, y, members, iteration, z, a, dz, .. } = self;
        let batch = batches.at(*iteration);
        let examples = batch.len(self.examples.train_count());
        first.set_batch(&batch);
        y.set_batch(&batch);
        for stacked in [&mut *z, a, dz] {
            make_room(stacked, examples);
        }
        let y = y.current();
        let mut diverged = Vec::new();
        first.forward(z.view_mut());
        for member in members.iter_mut() {
            let rows = member.rows.clone();
            member.prepare(examples);
            member.forward(block_mut(z, rows.clone()), block_mut(a, rows.clone()));
            let (z, a, dz) = (block(z, rows.clone()), block(a, rows.clone()), block_mut(dz, rows));
            match member.check_bounds(z, y, *iteration) {
                Some(bound) => diverged.push((member.place, Ending::Diverged { iteration: *iteration, bound })),
                None => member.backward(z, a, y, dz),
            }
        }
        diverged
    }

    /// Makes the step of all parameters of all nets; if it `is_plain` for every net, that of the first layers is one product.
    fn descend(&mut self, is_plain: bool) {
        let Fleet { members, first, iteration, a, dz, .. } = self;
        let examples = dz.ncols();
        for member in members.iter_mut() {
            let (rows, learning_rate) = (member.rows.clone(), member.training.schedule.at(*iteration));
            let step = member.begin_step(learning_rate, || first.gradient_square(rows.clone()));
            if is_plain {
                first.scale_step(rows.clone(), member.plain_factor(step, examples), block_mut(dz, rows.clone()));
            } else {
                member.descend_first(step, &mut **first);
            }
            member.descend(step, block(a, rows));
        }
        if is_plain {
            first.descend_along(dz.view());
        }
    }

    /// Evaluates the nets that end, with z computed anew from the parameters that they end with. They leave the fleet if they have
    /// diverged, or if other nets go on.
    fn end(&mut self, endings: &[(usize, Ending)]) -> Result<(), WrongProduct> {
        if endings.is_empty() {
            return Ok(());
        }
        for &(place, ending) in endings {
            let seed = self.sample.seed();
            let at = self.members.iter().position(|member| member.place == place);
            let at = at.expect("a net that ends is in training");
            self.members[at].restore_best(&mut *self.first).expect("they were taken from this net");
            let evaluated = inspected(seed, || {
                if !matches!(ending, Ending::Diverged { .. }) {
                    self.members[at].refresh(&mut *self.first);
                }
                self.evaluated(&self.members[at], ending)
            });
            self.trained[place] = Some(evaluated?);
        }
        let is_training = self.is_training();
        let stays = self.members.iter().map(|member| match &self.trained[member.place] {
            None => true,
            Some(Trained { ending: Ending::Diverged { .. }, .. }) => false,
            Some(_) => !is_training, // the nets that end last stay for `chain`
        });
        self.retain(&stays.collect::<Vec<_>>());
        Ok(())
    }

    /// Retains only the members that `stays` marks; their rows keep their values.
    fn retain(&mut self, stays: &[bool]) {
        let mut stays = stays.iter();
        self.members.retain(|_| *stays.next().expect("one for each member"));
        let rows: Vec<usize> = self.members.iter().flat_map(|member| member.rows.clone()).collect();
        if rows.len() == self.z.nrows() {
            return;
        }
        self.first.retain_rows(&rows);
        self.sample.take_next();
        for stacked in [&mut self.z, &mut self.a, &mut self.dz] {
            *stacked = stacked.select(Axis(0), &rows);
        }
        let mut next = 0;
        for member in &mut self.members {
            member.rows = next..next + member.rows.len();
            next = member.rows.end;
        }
    }

    /// Recomputes the engine's z of every net.
    fn refresh(&mut self) {
        self.members.iter_mut().for_each(|member| member.refresh(&mut *self.first));
    }
}
