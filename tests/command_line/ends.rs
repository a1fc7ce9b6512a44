//! Runs end in order after signals and under limits.

use std::fs;
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Bench, failure, signal, text};

/// A net so wide that a single product in f64 outlasts the test.
const WIDE: &str = r#"
name = "wide"

[data]
set = "drawn"

[model]
hidden = [2500, 2500, 2500]
dtype = "f64"

[train]
learning_rate = 0.01
iterations = 1000
"#;

#[test]
fn one_signal_ends_a_run_within_two_seconds_in_any_phase() {
    let bench = Bench::new();
    bench.write("wide.toml", WIDE);
    for (arguments, after) in [
        (&["sweep", "wide.toml", "run.engine=direct"][..], 700),
        (&["sweep", "wide.toml", "model.init=orthogonal"], 3000),
        (&["train", "wide.toml"], 1500),
    ] {
        let mut child = bench.command().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(after));
        assert!(child.try_wait().unwrap().is_none(), "{arguments:?} was over before the signal");
        signal(&child, "TERM");
        let start = Instant::now();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{arguments:?}");
        // Two seconds, and an allowance for a loaded machine.
        assert!(start.elapsed() < Duration::from_secs(4), "{arguments:?} ended {:?} after the signal", start.elapsed());
    }
    assert!(!bench.path("results/wide/model.h5").exists());
}

/// As an import does: an orderly end, no part of a file, exit code 130.
#[test]
fn a_generation_and_a_download_that_are_interrupted_leave_no_part_of_a_file() {
    let bench = Bench::new();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", server.local_addr().unwrap());
    // The server takes the connection, and never answers.
    for (arguments, said) in [
        (&["generate", "--train", "1000000"][..], "interrupted; nothing was written"),
        (&["fetch", "--from", &address], "interrupted; only whole files are kept"),
    ] {
        let mut command = bench.command();
        command.arg("data").args(arguments).args(["--out", "new"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let is_begun = || fs::read_dir(bench.path("new")).is_ok_and(|mut entries| entries.next().is_some());
        while !is_begun() {
            assert!(child.try_wait().unwrap().is_none(), "{arguments:?} ends by itself");
            thread::sleep(Duration::from_millis(10));
        }
        signal(&child, "TERM");
        let end = child.wait_with_output().unwrap();
        assert_eq!((end.status.code(), text(&end.stderr).trim_end()), (Some(130), said), "{arguments:?}");
        let left: Vec<_> = fs::read_dir(bench.path("new")).into_iter().flatten().collect();
        assert!(left.is_empty(), "{arguments:?}: {left:?}");
    }
}

#[test]
fn a_limit_of_memory_files_or_their_size_is_one_line_and_no_signal() {
    let bench = Bench::new().with_own_core();
    let small = WIDE.replace("2500, 2500, 2500", "6").replace("iterations = 1000", "iterations = 20");
    bench.write("wide.toml", &small);
    assert!(bench.run(&["train", "wide.toml", "--out", "model.h5"]).status.success());
    for arguments in [
        "sweep wide.toml --progress none",
        "train wide.toml --progress none --force",
        "evaluate model.h5 drawn",
        "predict model.h5 data/test_drawn.h5",
        "gradcheck wide.toml",
        "--version",
    ] {
        let mut refused = 0;
        for limit in ["-v 90000", "-v 150000", "-v 250000", "-v 500000", "-n 5", "-n 9", "-f 0", "-f 20"] {
            let run = bench.shell(&format!("ulimit {limit} && exec $RUNNER {arguments}"));
            let stderr = text(&run.stderr);
            refused += usize::from(!run.status.success());
            let errors = stderr.lines().filter(|line| line.starts_with("error: ")).count();
            // 127: the system can't load the program itself.
            assert!(matches!(run.status.code(), Some(0..=3 | 127)), "{limit} {arguments}: {:?} {stderr}", run.status);
            assert!(
                run.status.success() || run.status.code() == Some(127) || errors == 1,
                "{limit} {arguments}: {stderr}"
            );
        }
        assert!(refused >= 2 || arguments == "--version", "{arguments}: {refused} limits end it");
    }
}

#[test]
fn a_net_that_does_not_fit_into_memory_is_refused_before_it_is_drawn() {
    let bench = Bench::new().with_own_core();
    bench.write("wide.toml", WIDE);
    for command in ["gradcheck", "trace", "sweep"] {
        let large = ["wide.toml", "model.hidden=[1000000, 1000000]"];
        let (code, line) = failure(&bench.run(&[&[command][..], &large].concat()));
        assert!(code == Some(2) && line.contains(" free here"), "{command}: {line}");
        assert!(!line.contains("record_every"), "{command}: {line}");
    }
    let metrics = "train.metrics=[\"gradient_norm\", \"weight_norm\"]";
    for command in ["train", "sweep"] {
        let long = ["wide.toml", "model.depth=50", "model.width=3", "train.iterations=1000000000", metrics];
        let (code, line) = failure(&bench.run(&[&[command][..], &long].concat()));
        assert!(code == Some(2) && line.contains(" free here"), "{command}: {line}");
        assert!(line.ends_with("; most of it is for the recorded costs and metrics: use a larger train.record_every"));
    }
}

/// A quick trial, and one that would take hours.
const QUICK_AND_LONG: &str = r#"
name = "budget"

[data]
set = "drawn"

[model]
hidden = [4]

[train]
learning_rate = 0.01
record_every = 1_000_000

[sweep]
"train.iterations" = [10, 1_000_000_000]
"#;

#[test]
fn a_time_budget_ends_a_sweep_as_ctrl_c_does_and_the_finished_trials_are_kept() {
    let bench = Bench::new();
    bench.write("budget.toml", QUICK_AND_LONG);
    let within = bench.run(&["sweep", "budget.toml", "--time-budget", "2h", "train.iterations=10"]);
    assert!(within.status.success(), "{}", text(&within.stderr));

    let over = bench.run(&["sweep", "budget.toml", "--time-budget", "3s"]);
    let stderr = text(&over.stderr);
    assert_eq!(over.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("the time budget of 3s is over: 0 of 1 trial finished"), "{stderr}");
    assert!(stderr.contains("; to go on: ") && stderr.contains("--time-budget 3s"), "{stderr}");
    let trials = bench.read("results/budget/trials.csv");
    assert!(trials.contains(",10,completed,") && !trials.contains(",1000000000,completed,"), "{trials}");
}

#[test]
fn limits_that_mean_nothing_are_refused() {
    let bench = Bench::new();
    for (words, problem) in [
        (&["--time-budget", "90"][..], "time unit needed"),
        (&["--time-budget", "soon"], "expected number"),
        (&["--time-budget", "5M"], "M may be minutes or months: write m for minutes"),
        (&["--max-fails", "0"], "0 is not in 1.."),
        (&["--max-fails", "2", "--fail-fast"], "cannot be used with"),
    ] {
        let refused = bench.run(&[&["sweep", "budget.toml"], words].concat());
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains(problem), "{}", text(&refused.stderr));
    }
}

#[test]
fn a_time_budget_that_is_over_before_the_training_is_named() {
    let bench = Bench::new();
    bench.write("budget.toml", QUICK_AND_LONG);
    let run = bench.run(&["sweep", "budget.toml", "--time-budget", "0s"]);
    let said = text(&run.stderr);
    assert!(run.status.code() == Some(130) && !said.contains("interrupted"), "{said}");
    assert!(said.ends_with("the time budget of 0s is over before the training began\n"), "{said}");
    assert!(!bench.path("results").exists());
}
