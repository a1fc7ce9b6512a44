//! Successive halving: the rungs, what goes on, and what is refused.

use rusqlite::Connection;

use crate::support::{Bench, failure, signal, text};
use crate::sweep_language::{BASE, bench};

const HALVED: &str = r#"
record_every = 5
[sweep]
"train.learning_rate" = { from = 0.0001, to = 1, count = 9, scale = "log" }
seed = [1, 2]
[sweep.halving]
least = 10
factor = 3
"#;

/// Reads the rows of trials.csv: rate, seed, iterations, final cost.
fn halved_rows(bench: &Bench, folder: &str) -> Vec<(String, String, usize, f64)> {
    let trials = bench.read(&format!("{folder}/trials.csv"));
    let header = "trial,train.learning_rate,seed,train.iterations,status,final_cost,";
    assert!(trials.starts_with(header), "{trials}");
    let row = |row: &str| {
        let cells: Vec<_> = row.split(',').collect();
        (cells[1].to_owned(), cells[2].to_owned(), cells[3].parse().unwrap(), cells[5].parse().unwrap())
    };
    trials.lines().skip(1).map(row).collect()
}

#[test]
fn halving_trains_the_best_third_of_the_settings_three_times_as_long_up_to_all_iterations() {
    let bench = bench(HALVED);
    let deep = ["model.activation=tanh", "train.iterations=70"];
    let dry = bench.succeeds(&[&["sweep", "points.toml", "--dry-run"], &deep[..]].concat());
    assert_eq!(dry.0.lines().count(), 19);
    let outlook = "9 for 10 iterations, then the best 3 for 30 iterations, then the best 1 for 70 iterations";
    assert!(dry.1.contains(outlook), "{}", dry.1);
    assert!(
        dry.1.contains("the table has the first rung, and all rungs together make about 2.8 times its operations"),
        "{}",
        dry.1
    );

    bench.succeeds(&[&["sweep", "points.toml", "-j", "1"], &deep[..]].concat());
    let rows = halved_rows(&bench, "results/points");
    let rung = |iterations| rows.iter().filter(move |row| row.2 == iterations).collect::<Vec<_>>();
    assert_eq!([rung(10).len(), rung(30).len(), rung(70).len()], [18, 6, 2]);
    for (lower, upper) in [(10, 30), (30, 70)] {
        let mean = |rate: &str| rung(lower).iter().filter(|row| row.0 == rate).map(|row| row.3).sum::<f64>() / 2.0;
        let went_on = |rate: &str| rung(upper).iter().any(|row| row.0 == rate);
        let (on, off): (Vec<_>, Vec<_>) = rung(lower).into_iter().partition(|row| went_on(&row.0));
        let worst = on.iter().map(|row| mean(&row.0)).fold(0.0, f64::max);
        assert!(off.iter().all(|row| mean(&row.0) >= worst), "{lower}: {rows:?}");
        assert_ne!(on.len(), 0);
    }

    // A rung's trials are ordinary ones: those of a sweep with as many iterations, bit for bit.
    let (best, seed, _, cost) = rung(70)[0].clone();
    let alone = [&format!("train.learning_rate={best}")[..], &format!("seed={seed}"), "--out", "alone"];
    bench.write("points.toml", BASE);
    bench.succeeds(&[&["sweep", "points.toml", "train.record_every=5"], &alone[..], &deep].concat());
    let alone = bench.read("alone/trials.csv");
    assert!(alone.lines().nth(1).unwrap().contains(&format!("completed,{cost}")), "{cost}: {alone}");
    let again = bench.succeeds(&["sweep", "results/points/experiment.toml"]).1;
    assert!(again.contains("every trial was finished before"), "{again}");
    assert_eq!(halved_rows(&bench, "results/points"), rows);
    assert!(bench.succeeds(&["show", "results/points"]).0.lines().count() == 1 + 9 + 3 + 1);
    let (code, line) = failure(&bench.run(&["show", "results/points", "--over", "iterations"]));
    assert!(code == Some(2) && line.contains("--where 'iterations = N' shows one rung"), "{line}");
    assert!(bench.succeeds(&["show", "results/points", "--where", "iterations = 30"]).0.lines().count() == 1 + 3);
    let (up, down) = (["1", "2", "3"], ["3", "2", "1"]);
    let orders = [("final_cost", down), ("learning_rate", down), ("rung", up), ("-rung", down), ("plan", up)];
    for (order, rungs) in orders {
        let (table, header) =
            bench.succeeds(&["show", "results/points", "--csv", "--columns", "rung", "--sort", order]);
        let mut found: Vec<&str> = table.lines().skip(1).collect();
        found.dedup();
        assert_eq!(found, rungs, "{order}");
        let is_said = ["final_cost", "learning_rate"].contains(&order);
        assert_eq!(header.contains("the last rung first"), is_said, "{order}: {header}");
    }
}

