//! Trials of another core, which are refused before they are trained and whatever else is amiss.

use std::fs;

use rusqlite::Connection;

use super::{Bench, SHARDS, bench, merged, on, sweep};

const DIR: &str = "results/small";

/// Checks that the run is refused on another core, and returns the line that says so.
fn refused(bench: &Bench, arguments: &[&str]) -> String {
    let (code, _, said) = on(bench, "Nehalem", &[&["sweep", "small.toml"], arguments].concat());
    let line = said.lines().last().unwrap_or_default().to_owned();
    assert!(code == Some(2) && line.contains("here: --mix"), "{said}");
    line
}

#[test]
fn a_damaged_trial_is_not_trained_on_another_core() {
    let bench = bench();
    sweep(&bench, &[]);
    let record = Connection::open(bench.path("results/small/results.db")).unwrap();
    record.execute("UPDATE trial SET final_cost = final_cost + 1 WHERE number = 5", []).unwrap();
    drop(record);
    let line = refused(&bench, &[]);
    assert!(line.contains("23 trials trained on") && line.contains("the other 1 here"), "{line}");
    let said = sweep(&bench, &[]);
    assert!(said.contains("24 trials, 23 of them finished before"), "{said}");
}

#[test]
fn a_dry_run_is_refused_where_the_sweep_would_be() {
    let bench = bench();
    sweep(&bench, &["train.iterations=10", "sweep.seed=[1]"]);
    let more = ["train.iterations=10", "sweep.seed=[1, 2]"];
    for dry in [&["--dry-run"][..], &[]] {
        let line = refused(&bench, &[&more[..], dry].concat());
        assert!(line.contains("8 trials trained on"), "{line}");
    }
    sweep(&bench, &["--dry-run"]);
    // Tables without their record.
    fs::remove_file(bench.path("results/small/results.db")).unwrap();
    for dry in [&["--dry-run"][..], &[]] {
        let (code, _, said) = on(&bench, "Haswell", &[&["sweep", "small.toml"], dry].concat());
        let line = said.lines().last().unwrap_or_default();
        assert!(code == Some(2) && line.contains("results/small: no record of a sweep is here"), "{said}");
    }
}

#[test]
fn another_core_is_refused_too_if_the_record_can_be_read_only_when_it_is_open_for_writing() {
    let bench = bench();
    sweep(&bench, &["train.iterations=10"]);
    // A record with a journal is read from a copy, for which there is no room.
    bench.write("results/small/results.db-journal", "");
    let arguments = ["sweep", "small.toml", "train.iterations=10", "sweep.seed=[1, 2, 3, 4]"];
    let run = bench.command().env("OPENBLAS_CORETYPE", "Nehalem").env("TMPDIR", "/nowhere").args(arguments).output();
    let run = run.unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.code() == Some(2) && said.contains("24 trials trained on"), "{said}");
    let record = Connection::open(bench.path("results/small/results.db")).unwrap();
    let planned: i64 = record.query_row("SELECT COUNT(*) FROM plan", [], |row| row.get(0)).unwrap();
    assert_eq!(planned, 24, "refused before the plan is written");
}

#[test]
fn a_shard_does_not_go_on_with_a_rung_that_another_core_has_chosen() {
    let bench = bench();
    let halving = ["sweep.halving.least=10", "sweep.halving.factor=2", "sweep.train.learning_rate=[0.003, 0.01, 0.03]"];
    let shard = |shard: &'static str| [&halving[..], &["--shard", shard]].concat();
    sweep(&bench, &shard("0/2"));
    sweep(&bench, &shard("1/2"));
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
    // The shard is begun on another machine.
    fs::remove_dir_all(bench.path(&format!("{SHARDS}/0-of-2"))).unwrap();
    let line = refused(&bench, &shard("0/2"));
    assert!(line.contains(&format!("{DIR}: ")) && line.contains("72 trials trained on"), "{line}");
    assert!(!bench.path(&format!("{SHARDS}/0-of-2")).exists());
    let (code, _, said) = on(&bench, "Nehalem", &[&["sweep", "small.toml", "--mix"], &shard("0/2")[..]].concat());
    assert_eq!(code, Some(0), "{said}");
    sweep(&bench, &shard("1/2"));
}
