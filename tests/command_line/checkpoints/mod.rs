//! A training that ended early goes on from its checkpoint, and ends with the bytes of an undisturbed one.

mod left_out;
mod one_net;
mod repetition;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Bench, signal, text};

const EXPERIMENT: &str = r#"
name = "long"
[data]
set = "drawn"
validation = 0.2
[model]
dropout = 0.2
[train]
optimizer = "adam"
learning_rate = 0.003
schedule = "cosine"
batch = 8
iterations = 2000
record_every = 50
metrics = ["test_cost", "gradient_norm"]
[run]
checkpoint_every = "100 iterations"
[sweep]
"model.hidden" = [[6, 4], [5]]
"train.patience" = [3, 60]
seed = [1, 2]
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("long.toml", EXPERIMENT);
    bench
}

/// Settings that leave one trial.
const ONE: &[&str] = &["sweep.seed=[1]", "model.hidden=[5]", "train.patience=60"];

/// Arguments of a training of one net that is not over before a test is.
const ENDLESS: &[&str] =
    &["long.toml", "sweep.seed=[1]", "model.hidden=[5]", "train.patience=10000000", "train.iterations=100000000"];

fn sweep(bench: &Bench, arguments: &[&str]) -> Output {
    bench.command().args(["sweep", "long.toml", "-j", "1"]).args(arguments).output().unwrap()
}

fn finished(output: &Output) -> String {
    let stderr = text(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    stderr
}

fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Returns the checkpoints of a results directory.
fn checkpoints(bench: &Bench, out: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(bench.path(out).join("checkpoints")).into_iter().flatten().flatten();
    files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|found| found == "ckpt")).collect()
}

/// Starts a sweep, and kills it once it has written a checkpoint, or has ended.
fn kill_after_a_checkpoint(bench: &Bench, out: &str, further: &[&str]) -> bool {
    let mut command = bench.command();
    command.args(["sweep", "long.toml", "-j", "1", "--progress", "none", "--out", out]).args(further);
    let before: Vec<_> = checkpoints(bench, out).iter().map(|path| fs::read(path).unwrap_or_default()).collect();
    let mut child = start(&mut command);
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(60) {
        let now: Vec<_> = checkpoints(bench, out).iter().map(|path| fs::read(path).unwrap_or_default()).collect();
        if !now.is_empty() && now != before {
            sleep(Duration::from_millis(7));
            child.kill().unwrap();
            return !child.wait().unwrap().success();
        }
        sleep(Duration::from_millis(1));
    }
    false
}

/// The second line of a checkpoint.
fn header(path: &PathBuf) -> Value {
    let bytes = fs::read(path).unwrap();
    serde_json::from_slice(bytes.split(|byte| *byte == b'\n').nth(1).unwrap()).unwrap()
}

fn iteration(path: &PathBuf) -> u64 {
    header(path)["iteration"].as_u64().unwrap()
}

/// The rows of trials.csv without the seconds.
fn trials(bench: &Bench, out: &str) -> Vec<Vec<String>> {
    let mut table = csv::Reader::from_path(bench.path(&format!("{out}/trials.csv"))).unwrap();
    let seconds = table.headers().unwrap().iter().position(|name| name == "seconds").unwrap();
    let cells = |row: csv::StringRecord| -> Vec<_> {
        let cells = row.iter().map(str::to_owned).enumerate();
        cells.filter(|(column, _)| *column != seconds).map(|(_, cell)| cell).collect()
    };
    table.records().map(|row| cells(row.unwrap())).collect()
}

fn assert_same(bench: &Bench, out: &str, undisturbed: &str) {
    let history = |out: &str| bench.read(&format!("{out}/history.csv"));
    assert!(history(out) == history(undisturbed), "{out}: another history");
    assert_eq!(trials(bench, out), trials(bench, undisturbed), "{out}");
}

