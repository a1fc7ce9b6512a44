//! Random experiments: whatever the documented keys are set to, the experiment is trained or refused in one line.
//!
//! `EXPERIMENTS` (the number of experiments) and `EXPERIMENTS_FROM` (the first seed) make it a long search, as in
//! `scripts/faults/experiments`.

mod generate;
mod ids;
mod run;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use runner::spec::experiment_keys;
use runner::spec::key::AnyKey;
use runner::spec::sweep_keys;
use runner::spec::trial::keys::keys;
use serde_json::Value;

use crate::generate::generate;
use crate::run::{Bench, Ended};

/// The number of experiments by default.
const FEW: u64 = 400;

fn number_of(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn whatever_is_documented_is_trained_or_refused_in_one_line() {
    let (from, count) = (number_of("EXPERIMENTS_FROM", 0), number_of("EXPERIMENTS", FEW));
    let bench = Bench::new();
    let mut wrong: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let (mut refused, mut trials) = (0, 0);
    if count > 1 {
        std::panic::set_hook(Box::new(|_| {}));
    }
    for seed in from..from + count {
        let ended = catch_unwind(AssertUnwindSafe(|| bench.run(&generate(seed)))).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Ended::Wrong(format!("panicked: {}", text.unwrap_or_default()))
        });
        match ended {
            Ended::Trained(number) => trials += number,
            Ended::Refused(why) => {
                refused += 1;
                if count == 1 {
                    println!("refused: {why}");
                }
            }
            Ended::Wrong(what) => wrong.entry(what).or_default().push(seed),
        }
    }
    let _ = std::panic::take_hook();
    println!("{count} experiments from seed {from}: {refused} refused, {trials} trials in the others");
    let worst: Vec<_> = wrong.iter().map(|(what, seeds)| format!("{what}: seeds {seeds:?}")).collect();
    let of_first = wrong.values().flatten().next().map(|&seed| generate(seed));
    let first = of_first.map(|drawn| format!("{}{:?} on data {}", drawn.toml, drawn.overrides, drawn.data));
    assert!(wrong.is_empty(), "{}\nthe first of them:\n{}", worst.join("\n"), first.unwrap_or_default());
    assert!(count < FEW || refused < count * 3 / 5, "{refused} of {count} were refused: that tests the refusals alone");
}

/// Reads the keys in the first column of the tables of docs/experiments.md, with their defaults in the second one. A
/// name without a section has the section of the one before, and a single default may serve all keys of a row.
fn documented() -> BTreeMap<String, String> {
    let docs = include_str!("../../docs/experiments.md");
    let mut keys = BTreeMap::new();
    for line in docs.lines().filter(|line| line.starts_with("| `")) {
        let [_, names, defaults, ..] = line.split(" | ").flat_map(|cell| cell.split("| ")).collect::<Vec<_>>()[..]
        else {
            continue;
        };
        let names: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
        if !names[0].contains('.') && !["seed", "name", "description"].contains(&names[0]) {
            continue; // a table of values, not of keys
        }
        let defaults = at_commas(defaults);
        let section = names[0].split_once('.').map_or("", |(section, _)| section);
        for (place, name) in names.iter().enumerate() {
            let is_whole = name.contains('.') || section.is_empty();
            let name = if is_whole { (*name).to_owned() } else { format!("{section}.{name}") };
            keys.insert(name, defaults.get(place).unwrap_or(&defaults[0]).clone());
        }
    }
    keys
}

/// Splits a cell at its commas, but for those in brackets.
fn at_commas(cell: &str) -> Vec<String> {
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in cell.chars().filter(|c| *c != '`') {
        depth += i32::from(c == '[') - i32::from(c == ']');
        if c == ',' && depth == 0 { parts.push(String::new()) } else { parts.last_mut().unwrap().push(c) }
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}

/// Reads the default in a cell: a number, a list, true, false or a name; `None` if the cell describes it in words.
fn default_of(cell: &str) -> Option<Value> {
    let text = cell.split(" (").next().unwrap_or_default();
    if ["–", "none"].contains(&text) || text.contains([';', ' ']) && !text.starts_with('[') {
        return None;
    }
    let ratio = text.split_once('/').and_then(|(a, b)| Some(a.parse::<f64>().ok()? / b.parse::<f64>().ok()?));
    Some(ratio.map(Value::from).or_else(|| serde_json::from_str(text).ok()).unwrap_or_else(|| text.into()))
}

/// Compares values, and numbers as numbers, whether they are written with a point or without.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

fn all_keys() -> impl Iterator<Item = &'static dyn AnyKey> {
    keys().chain(experiment_keys::KEYS.iter().copied()).chain(sweep_keys::KEYS.iter().copied())
}

#[test]
fn every_key_is_documented_with_its_default_and_nothing_else_is() {
    let documented = documented();
    let known: BTreeSet<&str> = all_keys().map(|key| key.name()).collect();
    let written: BTreeSet<&str> = documented.keys().map(String::as_str).collect();
    assert_eq!(known, written);
    for key in all_keys() {
        let (cell, default) = (&documented[key.name()], key.default());
        let said = default_of(cell);
        let agree = match (&said, &default) {
            (Some(said), Some(default)) => is_same(said, default),
            (said, default) => said.is_none() && default.is_none(),
        };
        assert!(agree, "{}: the documentation says {cell}, the default is {default:?}", key.name());
    }
}

#[test]
fn every_key_is_drawn() {
    let drawn: BTreeSet<String> = (0..FEW).flat_map(|seed| generate(seed).keys).collect();
    let of_sweep = ["sweep.zip", "sweep.exclude", "sweep.include"];
    for key in all_keys().map(|key| key.name()).chain(of_sweep) {
        assert!(drawn.contains(key), "{key} is never drawn: give it values in values.rs");
    }
}
