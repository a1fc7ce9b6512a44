//! The settings of a sweep, best first, by the rule of [`crate::results::ranking`].

use super::points::{Point, State};
use crate::record::columns::Column;
use crate::record::planned::PlannedAxis;
use crate::results::ranking::{Place, Score};
use crate::results::setting::{Statistics, setting_numbers};
use crate::results::trials::SEED;
use crate::spec::axis::Scale;
use crate::spec::ranking::Rank;

/// The settings of a sweep, best first.
pub(super) struct Ranking {
    /// The column that they are judged by: never a score of the test examples.
    pub(super) score: &'static Column,
    /// The best first.
    pub(super) settings: Vec<Setting>,
}

/// The points that differ in their seed only.
pub(super) struct Setting {
    /// Their places in the plan.
    pub(super) points: Vec<usize>,
    /// Their score over the trials that completed; `None` if none did.
    pub(super) loss: Option<Statistics>,
    rank: Option<Rank>,
    /// Trials that diverged or failed.
    pub(super) lost: usize,
    /// Steps (or epochs) of its rung in successive halving, else 0.
    pub(super) length: f64,
}

impl Ranking {
    /// Ranks the settings by the validation cost if there are validation examples, else by the final training cost: the lowest mean
    /// over the seeds first, by the order of [`Place`].
    pub(super) fn of(points: &[Point], axes: &[PlannedAxis]) -> Self {
        let score = Score::by_default(|column| points.iter().any(|point| point.loss(column).is_some())).column;
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (place, number) in
            setting_numbers(axes, SEED, points.iter().map(|point| &point.values)).into_iter().enumerate()
        {
            groups.resize(groups.len().max(number + 1), Vec::new());
            groups[number].push(place);
        }
        let mut settings: Vec<_> = groups
            .into_iter()
            .map(|places| {
                let losses = || places.iter().map(|&place| points[place].loss(score));
                let is_lost = |state| matches!(state, State::Diverged | State::Failed);
                let lost = places.iter().filter(|&&place| is_lost(points[place].state)).count();
                let (loss, rank) = (Statistics::of(&losses().flatten().collect::<Vec<_>>()), Rank::of(losses()));
                let length = rung(&points[places[0]], axes);
                Setting { loss, rank, points: places, lost, length }
            })
            .collect();
        settings.sort_by_cached_key(|setting: &Setting| {
            // A rung counts from its first finished trial on.
            let has_begun = setting.points.iter().any(|&place| points[place].state != State::Unfinished);
            let rung = (has_begun && setting.length > 0.0).then_some(setting.length as usize);
            Place { rung, rank: setting.rank }
        });
        Ranking { score, settings }
    }

    /// Returns the best setting; `None` if no trial of the last rung has completed.
    pub(super) fn best(&self) -> Option<&Setting> {
        self.settings.first().filter(|setting| setting.loss.is_some())
    }

    /// Numbers the settings, the best first, and returns the number of each of `points` points.
    pub(super) fn numbers(&self, points: usize) -> Vec<usize> {
        let mut numbers = vec![0; points];
        for (number, setting) in self.settings.iter().enumerate() {
            setting.points.iter().for_each(|&point| numbers[point] = number);
        }
        numbers
    }
}

/// Returns the length of the point's rung; 0 if the sweep doesn't halve.
pub(super) fn rung(point: &Point, axes: &[PlannedAxis]) -> f64 {
    let lengths = axes.iter().filter(|axis| axis.has_scale(Scale::Rungs));
    lengths.filter_map(|axis| point.values.get(&axis.key)?.as_f64()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::report::examples::{axis, completed, diverged, unfinished};
    use serde_json::json;

    fn order(points: &[Point], axes: &[PlannedAxis]) -> Vec<Vec<usize>> {
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
        assert_eq!(ranking.score.name, "final_cost");
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
        assert_eq!((ranking.score.name, &ranking.settings[0].points[..]), ("validation_cost", &[1][..]));
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
        let open = [completed(point(2, 10), 0.1), unfinished(point(3, 30))];
        assert_eq!(order(&open, &axes), [[0], [1]]);
        let lost = [completed(point(2, 10), 0.1), diverged(point(3, 30))];
        assert!(Ranking::of(&lost, &axes).best().is_none(), "as runner best says it");
    }
}