#[test]
fn a_sweep_that_is_killed_again_and_again_ends_with_the_same_bytes() {
    let bench = bench();
    finished(&sweep(&bench, &["--out", "undisturbed"]));
    assert!(!bench.path("undisturbed/checkpoints").exists(), "checkpoints of finished fleets are removed");
    let momentum = ["model.dropout=0", "train.optimizer=momentum", "model.dtype=f64"];
    // The rate rises until nets diverge; a divergence is trained again from the start before it is believed.
    let diverging = [
        "train.optimizer=gd",
        "train.learning_rate=2",
        "train.warmup=1990",
        "train.warmup_start=0.001",
        "model.activation=identity",
        "model.dropout=0",
        "train.diverge_above=50",
    ];
    for further in [&[][..], &momentum, &diverging] {
        finished(&sweep(&bench, &[&["--out", "other"], further].concat()));
        let has_diverged = trials(&bench, "other").iter().flatten().any(|cell| cell == "diverged");
        assert_eq!(has_diverged, further == diverging);
        let mut kills = 0;
        while kills < 6 && kill_after_a_checkpoint(&bench, "killed", further) {
            kills += 1;
        }
        assert!(kills > 2, "{kills} kills");
        let goes_on = !checkpoints(&bench, "killed").is_empty();
        let seen = finished(&sweep(&bench, &[&["--out", "killed", "--dry-run"], further].concat()));
        assert_eq!(seen.contains("1 fleet goes on from its checkpoint"), goes_on, "{seen}");
        let last = finished(&sweep(&bench, &[&["--out", "killed"], further].concat()));
        assert_eq!(last.contains("1 fleet goes on from its checkpoint"), goes_on, "{last}");
        assert_same(&bench, "killed", "other");
        assert!(!bench.path("killed/checkpoints").exists());
        let _ = (fs::remove_dir_all(bench.path("killed")), fs::remove_dir_all(bench.path("other")));
    }
}

#[test]
fn the_seconds_before_an_interruption_are_seconds_of_the_trial() {
    let bench = bench();
    let (mut before, mut kills) = (0.0, 0);
    while kills < 20
        && checkpoints(&bench, "out").first().is_none_or(|path| header(path)["iteration"].as_u64() < Some(1500))
    {
        assert!(kill_after_a_checkpoint(&bench, "out", ONE));
        let seconds = header(&checkpoints(&bench, "out")[0])["seconds"].as_f64().unwrap();
        assert!(seconds > before);
        (before, kills) = (seconds, kills + 1);
    }
    finished(&sweep(&bench, &[ONE, &["--out", "out"]].concat()));
    let table = bench.read("out/trials.csv");
    let [names, row] = [0, 1].map(|line| table.lines().nth(line).unwrap().split(',').collect::<Vec<_>>());
    let seconds = row[names.iter().position(|name| *name == "seconds").unwrap()];
    assert!(seconds.parse::<f64>().unwrap() > before, "{seconds} s, {before} s of them before the last interruption");
}

/// Starts a sweep with events, and interrupts it once its trial has been trained for longer than a moment. Returns the iteration of the
/// first event.
fn interrupt(bench: &Bench, name: &str) -> u64 {
    // These tests may run under nohup themselves.
    let mut command = Command::new("env");
    command.arg("--default-signal=HUP").arg(bench.command().get_program()).current_dir(bench.path(""));
    command.args(["sweep"]).args(ENDLESS).args([
        "run.checkpoint_every=3600",
        "-j",
        "1",
        "--out",
        "out",
        "--progress",
        "json",
    ]);
    let mut child = start(&mut command);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut iterations = Vec::new();
    while iterations.len() < 2 {
        let mut line = String::new();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it has ended by itself");
        let event: Value = serde_json::from_str(&line).unwrap();
        iterations.extend(event["running"][0]["iteration"].as_u64());
    }
    signal(&child, name);
    if name == "HUP" {
        // The shell sends it, and the kernel again.
        signal(&child, name);
    }
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(rest.contains("1 fleet in training is kept as far as it is, in out/checkpoints"), "{rest}");
    iterations[0]
}

