//! One net whose batches are shared by several processes, on one machine or on several.
//!
//! Every rank has the whole net, and the examples. Of each batch it takes its own micro-batches through the passes of [`Chain`];
//! the gradients are summed over all ranks, and each makes the same step. A batch is divided into micro-batches by a rule that
//! depends on its size alone, and the sums are taken along a fixed tree, so that the bits don't depend on the number of ranks. With
//! one rank this is the training of [`Chain::train`] except for rounding, since the sums over the examples are taken micro-batch by
//! micro-batch.

mod all_reduce;
mod calls;
mod evaluation;
mod micro_batch;
mod micro_batches;
mod ranks;
mod resuming;
#[cfg(test)]
mod tests;

use kernels::{Real, WrongProduct, all_finite, inspected};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2};
use thiserror::Error;

pub use self::calls::data_parallel_calls;
pub use self::micro_batches::most_gradients_sent;
pub use self::ranks::{OneRank, Ranks};

use self::all_reduce::AllReduce;
use self::micro_batch::MicroBatch;
use self::micro_batches::TreeSum;
use crate::batches::Batches;
use crate::chain::{Chain, assert_chained};
use crate::dropout::Dropout;
use crate::fast::examples::Examples;
use crate::fast::recorder::Recorder;
use crate::fast::sample::Sample;
use crate::layer::Gradient;
use crate::optimiser::OptimiserState;
use crate::progress::HistoryPoint;
use crate::trained::Trained;
use crate::training::{Ending, Training};

/// A net in training, shared by ranks.
pub struct DataParallel<'e, R: 'static> {
    examples: &'e Examples<R>,
    x: ArrayView2<'e, R>,
    batches: Batches,
    ranks: Box<dyn Ranks<R> + 'e>,
    training: Training,
    chain: Chain<R>,
    optimiser: OptimiserState<R>,
    /// The masks of the whole batch, by hidden layer.
    masks: Vec<Option<Dropout<R>>>,
    /// The micro-batches of this rank.
    own: Vec<MicroBatch<'e, R>>,
    /// The gradients of the last batch, summed over all ranks; dz is not used.
    gradients: Vec<Gradient<R>>,
    /// Buffers for the gradients of micro-batches, by layer.
    buffers: Vec<Vec<Vec<R>>>,
    recorder: Recorder<R>,
    iteration: usize,
    sample: Sample,
    /// The results, once it has ended.
    trained: Option<Trained>,
}

/// The error of a data-parallel training in which the BLAS of a rank has computed a product wrongly. The sums of all ranks have it in them:
/// the parameters and the state of no rank can be trusted.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum WrongRank {
    /// This rank has, and perhaps others too.
    #[error(transparent)]
    This(#[from] WrongProduct),
    /// The rank of this number has, and not this one.
    #[error("rank {0} computed a product wrongly, which its own message names: the net of no rank can be trusted")]
    Other(usize),
}

impl<'e, R: Real> DataParallel<'e, R> {
    /// Makes the training of `chain`, which must be the same on all ranks, as must be everything else but the rank.
    ///
    /// # Panics
    /// If a shape doesn't fit, a target of a sigmoid is not between 0 and 1, the output activation has no [`crate::Cost`], a rate of
    /// dropout is not in [0, 1), a setting of the training is out of its range ([`Training`]), the examples are not made for the direct
    /// engine, or the dead relus are to be recorded, which would need all examples of a step in one place.
    #[track_caller]
    pub fn new(
        examples: &'e Examples<R>,
        batches: Batches,
        chain: Chain<R>,
        training: Training,
        ranks: Box<dyn Ranks<R> + 'e>,
    ) -> Self {
        assert_eq!(batches.examples(), examples.train_count(), "batches are made for these examples");
        let [x, _] = examples.inputs().expect("examples for the direct engine");
        training.check();
        let last = chain.layers.last().expect("a net has at least one layer");
        assert_chained(&chain.layers, x.nrows());
        examples.assert_targets_of(chain.cost(), last.n_out());
        assert!(!training.metrics.contains(&crate::Metric::DeadRelu), "dead relus are not recorded by several ranks");
        let hidden = chain.layers.len() - 1;
        let caches = chain.dropout_caches(0, &training.dropout, training.dropout_seed);
        let masks = caches.into_iter().map(|cache| cache.dropout).take(hidden);
        DataParallel {
            masks: masks.collect(),
            optimiser: OptimiserState::new(training.optimiser, &chain),
            gradients: chain.gradients(0),
            buffers: vec![Vec::new(); chain.layers.len()],
            recorder: Recorder::new(&training, chain.layers.len()),
            sample: Sample::new(training.dropout_seed),
            own: Vec::new(),
            iteration: 0,
            trained: None,
            examples,
            x,
            batches,
            ranks,
            training,
            chain,
        }
    }

