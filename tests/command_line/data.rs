//! The data of an experiment: known content, kinds of targets, with and without test examples.

use std::fs;
use std::path::Path;

use hdf5::File;
use ndarray::{Array1, Array2, array};

use crate::support::{Bench, failure, only_trial, real_images, text};

const ONE: &str = r#"
name = "one"
[data]
set = "drawn"
[model]
hidden = [4]
[train]
learning_rate = 0.1
iterations = 20
"#;

/// Returns the experiment with a file in place of a set.
fn on(file: &str, keys: &str) -> String {
    ONE.replace("set = \"drawn\"", &format!("train = \"{file}\"\n{keys}"))
}

fn write<T: hdf5::H5Type>(path: &Path, x: &Array2<f32>, y: &Array1<T>) {
    let file = File::create(path).unwrap();
    file.new_dataset_builder().with_data(x).create("train_set_x").unwrap();
    file.new_dataset_builder().with_data(y).create("train_set_y").unwrap();
    file.close().unwrap();
}

/// Writes forty examples of two features, without test examples; the first feature determines the class.
fn forty(bench: &Bench, name: &str) {
    let x = Array2::from_shape_fn((40, 2), |(i, j)| if j == 0 { (i % 2) as f32 * 2.0 - 1.0 } else { i as f32 / 40.0 });
    write(&bench.path(name), &x, &Array1::from_shape_fn(40, |i| (i % 2) as u8));
}

/// Each command that takes a known set checks its content: one line, exit code 2, before any work.
#[test]
fn a_known_set_of_another_content_is_refused_by_every_command() {
    let bench = Bench::new().with_own_core();
    // The drawn pictures under the names of the course's files.
    fs::create_dir(bench.path("cats")).unwrap();
    for part in ["train", "test"] {
        fs::copy(bench.path(&format!("data/{part}_drawn.h5")), bench.path(&format!("cats/{part}_catvnoncat.h5")))
            .unwrap();
    }
    bench.write("one.toml", ONE);
    let trained = bench.run(&["train", "one.toml"]);
    assert!(trained.status.success(), "{}", text(&trained.stderr));
    let model = "results/one/model.h5";
    let with_cats = |arguments: &[&str]| {
        bench.command().args(arguments).env("CATVNONCAT", bench.path("cats")).output().expect("the runner starts")
    };
    for arguments in [
        &["sweep", "one.toml", "data.set=catvnoncat"][..],
        &["sweep", "one.toml", "data.set=catvnoncat", "--dry-run"],
        &["train", "one.toml", "data.set=catvnoncat", "--out", "cats.h5"],
        &["gradcheck", "one.toml", "data.set=catvnoncat"],
        &["bench", "one.toml", "data.set=catvnoncat"],
        &["evaluate", model, "catvnoncat"],
        &["data", "inspect", "catvnoncat"],
    ] {
        let (code, line) = failure(&with_cats(arguments));
        assert_eq!(code, Some(2), "{arguments:?}: {line}");
        for part in ["_catvnoncat.h5: its SHA-256 is ", "that of catvnoncat is ", "`runner data fetch catvnoncat`"] {
            assert!(line.contains(part), "{arguments:?}: {line}");
        }
        assert!(!bench.path("cats.h5").exists() && !bench.path("results/one/results.db").exists());
    }
    let check = with_cats(&["check"]);
    let report = text(&check.stdout);
    assert!(report.contains("✗ data set catvnoncat: ") && report.contains("its SHA-256 is"), "{report}");
    assert!(check.status.code() != Some(0), "a wrong set is not passed over");
    let own =
        with_cats(&["sweep", "one.toml", "data.train=cats/train_catvnoncat.h5", "data.test=cats/test_catvnoncat.h5"]);
    assert!(own.status.success(), "as one's own files: {}", text(&own.stderr));
}

/// Tries the real pictures with one bit of one pixel changed, and unchanged.
#[test]
fn a_changed_pixel_of_the_real_pictures_is_refused() {
    let Some(images) = real_images() else { return };
    let bench = Bench::new();
    fs::create_dir(bench.path("cats")).unwrap();
    for part in ["train", "test"] {
        let name = format!("{part}_catvnoncat.h5");
        fs::copy(images.join(&name), bench.path("cats").join(&name)).unwrap();
    }
    bench.write("one.toml", &ONE.replace("drawn", "catvnoncat"));
    let run = |arguments: &[&str]| {
        bench.command().args(arguments).env("CATVNONCAT", bench.path("cats")).output().expect("the runner starts")
    };
    assert!(run(&["sweep", "one.toml", "--dry-run"]).status.success());
    assert!(text(&run(&["check"]).stdout).contains("✓ data set catvnoncat"));
    for name in ["train_catvnoncat.h5", "test_catvnoncat.h5"] {
        let path = bench.path("cats").join(name);
        let right = fs::read(&path).unwrap();
        let mut changed = right.clone();
        *changed.iter_mut().rev().nth(100_000).unwrap() ^= 1;
        fs::write(&path, changed).unwrap();
        let (code, line) = failure(&run(&["sweep", "one.toml", "--dry-run"]));
        assert!(code == Some(2) && line.contains(name) && line.contains("SHA-256"), "{line}");
        fs::write(&path, right).unwrap();
    }
}

