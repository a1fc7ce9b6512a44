//! The scores of a fleet's nets on whole sets of examples, and the values of their metrics.

use std::ops::Range;

use kernels::Real;

use super::Fleet;
use crate::fast::member::Member;
use crate::matrix::block;
use crate::score::Score;
use crate::trained::Trained;
use crate::training::{Bound, Ending, Metric};

impl<R: Real> Fleet<'_, R> {
    /// Computes the values of a net's metrics, in the order of [`crate::Training::metrics`].
    pub(super) fn metrics(&self, member: &Member<R>) -> Vec<f64> {
        let rows = || member.rows.clone();
        let accuracy = |score: Option<Score>| vec![score.and_then(|score| score.accuracy).unwrap_or(f64::NAN)];
        let cost = |score: Option<Score>| vec![score.map_or(f64::NAN, |score| score.cost)];
        let values = |metric: &Metric| match metric {
            Metric::TrainAccuracy => accuracy(self.train_score(member)),
            Metric::TestAccuracy => accuracy(self.test_score(member)),
            Metric::TestCost => cost(self.test_score(member)),
            Metric::ValidationAccuracy => accuracy(self.validation_score(member)),
            Metric::ValidationCost => cost(self.validation_score(member)),
            Metric::GradientNorm => {
                member.gradient_squares(self.first.gradient_square(rows())).map(f64::sqrt).collect()
            }
            Metric::WeightNorm => {
                let first = self.first.weights_square(rows());
                std::iter::once(first).chain(member.upper_weights_squares()).map(f64::sqrt).collect()
            }
            Metric::DeadRelu => member.dead_shares(block(&self.a, rows())),
        };
        member.training.metrics.iter().flat_map(values).collect()
    }

    /// Evaluates a net whose training has ended. It has diverged if an output or a cost is not finite.
    pub(super) fn evaluated(&self, member: &Member<R>, ending: Ending) -> Trained {
        let (history, metrics) = (member.progress.history.clone(), member.progress.metrics.clone());
        let diverged = |ending| Trained {
            history: history.clone(),
            metrics: metrics.clone(),
            ending,
            train: None,
            test: None,
            validation: None,
            drift: member.drift,
            best: None,
        };
        if let Ending::Diverged { .. } = ending {
            return diverged(ending);
        }
        let (train, test, validation) =
            (self.train_score(member), self.test_score(member), self.validation_score(member));
        let is_lost = |score: Option<Score>, examples: Range<usize>| score.is_none() && !examples.is_empty();
        let is_any_lost = is_lost(test, self.examples.test()) || is_lost(validation, self.examples.validation());
        if train.is_none() || is_any_lost {
            return diverged(Ending::Diverged { iteration: self.iteration, bound: Bound::Finite });
        }
        let best = member.best.as_ref().map(|best| best.record);
        Trained { best, train, test, validation, ..diverged(ending) }
    }

    fn train_score(&self, member: &Member<R>) -> Option<Score> {
        let wx = |examples| self.first.wx(member.rows.clone(), examples);
        member.score(self.examples.y.view(), 0..self.examples.training(), wx)
    }

    fn test_score(&self, member: &Member<R>) -> Option<Score> {
        self.score_held_out(member, self.examples.test())
    }

    pub(super) fn validation_score(&self, member: &Member<R>) -> Option<Score> {
        self.score_held_out(member, self.examples.validation())
    }

    /// Evaluates a net on held-out examples; `None` also if there are none.
    fn score_held_out(&self, member: &Member<R>, range: Range<usize>) -> Option<Score> {
        if range.is_empty() {
            return None;
        }
        let wx = |examples| self.first.wx_held_out(member.rows.clone(), examples);
        member.score(self.examples.y_held_out.view(), range, wx)
    }
}
