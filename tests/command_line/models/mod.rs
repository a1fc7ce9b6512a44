//! `runner train`, `predict` and `evaluate` as a person uses them.

mod evaluate;
mod predict;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Bench, failure, json_lines, only_trial, signal, text};

const ONE: &str = r#"
name = "one"
[data]
set = "drawn"
[model]
hidden = [7, 5]
dtype = "f64"
[train]
learning_rate = 0.05
iterations = 60
record_every = 20
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("one.toml", ONE);
    bench
}

fn succeeds(bench: &Bench, arguments: &[&str]) -> String {
    bench.succeeds(arguments).0
}

/// Writes a picture of 12 x 9 pixels of one colour, with a transparent left half.
fn half_transparent(path: &Path) {
    let picture = image::RgbaImage::from_fn(12, 9, |x, _| image::Rgba([200, 40, 90, if x < 6 { 0 } else { 255 }]));
    picture.save(path).unwrap();
}

#[test]
fn a_training_has_the_bits_of_a_sweep_of_that_point_by_every_engine_and_its_model_does_as_well() {
    let bench = bench();
    for (key, dtype, tolerance) in [
        ("run.engine=direct", "f64", 1e-14),
        ("run.engine=reduced", "f64", 1e-9),
        ("run.engine=dual", "f64", 1e-9),
        ("train.batch=7", "f32", 1e-5),
        ("train.optimizer=adam", "f32", 1e-5),
        ("data.scale=standardize", "f64", 1e-9),
        ("data.validation=0.2", "f64", 1e-9),
        ("model.hidden=[]", "f64", 1e-9),
    ] {
        let dtype = format!("model.dtype={dtype}");
        let keys = ["one.toml", key, &dtype, "train.metrics=[\"test_cost\"]"];
        succeeds(&bench, &[&["sweep"], &keys[..], &["--fresh", "--progress", "none"]].concat());
        let printed =
            succeeds(&bench, &[&["train"], &keys[..], &["--out", "m.h5", "--history", "h.csv", "--force"]].concat());
        assert_eq!(printed, "m.h5\n");
        let swept: String = bench
            .read("results/one/history.csv")
            .lines()
            .map(|row| row.split_once(',').map(|(_, rest)| format!("{rest}\n")).unwrap())
            .collect();
        assert_eq!(bench.read("h.csv"), swept, "{key}");
        let trial = only_trial(&bench, "one");
        for (part, column) in [("test", "test_cost"), ("train", "train_cost")] {
            if (key, part) == ("data.validation=0.2", "train") {
                continue; // the file's training examples are not those that were trained on
            }
            let answer = &json_lines(&succeeds(&bench, &["evaluate", "m.h5", "--json", "--part", part]))[0];
            let (found, swept) = (answer["cost"].as_f64().unwrap(), trial(column).parse::<f64>().unwrap());
            assert!((found / swept - 1.0).abs() < tolerance, "{key}: {column} {found}, of the sweep {swept}");
        }
        let answer = &json_lines(&succeeds(&bench, &["evaluate", "m.h5", "--json"]))[0];
        assert_eq!(answer["accuracy"].as_f64(), trial("test_accuracy").parse().ok(), "{key}");
        let provenance = provenance(&bench.path("m.h5"));
        assert_eq!(provenance["trial"], trial("trial"));
        assert_eq!(provenance["result"]["final_cost"].as_f64(), trial("final_cost").parse().ok());
        assert_eq!(provenance["engine"], trial("engine"));
    }
}

fn provenance(path: &Path) -> Value {
    runner::model::Model::read(path).unwrap().provenance
}

#[test]
fn the_same_training_writes_the_same_bytes() {
    let bench = bench();
    for out in ["a.h5", "b.h5"] {
        succeeds(&bench, &["train", "one.toml", "--out", out]);
    }
    assert!(fs::read(bench.path("a.h5")).unwrap() == fs::read(bench.path("b.h5")).unwrap());
}

#[test]
fn a_sweep_of_several_points_is_refused_before_any_work_and_a_file_is_not_overwritten() {
    let bench = bench();
    bench.write("two.toml", &format!("{ONE}\n[sweep]\nseed = [1, 2]\n\"train.learning_rate\" = [0.1, 0.2, 0.3]\n"));
    let (code, line) = failure(&bench.run(&["train", "two.toml"]));
    assert_eq!(code, Some(2));
    for part in ["two.toml", "6 points", "seed, train.learning_rate", "KEY=VALUE"] {
        assert!(line.contains(part), "{part:?} is not in: {line}");
    }
    assert!(!bench.path("results").exists());
    succeeds(&bench, &["train", "two.toml", "seed=2", "train.learning_rate=0.2"]);
    let model = bench.path("results/one/model.h5");
    let before = fs::read(&model).unwrap();
    let (code, line) = failure(&bench.run(&["train", "one.toml"]));
    assert!(code == Some(2) && line.contains("results/one/model.h5") && line.contains("--force"), "{line}");
    bench.write("h.csv", "mine");
    let (code, line) = failure(&bench.run(&["train", "one.toml", "--out", "new.h5", "--history", "h.csv"]));
    assert!(code == Some(2) && line.contains("h.csv") && !bench.path("new.h5").exists(), "{line}");
    let (code, line) = failure(&bench.run(&["train", "one.toml", "--out", "data"]));
    assert!(code == Some(2) && line.contains("a folder"), "{line}");
    assert_eq!(fs::read(&model).unwrap(), before);
    succeeds(&bench, &["train", "one.toml", "--force"]);
    assert_ne!(fs::read(&model).unwrap(), before);
}

