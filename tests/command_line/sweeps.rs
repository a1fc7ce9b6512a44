//! Sweeps from end to end: the same bytes however they run, their workers and their memory.

use std::collections::BTreeSet;
use std::fs;
use std::process::Child;
use std::thread;
use std::time::Duration;

use crate::support::{Bench, only_trial, signal, text};

/// Eighteen small trials of some tenths of a second, two of which diverge.
pub(crate) const SWEEP: &str = r#"
name = "small"

[data]
set = "drawn"

[model]
width = 12
activation = "identity"
init = "he"

[train]
iterations = 12000
record_every = 300

[sweep]
"model.depth" = [1, 2, 3]
"train.learning_rate" = { from = 0.001, to = 1000, count = 3, scale = "log" }
seed = [1, 2]
"#;

pub(crate) fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("small.toml", SWEEP);
    bench
}

pub(crate) fn sweep(bench: &Bench, arguments: &[&str]) -> String {
    let run = bench.run(&[&["sweep", "small.toml"], arguments].concat());
    assert!(run.status.success(), "{}", text(&run.stderr));
    text(&run.stderr)
}

pub(crate) fn failure_after_header(stderr: &[u8], code: Option<i32>) -> (Option<i32>, String) {
    (code, text(stderr).lines().last().unwrap_or_default().to_owned())
}

/// Returns the peak memory of a process so far, in KiB.
fn peak_memory(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok())
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
fn rows_stand_in_declared_order_and_costs_keep_all_their_digits() {
    let bench = bench();
    sweep(&bench, &["train.iterations=10", "train.record_every=3", "sweep.train.learning_rate=[0.1, 0.2]"]);
    let rows = bench.read("results/small/trials.csv");
    let point = |row: &str| row.split(',').skip(1).take(3).collect::<Vec<_>>().join(" ");
    let found: Vec<_> = rows.lines().skip(1).map(point).collect();
    assert_eq!(found[..4], ["1 0.1 1", "1 0.1 2", "1 0.2 1", "1 0.2 2"]);
    let history = bench.read("results/small/history.csv");
    let cells: Vec<Vec<&str>> = history.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let mut ids: Vec<_> = cells.iter().map(|row| row[0]).collect();
    ids.dedup();
    assert_eq!(ids, rows.lines().skip(1).map(|row| row.split(',').next().unwrap()).collect::<Vec<_>>());
    for trial in cells.chunks(4) {
        assert_eq!(trial.iter().map(|row| row[1]).collect::<Vec<_>>(), ["0", "3", "6", "9"]);
    }
    assert!(cells.iter().any(|row| row[2].len() > 12));
}

#[test]
fn other_pictures_are_other_trials_even_if_only_the_test_file_changed() {
    let bench = bench();
    let short = ["train.iterations=5"];
    sweep(&bench, &short);
    bench.run(&["data", "generate", "--train", "40", "--test", "12", "--side", "8", "--seed", "2", "--out", "two"]);
    fs::copy(bench.path("two/test_drawn.h5"), bench.path("data/test_drawn.h5")).unwrap();
    assert!(!sweep(&bench, &short).contains("finished before"));
}

#[test]
fn the_longest_fleet_goes_first() {
    let bench = bench();
    let first = sweep(&bench, &["-j", "1", "train.iterations=5", "run.engine=direct", "model.width=20"]);
    assert!(first.lines().find(|line| line.starts_with('[')).unwrap().contains("depth=3"), "{first}");
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
    sweep(&bench, &["model.depth=3", "train.learning_rate=1000", "seed=1", "train.record_every=1"]);
    let trials = bench.read("results/small/trials.csv");
    assert_eq!(
        trials.lines().next(),
        Some(
            "trial,status,final_cost,train_cost,train_accuracy,test_accuracy,test_cost,validation_accuracy,\
             validation_cost,seconds,engine,drift,ended_at,reason"
        )
    );
    let cell = only_trial(&bench, "small");
    assert_eq!((&*cell("status"), &*cell("reason")), ("diverged", "an output or the cost is not finite"));
    let ended_at: usize = cell("ended_at").parse().unwrap();
    // Every iteration before it has a record with its cost; f32 overflows within a few steps.
    let history = bench.read("results/small/history.csv");
    let records: Vec<Vec<&str>> = history.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let iterations: Vec<usize> = records.iter().map(|record| record[1].parse().unwrap()).collect();
    assert!((1..10).contains(&ended_at) && iterations.into_iter().eq(0..ended_at), "{ended_at}: {history}");
    assert!(records.iter().all(|record| record[2].parse::<f64>().unwrap().is_finite()), "{history}");
    assert_eq!(cell("final_cost").parse::<f64>(), records[ended_at - 1][2].parse());
}

