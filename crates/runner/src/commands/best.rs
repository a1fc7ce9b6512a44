//! `runner best`: the best setting of a sweep and its best trial, as a sentence and as keys that an experiment takes.

use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use super::answer::print;
use super::selected::SelectedTrials;
use crate::cli;
use crate::record::columns::{Column, TEST_ACCURACY, WRITTEN, measures};
use crate::results::column::print_spread;
use crate::results::ranking::{self, Best, Score};
use crate::results::row::Row;
use crate::results::setting::{Setting, different_trials};
use crate::results::trials::SEED;
use crate::run::outcome::Status;
use crate::shell_words::quoted_path;
use crate::terminal::{note, warn};
use crate::text::{plain, short_name, visible_line};
use datasets::text::count;

/// Prints the answer on stdout.
pub(super) fn run(args: &cli::Best) -> Result<ExitCode> {
    let selected = SelectedTrials::read(&args.which)?;
    let score = selected.score(args.by.as_deref())?;
    let best = best_of(&selected, score)?;
    let trials = &selected.trials;
    let swept = trials.axes.iter().filter(|axis| axis.factor.is_some()).map(|axis| axis.key.as_str());
    // An experiment of this one trial refuses a key that is no part of it.
    let keys: Vec<&str> = swept.filter(|key| best.trial.has(key)).collect();
    let costs = ranking::warning_of_costs(trials, score.column, |row| selected.has(row));
    costs.iter().for_each(|costs| warn(costs));
    let unfinished = different_trials(trials.unfinished().filter(|row| selected.has(row)));
    if unfinished > 0 {
        note(&format!("{} of the plan not finished yet", count(unfinished, "trial")));
    }
    if args.json {
        print(&format!("{}\n", in_json(&best, score, &keys, trials.elsewhere)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let Best { among, setting, trial } = &best;
    let (seeds, swept) = (setting.with_status(Status::Completed), settings_in_words(trial, &keys));
    let over = if seeds > 1 { format!(", by the mean over {seeds} seeds") } else { String::new() };
    let rung = trial.rung.map(|rung| format!(" of rung {rung}")).unwrap_or_default();
    let which_best = format!(
        "{}: the best of {}{rung} by {} ({}){over}",
        trials.name,
        count(*among, "setting"),
        score.column.name,
        score.why,
    );
    let its_result = format!(
        "{}: {}{}",
        if swept.is_empty() { "its result" } else { &swept },
        measured(setting, score),
        lost(setting)
    );
    let seed = trial.values.get(SEED).map(|seed| format!(", seed {seed}")).unwrap_or_default();
    let its_trial = format!(
        "its best trial: {}{seed}: {}; its net: runner train {} --trial {}",
        trial.trial,
        measured(&Setting::alone(trial), score),
        quoted_path(&args.which.dir),
        trial.trial
    );
    let comments = [which_best, its_result, its_trial];
    let mut lines: String = comments.iter().map(|comment| format!("# {}\n", visible_line(comment))).collect();
    for (key, value) in overrides(trial, &keys) {
        lines += &format!("{key}={}\n", toml(&value));
    }
    print(&lines)?;
    Ok(ExitCode::SUCCESS)
}

/// Finds the best setting of the trials that are asked for, and warns if some trials of the sweep are not here.
pub(super) fn best_of(selected: &SelectedTrials, score: Score) -> Result<Best<'_>> {
    let Some(best) = ranking::best(&selected.trials, score, |row| selected.has(row)) else {
        let finished = || selected.trials.finished().filter(|row| selected.has(row));
        if finished().next().is_none() && selected.condition.is_some() {
            bail!("--where: no finished trial of {} fits it", selected.trials.name);
        }
        let last = finished().map(|row| row.rung).max().flatten();
        bail!(
            "{}: none of {}{} completed with a {}; there is no best one",
            selected.trials.name,
            count(different_trials(finished().filter(|row| row.rung == last)), "trial"),
            last.map(|rung| format!(" of rung {rung}")).unwrap_or_default(),
            score.column.name
        );
    };
    if let Some(elsewhere) = selected.trials.elsewhere_in_words() {
        warn(&format!("{}: {elsewhere}; the best setting of all may be another one", selected.trials.name));
    }
    Ok(best)
}

/// Writes the values of the swept keys but the seed, in words.
fn settings_in_words(row: &Row, keys: &[&str]) -> String {
    let others = keys.iter().filter(|key| **key != SEED);
    let given = others.map(|key| (key, row.setting(key))).filter(|(_, value)| !value.is_null());
    given.map(|(key, value)| format!("{} {}", short_name(key), plain(&value))).collect::<Vec<_>>().join(", ")
}

/// Writes the score and the test accuracy.
fn measured(setting: &Setting, score: Score) -> String {
    let mut shown: Vec<&Column> = vec![score.column];
    shown.extend([&TEST_ACCURACY].into_iter().filter(|column| column.name != score.column.name));
    let mean = |column: &&Column| {
        let found = setting.statistics(column)?;
        Some(format!("{} {}", column.name, print_spread(column.kind, found.mean, found.deviation)))
    };
    shown.iter().filter_map(mean).collect::<Vec<_>>().join(", ")
}

/// Counts the trials of the setting that did not complete, in words.
fn lost(setting: &Setting) -> String {
    let (all, completed) = (setting.size(), setting.with_status(Status::Completed));
    if completed == all { String::new() } else { format!("; {completed} of its {all} trials completed") }
}

fn overrides(trial: &Row, keys: &[&str]) -> Vec<(String, Value)> {
    // A point that leaves a key open has its value outside of the sweep, or its default.
    let values = keys.iter().map(|key| ((*key).to_owned(), trial.setting(key)));
    values.filter(|(_, value)| !value.is_null()).collect()
}

/// Writes a value in TOML without spaces, so that a shell takes key=value for one word.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(",")),
        value => value.to_string(),
    }
}

fn in_json(best: &Best, score: Score, keys: &[&str], elsewhere: usize) -> Value {
    let Best { among, setting, trial } = best;
    let means: Map<String, Value> = measures()
        .filter_map(|column| {
            let found = setting.statistics(column)?;
            Some((column.name.to_owned(), json!({ "mean": found.mean, "sd": found.deviation })))
        })
        .collect();
    let result = |column: &&Column| Some((column.name.to_owned(), column.json(trial.summary()?)));
    let results: Map<String, Value> = WRITTEN.iter().filter_map(result).collect();
    let mut setting_keys: Map<String, Value> = overrides(trial, keys).into_iter().collect();
    let all = Value::Object(setting_keys.clone());
    setting_keys.remove(SEED);
    json!({
        "by": score.column.name,
        "why": score.why,
        "settings": among,
        "trials_elsewhere": elsewhere,
        "setting": { "keys": setting_keys, "trials": setting.size(),
            "completed": setting.with_status(Status::Completed), "rung": setting.rung(), "results": means },
        "trial": { "id": trial.trial, "results": results },
        "overrides": all,
    })
}
