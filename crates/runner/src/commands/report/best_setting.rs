//! The sentences of a report about its best setting, and what to know beside it.

use datasets::text::count;

use super::data;
use super::ranked_settings::RankedSettings;
use super::state::State;
use super::words::short;
use crate::record::columns::{FINAL_COST, TEST_ACCURACY, TEST_COST};
use crate::record::planned::PlannedAxis;
use crate::results::ranking::warning_of_costs;
use crate::results::setting::{Setting, Statistics};
use crate::results::trials::{SEED, Trials};
use crate::run::outcome::Status;
use crate::spec::axis::Scale;
use crate::text::significant;

/// Digits of a number in a sentence.
const DIGITS: usize = 4;

/// Names the best setting in a sentence.
pub(super) fn answer(ranked: &RankedSettings, trials: &Trials) -> String {
    let by = data::in_words(ranked.score);
    let Some((best, loss)) = best(ranked) else {
        let is_open = trials.unfinished().next().is_some();
        let of_rung = if State::Completed.count(&trials.rows) > 0 { " of the last rung" } else { "" };
        return format!("No trial{of_rung} has completed{}.", if is_open { " yet" } else { "" });
    };
    if ranked.settings.len() < 2 {
        return match best.size() {
            1 => format!("The one trial ended at a {by} of {}.", spread(loss)),
            _ => format!("The one setting has a {by} of {} as the mean over {}.", spread(loss), seeds(loss.count)),
        };
    }
    let is_among = |setting: &&Setting| !setting.rows.is_empty() && setting.rung() == best.rung();
    let among = ranked.settings.iter().filter(is_among).count();
    let over = if best.size() > 1 { format!(", mean over {},", seeds(loss.count)) } else { String::new() };
    let values = values(best, &trials.axes);
    format!("The best of {} by {by}{over} is {values}, with {}.", count(among, "setting"), spread(loss))
}

/// Returns the best setting and its score.
fn best<'r, 't>(ranked: &'r RankedSettings<'t>) -> Option<(&'r Setting<'t>, Statistics)> {
    let best = ranked.best()?;
    Some((best, best.statistics(ranked.score)?))
}

/// Returns the metric by which successive halving ranked the settings of this experiment, if it halved.
fn objective_of_halving(toml: &str) -> Option<String> {
    let experiment = toml.parse::<toml::Table>().ok()?;
    Some(experiment.get("sweep")?.get("halving.metric")?.as_str()?.to_owned())
}

/// Lists what to know beside the answer, a sentence for each.
pub(super) fn notes(ranked: &RankedSettings, trials: &Trials) -> Vec<String> {
    let Some((best, loss)) = best(ranked) else { return Vec::new() };
    let mut notes = Vec::new();
    if let Some(elsewhere) = trials.elsewhere_in_words() {
        notes.push(format!("{elsewhere}: the best setting of all may be another one."));
    }
    let test = [("accuracy", &TEST_ACCURACY), ("cost", &TEST_COST)];
    if let Some((what, test)) = test.into_iter().find_map(|(what, test)| Some((what, best.statistics(test)?))) {
        let test = spread(test);
        let part = match objective_of_halving(&trials.toml).filter(|metric| metric.starts_with("test_")) {
            Some(metric) => format!("settings were dropped by their {metric}, so it is better than on new examples"),
            None => "the test examples had no part in the choice".to_owned(),
        };
        notes.push(format!("Its test {what} is {test}; {part}."));
    }
    notes.extend(warning_of_costs(trials, ranked.score, |_| true).map(|costs| format!("Take care: {costs}.")));
    if ranked.score.name == FINAL_COST.name {
        notes.push(
            "There are no validation examples: this fits the training examples best, which need not be the best on new ones \
             (data.validation sets some aside)."
                .to_owned(),
        );
    }
    let rung = trials.axes.iter().find(|axis| axis.has_scale(Scale::Rungs));
    if let Some(rung) = rung {
        let length = &best.rows[0].values[&rung.key];
        notes.push(format!(
            "Successive halving: only settings of the longest rung ({} = {length}) are compared.",
            rung.key
        ));
    }
    let near = |other: &&Setting| {
        let is_ranked = lost(other) == 0 && other.rung() == best.rung();
        let mean = other.statistics(ranked.score).filter(|_| is_ranked).map(|other| other.mean);
        mean.zip(loss.deviation).is_some_and(|(mean, deviation)| mean - loss.mean <= deviation)
    };
    let near = ranked.settings.iter().skip(1).filter(near).count();
    if near > 0 {
        let are = if near == 1 { "other setting is" } else { "other settings are" };
        notes.push(format!("{near} {are} within one standard deviation of it."));
    }
    let (all, lost) = (best.size(), lost(best));
    if lost > 0 {
        notes.push(format!("{lost} of its {all} trials diverged or failed; the mean is of the others."));
    }
    let open = all - lost - loss.count;
    if open > 0 {
        let have = if open == 1 { "has" } else { "have" };
        notes.push(format!("{open} of its {all} trials {have} no result yet; the mean is of the others."));
    }
    notes
}