#[test]
fn an_experiment_pins_its_files_by_the_lines_that_inspect_prints() {
    let bench = Bench::new();
    forty(&bench, "mine.h5");
    let inspected = text(&bench.run(&["data", "inspect", "mine.h5"]).stdout);
    let lines = inspected.split_once("in an experiment:\n").expect("lines to paste").1;
    let pasted: Vec<&str> = lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(pasted[..2], ["[data]", "train = \"mine.h5\""]);
    bench.write("pinned.toml", &ONE.replace("[data]\nset = \"drawn\"", &pasted.join("\n")));
    let sweep = bench.run(&["sweep", "pinned.toml", "--dry-run"]);
    assert!(sweep.status.success(), "{}", text(&sweep.stderr));

    write(&bench.path("mine.h5"), &Array2::zeros((4, 2)), &array![0u8, 1, 1, 0]);
    let (code, line) = failure(&bench.run(&["sweep", "pinned.toml", "--dry-run"]));
    assert_eq!(code, Some(2));
    assert!(line.contains("mine.h5: its SHA-256 is ") && line.contains("data.train_sha256 says "), "{line}");
    for (key, part) in [
        ("data.train_sha256=abc", "64 hexadecimal digits"),
        (
            "data.test_sha256=0000000000000000000000000000000000000000000000000000000000000000",
            "only applies with data.test",
        ),
    ] {
        let (code, line) = failure(&bench.run(&["sweep", "pinned.toml", key, "--dry-run"]));
        assert!(code == Some(2) && line.contains(key.split('=').next().unwrap()) && line.contains(part), "{line}");
    }
    // A generated set may be pinned too, which pins its seed.
    bench.write("one.toml", ONE);
    let wrong = format!("data.test_sha256=\"{}\"", "0".repeat(64));
    let (code, line) = failure(&bench.run(&["sweep", "one.toml", &wrong, "--dry-run"]));
    assert!(code == Some(2) && line.contains("test_drawn.h5: its SHA-256"), "{line}");
}

#[test]
fn without_test_examples_everything_about_them_is_empty() {
    let bench = Bench::new();
    forty(&bench, "mine.h5");
    bench.write("one.toml", &on("mine.h5", ""));
    for engine in ["direct", "reduced", "dual"] {
        let (name, engine) = (format!("name={engine}"), format!("run.engine={engine}"));
        let metrics = "train.metrics=[\"train_accuracy\", \"test_accuracy\", \"test_cost\"]";
        let run = bench.run(&["sweep", "one.toml", &name, &engine, metrics]);
        let stderr = text(&run.stderr);
        assert!(run.status.success(), "{stderr}");
        assert!(stderr.contains("  test -"), "{stderr}");
        let folder = name.trim_start_matches("name=").to_owned();
        let cell = only_trial(&bench, &folder);
        assert_eq!(
            (cell("status"), cell("test_accuracy"), cell("test_cost")),
            ("completed".into(), "".into(), "".into())
        );
        assert!(cell("train_accuracy").parse::<f64>().unwrap() > 0.5);
        let history = bench.read(&format!("results/{folder}/history.csv"));
        assert!(history.lines().skip(1).all(|row| row.ends_with(",,")), "no test metrics: {history}");
        assert!(
            bench
                .read(&format!("results/{folder}/experiment.toml"))
                .contains("40 training examples and none for testing")
        );
        let shown = bench.run(&["show", &format!("results/{folder}")]);
        assert!(shown.status.success(), "{}", text(&shown.stderr));
    }
    let validated = bench.run(&["sweep", "one.toml", "name=validated", "data.validation=0.25", "train.patience=3"]);
    assert!(validated.status.success(), "{}", text(&validated.stderr));
    let cell = only_trial(&bench, "validated");
    assert!(cell("test_accuracy").is_empty() && !cell("validation_accuracy").is_empty());

    let (code, line) = failure(&bench.run(&[
        "sweep",
        "one.toml",
        "sweep.seed=[1, 2]",
        "sweep.halving.least=5",
        "sweep.halving.metric=test_cost",
    ]));
    assert!(code == Some(2) && line.contains("no test examples"), "{line}");

    let trained = bench.run(&["train", "one.toml", "--out", "model.h5"]);
    assert!(trained.status.success() && !text(&trained.stderr).contains("test cost"), "{}", text(&trained.stderr));
    assert!(bench.run(&["predict", "model.h5", "mine.h5"]).status.success());
    assert!(bench.run(&["evaluate", "model.h5", "--part", "train"]).status.success());
    let (code, line) = failure(&bench.run(&["evaluate", "model.h5"]));
    assert!(code == Some(2) && line.contains("no test examples") && line.contains("--part train"), "{line}");
}

