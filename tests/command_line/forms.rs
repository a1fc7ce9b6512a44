//! A BLAS that is wrong only in one form of call, or only after a while.

use std::collections::BTreeSet;
use std::process::Output;

use crate::blas::shimmed;
use crate::support::{Bench, text};

/// Sweeps and trainings that together make every kind of call, each with the first path that it writes after the BLAS
/// is checked.
const TRAININGS: [(&str, &[&str]); 9] = [
    ("results/counted/results.db", &["sweep", "run.engine=direct"]),
    ("results/counted/results.db", &["sweep", "run.engine=reduced"]),
    ("results/counted/results.db", &["sweep", "run.engine=dual", "sweep.train.learning_rate=[0.1, 0.05]"]),
    ("results/counted/results.db", &["sweep", "run.engine=direct", "train.batch=12"]),
    ("results/counted/results.db", &["sweep", "run.engine=reduced", "train.batch=12", "data.validation=0.2"]),
    (
        "results/counted/results.db",
        &["sweep", "train.optimizer=adam", "train.metrics=[\"gradient_norm\", \"test_cost\"]"],
    ),
    ("results/counted/results.db", &["sweep", "train.optimizer=momentum", "train.clip_norm=1.0", "model.init=mup"]),
    (
        "results/counted/results.db",
        &["sweep", "run.engine=direct", "run.threads=2", "model.hidden=[128, 70]", "train.schedule=cosine"],
    ),
    ("results/counted", &["train", "run.engine=dual", "model.dtype=f32"]),
];

/// Returns whether a call is checked whenever it is made, by Freivalds' method in f64: Xᵀ\[X X_h\], RᵀR of the factors,
/// and W(0) \[X X_h\].
fn is_verified_when_made(form: &str) -> bool {
    let mut fields = form.split(' ');
    let is_double = fields.next() == Some("d");
    // In column-major order: m is the number of all examples, or k the number of all features.
    let sides: Vec<&str> = fields.skip(2).take(3).collect();
    is_double && (sides[0] == "52" || sides[0] == "192" && sides[1] == "192")
}

fn run(bench: &Bench, (out, arguments): (&str, &[&str]), shim: &[(&str, &str)]) -> Output {
    let _ = std::fs::remove_dir_all(bench.path("results"));
    let experiment = [arguments[0], "counted.toml"];
    let mut command = shimmed(bench, &[&experiment, &arguments[1..]].concat());
    command.env("BLAS_SHIM_UNTIL", bench.path(out)).envs(shim.iter().copied()).output().unwrap()
}

/// Returns the forms that were called before the first trial, and those that were called from then on.
fn forms(bench: &Bench, training: (&str, &[&str])) -> [BTreeSet<String>; 2] {
    let done = run(bench, training, &[("BLAS_SHIM_LOG", "forms")]);
    assert!(done.status.success(), "{training:?}: {}", text(&done.stderr));
    let log = bench.read("forms");
    let lines = || log.lines().map(|line| line.rsplitn(3, ',').collect::<Vec<_>>());
    let called = |place: usize| lines().filter(|line| line[place] != "0").map(|line| line[2].to_owned()).collect();
    [called(1), called(0)]
}

#[test]
fn every_form_that_a_training_calls_was_checked_before_its_first_trial() {
    let bench = Bench::new();
    for training in TRAININGS {
        let [checked, called] = forms(&bench, training);
        let unchecked: Vec<_> = called.difference(&checked).filter(|form| !is_verified_when_made(form)).collect();
        assert!(unchecked.is_empty(), "{training:?}: {unchecked:?}");
        let adds = called.iter().any(|form| form.ends_with(" 0x1p+0"));
        let is_adaptive = training.1.contains(&"train.optimizer=adam");
        assert_eq!(adds, !is_adaptive, "{training:?} adds products to C");
    }
}

#[test]
fn a_blas_that_is_wrong_in_one_form_alone_is_found_out_before_the_first_trial() {
    let bench = Bench::new();
    let mut tried = 0;
    for (number, training) in TRAININGS.into_iter().enumerate() {
        let [_, called] = forms(&bench, training);
        // All forms that add to C, and one in eight of the others.
        for (place, form) in called.iter().filter(|form| !is_verified_when_made(form)).enumerate() {
            if form.ends_with(" 0x0p+0") && !(place + number).is_multiple_of(8) {
                continue;
            }
            let spoilt = run(&bench, training, &[("BLAS_SHIM_FORM", form), ("BLAS_SHIM_WRONG", "1.01")]);
            let stderr = text(&spoilt.stderr);
            assert_eq!(spoilt.status.code(), Some(3), "{training:?} {form}: {stderr}");
            assert!(stderr.contains("wrongly"), "{stderr}");
            assert!(!bench.path(training.0).exists(), "{training:?} {form}");
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
}

/// A sweep that is long enough for the sample of products to detect a permanent fault. One worker makes the same calls in the same order
/// each time.
const LONG: (&str, &[&str]) = (
    "results/counted/results.db",
    &["sweep", "-j", "1", "run.engine=direct", "train.iterations=300", "train.record_every=10"],
);

const HISTORY: &str = "results/counted/history.csv";

#[test]
fn a_blas_that_goes_wrong_after_a_while_is_found_out_by_the_sample() {
    let bench = Bench::new();
    run(&bench, LONG, &[("BLAS_SHIM_COUNT", "calls")]);
    let half = (bench.read("calls").trim().parse::<u64>().unwrap() / 2).to_string();
    for engine in ["direct", "reduced", "dual"] {
        let engine = format!("run.engine={engine}");
        let training = ("results/counted/results.db", &["sweep", &engine, "train.iterations=300"][..]);
        for factor in ["1.001", "0", "nan", "-1"] {
            let spoilt = run(&bench, training, &[("BLAS_SHIM_AFTER", &half), ("BLAS_SHIM_WRONG", factor)]);
            let stderr = text(&spoilt.stderr);
            assert_eq!(spoilt.status.code(), Some(3), "{engine} {factor}: {stderr}");
            assert!(stderr.contains("wrongly") || stderr.contains("trained twice"), "{stderr}");
        }
    }
}

#[test]
fn one_nan_that_a_blas_returns_is_no_divergence() {
    let bench = Bench::new();
    run(&bench, LONG, &[("BLAS_SHIM_COUNT", "calls")]);
    let (calls, right) = (bench.read("calls").trim().parse::<u64>().unwrap(), bench.read(HISTORY));
    let mut found = 0;
    for part in 4..14 {
        let after = (calls * part / 14).to_string();
        let nan = [("BLAS_SHIM_AFTER", after.as_str()), ("BLAS_SHIM_ONCE", "1"), ("BLAS_SHIM_WRONG", "nan")];
        let spoilt = run(&bench, LONG, &nan);
        let stderr = text(&spoilt.stderr);
        if spoilt.status.success() {
            assert_eq!(bench.read(HISTORY), right, "{after}: the slope of an idle unit takes it away");
        } else {
            assert_eq!(spoilt.status.code(), Some(3), "{after}: {stderr}");
            assert!(stderr.contains("trained twice") || stderr.contains("wrongly"), "{stderr}");
            found += 1;
        }
    }
    assert!(found >= 5, "{found}");
}