/// Counts the trials that diverged or failed.
fn lost(setting: &Setting) -> usize {
    setting.with_status(Status::Diverged) + setting.with_status(Status::Failed)
}

/// Writes the swept values of a setting, such as `model.depth = 4, train.learning_rate = 0.01`.
fn values(setting: &Setting, axes: &[PlannedAxis]) -> String {
    let axes = axes.iter().filter(|axis| axis.key != SEED && !axis.has_scale(Scale::Rungs));
    let value = |axis: &PlannedAxis| Some(setting.rows[0].setting(&axis.key)).filter(|value| !value.is_null());
    let value = |axis: &PlannedAxis| value(axis).as_ref().map(short);
    let values = axes.filter_map(|axis| Some(format!("{} = {}", axis.key, value(axis)?)));
    values.collect::<Vec<_>>().join(", ")
}

/// Writes `0.0392 ± 0.0012`: the mean and the standard deviation, if there is one.
fn spread(spread: Statistics) -> String {
    /// A share of the mean that is the rounding of sums.
    const NOTHING: f64 = 1e-12;
    let mean = significant(spread.mean, DIGITS);
    let Some(deviation) = spread.deviation else { return mean };
    let deviation = if deviation < NOTHING * spread.mean.abs() { 0.0 } else { deviation };
    format!("{mean} ± {}", significant(deviation, 2))
}

fn seeds(number: usize) -> String {
    count(number, "seed")
}

#[cfg(test)]
mod tests {
    use super::super::examples::{axis, completed, diverged, summary, trials, unfinished};
    use super::super::words::tally;
    use super::*;
    use crate::record::planned::RecordedPoint;
    use serde_json::json;

    fn said(points: &[RecordedPoint], axes: &[PlannedAxis]) -> (String, Vec<String>) {
        let trials = trials(axes, points);
        let ranked = RankedSettings::of(&trials);
        (answer(&ranked, &trials), notes(&ranked, &trials))
    }

    #[test]
    fn the_answer_names_the_setting_the_objective_and_the_seeds() {
        let axes = [axis("model.depth", "list"), axis("train.learning_rate", "log"), axis("seed", "list")];
        let point = |depth, rate, seed| json!({"model.depth": depth, "train.learning_rate": rate, "seed": seed});
        let mut points = vec![
            completed(point(2, 0.1, 1), 0.31),
            completed(point(2, 0.1, 2), 0.33),
            completed(point(3, 0.001_234_567_8, 1), 0.2),
            completed(point(3, 0.001_234_567_8, 2), 0.3),
        ];
        summary(&mut points[2]).test_accuracy = Some(0.7);
        let (answer, notes) = said(&points, &axes);
        assert_eq!(
            answer,
            "The best of 2 settings by final cost, mean over 2 seeds, is model.depth = 3, \
             train.learning_rate = 0.00123457, with 0.25 ± 0.071."
        );
        assert_eq!(notes[0], "Its test accuracy is 0.7; the test examples had no part in the choice.");
        assert!(notes[1].starts_with("There are no validation examples"), "{notes:?}");
        let by_test =
            Trials { toml: "[sweep]\n\"halving.metric\" = \"test_cost\"\n".to_owned(), ..trials(&axes, &points) };
        let by_test = super::notes(&RankedSettings::of(&by_test), &by_test).remove(0);
        assert_eq!(
            by_test,
            "Its test accuracy is 0.7; settings were dropped by their test_cost, so it is better than on new examples."
        );
        assert_eq!(notes[2], "1 other setting is within one standard deviation of it.");
        points[3] = diverged(point(3, 0.001_234_567_8, 2));
        points[1] = diverged(point(2, 0.1, 2));
        let notes = said(&points, &axes).1;
        assert!(notes.contains(&"1 of its 2 trials diverged or failed; the mean is of the others.".to_owned()));
    }

