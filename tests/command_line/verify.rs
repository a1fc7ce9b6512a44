//! `runner verify`: edits are reported, trials repeat bit for bit, and machines are told apart.

use std::fs;

use rusqlite::Connection;

use crate::support::{Bench, failure, reseal, text};

const SWEEP: &str = r#"
name = "small"

[data]
set = "drawn"

[model]
width = 6
activation = "tanh"
init = "he"

[train]
iterations = 40
record_every = 10
metrics = ["train_accuracy"]

[sweep]
"model.depth" = [2, 3]
"train.learning_rate" = [0.03, 0.3]
seed = [1, 2]
"#;
const DIR: &str = "results/small";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("small.toml", SWEEP);
    on(&bench, "Haswell", &["sweep", "small.toml"]);
    bench
}

/// Runs on the kernels of `core`, which every processor with AVX2 can run; returns the exit code, stdout and the last
/// line of stderr.
fn on(bench: &Bench, core: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let run = bench.command().env("OPENBLAS_CORETYPE", core).args(arguments).output().unwrap();
    (run.status.code(), text(&run.stdout), text(&run.stderr))
}

fn verified(bench: &Bench, arguments: &[&str]) -> (Option<i32>, String) {
    let (code, report, _) = on(bench, "Haswell", &[&["verify", DIR], arguments].concat());
    (code, report)
}

fn record(bench: &Bench) -> Connection {
    Connection::open(bench.path("results/small/results.db")).unwrap()
}

fn edit(bench: &Bench, statement: &str) {
    let changed = record(bench).execute(statement, []).unwrap();
    assert!(changed > 0, "{statement}");
}

#[test]
fn an_untouched_directory_verifies_and_every_trial_comes_out_bit_for_bit() {
    let bench = bench();
    let (code, report) = verified(&bench, &["--retrain", "all"]);
    assert_eq!(code, Some(0), "{report}");
    assert!(
        !report.contains('✗') && report.contains("8 trials and 0 others of the same fleets, 40 costs, bit for bit"),
        "{report}"
    );
    let (_, three) = verified(&bench, &["--seed", "7"]);
    assert!(three.contains("trained again: 3 trials and "), "{three}");
    let (_, none) = verified(&bench, &["--retrain", "0"]);
    assert!(none.contains("· trained again: nothing"), "{none}");
    assert_eq!(failure(&bench.run(&["verify", "nowhere"])).0, Some(2));
}

#[test]
fn an_edit_of_the_plan_is_said_by_every_reader_and_undone_by_the_next_sweep() {
    let bench = bench();
    let history = bench.read("results/small/history.csv");
    for statement in [
        "UPDATE plan SET point = replace(point, '0.3', '0.9')",
        "UPDATE axis SET scale = 'log'",
        "UPDATE experiment SET name = 'large'",
        "DELETE FROM experiment",
        "DELETE FROM plan WHERE position = 3",
    ] {
        edit(&bench, statement);
        for reader in [&["show", DIR][..], &["sweep", "small.toml", "--dry-run"]] {
            let (code, line) = failure(&bench.run(reader));
            assert!(code == Some(2) && line.contains("are not what was stored"), "{statement}: {line}");
        }
        let (code, report) = verified(&bench, &["--retrain", "0"]);
        assert!(code == Some(1) && report.contains("✗ plan"), "{statement}: {report}");
        let (code, _, said) = on(&bench, "Haswell", &["sweep", "small.toml"]);
        assert!(code == Some(0) && said.contains("every trial was finished before"), "{statement}: {said}");
        assert_eq!(verified(&bench, &["--retrain", "0"]).0, Some(0));
    }
    assert_eq!(bench.read("results/small/history.csv"), history);
}

#[test]
fn an_edit_of_a_trial_of_its_data_its_machine_or_its_fleet_is_said_and_it_is_trained_again() {
    let bench = bench();
    let history = bench.read("results/small/history.csv");
    for statement in [
        "UPDATE trial SET config = replace(config, '0.3', '0.9') WHERE number = (SELECT MAX(number) FROM trial)",
        "UPDATE trial SET id = id || 'x' WHERE number = (SELECT MAX(number) FROM trial)",
        "UPDATE data SET said = said || 'x'",
        "UPDATE machine SET toml = toml || ' '",
        "UPDATE fleet SET trials = replace(trials, 'a', 'b')",
        "DELETE FROM history WHERE iteration = 20",
        "UPDATE trial SET train_accuracy = 2.0 WHERE number = (SELECT MAX(number) FROM trial)",
    ] {
        edit(&bench, statement);
        let (code, report) = verified(&bench, &["--retrain", "0"]);
        assert!(code == Some(1) && report.contains("✗ trials"), "{statement}: {report}");
        let shown = bench.run(&["show", DIR, "--trials"]);
        let shown = text(&shown.stdout) + &text(&shown.stderr);
        assert!(shown.contains("damaged; sweep again") || shown.contains("not finished yet"), "{statement}: {shown}");
        let (_, _, said) = on(&bench, "Haswell", &["sweep", "small.toml"]);
        assert!(said.contains("trained again") || statement.contains("SET id"), "{statement}: {said}");
        assert_eq!(bench.read("results/small/history.csv"), history, "{statement}");
    }
}

#[test]
fn a_lost_fleet_is_said_and_the_other_trials_are_trained_again() {
    let bench = bench();
    let connection = record(&bench);
    connection
        .execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM fleet WHERE rowid = (SELECT MAX(rowid) FROM fleet)")
        .unwrap();
    drop(connection);
    let (code, report) = verified(&bench, &["--retrain", "all"]);
    assert!(code == Some(1) && report.contains("✗ trials") && report.contains("bit for bit"), "{report}");
    let best = bench.run(&["train", DIR, "--best", "--out", "best.h5"]);
    let said = text(&best.stderr);
    assert!(best.status.success() && said.contains("bit for bit") && bench.path("best.h5").exists(), "{said}");
}

