//! Sweeps end to end: the same bytes however they run, nothing lost however they end.

use std::fs;
use std::process::{Child, Command};

use crate::support::{Bench, failure, text};

/// Eighteen small trials of some tenths of a second, two of which diverge.
const SWEEP: &str = r#"
name = "small"

[data]
set = "drawn"

[model]
width = 12
activation = "identity"
init = "he"

[train]
iterations = 4000
record_every = 100

[sweep]
"model.depth" = [1, 2, 3]
"train.learning_rate" = { from = 0.001, to = 1000, count = 3, scale = "log" }
seed = [1, 2]
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("small.toml", SWEEP);
    bench
}

fn sweep(bench: &Bench, arguments: &[&str]) -> String {
    let run = bench.run(&[&["sweep", "small.toml"], arguments].concat());
    assert!(run.status.success(), "{}", text(&run.stderr));
    text(&run.stderr)
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
}

#[test]
fn the_history_has_the_same_bytes_for_one_job_for_two_and_after_a_kill_in_the_middle() {
    let bench = bench();
    sweep(&bench, &["-j", "1", "--out", "one"]);
    sweep(&bench, &["-j", "2", "--out", "two"]);
    let mut killed = bench.start_until(&["sweep", "small.toml", "-j", "2", "--out", "killed"], 5);
    signal(&killed, "KILL");
    killed.wait().unwrap();
    assert!(!bench.path("killed/history.csv").exists(), "the sweep was over before the kill");
    let resumed = sweep(&bench, &["-j", "2", "--out", "killed"]);
    assert!(resumed.contains("of them finished before"), "{resumed}");

    let one = bench.read("one/history.csv");
    assert!(one.lines().count() > 18 * 20, "{one}");
    assert!(one == bench.read("two/history.csv"), "two jobs change the history");
    assert!(one == bench.read("killed/history.csv"), "a kill -9 changes the history");
}

#[test]
fn ctrl_c_keeps_the_finished_trials_and_exits_with_130() {
    let bench = bench();
    let arguments = ["sweep", "small.toml", "-j", "1"];
    let mut interrupted = bench.start_until(&arguments, 3);
    signal(&interrupted, "INT");
    assert_eq!(interrupted.wait().unwrap().code(), Some(130));
    let kept = bench.read("results/small/trials.csv").lines().count() - 1;
    assert!((3..18).contains(&kept), "{kept} trials kept");
    let shown = bench.run(&["show", "results/small"]);
    assert!(text(&shown.stderr).contains("not finished yet"));
    sweep(&bench, &["-j", "1"]);
    assert_eq!(bench.read("results/small/trials.csv").lines().count() - 1, 18);
}

#[test]
fn a_finished_sweep_runs_nothing_again_and_an_edited_one_only_what_is_new() {
    let bench = bench();
    let short = ["train.iterations=20", "train.record_every=5"];
    sweep(&bench, &short);
    let history = bench.read("results/small/history.csv");
    assert!(sweep(&bench, &short).contains("every trial was finished before"));
    assert_eq!(bench.read("results/small/history.csv"), history);
    let more = sweep(&bench, &[&short[..], &["sweep.seed=[1, 2, 3]"]].concat());
    assert!(more.contains("27 trials, 18 of them finished before"), "{more}");
    let set_aside = sweep(&bench, &[&short[..], &["--fresh"]].concat());
    assert!(set_aside.contains("results/small is now results/small.1"), "{set_aside}");
    assert_eq!(bench.read("results/small/history.csv"), history);
    assert!(bench.path("results/small.1/results.db").exists());
}

#[test]
fn a_diverged_trial_is_a_result_with_its_iteration_and_its_finite_costs() {
    let bench = bench();
    sweep(&bench, &["model.depth=3", "train.learning_rate=1000", "seed=1"]);
    let trials = bench.read("results/small/trials.csv");
    assert_eq!(
        trials.lines().next(),
        Some("trial,status,final_cost,train_accuracy,test_accuracy,seconds,diverged_at,reason")
    );
    assert!(trials.contains(",diverged,"), "{trials}");
    assert!(!bench.read("results/small/history.csv").to_lowercase().contains("nan"));
}

#[test]
fn a_dry_run_lists_every_trial_and_writes_nothing() {
    let bench = bench();
    let dry = bench.run(&["sweep", "small.toml", "--dry-run"]);
    let table = text(&dry.stdout);
    assert_eq!(table.lines().count(), 19, "{table}");
    assert!(table.lines().next().unwrap().contains("MFLOP/step"));
    assert!(table.contains("192-12-12-1"));
    assert!(!bench.path("results").exists());
}

#[test]
fn points_that_share_a_net_are_one_trial_shown_at_each() {
    let bench = bench();
    let wide = ["sweep.model.width=[4, 8]", "train.iterations=10", "seed=1", "train.learning_rate=0.1"];
    let run = sweep(&bench, &wide);
    assert!(run.contains("small: 5 trials"), "{run}");
    assert_eq!(bench.read("results/small/trials.csv").lines().count(), 1 + 6);
}

#[test]
fn two_runners_do_not_write_to_one_directory() {
    let bench = bench();
    let mut first = bench.start_until(&["sweep", "small.toml", "-j", "1"], 1);
    let second = bench.run(&["sweep", "small.toml", "-j", "1"]);
    let (code, line) = failure_after_header(&second.stderr, second.status.code());
    assert_eq!(code, Some(2));
    assert!(line.contains("another runner is at work here"), "{line}");
    signal(&first, "INT");
    first.wait().unwrap();
}

fn failure_after_header(stderr: &[u8], code: Option<i32>) -> (Option<i32>, String) {
    (code, text(stderr).lines().last().unwrap_or_default().to_owned())
}

#[test]
fn a_results_directory_that_cannot_be_written_is_named_before_any_training() {
    let bench = bench();
    bench.write("results", "a file where the directory should be");
    let (code, line) = failure(&bench.run(&["sweep", "small.toml"]));
    assert_eq!(code, Some(2));
    assert!(line.contains("results/small"), "{line}");
}

#[test]
fn a_full_disk_ends_the_sweep_with_one_line_and_keeps_every_committed_trial() {
    let bench = bench();
    // A limit on the size of a file stands in for a disk: SQLite's log reaches it in the middle of the sweep.
    let script = format!(
        "trap '' XFSZ; ulimit -f 120; exec {} sweep small.toml -j 1 train.record_every=1 train.iterations=400 --progress none",
        env!("CARGO_BIN_EXE_runner")
    );
    let full = bench
        .command()
        .get_current_dir()
        .map(|folder| Command::new("bash").args(["-c", &script]).current_dir(folder).output().unwrap());
    let full = full.unwrap();
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
fn the_resolved_experiment_runs_again_as_the_same_trials() {
    let bench = bench();
    let short = ["train.iterations=10", "model.activation=tanh"];
    sweep(&bench, &short);
    let again = bench.run(&["sweep", "results/small/experiment.toml"]);
    assert!(text(&again.stderr).contains("every trial was finished before"), "{}", text(&again.stderr));
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let bench = bench();
    sweep(&bench, &["train.iterations=10"]);
    let script = format!("{} show results/small | head -n 1; exit ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_runner"));
    let shown = Command::new("bash").args(["-c", &script]).current_dir(bench.path("")).output().unwrap();
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    assert!(text(&shown.stdout).starts_with("trial"));
}
