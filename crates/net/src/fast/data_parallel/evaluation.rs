//! Scores on whole sets of examples, which the ranks share chunk by chunk, and the values of the metrics.

use std::ops::Range;

use kernels::{Real, square_sum};
use ndarray::{ArrayView2, Axis};

use super::DataParallel;
use crate::fast::chunks::CHUNK;
use crate::layer::Cache;
use crate::score::{Score, Tally};
use crate::trained::Trained;
use crate::training::{Bound, Ending, Metric};

impl<R: Real> DataParallel<'_, R> {
    /// Evaluates the net at the end of its training. It has diverged if an output or a cost is not finite.
    pub(super) fn evaluated(&mut self, ending: Ending) -> Trained {
        let (history, metrics) = (self.progress.history.clone(), self.progress.metrics.clone());
        let diverged = |ending| Trained {
            history,
            metrics,
            ending,
            best: None,
            train: None,
            test: None,
            validation: None,
            drift: None,
        };
        if let Ending::Diverged { .. } = ending {
            return diverged(ending);
        }
        let (train, test, validation) = (self.train_score(), self.test_score(), self.validation_score());
        let is_lost = |score: Option<Score>, examples: Range<usize>| score.is_none() && !examples.is_empty();
        let is_any_lost = is_lost(test, self.examples.test()) || is_lost(validation, self.examples.validation());
        if train.is_none() || is_any_lost {
            return diverged(Ending::Diverged { iteration: self.iteration, bound: Bound::Finite });
        }
        let best = self.best.as_ref().map(|best| best.record);
        Trained { best, train, test, validation, ..diverged(ending) }
    }

    /// Computes the values of the metrics, in the order of [`crate::Training::metrics`].
    pub(super) fn metrics(&mut self) -> Vec<f64> {
        let accuracy = |score: Option<Score>| vec![score.and_then(|score| score.accuracy).unwrap_or(f64::NAN)];
        let cost = |score: Option<Score>| vec![score.map_or(f64::NAN, |score| score.cost)];
        let metrics = self.training.metrics.clone();
        let values = metrics.into_iter().map(|metric| match metric {
            Metric::TrainAccuracy => accuracy(self.train_score()),
            Metric::TestAccuracy => accuracy(self.test_score()),
            Metric::TestCost => cost(self.test_score()),
            Metric::ValidationAccuracy => accuracy(self.validation_score()),
            Metric::ValidationCost => cost(self.validation_score()),
            Metric::GradientNorm => self.sums.iter().map(|gradient| gradient.squared_norm().sqrt()).collect(),
            Metric::WeightNorm => self.chain.layers.iter().map(|layer| square_sum(layer.w.view()).sqrt()).collect(),
            Metric::DeadRelu => unreachable!("`DataParallel::new` refuses it"),
        });
        values.collect::<Vec<_>>().concat()
    }

    fn train_score(&mut self) -> Option<Score> {
        self.score(self.x, self.examples.y.view(), 0..self.examples.training())
    }

    fn test_score(&mut self) -> Option<Score> {
        self.score(self.x_held_out, self.examples.y_held_out.view(), self.examples.test())
    }

    pub(super) fn validation_score(&mut self) -> Option<Score> {
        self.score(self.x_held_out, self.examples.y_held_out.view(), self.examples.validation())
    }

    /// Evaluates the net on the examples `range` of a set; `None` if there are none, or an output or J is not finite.
    fn score(&mut self, x: ArrayView2<R>, y: ArrayView2<R>, range: Range<usize>) -> Option<Score> {
        if range.is_empty() {
            return None;
        }
        let (rank, ranks) = (self.ranks.rank(), self.ranks.count());
        let starts: Vec<usize> = range.clone().step_by(CHUNK).collect();
        let mut own = Vec::new();
        for &from in starts.iter().skip(rank).step_by(ranks) {
            let examples = from..range.end.min(from + CHUNK);
            let (x, y) = (x.slice_axis(Axis(1), examples.clone().into()), y.slice_axis(Axis(1), examples.into()));
            let mut caches = self.chain.caches(x.ncols());
            let Cache { z, a, .. } = self.chain.forward(x, &mut caches);
            let mut tally = Tally::new(self.chain.cost());
            tally.add(z.view(), a.view(), y);
            own.extend(tally.to_numbers());
        }
        let all = self.ranks.gather(own);
        let mut whole = Tally::new(self.chain.cost());
        for chunk in 0..starts.len() {
            let (rank, place) = (chunk % ranks, chunk / ranks);
            let numbers = &all[rank][place * Tally::NUMBERS..(place + 1) * Tally::NUMBERS];
            whole.add_numbers(numbers);
        }
        whole.score()
    }
}
