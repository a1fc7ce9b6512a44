//! Sweeps from end to end: the same bytes however they run, and nothing lost however they end.

use std::fs;
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use crate::support::{Bench, failure, signal, text};

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
iterations = 12000
record_every = 300

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
        Some(
            "trial,status,final_cost,train_cost,train_accuracy,test_accuracy,test_cost,validation_accuracy,\
             validation_cost,seconds,engine,drift,ended_at,reason"
        )
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
    // Above the first layer 6·12·12·40 + 6·12·40 = 37,440 FLOP; in it 4·192·12·40 directly, and 2·12·40² dually.
    for (engine, mflop) in [("direct", "0.41"), ("dual", "0.08"), ("auto", "0.08")] {
        let engine_key = format!("run.engine={engine}");
        let one = ["model.depth=3", "seed=1", "train.learning_rate=0.1", &engine_key];
        let one = text(&bench.run(&[&["sweep", "small.toml", "--dry-run"][..], &one].concat()).stdout);
        let row: Vec<_> = one.lines().nth(1).unwrap().split_whitespace().collect();
        let named = if engine == "auto" { "dual" } else { engine };
        assert_eq!(row[1..5], ["192-12-12-1", named, "2485", mflop], "{one}");
    }
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
fn a_damaged_trial_is_named_and_trained_again() {
    let bench = bench();
    let short = ["train.iterations=20"];
    sweep(&bench, &short);
    let history = bench.read("results/small/history.csv");
    let harm = |statement: &str| {
        let connection = rusqlite::Connection::open(bench.path("results/small/results.db")).unwrap();
        assert_eq!(connection.execute(statement, []).unwrap(), 1);
    };
    for statement in [
        "UPDATE history SET cost = cost + 1e-12 WHERE trial = 2 AND iteration = 0",
        "UPDATE trial SET test_accuracy = 1.0 WHERE number = (SELECT MIN(number) FROM trial)",
        "DELETE FROM history WHERE trial = (SELECT MAX(trial) FROM history WHERE iteration = 19) AND iteration = 19",
    ] {
        harm(statement);
        assert!(text(&bench.run(&["show", "results/small"]).stdout).contains("damaged; sweep again"), "{statement}");
        assert!(sweep(&bench, &short).contains("17 of them finished before"), "{statement}");
        assert!(bench.read("results/small/history.csv") == history, "{statement}");
    }
}

