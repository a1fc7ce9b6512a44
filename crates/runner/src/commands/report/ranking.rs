//! The settings of a sweep, best first: the rule by which a report says which is best.

use std::collections::HashMap;

use super::points::{Point, State};
use crate::record::stored::RecordedAxis;
use crate::spec::axis::Scale;
use crate::spec::sweep_keys::Objective;

/// The swept key whose values are repetitions of a setting.
pub(super) const SEED: &str = "seed";

/// The settings of a sweep, best first.
pub(super) struct Ranking {
    /// What they are judged by: never a score of the test examples.
    pub(super) objective: Objective,
    /// The best first; those without a completed trial last, in the order of the experiment.
    pub(super) settings: Vec<Setting>,
}

/// The points that differ in their seed only.
pub(super) struct Setting {
    /// Their places in the plan.
    pub(super) points: Vec<usize>,
    /// Their objective over the trials that completed; `None` if none did.
    pub(super) loss: Option<Spread>,
    /// Trials that diverged or failed.
    pub(super) lost: usize,
    /// Steps (or epochs) of its rung in successive halving, else 0.
    pub(super) length: f64,
}

/// Mean and standard deviation of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) count: usize,
    pub(super) mean: f64,
    /// With count - 1 in the denominator; `None` if there is one number.
    pub(super) deviation: Option<f64>,
}

impl Spread {
    /// Computes both; `None` if there are no numbers.
    pub(super) fn of(numbers: &[f64]) -> Option<Self> {
        let count = numbers.len();
        let mean = numbers.iter().sum::<f64>() / count as f64;
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        let deviation = (count > 1).then(|| (squares / (count - 1) as f64).sqrt());
        (count > 0).then_some(Spread { count, mean, deviation })
    }
}

impl Ranking {
    /// Ranks the settings by the validation cost if there are validation examples, else by the final training cost: the lowest mean
    /// over the seeds first. In successive halving a longer rung comes before a shorter one; settings with a trial that diverged or
    /// failed come after those whose trials all completed.
    pub(super) fn of(points: &[Point], axes: &[RecordedAxis]) -> Self {
        let is_validated = points.iter().any(|point| point.loss(Objective::ValidationCost).is_some());
        let objective = if is_validated { Objective::ValidationCost } else { Objective::Cost };
        let mut settings: Vec<_> = grouped(points, axes)
            .into_iter()
            .map(|places| {
                let losses: Vec<f64> = places.iter().filter_map(|&place| points[place].loss(objective)).collect();
                let is_lost = |state| matches!(state, State::Diverged | State::Failed);
                let lost = places.iter().filter(|&&place| is_lost(points[place].state)).count();
                let length = rung(&points[places[0]], axes);
                Setting { loss: Spread::of(&losses), points: places, lost, length }
            })
            .collect();
        settings.sort_by(|a, b| {
            let of = |setting: &Setting| (setting.loss.is_none(), setting.lost > 0);
            let mean = |setting: &Setting| setting.loss.map_or(f64::INFINITY, |loss| loss.mean);
            let (rungs, ends) = (b.length.total_cmp(&a.length), of(a).cmp(&of(b)));
            a.loss.is_none().cmp(&b.loss.is_none()).then(rungs).then(ends).then(mean(a).total_cmp(&mean(b)))
        });
        Ranking { objective, settings }
    }

    /// The best setting; `None` if no trial has completed.
    pub(super) fn best(&self) -> Option<&Setting> {
        self.settings.first().filter(|setting| setting.loss.is_some())
    }

    /// The number of the setting, best first, of each of `points` points.
    pub(super) fn numbers(&self, points: usize) -> Vec<usize> {
        let mut numbers = vec![0; points];
        for (number, setting) in self.settings.iter().enumerate() {
            setting.points.iter().for_each(|&point| numbers[point] = number);
        }
        numbers
    }
}

/// The column of trials.csv that has an objective.
pub(super) fn column(objective: Objective) -> &'static str {
    match objective {
        Objective::Cost => "final_cost",
        Objective::TestCost => "test_cost",
        Objective::TrainAccuracy => "train_accuracy",
        Objective::TestAccuracy => "test_accuracy",
        Objective::ValidationCost => "validation_cost",
        Objective::ValidationAccuracy => "validation_accuracy",
    }
}

