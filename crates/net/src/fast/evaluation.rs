//! The evaluation of a net in training: its scores on whole sets of examples, for its records and at the end.

use crate::fast::recorder::Recorder;
use crate::score::{Score, Set};
use crate::trained::Trained;
use crate::training::{Bound, Ending};

/// The scores of a net with its present parameters, each computed when it is first asked for: `None` if the set is empty, or an output or J
/// is not finite.
pub(crate) struct Scores<F> {
    compute: F,
    known: [Option<Option<Score>>; 3],
}

impl<F: FnMut(Set) -> Option<Score>> Scores<F> {
    pub(crate) fn new(compute: F) -> Self {
        Scores { compute, known: [None; 3] }
    }

    /// Returns the score on a set.
    pub(crate) fn on(&mut self, set: Set) -> Option<Score> {
        let Scores { compute, known } = self;
        *known[set as usize].get_or_insert_with(|| compute(set))
    }

    /// Returns J on a set; NaN if there is no score.
    pub(crate) fn cost(&mut self, set: Set) -> f64 {
        self.on(set).map_or(f64::NAN, |score| score.cost)
    }

    /// Returns the accuracy on a set; NaN if there is none.
    pub(crate) fn accuracy(&mut self, set: Set) -> f64 {
        self.on(set).and_then(|score| score.accuracy).unwrap_or(f64::NAN)
    }

    /// Returns the cost in which an improvement is looked for: `cost`, or, if it is that of the validation examples, infinity if they have
    /// no score.
    pub(crate) fn watched(&mut self, validates: bool, cost: f64) -> f64 {
        if validates { self.on(Set::Validation).map_or(f64::INFINITY, |score| score.cost) } else { cost }
    }
}

impl Trained {
    /// Makes the results of a training that has ended, without scores.
    pub(crate) fn new<R>(Recorder { progress, best }: &Recorder<R>, ending: Ending) -> Self {
        let (history, metrics) = (progress.history.clone(), progress.metrics.clone());
        let best = best.as_ref().map(|best| best.record);
        Trained { history, metrics, ending, best, train: None, test: None, validation: None, drift: None }
    }

    /// Counts a net as diverged, at `iteration`, unless its moments are finite: it has parameters that no step moves any more.
    pub(crate) fn diverged_unless(self, has_finite_moments: bool, iteration: usize) -> Self {
        match self.ending {
            Ending::Diverged { .. } => self,
            _ if has_finite_moments => self,
            _ => Trained { ending: Ending::Diverged { iteration, bound: Bound::Moments }, ..self },
        }
    }

    /// Adds the scores on `sets`, the sets that are not empty, by `score`. A net without a score on one of them has diverged, at
    /// `iteration`.
    pub(crate) fn with_scores(
        self,
        sets: &[Set],
        iteration: usize,
        mut score: impl FnMut(Set) -> Option<Score>,
    ) -> Self {
        if let Ending::Diverged { .. } = self.ending {
            return Trained { best: None, ..self };
        }
        let scores = Set::ALL.map(|set| sets.contains(&set).then(|| score(set)));
        if scores.contains(&Some(None)) {
            return Trained { ending: Ending::Diverged { iteration, bound: Bound::Finite }, best: None, ..self };
        }
        let [train, test, validation] = scores.map(Option::flatten);
        Trained { train, test, validation, ..self }
    }
}
