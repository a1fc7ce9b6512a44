//! Shards: trained apart, joined to the same bytes; what is missing is said.

mod again;
mod joined;
mod mixed;
mod records;

use std::fs;

use rusqlite::Connection;

use crate::support::{Bench, failure, text};

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
fn what_is_of_shards_that_are_missing_is_said_wherever_settings_are_ranked() {
    let bench = bench();
    ["0/4", "2/4"].iter().for_each(|shard| drop(sweep(&bench, &["--shard", shard])));
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(1));
    let elsewhere = "12 of 24 trials are of other shards, not here";
    let named = format!("warning: small: {elsewhere}");
    let dir = "results/small";
    for (command, end) in
        [(&["show", dir][..], "\n"), (&["best", dir], "; the best setting of all may be another one\n")]
    {
        let (_, said) = bench.succeeds(command);
        assert!(said.contains(&format!("{named}{end}")), "{command:?}: {said}");
    }
    let (compared, said) = bench.succeeds(&["compare", dir, dir, "--json"]);
    assert!(said.contains(&format!("warning: A: {elsewhere}\n")), "{said}");
    assert!(compared.contains(&format!("B: {elsewhere}")), "{compared}");
    bench.succeeds(&["report", dir]);
    assert!(bench.read("results/small/report.html").contains(elsewhere));
    ["1/4", "3/4"].iter().for_each(|shard| drop(sweep(&bench, &["--shard", shard])));
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
    let (_, said) = bench.succeeds(&["best", dir]);
    assert!(!said.contains("other shards"), "{said}");
}

#[test]
fn a_setting_lacks_the_trials_of_other_shards_that_the_experiment_has_of_it() {
    let bench = Bench::new();
    let sweep_of_widths = "[sweep]\n\"model.width\" = [3, 4, 5]\nseed = [1, 2]\n[[sweep.exclude]]\n\"model.width\" = 3\nseed = 2\n\
                           [[sweep.include]]\n\"model.width\" = 4\nseed = 3\n";
    let base = SWEEP.split("[sweep]").next().unwrap().replace("hidden = [6]", "depth = 2");
    bench.write("small.toml", &(base + sweep_of_widths));
    ["0/6", "2/6"].iter().for_each(|shard| drop(sweep(&bench, &["--shard", shard])));
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(1));
    let dir = "results/small";
    let shown = |more: &[&str]| -> Vec<String> {
        let asked = ["show", dir, "--csv", "--columns", "width,status", "--sort", "width"];
        bench.succeeds(&[&asked, more].concat()).0.lines().skip(1).map(|row| row.replace('"', "")).collect()
    };
    let of_4 = "4,2 completed, 1 of other shards";
    assert_eq!(shown(&[]), ["3,1 completed", of_4, "5,1 completed, 1 of other shards"]);
    let condition = ["--where", "seed = 1 or width = 4"];
    assert_eq!(shown(&condition), ["3,1 completed", of_4, "5,1 completed"]);
    let (best, _) = bench.succeeds(&["best", dir, "--json"]);
    assert!(best.contains("\"model.width\":3"), "the others are not complete: {best}");
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
    assert!(
        said.contains(
            "shards 1, 3 of 4 are missing (results/small.shards/1-of-4 has no record to join), with 12 trials"
        ),
        "{said}"
    );
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
    assert!(!said.contains("missing"), "{said}");
    let (code, line) = merged(&bench, &[SHARDS, "--out", &first]);
    assert!(code == Some(2) && line.contains("these are the results of shard 1/3; --out names another"), "{line}");
    assert_same(&bench, "joined", "whole");
    assert_eq!(one("joined", seal), whole);

    for shard in 0..3 {
        let record = Connection::open(bench.path(&format!("{SHARDS}/{shard}-of-3/results.db"))).unwrap();
        assert_eq!(record.execute("UPDATE whole_plan SET digest = 'another'", []).unwrap(), 1);
    }
    let (code, line) = merged(&bench, &[SHARDS]);
    assert!(code == Some(2) && line.contains("don't add up to the whole one that they name"), "{line}");
    assert!(!bench.path("results/small").exists());
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
fn a_damaged_trial_of_the_joined_record_is_trained_again_before_its_rung_decides() {
    let bench = bench();
    let halving = ["sweep.halving.least=10", "sweep.halving.factor=4", "sweep.train.learning_rate=[0.003, 0.01, 0.03]"];
    let with = |more: &[&'static str]| [&halving[..], more].concat();
    let shards = || {
        sweep(&bench, &with(&["--shard", "0/2"]));
        sweep(&bench, &with(&["--shard", "1/2"]));
        assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
    };
    sweep(&bench, &with(&["-j", "1", "--out", "whole"]));
    shards();
    // The worst setting seems to be the best one; the shards' own records are sound.
    let record = Connection::open(bench.path("results/small/results.db")).unwrap();
    let worst = "(SELECT id FROM trial WHERE final_cost = (SELECT max(final_cost) FROM trial))";
    assert_eq!(record.execute(&format!("UPDATE trial SET final_cost = 0 WHERE id = {worst}"), []).unwrap(), 1);
    drop(record);
    shards();
    shards();
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