#[test]
fn a_dry_run_lists_every_trial_and_writes_nothing() {
    let bench = bench();
    let dry = bench.run(&["sweep", "small.toml", "--dry-run"]);
    let table = text(&dry.stdout);
    assert_eq!(table.lines().count(), 19, "{table}");
    assert!(table.lines().next().unwrap().contains("operations/step"));
    assert!(table.contains("192-12-12-1"));
    // Above the first layer 6·12·12·40 + 6·12·40 = 37,440 FLOP; in it 4·192·12·40 directly, and 2·12·40² dually.
    for (engine, operations) in [("direct", "406.1"), ("dual", "75.8"), ("auto", "75.8")] {
        let engine_key = format!("run.engine={engine}");
        let one = ["model.depth=3", "seed=1", "train.learning_rate=0.1", &engine_key];
        let one = text(&bench.run(&[&["sweep", "small.toml", "--dry-run"][..], &one].concat()).stdout);
        let row: Vec<_> = one.lines().nth(1).unwrap().split_whitespace().collect();
        let named = if engine == "auto" { "dual" } else { engine };
        assert_eq!(row[1..6], ["192-12-12-1", named, "2485", operations, "kFLOP"], "{one}");
    }
    assert!(!bench.path("results").exists());
}

#[test]
fn a_fleet_whose_nets_all_diverge_at_their_initial_parameters_has_no_speed_and_is_no_panic() {
    let bench = bench();
    let nets = ["small.toml", "model.dtype=f32", "model.init_scale=1e30", "train.learning_rate=0.1", "model.depth=3"];
    for (engine, batch) in [("direct", "full"), ("reduced", "8"), ("dual", "full")] {
        let further = [format!("run.engine={engine}"), format!("train.batch={batch}")];
        let further = [&nets[..], &[&further[0], &further[1]]].concat();
        let (_, said) = bench.succeeds(&[&["sweep", "--dry-run"], &further[..]].concat());
        assert!(said.contains(": every net diverges at its initial parameters, "), "{said}");
        bench.succeeds(&[&["submit", "--dry-run"], &further[..]].concat());
        let (timed, said) = bench.succeeds(&[&["bench", "--seconds", "0.02"], &further[..]].concat());
        assert!(said.contains(" is left out: a net diverges at its initial parameters"), "{said}");
        assert!(timed.contains("products in f32") && !timed.contains("whole steps"), "{timed}");
    }
    // A decay diverges only with the learning rate of the training, not with that of the measurement.
    let decay = ["small.toml", "model.depth=3", "train.learning_rate=0.1", "train.weight_decay=1e30"];
    let (_, said) = bench.succeeds(&[&["sweep", "--dry-run"], &decay[..]].concat());
    assert!(said.contains(" a step ("), "{said}");
    bench.succeeds(&[&["bench", "--seconds", "0.02"], &decay[..]].concat());
}

#[test]
fn points_that_share_a_net_are_one_trial_shown_at_each() {
    let bench = bench();
    let wide = ["sweep.model.width=[4, 8]", "train.iterations=10", "seed=1", "train.learning_rate=0.1"];
    let run = sweep(&bench, &wide);
    assert!(run.contains("small: 5 trials"), "{run}");
    assert_eq!(bench.read("results/small/trials.csv").lines().count(), 1 + 6);
    let history = bench.read("results/small/history.csv");
    let rows: BTreeSet<&str> = history.lines().collect();
    assert_eq!(rows.len(), history.lines().count(), "the history of a trial is written once");
}

#[test]
fn workers_are_as_many_as_fit_and_the_blas_has_one_thread() {
    let bench = bench();
    let header = |more: &[&str]| sweep(&bench, &[&["train.iterations=5", "--fresh"], more].concat());
    assert!(header(&["model.depth=1", "seed=1", "train.learning_rate=1"]).contains("1 worker\n"));
    assert!(header(&["run.jobs=100", "-j", "1"]).contains("1 worker\n"));
    let threads = bench.command().env("OPENBLAS_NUM_THREADS", "2").args(["sweep", "small.toml", "-j", "1"]).output();
    assert!(threads.unwrap().status.success());
    let machine: toml::Table = bench.read("results/small/machine.toml").parse().unwrap();
    assert_eq!(machine["blas"]["threads"], 1.into());
}

