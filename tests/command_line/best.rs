//! The best setting of a sweep, and its best trial trained again.

use std::fs;
use std::process::Stdio;

use rusqlite::Connection;
use serde_json::Value;

use crate::nets::{DIR, SWEEP, bench, mean, number, settings, trials};
use crate::support::{Bench, failure, json_lines, reseal, text};

/// Fleets of several trials on all examples, some of which stop early; a metric beside the cost.
const FULL: &str = r#"
name = "full"
[data]
set = "drawn"
validation = 0.2
[model]
width = 5
activation = "tanh"
[train]
iterations = 300
record_every = 5
stop_cost = 0.3
metrics = ["validation_cost"]
[sweep]
"model.depth" = [2, 3]
"train.learning_rate" = [0.03, 0.1, 0.3]
seed = [1, 2, 3, 4]
"#;

/// Fleets on mini-batches.
const BATCHES: &str = r#"
name = "batches"
[data]
set = "drawn"
[model]
hidden = [6]
dropout = 0.2
[train]
batch = 8
epochs = 12
record_every = 7
optimizer = "adam"
[sweep]
"train.learning_rate" = [0.003, 0.01]
seed = [1, 2, 3, 4]
"#;

#[test]
fn there_is_one_answer_to_which_is_best_and_validation_gives_it() {
    let bench = bench();
    let by = |column: &str, sign: f64| {
        let settings = settings(&bench).into_iter().map(|(key, trials)| {
            let numbers: Vec<f64> = trials.iter().map(|trial| sign * number(trial, column)).collect();
            (mean(&numbers), key, trials)
        });
        settings.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
    };
    let (_, key, trials) = by("validation_cost", 1.0);
    let trial =
        trials.iter().min_by(|a, b| number(a, "validation_cost").total_cmp(&number(b, "validation_cost"))).unwrap();

    let (answer, _) = bench.succeeds(&["best", DIR]);
    assert!(
        answer.contains("# nets: the best of 8 settings by validation_cost (the cost of the validation examples)"),
        "{answer}"
    );
    assert!(answer.contains(&format!("its best trial: {}", trial["trial"])), "{answer}");
    let keys: Vec<&str> = answer.lines().filter(|line| !line.starts_with('#')).collect();
    let seed = &trial["seed"];
    assert_eq!(
        keys,
        [format!("model.depth={}", key.0), format!("train.learning_rate={}", key.1), format!("seed={seed}")]
    );
    assert!(answer.parse::<toml::Table>().is_ok(), "{answer}");
    let (rows, header) = bench.succeeds(&["show", DIR, "--json", "-n", "1"]);
    let first = &json_lines(&rows)[0];
    assert_eq!((first["model.depth"].to_string(), first["train.learning_rate"].to_string()), key);
    assert!(header.contains("best first by validation_cost"), "{header}");

    // The keys are words that an experiment takes, and give the same trial.
    let dry = bench.succeeds(&[&["sweep", "nets.toml", "--dry-run"][..], &keys].concat()).0;
    assert!(dry.contains(&trial["trial"]), "{dry}");
    let one: Value = serde_json::from_str(&bench.succeeds(&["best", DIR, "--json"]).0).unwrap();
    assert_eq!(one["trial"]["id"], trial["trial"].as_str());
    let (_, said) = bench.succeeds(&["train", DIR, "--best", "--out", "best.h5"]);
    assert!(said.contains(&format!("trial {} of results/nets", trial["trial"])), "{said}");

    let (_, key, _) = by("test_accuracy", -1.0);
    let tested: Value =
        serde_json::from_str(&bench.succeeds(&["best", DIR, "--json", "--by", "test_accuracy"]).0).unwrap();
    let mean_of = |key: &(String, String)| {
        mean(&settings(&bench)[key].iter().map(|row| number(row, "test_accuracy")).collect::<Vec<_>>())
    };
    let found = (
        tested["setting"]["keys"]["model.depth"].to_string(),
        tested["setting"]["keys"]["train.learning_rate"].to_string(),
    );
    assert_eq!(mean_of(&found), mean_of(&key), "the first of equal ones");

    let (code, line) = failure(&bench.run(&["best", DIR, "--by", "depth"]));
    assert!(code == Some(2) && line.contains("--by: depth does not tell better from worse; final_cost"), "{line}");
    let (code, line) = failure(&bench.run(&["best", DIR, "--where", "learning_rate = 1e4"]));
    assert!(code == Some(2) && line.contains("none of 6 trials completed"), "{line}");
}