#[test]
fn a_net_that_diverges_is_not_saved() {
    let bench = bench();
    let arguments = ["train", "one.toml", "train.learning_rate=1e9", "model.activation=identity", "--history", "h.csv"];
    let run = bench.run(&arguments);
    let stderr = text(&run.stderr);
    assert_eq!(run.status.code(), Some(1), "{stderr}");
    let last = stderr.lines().last().unwrap();
    assert!(last.starts_with("error: diverged at iteration ") && last.contains("no model"), "{stderr}");
    assert!(!bench.path("results/one/model.h5").exists());
    assert!(bench.read("h.csv").starts_with("iteration,cost\n0,"));
}

#[test]
fn ctrl_c_ends_a_training_with_130_and_without_a_model() {
    let bench = bench();
    let arguments = ["train", "one.toml", "train.iterations=100000000", "--progress", "none"];
    let mut child = bench.command().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // The folder of the model is made when the training begins.
    while !bench.path("results/one").exists() {
        std::thread::sleep(Duration::from_millis(10));
        assert!(child.try_wait().unwrap().is_none(), "the training ended before it could be interrupted");
    }
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_dir(bench.path("results/one")).unwrap().count(), 0, "a file is left");
}

#[test]
fn a_regression_predicts_values() {
    let bench = bench();
    let row = |row: usize| format!("{},{},{},{}\n", row % 7, row % 5, (row % 7) as f64 * 0.5 + 0.25, row % 5);
    bench.write("sums.csv", &format!("a,b,half,b_again\n{}", (0..60).map(row).collect::<String>()));
    succeeds(&bench, &["data", "import", "sums.csv", "--target", "half,b_again", "--test-share", "0.2"]);
    let files = ["data.train=data/train_sums.h5", "data.test=data/test_sums.h5", "data.scale=standardize"];
    let linear = ["model.hidden=[]", "train.iterations=2000", "train.learning_rate=0.3", "--out", "sums.h5"];
    succeeds(&bench, &[&["train", "one.toml"], &files[..], &linear].concat());
    let answer = &json_lines(&succeeds(&bench, &["evaluate", "sums.h5", "--json"]))[0];
    assert!(
        answer["cost"].as_f64().unwrap() < 1e-12 && answer["accuracy"].is_null() && answer.get("confusion").is_none()
    );
    let said = json_lines(&succeeds(&bench, &["predict", "sums.h5", "data/test_sums.h5", "--json"]));
    assert_eq!(said.len(), 12);
    assert!(said.iter().all(|line| line["values"].as_array().unwrap().len() == 2 && line.get("class").is_none()));
    let table = succeeds(&bench, &["predict", "sums.h5", "data/test_sums.h5"]);
    assert_eq!(table.split_whitespace().take(4).collect::<Vec<_>>(), ["input", "example", "half", "b_again"]);
    let report = succeeds(&bench, &["evaluate", "sums.h5"]);
    assert!(report.contains("12 examples of test_set_x") && !report.contains("accuracy"), "{report}");
}

#[test]
fn values_beyond_f32_are_refused_before_a_training_in_f32() {
    let bench = bench();
    let row = |row: usize| format!("{}e38,{},{}\n", row % 7, row % 5, row % 3);
    bench.write("large.csv", &format!("a,b,c\n{}", (0..60).map(row).collect::<String>()));
    for (name, columns, what) in [("y", ["--target", "a"], "a target"), ("x", ["--target", "c"], "an input")] {
        succeeds(
            &bench,
            &[&["data", "import", "large.csv", "--test-share", "0.2", "--name", name][..], &columns].concat(),
        );
        let files = [format!("data.train=data/train_{name}.h5"), format!("data.test=data/test_{name}.h5")];
        for command in ["train", "sweep"] {
            let run = bench.run(&[command, "one.toml", &files[0], &files[1], "model.dtype=f32"]);
            let (code, line) = failure(&run);
            let problem = format!("model.dtype: {what} of the training examples is 4e38, which is beyond f32; use");
            assert!(code == Some(2) && line.contains(&problem), "{line}");
        }
    }
    let standardised = ["train", "one.toml", "data.train=data/train_x.h5", "data.test=data/test_x.h5"];
    succeeds(&bench, &[&standardised[..], &["data.scale=standardize", "model.dtype=f32"]].concat());
}

#[test]
fn what_is_no_model_is_refused_in_one_line() {
    let bench = bench();
    succeeds(&bench, &["train", "one.toml", "--out", "m.h5"]);
    let whole = fs::read(bench.path("m.h5")).unwrap();
    bench.write("text.h5", "no HDF5");
    for length in [100, whole.len() / 2, whole.len() - 1] {
        fs::write(bench.path(&format!("cut{length}.h5")), &whole[..length]).unwrap();
    }
    let cut: Vec<String> = [100, whole.len() / 2, whole.len() - 1].map(|length| format!("cut{length}.h5")).into();
    let bad = ["none.h5", "data", "text.h5", "data/train_drawn.h5"].into_iter().chain(cut.iter().map(String::as_str));
    for file in bad {
        for command in ["predict", "evaluate"] {
            let (code, line) = failure(&bench.run(&[command, file, "data/test_drawn.h5"]));
            assert!(code == Some(2) && line.contains(file), "{line}");
        }
    }
}