#[test]
fn a_finished_record_can_be_shown_where_nothing_can_be_written() {
    let bench = bench();
    sweep(&bench, &["train.iterations=5"]);
    let header = fs::read(bench.path("results/small/results.db")).unwrap();
    assert_eq!(header[18..20], [1, 1], "SQLite's read and write version: no write-ahead log is needed");
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
fn a_record_that_is_a_link_is_not_followed() {
    let bench = bench();
    fs::create_dir_all(bench.path("results/small")).unwrap();
    for content in [None, Some("")] {
        content.iter().for_each(|content| bench.write("elsewhere.db", content));
        let _ = fs::remove_file(bench.path("results/small/results.db"));
        std::os::unix::fs::symlink("../../elsewhere.db", bench.path("results/small/results.db")).unwrap();
        let (code, line) = failure(&bench.run(&["sweep", "small.toml"]));
        assert!(code == Some(2) && line.contains("results.db") && line.contains("a link"), "{line}");
        assert_eq!(fs::read(bench.path("elsewhere.db")).ok(), content.map(Vec::from));
    }
    fs::remove_file(bench.path("results/small/results.db")).unwrap();
    std::os::unix::fs::symlink(bench.path("results"), bench.path("other")).unwrap();
    sweep(&bench, &["train.iterations=5", "--out", "other/small"]);
    assert!(bench.path("results/small/results.db").is_file(), "a folder may be reached by a link");
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
    let run = bench.command().args(["show", "results/small"]).stdout(full()).output().unwrap();
    let (code, line) = failure_after_header(&run.stderr, run.status.code());
    assert!(code == Some(1) && line.starts_with("error: stdout can't be written: "), "{line}");
}

#[test]
fn a_disk_that_is_full_before_the_first_trial_is_nobodys_mistake() {
    let bench = bench();
    // The limit also sends a signal, which would end the runner without a message.
    for blocks in [0, 1, 4, 8] {
        let script =
            format!("ulimit -f {blocks}; exec {} sweep small.toml --out {blocks}", env!("CARGO_BIN_EXE_runner"));
        let run = Command::new("bash").args(["-c", &script]).current_dir(bench.path("")).output().unwrap();
        let (code, line) = failure_after_header(&run.stderr, run.status.code());
        assert!(code == Some(1) && line.starts_with("error: "), "{blocks}: {code:?} {line}");
    }
    for (command, file) in [
        ("train small.toml model.depth=1 seed=1 train.learning_rate=0.1 --out m.h5", "m.h5"),
        ("data generate --out new", "new/train_drawn.h5"),
    ] {
        let script = format!("ulimit -f 1; exec {} {command}", env!("CARGO_BIN_EXE_runner"));
        let run = Command::new("bash").args(["-c", &script]).current_dir(bench.path("")).output().unwrap();
        let (code, line) = failure_after_header(&run.stderr, run.status.code());
        assert!(code == Some(1) && line.contains(file) && line.contains("too large"), "{command}: {code:?} {line}");
        assert!(!bench.path(file).exists());
    }
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
    assert!(code == Some(2) && line.contains("run.threads=2 goes on as it began"), "{line}");
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
fn the_engine_that_is_chosen_trains_the_same_bytes_as_the_one_that_is_asked_for() {
    let bench = bench();
    let short = ["train.iterations=600"];
    sweep(&bench, &[&short[..], &["--out", "auto"]].concat());
    sweep(&bench, &[&short[..], &["run.engine=dual", "--out", "dual"]].concat());
    assert!(bench.read("auto/history.csv") == bench.read("dual/history.csv"));
    assert!(bench.read("auto/trials.csv").contains(",dual,"));
    assert!(bench.read("auto/experiment.toml").contains("engine = \"auto\""));
    let both = sweep(&bench, &["train.iterations=600", "run.engine=direct", "--out", "auto"]);
    assert!(both.contains("small: 18 trials; "), "another engine is another trial: {both}");
}

#[test]
fn engines_can_be_swept_and_agree() {
    let bench = bench();
    let axis = "sweep.run.engine=[\"direct\", \"reduced\", \"dual\"]";
    let fixed = ["seed=1", "train.learning_rate=0.01", "model.depth=3", "model.dtype=f64"];
    sweep(&bench, &[&["train.iterations=300", "model.activation=tanh", axis][..], &fixed].concat());
    let trials = bench.read("results/small/trials.csv");
    let column = |row: &str, place: usize| row.split(',').nth(place).unwrap().to_owned();
    let rows: Vec<_> = trials.lines().skip(1).collect();
    let engines: Vec<_> = rows.iter().map(|row| column(row, 1)).collect();
    assert_eq!(engines, ["direct", "reduced", "dual"]);
    let costs: Vec<f64> = rows.iter().map(|row| column(row, 3).parse().unwrap()).collect();
    assert!(costs.iter().all(|cost| (cost / costs[0] - 1.0).abs() < 1e-9), "{costs:?}");
    let shown = text(&bench.run(&["show", "results/small"]).stdout);
    assert!(shown.contains("reduced") && shown.contains("run.engine"), "{shown}");
}

#[test]
fn subnormals_are_flushed_unless_asked_for_and_the_choice_is_recorded() {
    let bench = bench();
    let vanishing = ["model.activation=sigmoid", "model.depth=60", "train.iterations=20", "seed=1"];
    let fixed = ["train.learning_rate=0.01", "model.init=scaled-normal"];
    for flush in ["true", "false"] {
        let key = format!("run.flush_subnormals={flush}");
        sweep(&bench, &[&vanishing[..], &fixed, &[&key, "--out", flush]].concat());
        let record = rusqlite::Connection::open(bench.path(&format!("{flush}/results.db"))).unwrap();
        let config: String = record.query_row("SELECT config FROM trial", [], |row| row.get(0)).unwrap();
        assert!(config.contains(&format!("\"run.flush_subnormals\":{flush}")), "{config}");
    }
}

#[test]
fn an_engine_that_would_not_be_exact_is_not_chosen_and_refused_by_name() {
    let bench = bench();
    for part in ["train", "test"] {
        let file = hdf5::File::create(bench.path(&format!("{part}_huge.h5"))).unwrap();
        let features = ndarray::Array2::from_shape_fn((20, 50), |(i, j)| 1e19 * ((i * 7 + j * 3) % 11) as f32);
        file.new_dataset_builder().with_data(&features).create(format!("{part}_set_x").as_str()).unwrap();
        let labels: Vec<u8> = (0..20).map(|i| i % 2).collect();
        file.new_dataset_builder().with_data(&labels).create(format!("{part}_set_y").as_str()).unwrap();
    }
    let toml = SWEEP.replace("set = \"drawn\"", "train = \"train_huge.h5\"\ntest = \"test_huge.h5\"");
    bench.write("small.toml", &toml);
    let one = ["seed=1", "train.learning_rate=1e-25", "model.depth=2", "train.iterations=500"];
    sweep(&bench, &one);
    assert!(bench.read("results/small/trials.csv").contains(",direct,"));
    sweep(&bench, &[&one[..], &["model.dtype=f64"]].concat());
    assert!(bench.read("results/small/trials.csv").contains(",dual,"));
    let refused = bench.run(&[&["sweep", "small.toml", "run.engine=dual"], &one[..]].concat());
    let (code, line) = failure_after_header(&refused.stderr, refused.status.code());
    assert_eq!(code, Some(2));
    assert!(line.contains("run.engine: dual is not exact in f32"), "{line}");
}

/// Returns the peak memory of a process so far, in KiB.
fn peak_memory(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok())
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

fn failure_after_header(stderr: &[u8], code: Option<i32>) -> (Option<i32>, String) {
    (code, text(stderr).lines().last().unwrap_or_default().to_owned())
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
    let script = format!(
        "ulimit -f 240; exec {} sweep small.toml -j 1 train.record_every=1 train.iterations=400 --progress none",
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
    let script =
        format!("{} show --trials results/small | head -n 1; exit ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_runner"));
    let shown = Command::new("bash").args(["-c", &script]).current_dir(bench.path("")).output().unwrap();
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    assert!(text(&shown.stdout).starts_with("trial"));
}