#[test]
fn without_validation_examples_the_training_cost_decides_and_a_setting_that_lost_a_seed_comes_later() {
    let bench = Bench::new();
    bench.write("nets.toml", &SWEEP.replace("validation = 0.25", ""));
    bench.succeeds(&["sweep", "nets.toml"]);
    let (answer, _) = bench.succeeds(&["best", DIR]);
    assert!(answer.contains("by final_cost (the training cost, as there are no validation examples)"), "{answer}");
    let (_, header) = bench.succeeds(&["show", DIR]);
    assert!(
        header.contains("best first by final_cost, the training cost, as there are no validation examples"),
        "{header}"
    );
    let best = json_lines(&bench.succeeds(&["show", DIR, "--json", "-n", "1"]).0).remove(0);
    let trial =
        json_lines(&bench.succeeds(&["best", DIR, "--json"]).0).remove(0)["trial"]["id"].as_str().unwrap().to_owned();

    // A damaged trial counts for nothing.
    let edit = format!("UPDATE trial SET final_cost = 0.0 WHERE id = '{trial}'");
    assert_eq!(Connection::open(bench.path("results/nets/results.db")).unwrap().execute(&edit, []).unwrap(), 1);
    let now = json_lines(&bench.succeeds(&["show", DIR, "--json"]).0);
    let key = |row: &Value| (row["model.depth"].clone(), row["train.learning_rate"].clone());
    assert_ne!(key(&now[0]), key(&best));
    let damaged = now.iter().find(|row| key(row) == key(&best)).unwrap();
    assert!(damaged["n"] == 2 && damaged["status"] == "2 completed, 1 damaged; sweep again", "{damaged}");
    let answer = json_lines(&bench.succeeds(&["best", DIR, "--json"]).0).remove(0);
    assert_eq!(answer["setting"]["keys"]["train.learning_rate"], now[0]["train.learning_rate"]);
    let shown = json_lines(&bench.succeeds(&["show", DIR, "--trials", "--json", "--where", "status = damaged"]).0);
    assert!(shown.len() == 1 && shown[0]["final_cost"].is_null(), "{shown:?}");
}

#[test]
fn while_one_seed_alone_is_finished_a_row_is_a_setting_and_the_first_is_the_best() {
    let bench = Bench::new();
    bench.write("nets.toml", SWEEP);
    bench.succeeds(&["sweep", "nets.toml", "sweep.train.learning_rate=[0.001, 0.1]"]);
    let rows = trials(&bench, DIR);
    // Of depth 2 all seeds are finished, of depth 3 one.
    let open: Vec<_> = rows.iter().filter(|row| row["model.depth"] == "3" && row["seed"] != "1").collect();
    let record = Connection::open(bench.path("results/nets/results.db")).unwrap();
    // The histories of the trials stay.
    record.pragma_update(None, "foreign_keys", false).unwrap();
    for row in &open {
        record.execute("DELETE FROM trial WHERE id = ?1", [&row["trial"]]).unwrap();
    }
    for only in ["", "seed = 1"] {
        let which: &[&str] = if only.is_empty() { &[] } else { &["--where", only] };
        let (rows, _) = bench.succeeds(&[&["show", DIR, "--json", "-n", "1"][..], which].concat());
        let best: Value =
            serde_json::from_str(&bench.succeeds(&[&["best", DIR, "--json"][..], which].concat()).0).unwrap();
        let first = &json_lines(&rows)[0];
        for key in ["model.depth", "train.learning_rate"] {
            assert_eq!(first[key], best["setting"]["keys"][key], "{only}: {first} {best}");
        }
    }
    for row in rows.iter().filter(|row| row["model.depth"] == "2" && row["seed"] != "1") {
        record.execute("DELETE FROM trial WHERE id = ?1", [&row["trial"]]).unwrap();
    }
    let shown = json_lines(&bench.succeeds(&["show", DIR, "--json"]).0);
    assert!(shown.len() == 4 && shown.iter().all(|row| row["n"] == 1), "{shown:?}");
}