#[test]
fn halving_may_be_a_table_on_the_command_line() {
    let (before, _) = HALVED.split_once("[sweep.halving]").unwrap();
    let bench = bench(before);
    let dry =
        |keys: &[&str]| bench.succeeds(&[&["sweep", "points.toml", "--dry-run", "train.iterations=70"], keys].concat());
    let halved = dry(&["sweep.halving={least=10,factor=3}"]);
    assert!(halved.1.contains("9 for 10 iterations, then the best 3 for 30 iterations"), "{}", halved.1);
    let ids = |table: &str| table.lines().map(|line| line[..12].to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&halved.0), ids(&dry(&["sweep.halving.least=10", "sweep.halving.factor=3"]).0));
}

#[test]
fn the_keys_of_the_best_trial_of_a_lower_rung_train_it_again_behind_the_experiment() {
    let bench = bench(HALVED);
    let deep = ["model.activation=tanh", "train.iterations=70"];
    bench.succeeds(&[&["sweep", "points.toml"], &deep[..]].concat());
    for (rung, iterations) in [("rung = 1", "train.iterations=10"), ("rung = 3", "train.iterations=70")] {
        // As in a sweep that was interrupted after this rung.
        let answer = bench.succeeds(&["best", "results/points", "--where", rung]).0;
        let id = answer.split("its best trial: ").nth(1).unwrap().split(',').next().unwrap();
        let keys: Vec<&str> = answer.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(keys.contains(&iterations), "{answer}");
        for file in ["points.toml", "results/points/experiment.toml"] {
            let one = [&["train", file, "model.activation=tanh"], &keys[..], &["--out", "one.h5", "--force"]].concat();
            bench.succeeds(&one);
            let provenance = runner::model::Model::read(&bench.path("one.h5")).unwrap().provenance;
            assert_eq!(provenance["trial"], id, "{file}");
        }
    }
}

#[test]
fn halving_goes_on_where_it_was_interrupted_with_the_same_bytes_for_any_number_of_jobs() {
    let bench = bench(HALVED);
    let long =
        ["train.iterations=12000", "train.record_every=100", "sweep.halving.least=3000", "sweep.halving.factor=2"];
    let sweep = |more: &[&str]| bench.succeeds(&[&["sweep", "points.toml"][..], &long, more].concat()).1;
    sweep(&["-j", "2", "--out", "whole"]);
    for (lines, out) in [(4, "first"), (20, "second")] {
        let arguments = [&["sweep", "points.toml", "-j", "1", "--out", out][..], &long].concat();
        let mut child = bench.start_until(&arguments, lines);
        signal(&child, "INT");
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let (_, shown) = bench.succeeds(&["show", out, "--trials"]);
        let numbers: Vec<usize> = shown.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let rungs = if lines < 18 { 18 } else { 18 + 10 };
        assert_eq!(numbers.iter().sum::<usize>(), rungs, "no rung begins before the one below has ended: {shown}");
        let resumed = sweep(&["-j", "1", "--out", out]);
        assert!(resumed.contains("of them finished before"), "{resumed}");
        assert!(bench.read(&format!("{out}/history.csv")) == bench.read("whole/history.csv"));
    }
}