    /// Trains the net to its end; `keep_going` is called before each step, and the training ends where it returns `false` on some rank.
    /// `None` if it did.
    ///
    /// # Errors
    /// If an inspected product is wrong on some rank: then all ranks return an error.
    ///
    /// # Panics
    /// If the net ends in a softmax, and a label is not a class number.
    pub fn train(&mut self, keep_going: impl Fn(&Self) -> bool) -> Result<Option<Trained>, WrongRank> {
        if self.trained.is_some() {
            return Ok(self.trained.clone());
        }
        let mut ending = Ending::Completed;
        while self.iteration < self.training.iterations {
            let goes_on = keep_going(self);
            if self.first_no(goes_on).is_some() {
                return Ok(None);
            }
            let stopped = if self.sample.takes(self.iteration) {
                let step = inspected(self.sample.seed(), || self.step());
                self.right_on_all(step)?
            } else {
                self.step()
            };
            match stopped {
                None => self.iteration += 1,
                Some(stopped) => {
                    ending = stopped;
                    break;
                }
            }
        }
        if !matches!(ending, Ending::Diverged { .. }) {
            self.restore_best().expect("they were taken from this net");
        }
        let trained = inspected(self.sample.seed(), || self.evaluated(ending));
        self.trained = Some(self.right_on_all(trained)?);
        Ok(self.trained.clone())
    }

    /// Returns the last point of the history.
    pub fn latest(&self) -> Option<HistoryPoint> {
        self.recorder.progress.history.last().copied()
    }

    /// Returns the net with its present parameters.
    pub fn chain(&self) -> &Chain<R> {
        &self.chain
    }

    /// Returns the first rank that does not say yes, if any.
    fn first_no(&mut self, yes: bool) -> Option<usize> {
        self.ranks.all_gather(vec![f64::from(u8::from(yes))]).iter().position(|answer| *answer != [1.0])
    }

    /// Returns the result of an inspected work if its products were right on all ranks. A rank whose product is wrong has taken part in the
    /// exchanges of that work, and leaves with all others.
    fn right_on_all<T>(&mut self, inspected: Result<T, WrongProduct>) -> Result<T, WrongRank> {
        let wrong = self.first_no(inspected.is_ok());
        let result = inspected?;
        wrong.map_or(Ok(result), |rank| Err(WrongRank::Other(rank)))
    }

    /// Makes one step: forward, cost, backward, update. Returns what ends the training before the update, if anything.
    fn step(&mut self) -> Option<Ending> {
        let m = self.take_batch();
        let count = micro_batches::count(m);
        let iteration = self.iteration;
        let cost = self.forward(count, self.training.needs_cost(iteration)) / m as f64;
        if let Some(bound) = self.training.stopping.bound_broken_by(cost) {
            return Some(Ending::Diverged { iteration, bound });
        }
        self.backward(m, count);
        if let Some(reason) = self.record(cost) {
            return Some(Ending::Stopped { iteration, reason });
        }
        self.optimiser.step(&mut self.chain, &self.gradients, self.training.schedule.at(iteration));
        None
    }

