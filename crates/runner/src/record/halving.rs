//! Successive halving: every setting for a few iterations (or epochs), the best of them for more, and so on.
//!
//! K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016;
//! the numbers of settings are those of scikit-learn's HalvingGridSearchCV. Each rung's trials are ordinary ones that
//! begin at their first iteration, so that they are recorded and resumed like any other.

use std::collections::HashMap;

use serde_json::Value;

use crate::record::stored::{RecordedPoint, Summary};
use crate::spec::axis::{Axis, Scale};
use crate::spec::halving::Metric;
use crate::spec::trial::Length;
use crate::spec::{Experiment, Point};
use datasets::text::count;

const SEED: &str = "seed";

/// The rungs of an experiment. One that doesn't halve is at its top from the beginning.
pub struct Ladder {
    /// How long each rung trains.
    rungs: Vec<Length>,
    /// The rung that the experiment is at.
    rung: usize,
    /// Where its points begin.
    first: usize,
}

impl Ladder {
    /// Puts `experiment` on its first rung.
    pub fn new(experiment: &mut Experiment) -> Self {
        let Some(halving) = experiment.halving else { return Ladder { rungs: Vec::new(), rung: 0, first: 0 } };
        let all = experiment.points.first().map_or(Length::Iterations(0), |point| point.config.length);
        let rungs: Vec<_> = rungs(halving.least, halving.factor, all.amount()).into_iter().map(|n| all.of(n)).collect();
        let factor = experiment.axes.iter().filter_map(|axis| axis.factor).max().map_or(0, |last| last + 1);
        experiment.axes.push(Axis { key: all.key().to_owned(), scale: Scale::Rungs, factor: Some(factor) });
        for point in &mut experiment.points {
            point.config.length = rungs[0];
            point.values.push(rungs[0].amount().into());
        }
        Ladder { rungs, rung: 0, first: 0 }
    }

    /// Whether there is no further rung.
    pub fn is_at_top(&self) -> bool {
        self.rung + 1 >= self.rungs.len()
    }

    /// The rung in words, where there are several.
    pub fn words(&self) -> Option<String> {
        let length = self.rungs.get(self.rung)?;
        Some(format!("rung {} of {}: {}", self.rung + 1, self.rungs.len(), in_words(*length)))
    }

    /// What the rungs will be, in words.
    pub fn outlook(&self, experiment: &Experiment) -> Option<String> {
        let halving = experiment.halving?;
        let mut settings = settings(&experiment.axes, &experiment.points[self.first..]).len();
        let mut rungs = Vec::new();
        for length in &self.rungs {
            rungs.push(format!("{settings} for {}", in_words(*length)));
            settings = settings.div_ceil(halving.factor);
        }
        Some(format!("halving: {}; the table has the first rung", rungs.join(", then the best ")))
    }

    /// Takes `experiment` to the next rung: adds the best settings of this one, for longer. `recorded` are its
    /// points as they ended, in their order. `false` if no setting has a completed trial.
    pub fn climb(&mut self, experiment: &mut Experiment, recorded: &[RecordedPoint]) -> bool {
        let (Some(halving), Some(&length)) = (experiment.halving, self.rungs.get(self.rung + 1)) else {
            return false;
        };
        let points = &experiment.points[self.first..];
        let ended = recorded.get(self.first..).unwrap_or_default();
        let settings = settings(&experiment.axes, points);
        let keep = settings.len().div_ceil(halving.factor);
        let ranks = settings.iter().map(|seeds| rank(halving.metric, seeds.iter().filter_map(|&seed| ended.get(seed))));
        let mut ranked: Vec<_> = ranks.zip(&settings).filter_map(|(rank, seeds)| Some((rank?, seeds))).collect();
        ranked.sort_by(|((lost, a), _), ((other_lost, b), _)| lost.cmp(other_lost).then(a.total_cmp(b)));
        let mut kept: Vec<usize> = ranked.into_iter().take(keep).flat_map(|(_, seeds)| seeds.iter().copied()).collect();
        kept.sort_unstable(); // in declared order
        let column = experiment.axes.iter().position(|axis| axis.key == length.key());
        let longer = |&point: &usize| {
            let mut point = points[point].clone();
            point.config.length = length;
            if let Some(value) = column.and_then(|column| point.values.get_mut(column)) {
                *value = length.amount().into();
            }
            point
        };
        let next: Vec<Point> = kept.iter().map(longer).collect();
        if next.is_empty() {
            return false;
        }
        self.first = experiment.points.len();
        self.rung += 1;
        experiment.points.extend(next);
        true
    }
}

