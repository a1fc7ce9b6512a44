//! The results directory: who may write there, what is kept and what is left when a sweep ends in any way.

use std::fs;

use crate::support::{failure, signal, text};
use crate::sweeps::{bench, failure_after_header, sweep};

#[test]
fn ctrl_c_keeps_the_finished_trials_and_exits_with_130() {
    let bench = bench();
    // Long enough that the signal comes before the last trial, on a busy machine too.
    let long = "train.iterations=40000";
    let mut interrupted = bench.start_until(&["sweep", "small.toml", "-j", "1", long], 3);
    signal(&interrupted, "INT");
    assert_eq!(interrupted.wait().unwrap().code(), Some(130));
    let kept = bench.read("results/small/trials.csv").lines().count() - 1;
    assert!((3..18).contains(&kept), "{kept} trials kept");
    let shown = bench.run(&["show", "results/small"]);
    assert!(text(&shown.stderr).contains("not finished yet"));
    sweep(&bench, &["-j", "1", long]);
    assert_eq!(bench.read("results/small/trials.csv").lines().count() - 1, 18);
}

#[test]
fn two_runners_do_not_write_to_one_directory() {
    let bench = bench();
    let long = ["sweep", "small.toml", "-j", "1", "train.iterations=200000"];
    let mut first = bench.start_until(&long, 1);
    let second = bench.run(&long);
    let (code, line) = failure_after_header(&second.stderr, second.status.code());
    assert_eq!(code, Some(2));
    assert!(line.contains("another runner is at work here"), "{line}");
    signal(&first, "INT");
    first.wait().unwrap();
}

#[test]
fn a_sweep_whose_lock_file_is_deleted_writes_its_tables() {
    let bench = bench();
    let mut at_work = bench.start_until(&["sweep", "small.toml", "train.iterations=3000", "-j", "1"], 1);
    fs::remove_file(bench.path("results/small/.lock")).unwrap();
    assert!(at_work.wait().unwrap().success());
    assert_eq!(bench.read("results/small/trials.csv").lines().count(), 19);
}

