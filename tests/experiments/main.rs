//! Experiments that nobody wrote: whatever the documented keys are set to, it is trained or refused in one line.
//!
//! `EXPERIMENTS` (how many) and `EXPERIMENTS_FROM` (the first seed) make it a long search: `scripts/faults/experiments`.

mod generate;
mod ids;
mod run;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use runner::spec::trial::keys::keys;

use crate::generate::generate;
use crate::run::{Bench, Ended};

/// What is drawn where nothing else is asked for.
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

/// The keys in the first column of the tables of docs/experiments.md; a name without its section has that of the one before.
fn documented() -> BTreeSet<String> {
    let docs = include_str!("../../docs/experiments.md");
    let mut keys = BTreeSet::new();
    for cell in docs.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next()) {
        let first = cell.split('`').next().unwrap_or_default();
        if !first.contains('.') && first != "seed" {
            continue; // a table of values, not of keys
        }
        let mut section = String::new();
        for name in cell.split('`').step_by(2).filter(|name| !name.trim().is_empty()) {
            match name.split_once('.') {
                Some((its, _)) => section = its.to_owned(),
                None if name == "seed" => section.clear(),
                None => {}
            }
            let is_whole = name.contains('.') || section.is_empty();
            keys.insert(if is_whole { name.to_owned() } else { format!("{section}.{name}") });
        }
    }
    keys
}

#[test]
fn every_documented_key_is_drawn_and_every_key_is_documented() {
    let drawn: BTreeSet<String> = (0..FEW).flat_map(|seed| generate(seed).keys).collect();
    let documented = documented();
    assert!(documented.len() > 30, "the tables are not where they were: {documented:?}");
    let known = keys().map(|key| key.name().to_owned());
    let of_sweep = ["method", "samples", "sample_seed", "halving.least", "halving.factor", "halving.metric"];
    let of_sweep = of_sweep.into_iter().chain(["zip", "exclude", "include"]).map(|key| format!("sweep.{key}"));
    for key in documented.iter().cloned().chain(known).chain(of_sweep) {
        assert!(drawn.contains(&key), "{key} is never drawn: give it values in values.rs");
    }
    let docs = include_str!("../../docs/experiments.md");
    for key in keys().map(|key| key.name()) {
        let name = key.rsplit('.').next().unwrap();
        assert!(docs.contains(&format!("`{key}`")) || docs.contains(&format!("`{name}`")), "{key} is not documented");
    }
}