fn in_words(length: Length) -> String {
    match length {
        Length::Iterations(iterations) => count(iterations, "iteration"),
        Length::Epochs(epochs) => count(epochs, "epoch"),
    }
}

/// least, least * factor, and so on, and at last `all`; without one that is less than the square root of the factor below
/// that: it would cost nearly as much as the last rung and decide little.
fn rungs(least: usize, factor: usize, all: usize) -> Vec<usize> {
    let is_worth = |iterations: &usize| {
        let square = |number: usize| (number as u128).pow(2);
        square(*iterations) * factor as u128 <= square(all)
    };
    let below = std::iter::successors(Some(least), |iterations| iterations.checked_mul(factor)).take_while(is_worth);
    below.chain([all]).collect()
}

/// The points that differ in their seed only, in the order of their first.
fn settings(axes: &[Axis], points: &[Point]) -> Vec<Vec<usize>> {
    let (mut settings, mut places): (Vec<Vec<usize>>, HashMap<Vec<String>, usize>) = Default::default();
    for (index, point) in points.iter().enumerate() {
        let others = axes.iter().zip(&point.values).filter(|(axis, _)| axis.key != SEED);
        let place =
            *places.entry(others.map(|(_, value): (_, &Value)| value.to_string()).collect()).or_insert(settings.len());
        if place == settings.len() {
            settings.push(Vec::new());
        }
        settings[place].push(index);
    }
    settings
}

/// Lower is better: first whether a seed did not complete, then the mean over those that did. `None` if none did.
fn rank<'r>(metric: Metric, seeds: impl Iterator<Item = &'r RecordedPoint>) -> Option<(bool, f64)> {
    let (mut lost, mut found) = (false, Vec::new());
    for seed in seeds {
        let trial = seed.finished.as_ref().map(|finished| &finished.summary);
        let completed = trial.filter(|trial| trial.status == "completed");
        match completed.and_then(|trial| badness(metric, trial)) {
            Some(badness) => found.push(badness),
            None => lost = true,
        }
    }
    (!found.is_empty()).then(|| (lost, found.iter().sum::<f64>() / found.len() as f64))
}

fn badness(metric: Metric, trial: &Summary) -> Option<f64> {
    match metric {
        Metric::Cost => trial.final_cost,
        Metric::TestCost => trial.test_cost,
        Metric::TrainAccuracy => trial.train_accuracy.map(|accuracy| -accuracy),
        Metric::TestAccuracy => trial.test_accuracy.map(|accuracy| -accuracy),
        Metric::ValidationCost => trial.validation_cost,
        Metric::ValidationAccuracy => trial.validation_accuracy.map(|accuracy| -accuracy),
    }
}

#[cfg(test)]
mod tests {
    use super::rungs;

    #[test]
    fn rungs_grow_by_the_factor_and_end_with_all_iterations() {
        assert_eq!(rungs(50, 3, 1350), [50, 150, 450, 1350]);
        assert_eq!(rungs(10, 3, 70), [10, 30, 70]);
        assert_eq!(rungs(60, 3, 600), [60, 180, 600], "540 would be too near");
        assert_eq!(rungs(599, 2, 600), [600]);
        assert_eq!(rungs(1, 1_000_000, 1_000_000_000), [1, 1_000_000, 1_000_000_000]);
    }
}