#[test]
fn threads_that_share_a_fleet_train_the_same_nets_and_the_same_bytes_each_time() {
    let bench = bench();
    let fixed =
        ["width=200", "dtype=f64", "depth=4", "activation=tanh", "init=xavier"].map(|key| format!("model.{key}"));
    let fixed: Vec<_> = fixed.iter().map(String::as_str).collect();
    let same = ["train.learning_rate=0.01", "train.iterations=40", "train.record_every=5"];
    let of_threads = |threads: &str, out: &str| {
        let threads = format!("run.threads={threads}");
        sweep(&bench, &[&fixed[..], &same, &[&threads, "--out", out]].concat());
        bench.read(&format!("{out}/history.csv"))
    };
    let (one, two) = (of_threads("1", "one"), of_threads("2", "two"));
    assert_eq!(two, of_threads("2", "again"));
    assert_eq!(one.lines().count(), 1 + 2 * 9);
    for (one, two) in one.lines().zip(two.lines()).skip(1) {
        let ((one, cost), (two, same_cost)) = (one.rsplit_once(',').unwrap(), two.rsplit_once(',').unwrap());
        let [cost, same_cost] = [cost, same_cost].map(|cost| cost.parse::<f64>().unwrap());
        assert!(one == two && (cost - same_cost).abs() <= 1e-12 * cost, "{one} {cost} {same_cost}");
    }
    let more = ["sweep.seed=[1, 2, 3]", "--out", "two"];
    let with_one = bench.run(&[&["sweep", "small.toml"][..], &fixed, &same, &more].concat());
    let (code, line) = failure_after_header(&with_one.stderr, with_one.status.code());
    assert!(code == Some(2) && line.contains("to go on as it began: run.threads=2;"), "{line}");
    let with_two = sweep(&bench, &["train.iterations=5", "run.threads=2", "--out", "small"]);
    assert!(with_two.contains("1 worker of 2 threads\n"), "{with_two}");
    let machine: toml::Table = bench.read("small/machine.toml").parse().unwrap();
    assert_eq!((&machine["threads"], &machine["blas"]["threads"]), (&2.into(), &1.into()));
}

#[test]
fn each_thread_of_each_job_needs_a_buffer_of_openblas() {
    let bench = bench();
    let mebibytes = |threads: &str| -> f64 {
        let said = sweep(&bench, &["--dry-run", "-j", "1", threads]);
        let (before, _) = said.split_once(" MiB with 1 at once").unwrap_or_else(|| panic!("{said}"));
        before.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!((mebibytes("run.threads=2") - mebibytes("run.threads=1") - 128.0).abs() < 0.2);
}

#[test]
fn memory_grows_with_the_number_of_trials_only_by_what_names_them() {
    let bench = bench();
    let peak = |trials: usize| {
        let seeds = format!("sweep.seed={{ from = 1, to = {trials}, count = {trials} }}");
        let one = ["train.learning_rate=0.01", "model.depth=3", "train.iterations=20", "--progress", "none"];
        let mut command = bench.command();
        let mut child = command.args(["sweep", "small.toml", "--fresh", &seeds]).args(one).spawn().unwrap();
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            peak = peak_memory(&child).unwrap_or(peak).max(peak);
            thread::sleep(Duration::from_millis(2));
        }
        peak
    };
    let (few, many) = (peak(4000), peak(8000));
    // In both sweeps, the kept first layers have reached their bound of 16 MiB. A trial's plan, id and row in the
    // tables take some 3 KiB; its first layer would add 8 KiB.
    let a_trial = (many as f64 - few as f64) / 4000.0;
    assert!(few > 1024 && a_trial < 5.0, "{few} KiB for 4000 trials, {many} KiB for 8000: {a_trial} KiB each");
}

#[test]
fn the_resolved_experiment_runs_again_as_the_same_trials() {
    let bench = bench();
    let short = ["train.iterations=10", "model.activation=tanh"];
    sweep(&bench, &short);
    let again = bench.run(&["sweep", "results/small/experiment.toml"]);
    assert!(text(&again.stderr).contains("every trial was finished before"), "{}", text(&again.stderr));
}