#[test]
fn a_share_of_the_training_file_is_tested_on_and_evaluated_again() {
    let bench = Bench::new();
    forty(&bench, "mine.h5");
    bench.write("one.toml", &on("mine.h5", "test_share = 0.25\nvalidation = 0.2"));
    let trained = bench.run(&["train", "one.toml", "--out", "model.h5"]);
    let stderr = text(&trained.stderr);
    assert!(trained.status.success() && stderr.contains("24 training, 6 validation and 10 test examples"), "{stderr}");
    assert!(bench.run(&["sweep", "one.toml"]).status.success());
    let of_sweep: f64 = only_trial(&bench, "one")("test_cost").parse().unwrap();
    let evaluated = text(&bench.run(&["evaluate", "model.h5", "--json"]).stdout);
    let evaluated: serde_json::Value = serde_json::from_str(&evaluated).unwrap();
    assert_eq!(evaluated["examples"], 10);
    assert!((evaluated["cost"].as_f64().unwrap() - of_sweep).abs() < 1e-6, "{evaluated} {of_sweep}");

    let ids = |keys: &[&str]| {
        let run = bench.run(&[&["sweep", "one.toml", "name=ids", "--fresh"], keys].concat());
        assert!(run.status.success(), "{}", text(&run.stderr));
        only_trial(&bench, "ids")("trial")
    };
    assert_eq!(ids(&[]), only_trial(&bench, "one")("trial"));
    assert_eq!(ids(&["data.test_seed=1", "data.targets=auto"]), ids(&[]), "defaults change nothing");
    assert_ne!(ids(&["data.test_seed=2"]), ids(&[]));
    assert_ne!(ids(&["data.test_share=0.3"]), ids(&[]));
    for (keys, part) in [
        (&["data.set=drawn"][..], "data.test_share: there are test examples"),
        (&["data.test_share=0", "data.test_seed=2"], "data.test_seed: only applies with"),
        (&["data.test_share=0.001"], "0 test and 40 training examples"),
    ] {
        let (code, line) = failure(&bench.run(&[&["sweep", "one.toml", "--dry-run"], keys].concat()));
        assert!(code == Some(2) && line.contains(part), "{line}");
    }
}

