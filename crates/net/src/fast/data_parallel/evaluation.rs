//! Scores on whole sets of examples, which the ranks share chunk by chunk, and the values of the metrics.

use kernels::{Real, square_sum};
use ndarray::Axis;

use super::DataParallel;
use super::ranks::Ranks;
use crate::chain::Chain;
use crate::fast::chunks::CHUNK;
use crate::fast::evaluation::Scores;
use crate::fast::examples::Examples;
use crate::layer::{Cache, Layer};
use crate::progress::Observation;
use crate::score::{Score, Set, Tally};
use crate::trained::Trained;
use crate::training::{Ending, Metric};

impl<R: Real> DataParallel<'_, R> {
    /// Computes the values of a record, with J = `cost`.
    pub(super) fn observe(&mut self, cost: f64) -> Observation {
        let DataParallel { examples, ranks, chain, sums, training, .. } = self;
        let mut scores = Scores::new(|set| score(examples, chain, &mut **ranks, set));
        let watched = scores.watched(examples.validates(&training.stopping), cost);
        let values = |metric: &Metric| match *metric {
            Metric::Accuracy(set) => vec![scores.accuracy(set)],
            Metric::Cost(set) => vec![scores.cost(set)],
            Metric::GradientNorm => sums.iter().map(|gradient| gradient.squared_norm().sqrt()).collect(),
            Metric::WeightNorm => chain.layers.iter().map(|layer| square_sum(layer.w.view()).sqrt()).collect(),
            Metric::DeadRelu => unreachable!("`DataParallel::new` refuses it"),
        };
        Observation { cost, watched, metrics: training.metrics.iter().flat_map(values).collect() }
    }

    /// Evaluates the net at the end of its training. It has diverged if a parameter, an output or a cost is not finite.
    pub(super) fn evaluated(&mut self, ending: Ending) -> Trained {
        let DataParallel { examples, ranks, chain, progress, best, iteration, .. } = self;
        let best = best.as_ref().map(|best| best.record);
        let trained = Trained { best, ..Trained::new(progress, ending) };
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