#[test]
fn the_last_rung_comes_first_and_holds_the_best() {
    let bench = Bench::new();
    let halved = SWEEP.replace(", 1e4]", ", 0.3]") + "[sweep.halving]\nleast = 10\nfactor = 2\n";
    bench.write("nets.toml", &halved.replace("validation = 0.25", ""));
    bench.succeeds(&["sweep", "nets.toml"]);
    for arguments in [&["show", DIR, "--json"][..], &["show", DIR, "--json", "--trials", "--sort", "seconds"]] {
        let rows = json_lines(&bench.succeeds(arguments).0);
        let rungs: Vec<u64> = rows.iter().map(|row| row["rung"].as_u64().unwrap()).collect();
        assert!(rungs.is_sorted_by(|a, b| a >= b) && rungs[0] > 1 && rungs.last() == Some(&1), "{rungs:?}");
        assert_eq!(rows[0]["train.iterations"], 60);
    }
    let answer = json_lines(&bench.succeeds(&["best", DIR, "--json"]).0).remove(0);
    assert_eq!(answer["overrides"]["train.iterations"], 60);
    let (_, header) = bench.succeeds(&["show", DIR]);
    assert!(header.contains("the last rung first"), "{header}");
    let first = json_lines(&bench.succeeds(&["show", DIR, "--json", "--where", "rung = 1", "-n", "1"]).0).remove(0);
    assert_eq!(first["train.iterations"], 10);
}

#[test]
fn a_trial_of_a_sweep_is_trained_again_bit_for_bit_and_its_model_names_it() {
    let bench = Bench::new();
    for (name, experiment) in [("full", FULL), ("batches", BATCHES)] {
        bench.write("one.toml", experiment);
        bench.succeeds(&["sweep", "one.toml"]);
        let dir = format!("results/{name}");
        let history = bench.read(&format!("{dir}/history.csv"));
        let all = trials(&bench, &dir);
        let database = Connection::open(bench.path(&format!("{dir}/results.db"))).unwrap();
        let fleets: i64 = database.query_row("SELECT COUNT(*) FROM fleet", [], |row| row.get(0)).unwrap();
        assert!(all.len() as i64 > fleets, "some are trained together");
        drop(database);
        let stopped = all.iter().filter(|row| !row["ended_at"].is_empty()).count();
        assert_eq!(stopped > 2 && stopped < all.len(), name == "full", "{stopped}");
        for row in all.iter().step_by(3) {
            let id = &row["trial"];
            let (model, csv) = (format!("{id}.h5"), format!("{id}.csv"));
            let (_, said) = bench.succeeds(&["train", &dir, "--trial", id, "--out", &model, "--history", &csv]);
            assert!(said.contains("as in the record, bit for bit"), "{said}");
            let header = history.lines().next().unwrap().split_once(',').unwrap().1;
            let lines = history.lines().filter_map(|line| line.strip_prefix(&format!("{id},")));
            let expected: Vec<&str> = [header].into_iter().chain(lines).collect();
            assert_eq!(bench.read(&csv).lines().collect::<Vec<_>>(), expected, "{id}");
            let provenance = runner::model::Model::read(&bench.path(&model)).unwrap().provenance;
            assert_eq!(provenance["trial"], id.as_str());
            assert!(provenance["results"].as_str().unwrap().ends_with(&dir), "{provenance}");
            assert!(provenance["fleet"].as_array().unwrap().contains(&Value::from(id.as_str())), "{provenance}");
            // The net is that of its score: it gives the recorded test accuracy.
            let scored: Value = serde_json::from_str(&bench.succeeds(&["evaluate", &model, "--json"]).0).unwrap();
            assert!(
                (scored["accuracy"].as_f64().unwrap() - number(row, "test_accuracy")).abs() < 1e-9,
                "{id}: {scored}"
            );
            assert!(
                (scored["cost"].as_f64().unwrap() - number(row, "test_cost")).abs() < 1e-4,
                "{id}: {scored} {row:?}"
            );
        }
    }
    let id = &trials(&bench, "results/full")[0]["trial"];
    bench.succeeds(&["train", "results/full", "--trial", &id[..5]]);
    assert!(bench.path(&format!("results/full/model-{id}.h5")).exists());
    for (arguments, problem) in [
        (&["results/full"][..], "this is a directory; --best or --trial ID"),
        (&["one.toml", "--best"], "--trial and --best take a results directory"),
        (&["results/full", "--best", "seed=2"], "seed=2: a trial of a record has its settings"),
        (&["results/full", "--trial", "zz"], "--trial: results/full has no finished trial zz"),
        (&["results/full", "--best", "--by", "engine"], "--by: engine does not tell better from worse"),
    ] {
        let (code, line) = failure(&bench.run(&[&["train"], arguments].concat()));
        assert!(code == Some(2) && line.contains(problem), "{line}");
    }
    let experiment = bench.read("results/full/experiment.toml");
    fs::write(bench.path("results/full/experiment.toml"), experiment.replace("0.2", "0.4")).unwrap();
    let (code, line) = failure(&bench.run(&["train", "results/full", "--best"]));
    assert!(code == Some(2) && line.contains("experiment.toml: edited since it was written"), "{line}");
}