#[test]
fn halving_leaves_behind_what_diverged_and_refuses_what_it_cannot_mean() {
    let bench = bench("[sweep]\n\"train.learning_rate\" = [1e3, 1e4]\nhalving = { least = 40, factor = 2 }\n");
    let diverging = ["model.activation=identity", "train.iterations=80"];
    let none = bench.succeeds(&[&["sweep", "points.toml"], &diverging[..]].concat()).1;
    assert!(none.contains("2 diverged") && none.contains("none goes on"), "{none}");
    assert_eq!(bench.read("results/points/trials.csv").lines().count(), 3);

    for (sweep, parts) in [
        ("[sweep]\nseed = [1]\nhalving = { factor = 3 }", &["points.toml:16", "sweep.halving.least", "missing"][..]),
        (
            "[sweep]\nseed = [1]\nhalving = { least = 5 }",
            &["points.toml:16", "sweep.halving.least", "below train.iterations, 5"],
        ),
        (
            "[sweep]\nseed = [1]\nhalving = { least = 2, factor = 1 }",
            &["points.toml:16", "sweep.halving.factor", "from 2"],
        ),
        (
            "[sweep]\nhalving = { least = 2, metric = \"luck\" }",
            &["points.toml:15", "halving.metric", "\"cost\"", "\"luck\""],
        ),
        ("[sweep]\nhalving = { leats = 2 }", &["points.toml:15", "did you mean sweep.halving.least?"]),
        (
            "[sweep]\ntrain.iterations = [5, 6]\nhalving = { least = 2 }",
            &["points.toml:16", "train.iterations, which is swept"],
        ),
    ] {
        bench.write("points.toml", &format!("{BASE}{sweep}\n"));
        let (code, line) = failure(&bench.run(&["sweep", "points.toml"]));
        assert_eq!(code, Some(2), "{sweep}: {line}");
        for part in parts {
            assert!(line.contains(part), "{part:?} is not in: {line}");
        }
    }
}

#[test]
fn a_rung_has_each_trial_once_even_if_points_share_it() {
    let bench = bench(
        "[sweep]\ntrain.optimizer = [\"gd\", \"momentum\"]\ntrain.momentum = [0.5, 0.7, 0.9]\n\
         train.learning_rate = [0.01, 0.1]\nseed = [1, 2]\n[sweep.halving]\nleast = 10\nfactor = 2\n",
    );
    let forty = "train.iterations=40";
    let outlook = "halving: 8 for 10 iterations, then the best 4 for 20 iterations, then the best 2 for 40 iterations";
    let dry = bench.succeeds(&["sweep", "points.toml", forty, "--dry-run"]).1;
    assert!(dry.contains(outlook), "{dry}");
    bench.succeeds(&["sweep", "points.toml", forty]);
    let trials = bench.read("results/points/trials.csv");
    let rung = |iterations: &str| {
        let rows = trials.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
        rows.filter(|row| row[5] == iterations).map(|row| row[0].to_owned()).collect::<Vec<_>>()
    };
    for (iterations, count, different) in [("10", 24, 16), ("20", 8, 8), ("40", 4, 4)] {
        let found = rung(iterations);
        let distinct: std::collections::HashSet<_> = found.iter().collect();
        assert_eq!((found.len(), distinct.len()), (count, different), "{iterations}: {trials}");
    }
}

