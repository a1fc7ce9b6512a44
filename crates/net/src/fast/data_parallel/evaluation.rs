//! The records: scores on whole sets of examples, which the ranks share chunk by chunk, and the values of the metrics.

use kernels::{Real, square_sum};
use ndarray::Axis;

use super::DataParallel;
use super::ranks::Ranks;
use crate::chain::Chain;
use crate::fast::arrays::FirstState;
use crate::fast::chunks::CHUNK;
use crate::fast::evaluation::Scores;
use crate::fast::examples::Examples;
use crate::layer::{Cache, Layer};
use crate::progress::Observation;
use crate::score::{Score, Set, Tally};
use crate::trained::Trained;
use crate::training::{Ending, Metric, StopReason};

impl<R: Real> DataParallel<'_, R> {
    /// Records the cost and the metrics, before the update, if a record is due or the training ends, and returns the reason to stop, if
    /// any.
    pub(super) fn record(&mut self, cost: f64) -> Option<StopReason> {
        let DataParallel { training, recorder, ranks, iteration, .. } = self;
        // The clock of rank 0 is that of all.
        let on_rank_0 = |is_late| ranks.all_gather(vec![f64::from(u8::from(is_late))])[0] == [1.0];
        let reason = recorder.progress.reason_to_stop(&training.stopping, Some(cost), on_rank_0);
        if reason.is_none() && !training.records(*iteration) {
            return None;
        }
        let observation = self.observe(cost);
        let DataParallel { training, recorder, chain, .. } = self;
        let out_of_patience = recorder.record(training, &observation, &chain.layers, FirstState::none);
        reason.or(out_of_patience)
    }

    /// Computes the values of a record, with J = `cost`.
    fn observe(&mut self, cost: f64) -> Observation {
        let DataParallel { examples, ranks, chain, gradients, training, iteration, .. } = self;
        let mut scores = Scores::new(|set| score(examples, chain, &mut **ranks, set));
        let validates = examples.validates(&training.stopping);
        let watched = scores.watched(validates, cost);
        let values = |metric: &Metric| match *metric {
            Metric::Accuracy(set) => vec![scores.accuracy(set)],
            Metric::Cost(set) => vec![scores.cost(set)],
            Metric::GradientNorm => gradients.iter().map(|gradient| gradient.squared_norm().sqrt()).collect(),
            Metric::WeightNorm => chain.layers.iter().map(|layer| square_sum(layer.w.view()).sqrt()).collect(),
            Metric::DeadRelu => unreachable!("`DataParallel::new` refuses it"),
        };
        let metrics = training.metrics.iter().flat_map(values).collect();
        Observation { iteration: *iteration, cost, watched, validates, metrics }
    }

    /// Evaluates the net at the end of its training. It has diverged if a parameter, a moment, an output or a cost is not finite.
    pub(super) fn evaluated(&mut self, ending: Ending) -> Trained {
        let DataParallel { examples, ranks, chain, optimiser, recorder, iteration, .. } = self;
        let trained = Trained::new(recorder, ending).diverged_unless(optimiser.has_finite_moments(), *iteration);
        let is_finite = chain.layers.iter().all(Layer::is_finite);
        let score = |set| score(examples, chain, &mut **ranks, set).filter(|_| is_finite);
        trained.with_scores(&examples.sets(), *iteration, score)
    }
}

/// Evaluates a net on a set; `None` if it is empty, or an output or J is not finite.
fn score<R: Real>(examples: &Examples<R>, chain: &Chain<R>, ranks: &mut dyn Ranks<R>, set: Set) -> Option<Score> {
    let [x, x_held_out] = examples.inputs().expect("`DataParallel::new` asks for them");
    let x = if set == Set::Train { x } else { x_held_out };
    let (y, range) = examples.targets_of(set);
    if range.is_empty() {
        return None;
    }
    let (rank, count) = (ranks.rank(), ranks.count());
    let starts: Vec<usize> = range.clone().step_by(CHUNK).collect();
    let mut own = Vec::new();
    for &from in starts.iter().skip(rank).step_by(count) {
        let examples = from..range.end.min(from + CHUNK);
        let (x, y) = (x.slice_axis(Axis(1), examples.clone().into()), y.slice_axis(Axis(1), examples.into()));
        let mut caches = chain.caches(x.ncols());
        let Cache { z, a, .. } = chain.forward(x, &mut caches);
        let mut tally = Tally::new(chain.cost());
        tally.add(z.view(), a.view(), y);
        own.extend(tally.to_numbers());
    }
    let all = ranks.all_gather(own);
    let mut whole = Tally::new(chain.cost());
    for chunk in 0..starts.len() {
        let (rank, place) = (chunk % count, chunk / count);
        whole.add_numbers(&all[rank][place * Tally::NUMBERS..(place + 1) * Tally::NUMBERS]);
    }
    whole.score()
}
