//! Checkpoints of `runner train`, beside the model that it writes.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{ENDLESS, ONE, bench, finished, iteration, start};
use crate::support::{signal, text};

#[test]
fn a_training_of_one_net_goes_on_beside_its_model() {
    let bench = bench();
    let train = |out: &str| {
        let history = format!("{out}.csv");
        bench
            .command()
            .args(["train", "long.toml"])
            .args(ONE)
            .args(["--out", out, "--history", &history])
            .output()
            .unwrap()
    };
    finished(&train("whole.h5"));
    let checkpoint = bench.path("model.h5.ckpt");
    let mut child = start(bench.command().args(["train", "long.toml"]).args(ONE).args([
        "--out",
        "model.h5",
        "--history",
        "model.h5.csv",
    ]));
    let start_time = Instant::now();
    while !checkpoint.exists() && start_time.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!bench.path("model.h5").exists());
    let kept = iteration(&checkpoint);
    let stderr = finished(&train("model.h5"));
    assert!(stderr.contains(&format!("goes on from iteration {kept} of 2000: model.h5.ckpt")), "{stderr}");
    assert!(!checkpoint.exists());
    for suffix in ["", ".csv"] {
        let read = |name: &str| fs::read(bench.path(&format!("{name}{suffix}"))).unwrap();
        assert!(read("model.h5") == read("whole.h5"), "model.h5{suffix} differs");
    }
}

#[test]
fn an_interrupted_training_of_one_net_says_how_it_goes_on() {
    let bench = bench();
    let mut command = bench.command();
    command.arg("train").args(ENDLESS).args(["run.checkpoint_every=1h", "--out", "model.h5", "--progress", "json"]);
    let mut child = start(&mut command);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut events = 0;
    while events < 2 {
        let mut line = String::new();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it has ended by itself");
        events += usize::from(line.contains("\"event\":\"progress\""));
    }
    signal(&child, "INT");
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let kept = iteration(&bench.path("model.h5.ckpt"));
    assert!(
        rest.contains(&format!("interrupted at iteration {kept}, kept in model.h5.ckpt; no model is written")),
        "{rest}"
    );
}

#[test]
fn a_training_whose_name_was_taken_meanwhile_writes_its_model_beside_it() {
    let bench = bench();
    let mut command = bench.command();
    command.arg("train").args(ENDLESS).args(["train.stop_seconds=3", "--out", "model.h5", "--progress", "json"]);
    command.args(["--history", "history"]);
    let mut child = start(&mut command);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("\"event\":\"progress\"") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it has ended by itself");
    }
    bench.write("model.h5", "theirs");
    bench.write("history", "theirs");
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{rest}");
    assert!(rest.contains("model.h5 has appeared while this net trained; the result goes to model.1.h5"), "{rest}");
    assert!(rest.contains("the result goes to history.1"), "{rest}");
    assert_eq!((bench.read("model.h5"), bench.read("history")), ("theirs".to_owned(), "theirs".to_owned()));
    assert!(bench.read("history.1").starts_with("iteration,cost"));
    assert!(bench.run(&["evaluate", "model.1.h5", "drawn"]).status.success());
}

/// The checkpoint of one would be the other's, who would remove it.
#[test]
fn two_trainings_to_one_file_are_one_too_many() {
    let bench = bench();
    let mut first = start(bench.command().arg("train").args(ENDLESS).args(["--out", "model.h5"]));
    let start_time = Instant::now();
    while !bench.path("model.h5.ckpt").exists() && start_time.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(1));
    }
    let second = bench.command().args(["train", "long.toml", "--out", "./model.h5"]).args(ONE).output().unwrap();
    let said = text(&second.stderr);
    assert!(
        second.status.code() == Some(2) && said.contains("error: ./model.h5: another runner trains to this"),
        "{said}"
    );
    signal(&first, "INT");
    assert_eq!(first.wait().unwrap().code(), Some(130));
    assert!(bench.path("model.h5.ckpt").exists() && !bench.path("model.h5.lock").exists());
    // One that was killed leaves its lock, which nobody holds.
    bench.write("whole.h5.lock", "");
    let one = [&["train", "long.toml", "--out", "whole.h5"], ONE].concat();
    bench.succeeds(&one);
    assert!(!bench.path("whole.h5.lock").exists());
}
