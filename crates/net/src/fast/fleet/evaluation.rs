//! The records of a fleet's nets: their scores on whole sets of examples, and the values of their metrics.

use kernels::Real;

use super::Fleet;
use crate::fast::evaluation::Scores;
use crate::fast::member::Member;
use crate::matrix::block;
use crate::progress::Observation;
use crate::score::{Score, Set};
use crate::trained::Trained;
use crate::training::{Ending, Metric};

impl<R: Real> Fleet<'_, R> {
    /// Records the cost and the metrics of each net, before its update, if a record is due or its training ends. Returns the nets that
    /// stop.
    pub(super) fn record(&mut self) -> Vec<(usize, Ending)> {
        let (iteration, mut stopped) = (self.iteration, Vec::new());
        for at in 0..self.members.len() {
            let Member { training, cost_now, recorder, .. } = &self.members[at];
            let mut reason = recorder.progress.reason_to_stop(&training.stopping, *cost_now, |is_late| is_late);
            if reason.is_some() || training.records(iteration) {
                let observation = self.observe(&self.members[at]);
                let out_of_patience = self.members[at].record(&observation, &*self.first);
                reason = reason.or(out_of_patience);
            }
            stopped.extend(reason.map(|reason| (self.members[at].place, Ending::Stopped { iteration, reason })));
        }
        stopped
    }

    /// Computes the values of a record of a net.
    fn observe(&self, member: &Member<R>) -> Observation {
        let rows = || member.rows.clone();
        let cost = member.cost_now.expect("a step that is recorded has computed its cost");
        let mut scores = Scores::new(|set| self.score(member, set));
        let validates = self.examples.validates(&member.training.stopping);
        let watched = scores.watched(validates, cost);
        let values = |metric: &Metric| match *metric {
            Metric::Accuracy(set) => vec![scores.accuracy(set)],
            Metric::Cost(set) => vec![scores.cost(set)],
            Metric::GradientNorm => {
                member.gradient_squares(self.first.gradient_square(rows())).map(f64::sqrt).collect()
            }
            Metric::WeightNorm => {
                let first = self.first.weights_square(rows());
                std::iter::once(first).chain(member.upper_weights_squares()).map(f64::sqrt).collect()
            }
            Metric::DeadRelu => member.dead_shares(block(&self.a, rows())),
        };
        let metrics = member.training.metrics.iter().flat_map(values).collect();
        Observation { iteration: self.iteration, cost, watched, validates, metrics }
    }

    /// Evaluates a net whose training has ended. It has diverged if a parameter, a moment, an output or a cost is not finite: after a
    /// sigmoid or a relu, infinite weights can give finite outputs.
    pub(super) fn evaluated(&self, member: &Member<R>, ending: Ending) -> Trained {
        let trained =
            Trained::new(&member.recorder, ending).diverged_unless(member.has_finite_moments(), self.iteration);
        let trained = Trained { drift: member.drift, ..trained };
        let is_finite = self.first.state(member.rows.clone()).is_finite() && member.has_finite_parameters();
        trained.with_scores(&self.examples.sets(), self.iteration, |set| self.score(member, set).filter(|_| is_finite))
    }

    /// Evaluates a net on a set; `None` if it is empty, or an output or J is not finite.
    fn score(&self, member: &Member<R>, set: Set) -> Option<Score> {
        let (y, range) = self.examples.targets_of(set);
        let wx = |examples| match set {
            Set::Train => self.first.wx(member.rows.clone(), examples),
            Set::Test | Set::Validation => self.first.wx_held_out(member.rows.clone(), examples),
        };
        if range.is_empty() { None } else { member.score(y, range, wx) }
    }
}
