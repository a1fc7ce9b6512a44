//! Successive halving: every setting is trained for a few iterations (or epochs), the best of them for more, and so on.
//!
//! K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016;
//! the numbers of settings are those of scikit-learn's HalvingGridSearchCV. Each rung's trials are ordinary ones that
//! begin at their first iteration, so that they are recorded and resumed like any other.

use indexmap::IndexMap;

use super::axis::{Axis, Scale, next_group};
use super::experiment::{Experiment, Point};
use super::ranking::Rank;
use super::trial::{Length, TrialConfig};

/// The rungs of an experiment. Without halving there is a single one.
pub struct Rungs {
    /// The length of training on each rung.
    lengths: Vec<Length>,
    /// The current rung.
    rung: usize,
    /// The index of the first point of the current rung.
    first: usize,
}

/// The size of a rung.
#[derive(Clone, Copy, Debug)]
pub struct RungSize {
    /// The length of training.
    pub length: Length,
    /// The number of its settings.
    pub settings: usize,
    /// The most trials that these have.
    pub trials: usize,
}

impl Rungs {
    /// Puts `experiment` on its first rung.
    ///
    /// # Panics
    /// If it has no points.
    pub fn new(experiment: &mut Experiment) -> Self {
        let all = experiment.points[0].config.length;
        let Some(halving) = experiment.halving else { return Rungs { lengths: vec![all], rung: 0, first: 0 } };
        let lengths: Vec<_> =
            amounts(halving.least, halving.factor, all.amount()).into_iter().map(|amount| all.of(amount)).collect();
        let group = Some(next_group(&experiment.axes));
        experiment.axes.push(Axis { key: all.key().to_owned(), scale: Scale::Rungs, group });
        for point in &mut experiment.points {
            point.config.length = lengths[0];
            point.values.push(lengths[0].amount().into());
        }
        Rungs { lengths, rung: 0, first: 0 }
    }

    /// Returns whether the current rung is the last one.
    pub fn is_last(&self) -> bool {
        self.rung + 1 == self.lengths.len()
    }

    /// Lists the lengths of training on the rungs.
    pub fn lengths(&self) -> &[Length] {
        &self.lengths
    }

    /// Describes the rung in a line; `None` if the experiment doesn't halve.
    pub fn describe(&self, experiment: &Experiment) -> Option<String> {
        experiment.halving?;
        let (rung, rungs) = (self.rung + 1, self.lengths.len());
        Some(format!("rung {rung} of {rungs}: {}", self.lengths[self.rung]))
    }

    /// Describes all rungs in a line; `None` if the experiment doesn't halve.
    pub fn preview(&self, experiment: &Experiment) -> Option<String> {
        experiment.halving?;
        let left = self.left(experiment);
        let work_of = |rung: &RungSize| rung.settings as f64 * rung.length.amount() as f64;
        let work = left.iter().map(work_of).sum::<f64>() / work_of(&left[0]);
        let rungs: Vec<_> = left.iter().map(|rung| format!("{} for {}", rung.settings, rung.length)).collect();
        let rungs = rungs.join(", then the best ");
        Some(match self.rung {
            0 => format!(
                "halving: {rungs}; the table has the first rung, and all rungs together make about {work:.1} times its \
                 operations"
            ),
            rung => format!("halving, from rung {} on: {rungs}", rung + 1),
        })
    }

    /// Returns the sizes of the rungs above the current one, where every trial completes.
    pub fn ahead(&self, experiment: &Experiment) -> Vec<RungSize> {
        self.left(experiment).split_off(1)
    }

    /// Returns the sizes of the current rung and of those above it.
    fn left(&self, experiment: &Experiment) -> Vec<RungSize> {
        let first = settings(&experiment.points[self.first..]);
        let (mut settings, seeds) = (first.len(), first.iter().map(Vec::len).max().unwrap_or(0));
        let mut left = Vec::new();
        for &length in &self.lengths[self.rung..] {
            left.push(RungSize { length, settings, trials: settings * seeds });
            settings = settings.div_ceil(experiment.halving.map_or(1, |halving| halving.factor));
        }
        left
    }

    /// Takes `experiment` to the next rung: adds the best settings of this one with a longer training. `loss` returns
    /// the loss of a point, by which settings are ranked; `None` if its trial did not complete. Returns `false` if this
    /// is the last rung, or no trial has completed.
    pub fn promote(&mut self, experiment: &mut Experiment, loss: impl Fn(usize) -> Option<f64>) -> bool {
        let (Some(halving), Some(&length)) = (experiment.halving, self.lengths.get(self.rung + 1)) else {
            return false;
        };
        let points = &experiment.points[self.first..];
        let settings = settings(points);
        let keep = settings.len().div_ceil(halving.factor);
        let ranks = settings.iter().map(|seeds| Rank::of(seeds.iter().map(|&seed| loss(self.first + seed))));
        let mut ranked: Vec<_> = ranks.zip(&settings).filter_map(|(rank, seeds)| Some((rank?, seeds))).collect();
        ranked.sort_by(|(a, _), (b, _)| a.compare(b));
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

/// Returns the lengths of the rungs: `least`, `least` · `factor`, and so on, and at last `all`. A length above `all` /
/// √`factor` is left out: that rung would cost nearly as much as the last one and decide little.
fn amounts(least: usize, factor: usize, all: usize) -> Vec<usize> {
    let is_worth = |iterations: &usize| {
        let square = |number: usize| (number as u128).pow(2);
        square(*iterations) * factor as u128 <= square(all)
    };
    let below = std::iter::successors(Some(least), |iterations| iterations.checked_mul(factor)).take_while(is_worth);
    below.chain([all]).collect()
}

/// Groups the points that differ only in their seed, in the order of their first points. Of points that share a trial, as those do that
/// differ only in keys that don't apply, the first one stands for all.
fn settings(points: &[Point]) -> Vec<Vec<usize>> {
    let mut settings: IndexMap<(String, Option<usize>), IndexMap<u32, usize>> = IndexMap::new();
    for (index, point) in points.iter().enumerate() {
        let alike = TrialConfig { seed: 0, ..point.config.clone() };
        let seeds = settings.entry((alike.canonical().to_string(), point.budget)).or_default();
        seeds.entry(point.config.seed).or_insert(index);
    }
    settings.into_values().map(|seeds| seeds.into_values().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::amounts;

    #[test]
    fn rungs_grow_by_the_factor_and_end_with_all_iterations() {
        assert_eq!(amounts(50, 3, 1350), [50, 150, 450, 1350]);
        assert_eq!(amounts(10, 3, 70), [10, 30, 70]);
        assert_eq!(amounts(60, 3, 600), [60, 180, 600], "540 would be too near");
        assert_eq!(amounts(599, 2, 600), [600]);
        assert_eq!(amounts(1, 1_000_000, 1_000_000_000), [1, 1_000_000, 1_000_000_000]);
    }
}
