//! The scores of a net on a set of examples, its cost and its accuracy, added up over the parts of the set.

use kernels::{Real, all_finite};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::chain::Chain;
use crate::cost::Cost;
use crate::layer::Cache;

impl<R: Real> Chain<R> {
    /// Evaluates the net on the examples `x`; `None` if an output or J is not finite.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn score(&self, x: ArrayView2<R>, y: ArrayView2<R>) -> Option<Score> {
        let mut caches = self.caches(x.ncols());
        let Cache { z, a, .. } = self.forward(x, &mut caches);
        let mut tally = Tally::new(self.cost());
        tally.add(z.view(), a.view(), y);
        tally.score()
    }
}

/// A set of examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Set {
    /// The training examples.
    Train,
    /// The test examples.
    Test,
    /// The validation examples.
    Validation,
}

impl Set {
    /// All sets.
    pub(crate) const ALL: [Set; 3] = [Set::Train, Set::Test, Set::Validation];
}

/// The cost and accuracy of a net on a set of examples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// J.
    pub cost: f64,
    /// The share of the examples that are classified correctly; `None` for a regression.
    pub accuracy: Option<f64>,
}

/// A running sum of the cost and the correct examples over the parts of a set, from which its [`Score`] is computed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    cost: Cost,
    sum: f64,
    /// `None` if it is a regression.
    correct: Option<usize>,
    examples: usize,
    finite: bool,
}

impl Tally {
    pub(crate) fn new(cost: Cost) -> Self {
        Tally { cost, sum: 0.0, correct: Some(0), examples: 0, finite: true }
    }

    /// Adds a part of the examples, with `z` = `z[L]`, `a` = `a[L]` and their targets `y`.
    #[track_caller]
    pub(crate) fn add<R: Real>(&mut self, z: ArrayView2<R>, a: ArrayView2<R>, y: ArrayView2<R>) {
        self.finite &= all_finite(z);
        self.sum += self.cost.sum(z, y);
        self.correct = self.correct.zip(self.cost.count_correct(a, y)).map(|(before, now)| before + now);
        self.examples += z.ncols();
    }

    /// The length of [`Tally::to_numbers`].
    pub(crate) const NUMBERS: usize = 4;

    /// Returns the sums as numbers, to be sent to another process.
    pub(crate) fn to_numbers(self) -> [f64; Self::NUMBERS] {
        let correct = self.correct.map_or(f64::NAN, |correct| correct as f64);
        [self.sum, correct, self.examples as f64, if self.finite { 0.0 } else { f64::NAN }]
    }

    /// Adds the numbers that [`Tally::to_numbers`] has returned elsewhere.
    pub(crate) fn add_numbers(&mut self, numbers: &[f64]) {
        let [sum, correct, examples, finite] = *numbers else { panic!("{} numbers of a tally", numbers.len()) };
        self.finite &= finite == 0.0;
        self.sum += sum;
        self.correct = self.correct.filter(|_| !correct.is_nan()).map(|before| before + correct as usize);
        self.examples += examples as usize;
    }

    /// Returns the score; `None` if an element of `z[L]` was not finite, or J is not: such a net has diverged.
    pub(crate) fn score(self) -> Option<Score> {
        let m = self.examples as f64;
        let accuracy = self.correct.map(|correct| correct as f64 / m);
        (self.finite && self.sum.is_finite()).then_some(Score { cost: self.sum / m, accuracy })
    }
}