#[test]
fn a_trial_that_stops_elsewhere_than_in_its_record_has_another_result() {
    let bench = Bench::new();
    bench.write("one.toml", FULL);
    let rates = "sweep.train.learning_rate=[0.3, 0.001, 0.002, 0.003, 0.004]";
    bench.succeeds(&["sweep", "one.toml", "seed=1", "model.depth=2", rates, "-j", "1"]);
    // The first trial stops, and its fleet goes on with the second one.
    let record = Connection::open(bench.path("results/full/results.db")).unwrap();
    assert_eq!(record.execute("UPDATE trial SET ended_at = ended_at - 1 WHERE number = 1", []).unwrap(), 1);
    reseal(&record);
    let id: String =
        record.query_row("SELECT id FROM trial WHERE number = 1 AND ended_at > 0", [], |row| row.get(0)).unwrap();
    drop(record);
    let run = bench.run(&["train", "results/full", "--trial", &id]);
    let said = text(&run.stderr);
    assert_eq!(run.status.code(), Some(3), "{said}");
    assert!(
        said.contains("it stopped at another iteration than in the record, so that its net could not be kept"),
        "{said}"
    );
    assert!(said.contains("runner train results/full/experiment.toml, with its settings"), "{said}");
}

#[test]
fn a_checkpoint_past_the_stop_of_another_trial_of_the_fleet_is_set_aside() {
    let bench = Bench::new();
    bench.write("one.toml", FULL);
    let long = [
        "sweep.train.learning_rate=[0.3, 0.0001, 0.0002, 0.0003, 0.0004]",
        "train.iterations=20000",
        "run.checkpoint_every='50 iterations'",
    ];
    bench.succeeds(&[&["sweep", "one.toml", "seed=1", "model.depth=2"], &long[..]].concat());
    let rows = trials(&bench, "results/full");
    let [short, long] = [&rows[0]["trial"], &rows[1]["trial"]];
    let checkpoint = bench.path("one.h5.ckpt");
    let words = |trial| ["train", "results/full", "--trial", trial, "--out", "one.h5"];
    let mut first = bench.command().args(words(long)).stderr(Stdio::null()).spawn().unwrap();
    let is_far = || fs::read(&checkpoint).is_ok_and(|bytes| iteration_of(&bytes) > 500);
    while !is_far() {
        assert!(first.try_wait().unwrap().is_none(), "it ended before it was killed");
    }
    first.kill().and_then(|()| first.wait()).unwrap();
    let said = bench.succeeds(&words(short)).1;
    assert!(said.contains("one.h5.ckpt: the checkpoint is past iteration "), "{said}");
    assert!(said.contains(", and is one.h5.1.ckpt now; the training begins anew"), "{said}");
    assert!(!said.contains("goes on from") && said.contains(" as in the record, bit for bit"), "{said}");
}

/// Reads the iteration of a checkpoint from its second line; 0 if it has none.
fn iteration_of(checkpoint: &[u8]) -> u64 {
    let line = checkpoint.split(|byte| *byte == b'\n').nth(1);
    let header = line.and_then(|line| serde_json::from_slice::<Value>(line).ok());
    header.and_then(|header| header["iteration"].as_u64()).unwrap_or(0)
}