#[test]
fn a_halving_sweep_that_is_run_again_goes_on_where_it_ended_and_is_refused_before_anything_is_written() {
    let bench = bench(HALVED);
    let on = |core: &str| {
        let words = ["sweep", "points.toml", "model.activation=tanh", "train.iterations=70"];
        bench.command().env("OPENBLAS_CORETYPE", core).args(words).output().unwrap()
    };
    let files =
        || ["trials.csv", "history.csv", "machine.toml"].map(|file| bench.read(&format!("results/points/{file}")));
    assert!(on("Haswell").status.success());
    let whole = files();
    // Another machine that trains nothing does not sign.
    assert!(on("Nehalem").status.success());
    assert_eq!(files(), whole);

    let record = Connection::open(bench.path("results/points/results.db")).unwrap();
    let last = "(SELECT trial FROM plan ORDER BY position DESC LIMIT 1)";
    record
        .execute(&format!("DELETE FROM history WHERE trial = (SELECT number FROM trial WHERE id = {last})"), [])
        .unwrap();
    assert_eq!(record.execute(&format!("DELETE FROM trial WHERE id = {last}"), []).unwrap(), 1);
    let planned = || record.query_row("SELECT COUNT(*) FROM plan", [], |row| row.get::<_, i64>(0)).unwrap();
    let (code, line) = failure(&on("Nehalem"));
    assert!(code == Some(2) && line.contains("25 trials trained on") && line.contains("the other 1 here"), "{line}");
    assert!(files() == whole && planned() == 26, "{} points", planned());
    let again = on("Haswell");
    let said = text(&again.stderr);
    assert!(again.status.success() && said.contains("rung 3 of 3") && !said.contains("rung 1 of 3"), "{said}");
    assert!(said.contains("26 trials, 25 of them finished before") && said.contains("\n1 trial in "), "{said}");
    assert_eq!(files()[1], whole[1]);
}

#[test]
fn a_sweep_whose_last_rung_does_not_fit_into_memory_is_refused_before_its_first() {
    let bench = bench(HALVED);
    let long = ["train.iterations=1000000000", "train.record_every=1", "sweep.halving.factor=100000"];
    for dry in ["--dry-run", ""] {
        let run = bench.shell(&format!("ulimit -v 9000000; $RUNNER sweep points.toml {} {dry}", long.join(" ")));
        let said = text(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{said}");
        assert!(said.contains("error: a fleet of the rung of 1000000000 iterations needs 29.9 GiB"), "{said}");
        assert!(said.contains("use a larger train.record_every"), "{said}");
    }
    assert!(!bench.path("results").exists());
    let words = ["submit", "points.toml", "--dry-run", "--shards", "2", "--time", "1h"];
    let needed = |more: &[&str]| -> f64 {
        let script = bench.succeeds(&[&words[..], more].concat()).0;
        let line = script.lines().find_map(|line| line.strip_prefix("#SBATCH --mem=")).unwrap().to_owned();
        line.strip_suffix('M').unwrap().parse().unwrap()
    };
    assert!(needed(&long) > 3e4 && needed(&["train.iterations=70"]) < 1e3);
}

#[test]
fn the_tables_have_the_rungs_below_one_that_cannot_begin() {
    let bench = bench(HALVED);
    let words = ["sweep", "points.toml", "model.activation=tanh", "train.iterations=70"];
    bench.succeeds(&words);
    let record = Connection::open(bench.path("results/points/results.db")).unwrap();
    record
        .execute_batch(
            "DELETE FROM history; DELETE FROM trial;
             CREATE TRIGGER full BEFORE INSERT ON plan WHEN NEW.position >= 18 BEGIN SELECT RAISE(ABORT, 'no room'); END;",
        )
        .unwrap();
    drop(record);
    std::fs::remove_file(bench.path("results/points/trials.csv")).unwrap();
    let run = bench.run(&words);
    let said = text(&run.stderr);
    assert!(run.status.code() == Some(1) && said.contains("18 finished trials are kept"), "{said}");
    assert!(said.contains("no room"), "{said}");
    assert_eq!(halved_rows(&bench, "results/points").len(), 18);
}