#[test]
fn edited_files_are_named_and_nothing_is_trained_by_an_edited_experiment() {
    let bench = bench();
    for file in ["trials.csv", "history.csv", "machine.toml", "experiment.toml"] {
        let path = bench.path(DIR).join(file);
        let before = fs::read(&path).unwrap();
        fs::write(&path, [&before[..], b" "].concat()).unwrap();
        let (code, report) = verified(&bench, &["--retrain", "1"]);
        assert!(code == Some(1) && report.contains(&format!("✗ {file}: edited")), "{file}: {report}");
        assert_eq!(report.contains("bit for bit"), file != "experiment.toml", "{report}");
        fs::write(&path, before).unwrap();
    }
    fs::remove_file(bench.path(DIR).join("trials.csv")).unwrap();
    assert_eq!(verified(&bench, &["--retrain", "0"]).0, Some(1));
}

#[test]
fn other_data_are_said_and_absent_ones_are_no_difference() {
    let bench = bench();
    bench.run(&["data", "generate", "--train", "40", "--test", "12", "--side", "8", "--seed", "2"]);
    let (code, report) = verified(&bench, &[]);
    assert!(code == Some(1) && report.contains("✗ data: other data than 3 trials trained on"), "{report}");
    fs::write(bench.path("data/train_drawn.h5"), "damaged").unwrap();
    let (code, report) = verified(&bench, &[]);
    assert!(code == Some(1) && report.contains("✗ data: ") && report.contains("not an HDF5 file"), "{report}");
    fs::remove_dir_all(bench.path("data")).unwrap();
    let (code, report) = verified(&bench, &[]);
    assert!(code == Some(0) && report.contains("nothing: the data are not at hand"), "{report}");
}

#[test]
fn a_result_that_is_sealed_but_false_is_found_by_training_again() {
    let bench = bench();
    reseal(&record(&bench));
    assert_eq!(verified(&bench, &["--retrain", "all"]).0, Some(0), "the test's seal is the runner's");
    edit(&bench, "UPDATE history SET cost = cost * (1 + 1e-15) WHERE trial = 1 AND iteration = 30");
    reseal(&record(&bench));
    assert_eq!(verified(&bench, &["--retrain", "0"]).0, Some(0));
    let (code, report) = verified(&bench, &["--retrain", "all"]);
    assert!(
        code == Some(1) && report.contains("✗ trained again") && report.contains("bit for bit: not so "),
        "{report}"
    );
}

#[test]
fn on_another_core_the_first_costs_are_held_to_a_bound_and_later_ones_are_counted() {
    let bench = bench();
    let elsewhere = || on(&bench, "Nehalem", &["verify", DIR, "--retrain", "all"]);
    let (code, report, _) = elsewhere();
    assert!(
        code == Some(0)
            && report.contains("8 trials and 0 others of the same fleets of another machine (Haswell OpenBLAS"),
        "{report}"
    );
    assert!(
        report.contains("the first costs within 1000 epsilon") && report.contains("training is chaotic: "),
        "{report}"
    );
    edit(&bench, "UPDATE history SET cost = cost * 1.001 WHERE trial = 1 AND iteration = 0");
    reseal(&record(&bench));
    let (code, report, _) = elsewhere();
    assert!(code == Some(1) && report.contains("✗ trained again"), "{report}");
}

#[test]
fn another_core_is_refused_unless_it_is_asked_for_and_then_told_apart() {
    let bench = bench();
    let history = bench.read("results/small/history.csv");
    let more = ["sweep", "small.toml", "sweep.seed=[1, 2, 3]"];
    let (code, _, said) = on(&bench, "Nehalem", &more);
    let line = said.trim_end();
    assert!(code == Some(2) && line.starts_with("error: ") && !line.contains('\n'), "{said}");
    for part in ["8 trials trained on", "--mix", "--fresh", "OPENBLAS_CORETYPE=Haswell", "differ by more than 1%"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert_eq!(bench.read("results/small/history.csv"), history, "refused before any work");
    // Nothing is left to train: nothing is mixed.
    assert_eq!(on(&bench, "Nehalem", &["sweep", "small.toml"]).0, Some(0));

    let (code, _, said) = on(&bench, "Nehalem", &[&more[..], &["--mix"]].concat());
    assert!(code == Some(0) && said.contains("warning: 8 finished trials of another BLAS"), "{said}");
    let trials = bench.read("results/small/trials.csv");
    assert!(trials.lines().next().unwrap().ends_with(",reason,machine"), "{trials}");
    let machine = |row: &&str| row.rsplit(',').next().unwrap().split(' ').next().unwrap() == "Haswell";
    assert_eq!(trials.lines().skip(1).filter(machine).count(), 8, "{trials}");
    let mixed = bench.read("results/small/history.csv");
    assert!(mixed.lines().next().unwrap().ends_with(",machine"), "{mixed}");
    assert!(mixed.lines().nth(1).unwrap().contains("Haswell OpenBLAS"), "{mixed}");
    for table in [&["show", DIR][..], &["show", DIR, "--trials"]] {
        let shown = bench.run(table);
        assert!(text(&shown.stdout).lines().next().unwrap().contains("machine"), "{}", text(&shown.stdout));
        assert!(
            text(&shown.stderr).contains("warning: trials of several machines (Haswell"),
            "{}",
            text(&shown.stderr)
        );
    }
    let (code, report) = verified(&bench, &["--retrain", "all"]);
    assert!(code == Some(0) && report.contains("bit for bit") && report.contains("of another machine"), "{report}");
}