#[test]
fn what_the_targets_are_is_said_and_shown() {
    let bench = Bench::new();
    let x = Array2::from_shape_fn((8, 2), |(i, j)| (i * 2 + j) as f32);
    write(&bench.path("whole.h5"), &x, &Array1::from_shape_fn(8, |i| (i % 3) as f32));
    bench.write("one.toml", &on("whole.h5", "scale = \"standardize\""));
    let dry = |keys: &[&str]| bench.run(&[&["sweep", "one.toml", "--dry-run"], keys].concat());
    assert!(dry(&["model.cost=mean-squared-error"]).status.success(), "whole floats can be regressed");
    let (_, line) = failure(&dry(&["model.cost=softmax-cross-entropy"]));
    assert!(line.contains("model.cost"), "{line}");
    assert!(dry(&["model.cost=softmax-cross-entropy", "data.targets=classes"]).status.success());
    let (_, line) = failure(&dry(&["data.targets=clases"]));
    assert!(line.contains("data.targets") && line.contains("\"classes\""), "{line}");

    // A model is evaluated on the kind of targets that it was trained on.
    let run = bench.run(&["train", "one.toml", "data.targets=classes", "--out", "model.h5"]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    let evaluated = bench.run(&["evaluate", "model.h5", "whole.h5", "--part", "train"]);
    assert!(text(&evaluated.stdout).contains("accuracy"), "{}", text(&evaluated.stderr));

    let file = File::create(bench.path("hot.h5")).unwrap();
    file.new_dataset_builder().with_data(&x).create("train_set_x").unwrap();
    let hot = Array2::from_shape_fn((8, 3), |(i, j)| u8::from(i % 2 == j));
    file.new_dataset_builder().with_data(&hot).create("train_set_y").unwrap();
    file.close().unwrap();
    bench.write("hot.toml", &on("hot.h5", ""));
    let run = bench.run(&["sweep", "hot.toml"]);
    let stderr = text(&run.stderr);
    assert!(run.status.success(), "{stderr}");
    for note in ["note: the targets are one-hot rows", "note: no training example is of class 2"] {
        assert!(stderr.contains(note), "{stderr}");
    }
    assert!(text(&bench.run(&["data", "inspect", "hot.h5"]).stdout).contains("one-hot rows, 3 classes"));
}

#[test]
fn other_names_of_classes_that_make_another_net_make_another_trial() {
    let bench = Bench::new();
    let path = bench.path("named.h5");
    let file = File::create(&path).unwrap();
    file.new_dataset_builder()
        .with_data(&Array2::from_shape_fn((9, 2), |(i, j)| (i * 2 + j) as f32))
        .create("train_set_x")
        .unwrap();
    file.new_dataset_builder().with_data(&Array1::from_shape_fn(9, |i| (i % 3) as u8)).create("train_set_y").unwrap();
    let names = |count: usize| {
        let name = |i: usize| format!("class {i}").parse::<hdf5::types::FixedUnicode<16>>().unwrap();
        Array1::from_shape_fn(count, name)
    };
    for (dataset, count) in [("list_classes", 3), ("coarse", 3), ("fine", 10)] {
        file.new_dataset_builder().with_data(&names(count)).create(dataset).unwrap();
    }
    file.close().unwrap();
    bench.write("one.toml", &on("named.h5", "scale = \"standardize\""));
    let trained = |keys: &[&str]| text(&bench.run(&[&["sweep", "one.toml"], keys].concat()).stderr);
    assert!(trained(&[]).contains("1 trial in"));
    assert!(trained(&["data.classes=coarse"]).contains("finished before"), "the same net by other names");
    let stderr = trained(&["data.classes=fine"]);
    assert!(!stderr.contains("finished before") && stderr.contains("1 trial in"), "{stderr}");
    assert!(trained(&[]).contains("finished before"), "both trials are in the record");
    let (code, line) = failure(&bench.run(&["sweep", "one.toml", "data.classes=fien"]));
    assert_eq!(code, Some(2));
    assert!(line.contains("named.h5") && line.contains("`fien`") && line.contains("data.classes"), "{line}");
}

#[test]
fn what_needs_classes_is_refused_or_warned_of_where_the_targets_are_values() {
    let bench = Bench::new();
    forty(&bench, "forty.h5");
    bench.write("one.toml", &on("forty.h5", "test_share = 0.2\nscale = \"standardize\""));
    let values = ["sweep", "one.toml", "model.cost=mean-squared-error"];
    let halving = ["sweep.halving.least=5", "sweep.halving.metric=test_accuracy", "sweep.seed=[1, 2, 3]"];
    let (code, line) = failure(&bench.run(&[&values[..], &halving].concat()));
    assert_eq!(code, Some(2));
    assert!(line.contains("sweep.halving.metric") && line.contains("mean-squared-error"), "{line}");
    let warned = bench.succeeds(&[&values[..], &["train.metrics=[\"test_accuracy\", \"train_cost\"]"]].concat()).1;
    assert!(warned.contains("test_accuracy stays empty") && !warned.contains("train_cost"), "{warned}");
    let classified = bench.succeeds(&["sweep", "one.toml", "train.metrics=[\"test_accuracy\"]"]).1;
    assert!(!classified.contains("stays empty"), "{classified}");
}

#[test]
fn bytes_that_are_hardly_pixels_are_remarked_on_also_before_the_training() {
    let bench = Bench::new();
    let faint = "note: bytes up to 1, divided by 255, are at most 0.004: data.scale = \"none\" or \"standardize\"";
    let file = File::create(bench.path("bits.h5")).unwrap();
    let x = Array2::from_shape_fn((8, 2), |(i, j)| ((i >> j) % 2) as u8);
    file.new_dataset_builder().with_data(&x).create("train_set_x").unwrap();
    file.new_dataset_builder().with_data(&Array1::from_shape_fn(8, |i| (i % 2) as u8)).create("train_set_y").unwrap();
    file.close().unwrap();
    bench.write("one.toml", &on("bits.h5", ""));
    for command in [&["sweep", "one.toml", "--dry-run"][..], &["sweep", "one.toml"], &["train", "one.toml"]] {
        let said = bench.succeeds(command).1;
        assert_eq!(said.matches(faint).count(), 1, "{command:?}: {said}");
        let scaled = bench.succeeds(&[command, &["data.scale=none", "name=scaled"]].concat()).1;
        assert!(!scaled.contains("divided by 255"), "{command:?}: {scaled}");
    }
}
