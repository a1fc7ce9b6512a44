//! The lines of a report that say what its record has.

use datasets::text::count;
use serde_json::Value;

use super::curves::{self, Curves};
use super::data;
use super::ranked_settings::RankedSettings;
use super::state::State;
use crate::record::planned::PlannedAxis;
use crate::results::row::Row;
use crate::results::trials::Trials;
use crate::spec::difference::SWEPT;
use crate::spec::role::CLAIMS;
use crate::spec::source::keys_and_values;
use crate::text::{plain, significant, visible};

/// Counts the trials by their state, and those that are not here, in a line.
pub(super) fn tally(ranked: &RankedSettings, trials: &Trials) -> String {
    let points = &trials.rows;
    let states = State::ALL.iter().map(|state| (state.count(points), state.name())).filter(|(number, _)| *number > 0);
    let states = states.map(|(number, name)| format!("{number} {name}")).collect::<Vec<_>>().join(", ");
    let elsewhere = trials.elsewhere_in_words().map(|elsewhere| format!("; {elsewhere}")).unwrap_or_default();
    format!("{} of {}: {states}{elsewhere}", count(points.len(), "trial"), count(ranked.settings.len(), "setting"))
}

/// Lists what the record has and the page leaves out; the points that share an earlier trial are given in words.
pub(super) fn left_out(curves: &Curves, points: &[Row], shared: Option<String>) -> Vec<String> {
    let mut lines = vec![format!(
        "Numbers of trials have {} digits here, those of curves {}; trials.csv and history.csv have all.",
        data::DIGITS,
        curves::DIGITS
    )];
    if curves.recorded > curves.kept {
        let (kept, recorded) = (curves.kept, curves.recorded);
        lines.push(format!("A curve has at most {kept} of its {recorded} records here, at even distances."));
    }
    lines.extend(shared.map(|shared| format!("{}; the page has the earlier point.", visible(&shared))));
    let recorded = points.iter().filter_map(Row::summary).flat_map(|trial| &trial.metrics);
    let mut absent: Vec<&str> = recorded.filter(|name| !curves.names().contains(name)).map(String::as_str).collect();
    absent.sort_unstable();
    absent.dedup();
    if !absent.is_empty() {
        lines.push(format!(
            "The page draws the cost alone, to stay small with this number of trials; history.csv has {}.",
            absent.join(", ")
        ));
    }
    lines
}

/// Writes a value in a sentence: a number that is no whole one has few digits.
pub(super) fn short(value: &Value) -> String {
    value
        .as_f64()
        .filter(|number| value.is_f64() && number.is_finite())
        .map_or_else(|| plain(value), |number| significant(number, 6))
}

/// The keys of an experiment that say something about it, and are no settings of its trials.
const ABOUT: [&str; 3] = ["name", "description", CLAIMS];

/// Lists the dotted keys of a resolved experiment that are not swept, with their values, in its order.
pub(super) fn base(toml: &str, axes: &[PlannedAxis]) -> Vec<(String, String)> {
    let is_swept = |key: &str| key.starts_with(SWEPT) || axes.iter().any(|axis| axis.key == key);
    let is_base = |(key, _): &(String, toml::Value)| !is_swept(key) && !ABOUT.contains(&key.as_str());
    let base = keys_and_values(toml).into_iter().filter(is_base);
    base.map(|(key, value)| (visible(&key).into_owned(), toml_text(&value))).collect()
}

/// Writes a value as TOML does, a text without its quotes.
fn toml_text(value: &toml::Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    visible(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::examples::axis;
    use super::*;

    #[test]
    fn claims_are_no_settings_of_the_trials() {
        for claims in
            ["claim = []\nseed = 1\n", "seed = 1\n[[claim]]\nsays = 'so'\nvalue = 'final_cost'\nat_most = 1\n"]
        {
            assert_eq!(base(claims, &[]), [("seed".to_owned(), "1".to_owned())], "{claims}");
        }
    }

    #[test]
    fn what_is_not_swept_is_listed_by_dotted_keys_in_the_order_of_the_experiment() {
        let toml = "name = 'n'\nseed = 1\n[data]\nset = 'drawn'\n[model]\nhidden = [3, 2]\n[train]\nlearning_rate = 0.5\n\
                    [sweep]\ntrain.learning_rate = [0.1]\n\
                    [run]\nengine = 'auto'\n";
        let of = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let expected = [("seed", "1"), ("data.set", "drawn"), ("model.hidden", "[3, 2]"), ("run.engine", "auto")];
        assert_eq!(base(toml, &[axis("train.learning_rate", "list")]), expected.map(of));
    }
}