#[test]
fn an_interrupted_sweep_writes_a_checkpoint_and_goes_on_from_it() {
    let bench = bench();
    interrupt(&bench, "INT");
    let [first] = &checkpoints(&bench, "out")[..] else { panic!("one checkpoint") };
    let kept = iteration(first);
    assert!(kept > 0);
    let begun = interrupt(&bench, "TERM");
    assert!(begun > kept, "it begins with {begun}, where {kept} are done");
    let kept = iteration(first);
    assert!(kept > begun);
    // The terminal is closed, or the connection is lost.
    interrupt(&bench, "HUP");
    assert!(iteration(first) > kept);
}

#[test]
fn a_name_that_the_results_directory_has_lost_gets_no_checkpoint() {
    let bench = bench();
    let mut command = bench.command();
    command.arg("sweep").args(ENDLESS).args(["--out", "out", "--progress", "json"]);
    let mut child = start(&mut command);
    let mut events = BufReader::new(child.stderr.take().unwrap()).lines();
    while checkpoints(&bench, "out").is_empty() {
        events.next().expect("it has ended").unwrap();
    }
    fs::rename(bench.path("out"), bench.path("moved")).unwrap();
    fs::create_dir(bench.path("out")).unwrap();
    while !events.next().expect("it has ended").unwrap().contains("the results directory was moved away") {}
    signal(&child, "TERM");
    events.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(fs::read_dir(bench.path("out")).unwrap().count(), 0);
    assert_eq!(checkpoints(&bench, "moved").len(), 1);
}

#[test]
fn a_sweep_under_nohup_outlives_its_terminal() {
    let bench = bench();
    let mut command = Command::new("nohup");
    command.arg(bench.command().get_program()).current_dir(bench.path(""));
    command.arg("sweep").args(ENDLESS).args(["--out", "out", "--progress", "json"]);
    let mut child = start(&mut command);
    let mut events = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut next = || while !events.next().expect("it has ended").unwrap().contains("\"running\":[{") {};
    next();
    signal(&child, "HUP");
    // More than the time in which a run ends after a signal.
    (0..4).for_each(|_| next());
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_checkpoint_is_removed_with_its_trial_in_the_record_and_explained_without() {
    let bench = bench();
    assert!(kill_after_a_checkpoint(&bench, "out", ONE));
    let path = checkpoints(&bench, "out").remove(0);
    let bytes = fs::read(&path).unwrap();
    finished(&sweep(&bench, &[ONE, &["--out", "out"]].concat()));
    assert!(!path.exists());
    // As if the process had been killed between the record and the removal.
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, &bytes).unwrap();
    let part = path.with_file_name(format!(".{}.a1B2c3.part", path.file_name().unwrap().to_str().unwrap()));
    fs::write(&part, "half").unwrap();
    let stderr = finished(&sweep(&bench, &[ONE, &["--out", "out"]].concat()));
    assert!(stderr.contains("every trial was finished before") && !stderr.contains("goes on"), "{stderr}");
    assert!(!path.parent().unwrap().exists());
    // Of a trial that the plan does not have.
    let mut other = ONE.to_vec();
    other[1] = "model.hidden=[3]";
    assert!(kill_after_a_checkpoint(&bench, "out", &other));
    let stderr = finished(&sweep(&bench, &[ONE, &["--out", "out"]].concat()));
    assert!(stderr.contains("a checkpoint from which this plan does not go on"), "{stderr}");
    // Nor does it become one of a fleet that is interrupted.
    let never = ["run.checkpoint_every=never", "--time-budget", "2s"];
    let cut = bench.command().arg("sweep").args(ENDLESS).args(never).args(["--out", "out"]).output().unwrap();
    let stderr = text(&cut.stderr);
    assert!(cut.status.code() == Some(130) && !stderr.contains("in training"), "{stderr}");
    let stderr = finished(&sweep(&bench, &[&other, &["--out", "out"][..]].concat()));
    assert!(stderr.contains("1 fleet goes on from its checkpoint"), "{stderr}");
}