    #[test]
    fn a_deviation_that_is_the_rounding_of_a_sum_is_0() {
        let axes = [axis("model.depth", "list"), axis("seed", "list")];
        let point = |seed| json!({"model.depth": 2, "seed": seed});
        let points = [completed(point(1), 0.6929), completed(point(2), 0.6929 + 2e-16)];
        let (answer, _) = said(&points, &axes);
        assert_eq!(answer, "The one setting has a final cost of 0.6929 ± 0 as the mean over 2 seeds.");
    }

    #[test]
    fn settings_that_have_not_run_are_not_counted_among_those_that_one_is_the_best_of() {
        let axes = [axis("model.depth", "list"), axis("seed", "list")];
        let point = |depth, seed| json!({"model.depth": depth, "seed": seed});
        let points = [
            completed(point(2, 1), 0.1),
            unfinished(point(2, 2)),
            diverged(point(3, 1)),
            unfinished(point(3, 2)),
            unfinished(point(4, 1)),
            unfinished(point(4, 2)),
        ];
        let (answer, notes) = said(&points, &axes);
        assert!(answer.starts_with("The best of 2 settings by final cost"), "{answer}");
        let open = "1 of its 2 trials has no result yet; the mean is of the others.";
        assert!(notes.contains(&open.to_owned()), "{notes:?}");
    }

    #[test]
    fn a_setting_with_a_trial_of_another_shard_comes_last_and_what_is_not_here_is_said() {
        let axes = [axis("model.depth", "list"), axis("seed", "list")];
        let point = |depth, seed| json!({"model.depth": depth, "seed": seed});
        let points = [completed(point(2, 1), 0.3), completed(point(2, 2), 0.3), completed(point(3, 2), 0.1)];
        let mut whole = points.to_vec();
        whole.push(unfinished(point(3, 1)));
        let trials = Trials { elsewhere: 1, whole: trials(&axes, &whole).rows, ..trials(&axes, &points) };
        let ranked = RankedSettings::of(&trials);
        let answer = answer(&ranked, &trials);
        assert!(
            answer.starts_with("The best of 2 settings") && answer.contains("is model.depth = 2, with"),
            "{answer}"
        );
        let elsewhere = "1 of 4 trials is of other shards, not here";
        assert_eq!(tally(&ranked, &trials), format!("3 trials of 2 settings: 3 completed; {elsewhere}"));
        let said = format!("{elsewhere}: the best setting of all may be another one.");
        assert!(super::notes(&ranked, &trials).contains(&said));
        let (whole, part) = (&ranked.settings[0], &ranked.settings[1]);
        assert_eq!([(whole.size(), whole.elsewhere), (part.size(), part.elsewhere)], [(2, 0), (2, 1)]);
    }

    #[test]
    fn one_trial_none_that_completed_and_none_that_finished_have_sentences_of_their_own() {
        let one = completed(json!({}), 0.088_44);
        assert_eq!(said(&[one], &[]).0, "The one trial ended at a final cost of 0.08844.");
        assert_eq!(said(&[diverged(json!({}))], &[]).0, "No trial has completed.");
        let open = [diverged(json!({"seed": 1})), unfinished(json!({"seed": 2}))];
        assert_eq!(said(&open, &[axis("seed", "list")]), ("No trial has completed yet.".to_owned(), vec![]));
    }

    #[test]
    fn halving_says_that_only_the_longest_rung_is_compared() {
        let axes = [axis("model.depth", "list"), axis("train.iterations", "rungs")];
        let point = |depth, length| json!({"model.depth": depth, "train.iterations": length});
        let points = [completed(point(2, 10), 0.1), completed(point(3, 10), 0.2), completed(point(3, 30), 0.5)];
        let (answer, notes) = said(&points, &axes);
        assert_eq!(answer, "The best of 1 setting by final cost is model.depth = 3, with 0.5.");
        assert!(notes.contains(
            &"Successive halving: only settings of the longest rung (train.iterations = 30) are compared.".to_owned()
        ));
    }
}
