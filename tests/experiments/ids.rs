//! Trial ids never change: the canonical forms that earlier releases gave each key, and each way to write it.
//!
//! `tests/golden/trial_ids.json` was written by the release before the table of keys; keys that came later are at its end.

use std::fs;

use runner::plan::trial::trial_id;
use runner::spec::experiment::Experiment;
use runner::spec::trial::TrialConfig;
use runner::spec::trial::keys::keys;
use serde_json::Value;

use crate::generate::Generated;
use crate::run::{Bench, Ended};

const GOLDEN: &str = include_str!("../golden/trial_ids.json");

fn golden() -> Vec<(String, Vec<[String; 2]>)> {
    let list: Vec<Value> = serde_json::from_str(GOLDEN).unwrap();
    let entry = |entry: &Value| {
        let trials = entry["trials"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&entry["toml"]), trials.map(|trial| [text(&trial["id"]), text(&trial["canonical"])]).collect())
    };
    list.iter().map(entry).collect()
}

/// Returns the id and the canonical text of every point.
fn trials(toml: &str) -> Vec<[String; 2]> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ids.toml");
    fs::write(&path, toml).unwrap();
    let experiment = Experiment::load(&path, &[]).unwrap_or_else(|error| panic!("{error}\n{toml}"));
    let canonical = experiment.points.iter().map(|point| point.config.canonical().to_string());
    canonical.map(|text| [trial_id(&text, "the data"), text]).collect()
}

#[test]
fn trials_have_the_ids_and_canonical_texts_of_the_releases_before() {
    let golden = golden();
    assert!(golden.len() > 30, "there are {} experiments", golden.len());
    for (toml, expected) in &golden {
        assert_eq!(trials(toml), *expected, "{toml}");
    }
}

#[test]
fn a_canonical_text_of_a_release_before_is_read_as_the_trial_that_it_came_from() {
    for [_, text] in golden().into_iter().flat_map(|(_, trials)| trials) {
        let config = TrialConfig::of_canonical(&text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
        assert_eq!(config.canonical().to_string(), text);
    }
}

#[test]
fn every_key_of_a_trial_is_given_in_one_of_these_experiments() {
    let given: Vec<_> = golden().into_iter().map(|(toml, _)| toml).collect();
    for key in keys().map(|key| key.name()) {
        assert!(given.iter().any(|toml| toml.lines().any(|line| line.starts_with(&format!("{key} =")))), "{key}");
    }
}

#[test]
fn two_trials_of_one_id_are_refused() {
    // On these data, the id is of these settings and of the seed.
    let seeds = |seeds: &str| Generated {
        toml: format!(
            "name = \"ids\"\n[data]\nset = \"drawn\"\n[model]\nhidden = [2]\n[train]\niterations = 1\nlearning_rate = 0.1\n[run]\nflush_subnormals = false\n[sweep]\nseed = {seeds}\n"
        ),
        overrides: Vec::new(),
        data: 0,
        keys: Default::default(),
    };
    let bench = Bench::new();
    // Found among 40 million seeds.
    let Ended::Refused(line) = bench.run(&seeds("[23460156, 1, 27282010]")) else {
        panic!("two trials of one id are trained")
    };
    assert!(line.starts_with("two different trials have the same id 54a6a7da3c81, "), "{line}");
    assert!(matches!(bench.run(&seeds("[23460156, 1]")), Ended::Trained(2)));
}
