//! The settings of a sweep, best first, by the rule of [`crate::results::ranking`].

use std::collections::HashMap;

use crate::record::columns::Column;
use crate::results::ranking::{Score, order};
use crate::results::row::Row;
use crate::results::setting::Setting;
use crate::results::trials::{SEED, Trials};

/// The settings of a sweep, best first.
pub(super) struct RankedSettings<'t> {
    /// The column that they are judged by: never a score of the test examples.
    pub(super) score: &'static Column,
    /// The best first; those of which no trial has finished are among them.
    pub(super) settings: Vec<Setting<'t>>,
}

impl<'t> RankedSettings<'t> {
    /// Ranks the settings.
    pub(super) fn of(trials: &'t Trials) -> Self {
        let score = Score::default_of(trials).column;
        let mut settings = trials.grouped(SEED, |_| true);
        settings.sort_by_key(|setting| setting.trials().map(|row| row.place).min());
        order(&mut settings, score);
        RankedSettings { score, settings }
    }

    /// Returns the best setting; `None` if no trial of the last rung has completed.
    pub(super) fn best(&self) -> Option<&Setting<'t>> {
        self.settings.first().filter(|setting| setting.rank(self.score).is_some())
    }

    /// Numbers the settings, the best first, and returns the number of each point's setting.
    pub(super) fn numbers(&self, points: &[Row]) -> Vec<usize> {
        let settings = self.settings.iter().enumerate();
        let numbers = settings.flat_map(|(number, setting)| setting.trials().map(move |row| (&*row.trial, number)));
        let numbers: HashMap<&str, usize> = numbers.collect();
        points.iter().map(|point| numbers[&*point.trial]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::report::examples::{axis, completed, diverged, summary, trials, unfinished};
    use crate::record::planned::{PlannedAxis, RecordedPoint};
    use serde_json::json;

    /// Returns the places of each setting's points, the best setting first.
    fn order(points: &[RecordedPoint], axes: &[PlannedAxis]) -> Vec<Vec<usize>> {
        let trials = trials(axes, points);
        let places = |setting: &Setting| setting.trials().map(|row| row.place).collect();
        RankedSettings::of(&trials).settings.iter().map(places).collect()
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
        for point in &mut points[..2] {
            (summary(point).test_cost, summary(point).test_accuracy) = (Some(0.01), Some(1.0));
        }
        assert_eq!(order(&points, &axes), [[2, 3], [0, 1]]);
        let trials = trials(&axes, &points);
        let ranked = RankedSettings::of(&trials);
        assert_eq!(ranked.score.name, "final_cost");
        assert_eq!(ranked.best().unwrap().rows[0].place, 2);
        assert_eq!(ranked.numbers(&trials.rows), [1, 1, 0, 0]);
    }

    #[test]
    fn the_validation_cost_decides_where_there_is_one() {
        let axes = [axis("model.depth", "list")];
        let mut points = vec![completed(json!({"model.depth": 2}), 0.1), completed(json!({"model.depth": 3}), 0.3)];
        for (point, cost) in points.iter_mut().zip([0.9, 0.8]) {
            summary(point).validation_cost = Some(cost);
        }
        assert_eq!(order(&points, &axes), [[1], [0]]);
        assert_eq!(RankedSettings::of(&trials(&axes, &points)).score.name, "validation_cost");
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
        assert!(RankedSettings::of(&trials(&axes, &points[..2])).best().is_none());
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
        assert!(RankedSettings::of(&trials(&axes, &lost)).best().is_none(), "as runner best says it");
    }
}