#[test]
fn fresh_sets_aside_what_it_cannot_read_but_nothing_that_is_not_results() {
    let bench = bench();
    let short = ["train.iterations=5"];
    sweep(&bench, &short);
    let database = bench.path("results/small/results.db");
    let pragma = |name: &str, value: i32| {
        rusqlite::Connection::open(&database).unwrap().pragma_update(None, name, value).unwrap();
    };
    pragma("user_version", 7);
    for command in [&["sweep", "small.toml"][..], &["show", "results/small"]] {
        let run = bench.run(command);
        let (code, line) = failure_after_header(&run.stderr, run.status.code());
        assert!(code == Some(2) && line.contains("schema 7"), "{line}");
    }
    sweep(&bench, &["train.iterations=5", "--fresh"]);
    fs::write(&database, "no database").unwrap();
    sweep(&bench, &["train.iterations=5", "--fresh", "--out", "results/small/"]);
    pragma("application_id", 7);
    let foreign = bench.run(&["sweep", "small.toml"]);
    assert!(text(&foreign.stderr).contains("another program's database"), "{}", text(&foreign.stderr));

    fs::create_dir(bench.path("mine")).unwrap();
    bench.write("mine/thesis.txt", "years of work");
    let refused = bench.run(&["sweep", "small.toml", "--fresh", "--out", "mine"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("something other than results"), "{}", text(&refused.stderr));
    assert_eq!(fs::read_dir(bench.path("mine")).unwrap().count(), 1);
}

#[test]
fn what_a_killed_run_left_half_written_goes_and_what_only_looks_like_it_stays() {
    let bench = bench();
    sweep(&bench, &["train.iterations=5"]);
    let path = |name: &str| format!("results/small/{name}");
    bench.write(&path(".trials.csv.aB3dE6.part"), "half");
    let others = [".trials.csv.mine.part", ".notes.csv.aB3dE6.part", ".unfinished-mine", "trials.csv.aB3dE6.part"];
    others.iter().for_each(|name| bench.write(&path(name), "mine"));
    sweep(&bench, &["train.iterations=5"]);
    assert!(!bench.path(&path(".trials.csv.aB3dE6.part")).exists());
    others.iter().for_each(|name| assert_eq!(bench.read(&path(name)), "mine"));
}

#[test]
fn files_that_no_sweep_made_are_not_written_over() {
    let bench = bench();
    fs::create_dir(bench.path("mine")).unwrap();
    let names = ["experiment.toml", "machine.toml", "trials.csv", "history.csv", "results.db-wal"];
    for name in names {
        let path = format!("mine/{name}");
        bench.write(&path, "years of work");
        let (code, line) = failure(&bench.run(&["sweep", "small.toml", "--out", "mine"]));
        assert!(code == Some(2) && line.contains(name) && line.contains("--out"), "{line}");
        assert_eq!(bench.read(&path), "years of work");
        fs::remove_file(bench.path(&path)).unwrap();
        assert_eq!(fs::read_dir(bench.path("mine")).unwrap().count(), 0, "{name}");
    }
    names.iter().for_each(|name| bench.write(&format!("mine/{name}"), "years of work"));
    let (code, line) = failure(&bench.run(&["sweep", "mine/../small.toml", "--out", "mine"]));
    assert!(code == Some(2) && names.iter().all(|name| line.contains(name)), "{line}");
    // A results.db that is not a record doesn't make the other files ours.
    fs::remove_file(bench.path("mine/results.db-wal")).unwrap();
    bench.write("mine/results.db", "");
    let run = bench.run(&["sweep", "small.toml", "train.iterations=5", "--out", "mine"]);
    assert!(run.status.code() == Some(2) && text(&run.stderr).contains("trials.csv"), "{}", text(&run.stderr));
    assert_eq!(bench.read("mine/trials.csv"), "years of work");

    bench.write("mine.txt", "other things lie there too");
    sweep(&bench, &["train.iterations=5", "--out", "."]);
    assert_eq!(bench.read("mine.txt"), "other things lie there too");
}

#[test]
fn a_stdout_that_takes_nothing_loses_nothing() {
    let bench = bench();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let sweep = ["sweep", "small.toml", "train.iterations=5"];
    let run = bench.command().args(sweep).stdout(full()).output().unwrap();
    let (code, line) = failure_after_header(&run.stderr, run.status.code());
    assert_eq!(code, Some(1), "{line}");
    assert!(line.starts_with("error: results/small: kept, but stdout can't be written: "), "{line}");
    assert_eq!(bench.read("results/small/trials.csv").lines().count(), 19);
    let one = [
        "model.depth=1",
        "seed=1",
        "train.learning_rate=0.1",
        "train.iterations=5",
        "run.checkpoint_every=\"1 iterations\"",
    ];
    let train =
        bench.command().args(["train", "small.toml", "--out", "m.h5"]).args(one).stdout(full()).output().unwrap();
    assert!(train.status.code() == Some(1) && text(&train.stderr).contains("m.h5"), "{}", text(&train.stderr));
    assert!(bench.path("m.h5").exists() && !bench.path("m.h5.ckpt").exists());
    for command in ["show", "verify"] {
        let run = bench.command().args([command, "results/small"]).stdout(full()).output().unwrap();
        let (code, line) = failure_after_header(&run.stderr, run.status.code());
        assert!(code == Some(1) && line.contains("error: stdout can't be written: "), "{command}: {line}");
    }
}

#[test]
fn a_disk_that_is_full_before_the_first_trial_is_nobodys_mistake() {
    let bench = bench();
    // The limit also sends a signal, which would end the runner without a message.
    for blocks in [0, 1, 4, 8] {
        let run = bench.shell(&format!("ulimit -f {blocks}; exec $RUNNER sweep small.toml --out {blocks}"));
        let (code, line) = failure_after_header(&run.stderr, run.status.code());
        assert!(code == Some(1) && line.starts_with("error: "), "{blocks}: {code:?} {line}");
    }
    for (command, file) in [
        ("train small.toml model.depth=1 seed=1 train.learning_rate=0.1 --out m.h5", "m.h5"),
        ("data generate --out new", "new/train_drawn.h5"),
    ] {
        let run = bench.shell(&format!("ulimit -f 1; exec $RUNNER {command}"));
        let (code, line) = failure_after_header(&run.stderr, run.status.code());
        assert!(code == Some(1) && line.contains(file) && line.contains("too large"), "{command}: {code:?} {line}");
        assert!(!bench.path(file).exists());
    }
}

#[test]
fn a_results_directory_that_cannot_be_written_is_named_before_any_training() {
    let bench = bench();
    bench.write("results", "a file where the directory should be");
    let run = bench.run(&["sweep", "small.toml"]);
    let (code, line) = failure_after_header(&run.stderr, run.status.code());
    assert_eq!(code, Some(2));
    assert!(line.starts_with("error: ") && line.contains("results/small"), "{line}");
}

#[test]
fn a_full_disk_ends_the_sweep_with_one_line_and_keeps_every_committed_trial() {
    let bench = bench();
    // A limit on the size of files stands in for a full disk: SQLite's log reaches it in the middle of the sweep.
    let full = bench.shell(
        "ulimit -f 240; exec $RUNNER sweep small.toml -j 1 train.record_every=1 train.iterations=400 --progress none",
    );
    let stderr = text(&full.stderr);
    let last = stderr.lines().last().unwrap_or_default();
    assert_eq!(full.status.code(), Some(1), "{stderr}");
    assert!(last.starts_with("error: ") && last.contains("results/small/results.db"), "{stderr}");
    let kept: usize = last.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!((1..18).contains(&kept), "{last}");

    let again = sweep(&bench, &["-j", "1", "train.record_every=1", "train.iterations=400"]);
    assert!(again.contains(&format!("{kept} of them finished before")), "{again}");
    sweep(&bench, &["-j", "1", "train.record_every=1", "train.iterations=400", "--out", "clean"]);
    assert!(bench.read("results/small/history.csv") == bench.read("clean/history.csv"));
}

#[test]
fn nothing_unfinished_is_left_beside_the_results() {
    let bench = bench();
    sweep(&bench, &["train.iterations=10"]);
    let mut names: Vec<_> = fs::read_dir(bench.path("results/small"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [".lock", "experiment.toml", "history.csv", "machine.toml", "results.db", "trials.csv"]);
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let bench = bench();
    sweep(&bench, &["train.iterations=10"]);
    let shown = bench.shell("$RUNNER show --trials results/small | head -n 1; exit ${PIPESTATUS[0]}");
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    assert!(text(&shown.stdout).starts_with("trial"));
}