/// The places of the points that differ in their seed only, in the order of the experiment.
fn grouped(points: &[Point], axes: &[RecordedAxis]) -> Vec<Vec<usize>> {
    let (mut groups, mut numbers): (Vec<Vec<usize>>, HashMap<Vec<String>, usize>) = Default::default();
    for (place, point) in points.iter().enumerate() {
        let keys = axes.iter().map(|axis| &axis.key).filter(|key| *key != SEED);
        let setting = keys.map(|key| point.values.get(key).map(ToString::to_string).unwrap_or_default()).collect();
        let number = *numbers.entry(setting).or_insert(groups.len());
        if number == groups.len() {
            groups.push(Vec::new());
        }
        groups[number].push(place);
    }
    groups
}

/// The length of the point's rung; 0 if the sweep doesn't halve.
pub(super) fn rung(point: &Point, axes: &[RecordedAxis]) -> f64 {
    let lengths = axes.iter().filter(|axis| axis.scale == Scale::Rungs.name());
    lengths.filter_map(|axis| point.values.get(&axis.key)?.as_f64()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::report::examples::{axis, completed, diverged, unfinished};
    use serde_json::json;

    fn order(points: &[Point], axes: &[RecordedAxis]) -> Vec<Vec<usize>> {
        Ranking::of(points, axes).settings.into_iter().map(|setting| setting.points).collect()
    }

    #[test]
    fn the_lowest_mean_over_the_seeds_comes_first_and_the_test_examples_have_no_part_in_it() {
        let axes = [axis("model.depth", "list"), axis("seed", "list")];
        let point = |depth: i64, seed: i64| json!({"model.depth": depth, "seed": seed});
        let mut points = vec![
            completed(point(2, 1), 0.1),
            completed(point(2, 2), 0.7),
            completed(point(3, 1), 0.3),
            completed(point(3, 2), 0.3),
        ];
        assert_eq!(order(&points, &axes), [[2, 3], [0, 1]]);
        let test = |points: &mut [Point], place: usize| {
            let summary = points[place].summary.as_mut().unwrap();
            (summary.test_cost, summary.test_accuracy) = (Some(0.01), Some(1.0));
        };
        (0..2).for_each(|place| test(&mut points, place));
        let ranking = Ranking::of(&points, &axes);
        assert_eq!(ranking.objective, Objective::Cost);
        assert_eq!(ranking.best().unwrap().points, [2, 3]);
        assert_eq!(ranking.numbers(4), [1, 1, 0, 0]);
    }

    #[test]
    fn the_validation_cost_decides_where_there_is_one() {
        let axes = [axis("model.depth", "list")];
        let mut points = vec![completed(json!({"model.depth": 2}), 0.1), completed(json!({"model.depth": 3}), 0.3)];
        for (point, cost) in points.iter_mut().zip([0.9, 0.8]) {
            point.summary.as_mut().unwrap().validation_cost = Some(cost);
        }
        let ranking = Ranking::of(&points, &axes);
        assert_eq!((ranking.objective, &ranking.settings[0].points[..]), (Objective::ValidationCost, &[1][..]));
    }

    #[test]
    fn a_setting_with_a_lost_seed_comes_later_and_one_that_lost_all_or_has_not_finished_last() {
        let axes = [axis("model.depth", "list"), axis("seed", "list")];
        let point = |depth: i64, seed: i64| json!({"model.depth": depth, "seed": seed});
        let points = [
            unfinished(point(1, 1)),
            diverged(point(2, 1)),
            completed(point(3, 1), 0.1),
            diverged(point(3, 2)),
            completed(point(4, 1), 0.9),
        ];
        assert_eq!(order(&points, &axes), [vec![4], vec![2, 3], vec![0], vec![1]]);
        assert!(Ranking::of(&points[..2], &axes).best().is_none());
    }

    #[test]
    fn in_halving_the_settings_of_the_longest_rung_come_first() {
        let axes = [axis("model.depth", "list"), axis("train.iterations", "rungs")];
        let point = |depth: i64, length: i64| json!({"model.depth": depth, "train.iterations": length});
        let points = [completed(point(2, 10), 0.1), completed(point(3, 10), 0.2), completed(point(3, 30), 0.5)];
        assert_eq!(order(&points, &axes), [[2], [0], [1]]);
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        let spread = Spread::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!((spread.count, spread.mean), (8, 5.0));
        assert!((spread.deviation.unwrap() - (32.0f64 / 7.0).sqrt()).abs() < 1e-15);
        assert_eq!(Spread::of(&[3.0]).unwrap().deviation, None);
        assert_eq!(Spread::of(&[]), None);
    }
}
