//! Shards: trained apart, joined to the same bytes; what is missing, doubled or of another machine is said.

use std::fs;

use rusqlite::Connection;

use crate::support::{Bench, failure, reseal, signal, text};

const SWEEP: &str = r#"
name = "small"

[data]
set = "drawn"

[model]
hidden = [6]
init = "he"

[train]
iterations = 40
learning_rate = 0.03
record_every = 5
metrics = ["train_accuracy"]

[sweep]
"model.activation" = ["relu", "tanh"]
"model.dtype" = ["f32", "f64"]
"train.batch" = [16, 40]
seed = [1, 2, 3]
"#;
const SHARDS: &str = "results/small.shards";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("small.toml", SWEEP);
    bench
}

/// Runs on the kernels of `core`; returns the exit code, stdout and stderr.
fn on(bench: &Bench, core: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let run = bench.command().env("OPENBLAS_CORETYPE", core).args(arguments).output().unwrap();
    (run.status.code(), text(&run.stdout), text(&run.stderr))
}

fn sweep(bench: &Bench, arguments: &[&str]) -> String {
    let (code, _, said) = on(bench, "Haswell", &[&["sweep", "small.toml"], arguments].concat());
    assert_eq!(code, Some(0), "{said}");
    said
}

fn merged(bench: &Bench, arguments: &[&str]) -> (Option<i32>, String) {
    let (code, _, said) = on(bench, "Haswell", &[&["merge"], arguments].concat());
    (code, said)
}