    /// Takes this rank's micro-batches of the next batch, and returns the number of examples of the whole one.
    fn take_batch(&mut self) -> usize {
        let DataParallel { examples, x, batches, ranks, chain, training, masks, own, iteration, .. } = self;
        let batch = batches.at(*iteration);
        let m = batch.len(x.ncols());
        let count = micro_batches::count(m);
        let mine = micro_batches::of_rank(ranks.rank(), ranks.count(), count);
        masks.iter_mut().flatten().for_each(|mask| mask.draw(m));
        own.truncate(mine.len());
        while own.len() < mine.len() {
            own.push(MicroBatch::new(chain, training, *x, examples.y.view()));
        }
        for (micro_batch, place) in own.iter_mut().zip(mine) {
            let places = micro_batches::examples_of(place, count, m);
            micro_batch.x.set_batch(&batch.part(places.clone()));
            micro_batch.y.set_batch(&batch.part(places.clone()));
            micro_batch.prepare(places, masks);
        }
        m
    }

    /// Runs the forward pass of this rank's micro-batches, of `count` in all, and returns m J over all ranks: NaN if an output is not
    /// finite, else 0 unless it `is_needed`.
    fn forward(&mut self, count: usize, is_needed: bool) -> f64 {
        let (chain, cost) = (&self.chain, self.chain.cost());
        let of_micro_batch = |MicroBatch { x, y, caches, .. }: &mut MicroBatch<R>| {
            let output = chain.forward(x.current(), caches);
            match all_finite(output.z.view()) {
                true if is_needed => cost.sum(output.z.view(), y.current()),
                true => 0.0,
                false => f64::NAN,
            }
        };
        let own = self.own.iter_mut().map(of_micro_batch).collect();
        let all = self.ranks.all_gather(own).concat();
        assert_eq!(all.len(), count, "each rank has the costs of its micro-batches");
        let mut sum = TreeSum::new();
        let costs = all.into_iter().enumerate();
        costs.for_each(|(leaf, cost)| sum.push(leaf..leaf + 1, cost, |sum, cost| *sum += cost));
        sum.into_sum()
    }

    /// Runs the backward pass of this rank's micro-batches, of `count` in all, layer by layer, and sums the gradients over all ranks
    /// meanwhile.
    fn backward(&mut self, m: usize, count: usize) {
        let DataParallel { ranks, chain, own, gradients, buffers, .. } = self;
        let mine = micro_batches::of_rank(ranks.rank(), ranks.count(), count);
        let cost = chain.cost();
        for MicroBatch { y, caches, gradients, .. } in own.iter_mut() {
            let last = caches.len() - 1;
            cost.dz_output(caches[last].a.view(), y.current(), gradients[last].dz.view_mut());
        }
        let mut under_way = AllReduce::new(&mut **ranks, count);
        for (i, layer) in chain.layers.iter().enumerate().rev() {
            let mut parts = TreeSum::new();
            let length = layer.w.len() + layer.b.len();
            let buffers = &mut buffers[i];
            for (micro_batch, place) in own.iter().zip(mine.clone()) {
                let mut part = buffers.pop().unwrap_or_default();
                part.resize(length, R::zero());
                let (dw, db) = part.split_at_mut(layer.w.len());
                let dw = ArrayViewMut2::from_shape(layer.w.dim(), dw).expect("as many elements as W has");
                micro_batch.parameters_part(i, m, dw, ArrayViewMut1::from(db));
                parts.push(place..place + 1, part, |sum, values| {
                    all_reduce::add(sum, &values);
                    buffers.push(values);
                });
            }
            under_way.begin(length, parts);
            if i > 0 {
                own.iter_mut()
                    .for_each(|MicroBatch { caches, gradients, .. }| chain.backward_dz(i..i + 1, caches, gradients));
            }
        }
        for ((gradient, buffers), sum) in gradients.iter_mut().zip(buffers).rev().zip(under_way.finish()) {
            let mut dw = sum;
            let db = dw.split_off(gradient.dw.len());
            let dw = Array2::from_shape_vec(gradient.dw.dim(), dw).expect("as many elements as W has");
            let (before, _) = std::mem::replace(&mut gradient.dw, dw).into_raw_vec_and_offset();
            // A rank without a micro-batch takes no buffer.
            if !own.is_empty() {
                buffers.push(before);
            }
            gradient.db = Array1::from(db);
        }
    }
}