/// Reads trials.csv without the column of seconds.
fn trials(bench: &Bench, folder: &str) -> String {
    let table = bench.read(&format!("{folder}/trials.csv"));
    let at = table.lines().next().unwrap().split(',').position(|name| name == "seconds").unwrap();
    let rows = table.lines().map(|row| {
        row.split(',')
            .enumerate()
            .filter(|(column, _)| *column != at)
            .map(|(_, cell)| cell)
            .collect::<Vec<_>>()
            .join(",")
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn assert_same(bench: &Bench, a: &str, b: &str) {
    let history = |folder: &str| bench.read(&format!("{folder}/history.csv"));
    assert!(history(a) == history(b), "the histories of {a} and {b} differ");
    assert_eq!(trials(bench, a), trials(bench, b));
    let experiment = |folder: &str| bench.read(&format!("{folder}/experiment.toml"));
    assert_eq!(experiment(a), experiment(b));
}

#[test]
fn shards_joined_are_the_sweep_of_one_machine_byte_for_byte() {
    let bench = bench();
    sweep(&bench, &["-j", "1", "--out", "whole"]);
    let mut own = Vec::new();
    for shard in ["0/3", "1/3", "2/3"] {
        let said = sweep(&bench, &["--shard", shard]);
        assert!(said.contains(&format!("small: shard {shard}: ")) && said.contains(" of 24 trials; "), "{said}");
        let table = bench.read(&format!("{SHARDS}/{}-of-3/trials.csv", &shard[..1]));
        own.push(table.lines().count() - 1);
    }
    assert!(own.iter().sum::<usize>() == 24 && own.iter().all(|own| *own >= 6), "{own:?}");
    let (code, said) = merged(&bench, &[SHARDS]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("24 of 24 trials, of 3 records, are in results/small"), "{said}");
    assert_same(&bench, "results/small", "whole");
    let (code, report, _) = on(&bench, "Haswell", &["verify", "results/small", "--retrain", "all"]);
    assert!(code == Some(0) && report.contains("24 trials and 0 others of the same fleets"), "{report}");
    let (_, _, again) = on(&bench, "Haswell", &["sweep", "small.toml"]);
    assert!(again.contains("every trial was finished before"), "a merged record goes on as any other: {again}");
    let more = "[1, 2, 3, 4]";
    let (_, _, more) = on(&bench, "Haswell", &["sweep", "small.toml", &format!("sweep.seed={more}")]);
    assert!(more.contains("32 trials, 24 of them finished before"), "{more}");
}

#[test]
fn what_is_missing_is_listed_and_joined_when_it_has_come() {
    let bench = bench();
    sweep(&bench, &["-j", "1", "--out", "whole"]);
    let (code, line) = failure(&bench.run(&["merge", "results"]));
    assert!(code == Some(2) && line.contains("results"), "{line}");
    sweep(&bench, &["--shard", "2/4"]);
    sweep(&bench, &["--shard", "0/4"]);
    let (code, said) = merged(&bench, &[SHARDS]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("shards 1, 3 of 4 are missing (no results/small.shards/1-of-4), with 12 trials"), "{said}");
    // A shard that was cut short.
    let lost: String = {
        let record = Connection::open(bench.path(&format!("{SHARDS}/0-of-4/results.db"))).unwrap();
        let lost = record.query_row("SELECT id FROM trial ORDER BY id LIMIT 1", [], |row| row.get(0)).unwrap();
        record.execute("DELETE FROM history WHERE trial = (SELECT number FROM trial WHERE id = ?1)", [&lost]).unwrap();
        record.execute("DELETE FROM trial WHERE id = ?1", [&lost]).unwrap();
        lost
    };
    fs::remove_dir_all(bench.path("results/small")).unwrap();
    let (code, said) = merged(&bench, &[SHARDS]);
    assert!(code == Some(1) && said.contains(&format!("shard 0/4: 1 of 4 trials missing: {lost}")), "{said}");
    for shard in ["0/4", "1/4", "3/4"] {
        sweep(&bench, &["--shard", shard]);
    }
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
    assert_same(&bench, "results/small", "whole");
}

#[test]
fn a_merge_while_a_shard_is_trained_has_what_is_finished_and_leaves_the_files_of_the_shard_alone() {
    let bench = bench();
    let arguments = ["sweep", "small.toml", "train.iterations=600", "-j", "1", "--shard", "0/2"];
    assert!(bench.run(&[&arguments[..5], &["--out", "whole"]].concat()).status.success());
    assert!(bench.run(&[&arguments[..6], &["1/2"]].concat()).status.success());
    let mut at_work = bench.start_until(&arguments, 1);
    signal(&at_work, "STOP");
    let file = |name: &str| bench.path(&format!("{SHARDS}/0-of-2/results.db{name}"));
    // The shard goes on with the file that it has open; another reader of the record itself would make a new one.
    fs::remove_file(file("-shm")).expect("a shard at work has its record open");
    let files = || ["", "-wal"].map(|name| fs::read(file(name)).unwrap());
    let before = files();
    let (code, said) = merged(&bench, &[SHARDS]);
    assert!(code == Some(1) && said.contains("shard 0/2: "), "{said}");
    assert!(!file("-shm").exists(), "the merge has opened the record in its place");
    assert!(files() == before, "the merge has written to the record of the shard");
    let there = bench.read("results/small/trials.csv").lines().count() - 1;
    assert!((13..24).contains(&there), "{there} trials, of which the finished shard has 12");

    signal(&at_work, "CONT");
    while at_work.try_wait().unwrap().is_none() {
        let (code, said) = merged(&bench, &[SHARDS]);
        assert!(code <= Some(1) && !said.contains("not what was stored"), "{said}");
    }
    assert!(at_work.wait().unwrap().success());
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
    assert_same(&bench, "results/small", "whole");
}

#[test]
fn a_shard_keeps_its_part_of_the_plan_and_together_they_are_the_whole_one() {
    let bench = bench();
    sweep(&bench, &["-j", "1", "--out", "whole"]);
    let one = |folder: &str, select: &str| -> String {
        let record = Connection::open(bench.path(&format!("{folder}/results.db"))).unwrap();
        record.query_row(select, [], |row| row.get(0)).unwrap()
    };
    let seal = "SELECT digest FROM experiment";
    let whole = one("whole", seal);
    let mut points = 0;
    for shard in 0..3 {
        sweep(&bench, &["--shard", &format!("{shard}/3")]);
        let folder = format!("{SHARDS}/{shard}-of-3");
        let count = |select: &str| one(&folder, select).parse::<usize>().unwrap();
        points += count("SELECT CAST(COUNT(*) AS TEXT) FROM plan");
        assert_eq!(count("SELECT CAST(COUNT(*) AS TEXT) FROM plan WHERE trial NOT IN (SELECT id FROM trial)"), 0);
        assert_ne!(one(&folder, seal), whole);
        assert_eq!(one(&folder, "SELECT digest || points || trials FROM whole_plan"), format!("{whole}2424"));
        let (code, report, _) = on(&bench, "Haswell", &["verify", &folder, "--retrain", "0"]);
        assert_eq!(code, Some(0), "{report}");
    }
    assert_eq!(points, 24);
    // Joined one after another: what was joined before stays.
    let first = format!("{SHARDS}/1-of-3");
    let (code, said) = merged(&bench, &[&first, "--out", "joined"]);
    assert!(code == Some(1) && said.contains(" of 24 trials, of 1 record, are in joined"), "{said}");
    let others = [format!("{SHARDS}/2-of-3"), format!("{SHARDS}/0-of-3")];
    let (code, said) = merged(&bench, &[&others[0], &others[1], "--out", "joined"]);
    assert!(code == Some(0) && said.contains("24 of 24 trials, of 2 records, are in joined"), "{said}");
    assert_same(&bench, "joined", "whole");
    assert_eq!(one("joined", seal), whole);

    for shard in 0..3 {
        let record = Connection::open(bench.path(&format!("{SHARDS}/{shard}-of-3/results.db"))).unwrap();
        assert_eq!(record.execute("UPDATE whole_plan SET digest = 'another'", []).unwrap(), 1);
    }
    let (code, line) = merged(&bench, &[SHARDS]);
    assert!(code == Some(2) && line.contains("don't make the plan that they name"), "{line}");
    assert!(!bench.path("results/small").exists());
}

#[test]
fn shards_of_the_first_releases_which_have_the_whole_plan_are_joined_with_later_ones() {
    let bench = bench();
    sweep(&bench, &["-j", "1", "--out", "whole"]);
    for shard in ["0/3", "1/3", "2/3"] {
        sweep(&bench, &["--shard", shard]);
    }
    for shard in 0..2 {
        let record = Connection::open(bench.path(&format!("{SHARDS}/{shard}-of-3/results.db"))).unwrap();
        let whole = bench.path("whole/results.db").display().to_string();
        let earlier = format!(
            "ATTACH '{whole}' AS whole; DROP TABLE whole_plan; INSERT OR IGNORE INTO plan SELECT * FROM whole.plan; \
             UPDATE experiment SET digest = (SELECT digest FROM whole.experiment);"
        );
        record.execute_batch(&earlier).unwrap();
    }
    for shards in [&["0-of-3", "1-of-3", "2-of-3"], &["2-of-3", "1-of-3", "0-of-3"]] {
        let shards = shards.map(|shard| format!("{SHARDS}/{shard}"));
        let (code, said) = merged(&bench, &[&shards[0], &shards[1], &shards[2], "--out", "joined"]);
        assert_eq!(code, Some(0), "{said}");
        assert_same(&bench, "joined", "whole");
        fs::remove_dir_all(bench.path("joined")).unwrap();
    }
    let said = sweep(&bench, &["--shard", "0/3"]);
    assert!(said.contains("every trial was finished before"), "{said}");
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
}

#[test]
fn trials_of_two_records_must_be_equal_and_a_damaged_one_is_taken_from_the_other() {
    let bench = bench();
    sweep(&bench, &["--out", "whole"]);
    sweep(&bench, &["--shard", "0/2"]);
    sweep(&bench, &["--shard", "1/2"]);
    fs::create_dir(bench.path("twice")).unwrap();
    fs::rename(bench.path(&format!("{SHARDS}/0-of-2")), bench.path("twice/0-of-2")).unwrap();
    sweep(&bench, &["--shard", "0/2"]);
    let both = [SHARDS, "twice", "--out", "joined"];
    let (code, said) = merged(&bench, &both);
    assert!(code == Some(0) && said.contains("12 trials in several records, with the same results"), "{said}");
    assert_same(&bench, "joined", "whole");

    let record = Connection::open(bench.path("twice/0-of-2/results.db")).unwrap();
    let edit = "UPDATE history SET cost = cost * (1 + 1e-15) WHERE trial = 1 AND iteration = 20";
    assert_eq!(record.execute(edit, []).unwrap(), 1);
    let again = [SHARDS, "twice", "--out", "again"];
    assert_eq!(merged(&bench, &again).0, Some(0), "it is damaged, and the other one is there");
    assert_same(&bench, "again", "whole");
    let (code, said) = merged(&bench, &["twice", SHARDS, "--out", "turned"]);
    assert_eq!(code, Some(0), "{said}");
    assert_same(&bench, "turned", "whole");
    let (code, said) = merged(&bench, &["twice", "--out", "alone"]);
    assert!(code == Some(1) && said.contains("in the record is not what was stored, and is left out"), "{said}");

    reseal(&record);
    let (code, line) = merged(&bench, &[SHARDS, "twice", "--out", "new"]);
    let line = line.trim_end();
    assert!(code == Some(3) && line.starts_with("error: trial ") && !line.contains('\n'), "{line}");
    for part in [" has two results: completed, last cost ", "Haswell", "twice/0-of-2", "nothing is joined"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(!bench.path("new").exists());
}

#[test]
fn shards_of_another_core_or_another_experiment_are_refused() {
    let bench = bench();
    sweep(&bench, &["--shard", "0/2"]);
    let (code, ..) = on(&bench, "Nehalem", &["sweep", "small.toml", "--shard", "1/2"]);
    assert_eq!(code, Some(0));
    let (code, line) = merged(&bench, &[SHARDS]);
    assert!(code == Some(2) && line.starts_with("error: 12 trials on OpenBLAS "), "{line}");
    assert!(line.contains("Nehalem") && line.contains("--mix joins them") && !bench.path("results/small").exists());
    let (code, said) = merged(&bench, &[SHARDS, "--mix"]);
    assert!(code == Some(0) && said.contains("differ by more than 1%"), "{said}");
    assert!(bench.read("results/small/trials.csv").lines().next().unwrap().ends_with(",machine"));
    // The same trials of both cores: the first ones are kept.
    let (code, _, _) = on(&bench, "Nehalem", &["sweep", "small.toml", "--shard", "0/2", "--out", "other"]);
    assert_eq!(code, Some(0));
    let (code, said) = merged(&bench, &[SHARDS, "other.shards", "--mix", "--out", "mixed"]);
    assert!(code == Some(0) && said.contains("12 trials of another BLAS or core in another record"), "{said}");

    sweep(&bench, &["--shard", "1/2", "train.iterations=20", "--out", "short"]);
    let (code, line) = merged(&bench, &[SHARDS, "short.shards", "--mix", "--out", "mixed"]);
    assert!(
        code == Some(2) && line.contains("its experiment or data are not those of") && line.contains("iterations"),
        "{line}"
    );
}

#[test]
fn a_sweep_that_halves_climbs_from_merge_to_merge() {
    let bench = bench();
    let halving = ["sweep.halving.least=10", "sweep.halving.factor=2", "sweep.train.learning_rate=[0.003, 0.01, 0.03]"];
    let with = |more: &[&'static str]| [&halving[..], more].concat();
    sweep(&bench, &with(&["-j", "1", "--out", "whole"]));
    let mut rungs = 0;
    loop {
        sweep(&bench, &with(&["--shard", "0/2"]));
        let (code, said) = merged(&bench, &[SHARDS]);
        assert!(code == Some(1) && said.contains("shard"), "half a rung: {said}");
        // A shard waits for the other ones.
        let said = sweep(&bench, &with(&["--shard", "0/2"]));
        assert!(said.contains("every trial was finished before"), "{said}");
        sweep(&bench, &with(&["--shard", "1/2"]));
        let (code, said) = merged(&bench, &[SHARDS]);
        assert_eq!(code, Some(0), "{said}");
        rungs += 1;
        if !said.contains("this rung is complete; the same shards, swept again, train the next one") {
            break;
        }
    }
    assert_eq!(rungs, 3);
    assert_same(&bench, "results/small", "whole");
}

#[test]
fn a_shard_is_named_by_the_scheduler_and_may_be_empty() {
    let bench = bench();
    let task = [("SLURM_ARRAY_TASK_ID", "1"), ("SLURM_ARRAY_TASK_COUNT", "2"), ("SLURM_ARRAY_TASK_MIN", "0")];
    let mut command = bench.command();
    command.envs(task).env("SLURM_ARRAY_TASK_MAX", "1").args(["sweep", "small.toml", "--shard-from-env", "--dry-run"]);
    let dry = command.output().unwrap();
    let (table, said) = (text(&dry.stdout), text(&dry.stderr));
    assert!(table.lines().count() == 13 && said.contains("12 of 24 trials in "), "{table}{said}");
    assert!(said.contains("results in results/small.shards/1-of-2"), "{said}");
    let (code, line) = failure(&bench.run(&["sweep", "small.toml", "--shard-from-env"]));
    assert!(code == Some(2) && line.contains("--shard I/N"), "{line}");
    let wrong = bench.run(&["sweep", "small.toml", "--shard", "2/2"]);
    assert!(wrong.status.code() == Some(2) && text(&wrong.stderr).contains("such as 3/8"));
    let said = sweep(&bench, &["--shard", "99/100"]);
    assert!(said.contains("shard 99/100: 0 of 24 trials"), "{said}");
}
