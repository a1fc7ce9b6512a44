//! Sweeps on Slurm: what is submitted, what its tasks do, and what is told of them. Slurm's commands are stand-ins here; `scripts/cluster`
//! has the real ones.

mod rungs;
mod submissions;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Bench, failure, signal, text};

/// Six trials in three fleets or more.
const SWEEP: &str = r#"
name = "six"

[data]
set = "drawn"

[model]
width = 6

[train]
learning_rate = 0.01
iterations = 40

[sweep]
"model.depth" = [2, 3, 4]
seed = [1, 2]
"#;

/// A directory with the experiment, and with commands of Slurm that write down their words.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("six.toml", SWEEP);
    fs::create_dir(bench.path("bin")).unwrap();
    command(
        &bench,
        "sbatch",
        "echo \"$* export=${SBATCH_EXPORT-unset}\" >> sbatch.log; echo $((40 + $(wc -l < sbatch.log)))",
    );
    command(&bench, "squeue", "cat squeue.txt 2>/dev/null || exit 1");
    command(&bench, "scontrol", "echo \"$*\" >> scontrol.log");
    bench
}

fn command(bench: &Bench, name: &str, script: &str) {
    let path = bench.path("bin").join(name);
    fs::write(&path, format!("#!/bin/bash\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Makes a program find the stand-ins, and no file of the user's.
fn prepared(bench: &Bench, mut program: Command) -> Command {
    let path = format!("{}:{}", bench.path("bin").display(), std::env::var("PATH").unwrap());
    program.env("PATH", path).env("XDG_CONFIG_HOME", bench.path("config")).env_remove("LAYERCHAIN_CLUSTER");
    program.env("SBATCH_EXPORT", "ALL");
    program
}

fn runner(bench: &Bench, arguments: &[&str]) -> Output {
    prepared(bench, bench.command()).args(arguments).output().unwrap()
}

fn submit(bench: &Bench, arguments: &[&str]) -> String {
    let submitted = runner(bench, &[&["submit", "six.toml"], arguments].concat());
    assert!(submitted.status.success(), "{}", text(&submitted.stderr));
    text(&submitted.stderr)
}

/// The shell of a task of the array, as Slurm starts it.
fn task(bench: &Bench, shard: usize) -> Command {
    let mut shell = prepared(bench, Command::new("bash"));
    let task = shard.to_string();
    shell.arg("results/six.shards/array.sh").current_dir(bench.path("")).env_remove("CATVNONCAT");
    let variables = [
        ("SLURM_ARRAY_TASK_ID", &*task),
        ("SLURM_ARRAY_JOB_ID", "41"),
        ("SLURM_JOB_ID", "41"),
        ("SLURM_CPUS_PER_TASK", "1"),
    ];
    shell.envs(variables);
    shell
}

fn status(bench: &Bench) -> (Option<i32>, Value) {
    let status = runner(bench, &["status", "results/six.shards", "--json"]);
    (
        status.status.code(),
        serde_json::from_slice(&status.stdout).unwrap_or_else(|_| panic!("{}", text(&status.stderr))),
    )
}

fn states(bench: &Bench) -> Vec<String> {
    let (_, status) = status(bench);
    status["shards"].as_array().unwrap().iter().map(|shard| shard["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_tasks_of_a_submitted_sweep_merge_to_the_bytes_of_one_machine_and_what_is_missing_is_sent_again() {
    let bench = bench();
    let said = submit(&bench, &["--shards", "3", "--max-parallel", "2", "--time", "90m"]);
    assert!(said.contains("job 41: 3 shards (0-2%2)\njob 42 merges them into results/six\n"), "{said}");
    let calls = bench.read("sbatch.log");
    let expected = "--parsable --array=0-2%2 results/six.shards/array.sh export=unset\n\
                    --parsable --dependency=afterany:41 results/six.shards/merge.sh export=unset\n";
    assert_eq!(calls, expected);
    assert!(bench.read("results/six.shards/array.sh").contains("\n#SBATCH --time=90\n"));
    assert_eq!(states(&bench), ["not_begun"; 3]);

    for shard in [0, 2] {
        let run = task(&bench, shard).output().unwrap();
        assert!(run.status.success(), "{}", text(&run.stderr));
    }
    assert_eq!(states(&bench), ["done", "not_begun", "done"]);
    let (code, found) = status(&bench);
    assert_eq!((code, &found["trials"], &found["slurm_answered"]), (Some(1), &6.into(), &false.into()));
    let shown = text(&runner(&bench, &["status", "results/six"]).stdout);
    assert!(shown.contains("3 shards: 2 done, 1 not begun; "), "{shown}");

    for (time, signal, problem) in [
        ("0s", "60s", "must be 1s or longer"),
        ("90m", "500ms", "must be 1s or longer"),
        ("59s", "60s", "before its time limit of 60.0 s a shard would be asked to end as it begins"),
        ("90m", "2h", "before its time limit"),
    ] {
        let refused =
            runner(&bench, &["submit", "six.toml", "--dry-run", "--shards", "3", "--time", time, "--signal", signal]);
        let said = text(&refused.stderr);
        assert!(refused.status.code() == Some(2) && said.contains(problem), "{time} {signal}: {said}");
    }
    let again = runner(&bench, &["submit", "six.toml", "--shards", "3", "--time", "90m"]);
    assert_eq!(failure(&again).0, Some(2));
    assert!(text(&again.stderr).contains("--resume submits what is missing"), "{}", text(&again.stderr));
    bench.write("squeue.txt", "");
    submit(&bench, &["--resume", "--time", "90m"]);
    assert!(bench.read("sbatch.log").contains("--parsable --array=1 results/six.shards/array.sh"));
    assert!(task(&bench, 1).output().unwrap().status.success());

    let merge =
        prepared(&bench, Command::new("bash")).arg("results/six.shards/merge.sh").current_dir(bench.path("")).output();
    assert!(merge.unwrap().status.success());
    assert!(bench.run(&["sweep", "six.toml", "-j", "1", "--out", "alone"]).status.success());
    assert!(bench.read("results/six/history.csv") == bench.read("alone/history.csv"), "the shards change the history");
    let (code, found) = status(&bench);
    assert_eq!((code, &found["done"], &found["trials_left"]), (Some(0), &3.into(), &0.into()));
    let said = submit(&bench, &["--resume", "--time", "90m"]);
    assert!(said.contains("every trial is in a record"), "{said}");
}

#[test]
fn a_task_at_its_time_limit_ends_in_order_and_queues_up_by_its_place_in_the_array() {
    let bench = bench();
    submit(&bench, &["--shards", "2", "--time", "90m", "train.iterations=100_000_000", "train.record_every=100_000"]);
    let mut running = task(&bench, 1).spawn().unwrap();
    let is_at_work = || states(&bench)[1] == "running";
    while !is_at_work() {
        thread::sleep(Duration::from_millis(50));
        assert!(running.try_wait().unwrap().is_none(), "the task has ended too early");
    }
    assert_eq!(states(&bench)[0], "not_begun");
    signal(&running, "USR1");
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert_eq!(bench.read("scontrol.log"), "requeue 41_1\n");
    assert_eq!(states(&bench), ["not_begun", "stopped"]);
}

#[test]
fn a_task_reads_the_experiment_and_the_data_that_were_submitted_or_nothing() {
    let bench = bench();
    submit(&bench, &["--shards", "2", "--time", "90m"]);
    bench.write("six.toml", &SWEEP.replace("40", "41"));
    let other = runner(&bench, &["submit", "six.toml", "--resume", "--time", "90m"]);
    let (code, line) = failure(&other);
    assert_eq!(code, Some(2));
    assert!(line.contains("iterations = 40") && line.contains("iterations = 41"), "{line}");
    assert!(task(&bench, 0).output().unwrap().status.success(), "the edit has no part in what was submitted");

    bench.run(&["data", "generate", "--train", "40", "--test", "12", "--side", "8", "--seed", "2", "--out", "two"]);
    fs::copy(bench.path("two/train_drawn.h5"), bench.path("data/train_drawn.h5")).unwrap();
    let wrong = task(&bench, 1).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong.stderr));
    assert!(text(&wrong.stderr).contains("sha256"), "{}", text(&wrong.stderr));
}

#[test]
fn a_sweep_that_halves_climbs_by_a_merge_between_its_rungs() {
    let bench = bench();
    let halving = ["sweep.halving.least=10", "sweep.halving.factor=2"];
    let submitted = runner(
        &bench,
        &[&["--blas", "bundled", "submit", "six.toml", "--shards", "2", "--time", "1h"][..], &halving].concat(),
    );
    assert!(submitted.status.success(), "{}", text(&submitted.stderr));
    let calls = bench
        .read("sbatch.log")
        .replace("--parsable ", "")
        .replace(" export=unset", "")
        .replace("results/six.shards/", "");
    let expected = "--array=0-1 array.sh\n--dependency=afterany:41 merge.sh\n\
                    --array=0-1 --dependency=afterany:42 array.sh\n--dependency=afterany:43 merge.sh\n\
                    --array=0-1 --dependency=afterany:44 array.sh\n--dependency=afterany:45 merge.sh\n";
    assert_eq!(calls, expected, "three rungs, of 10, 20 and 40 iterations");
    for _rung in 0..3 {
        assert!((0..2).all(|shard| task(&bench, shard).status().unwrap().success()));
        let merge = prepared(&bench, Command::new("bash"))
            .arg("results/six.shards/merge.sh")
            .current_dir(bench.path(""))
            .output();
        assert!(merge.unwrap().status.success());
    }
    assert!(bench.read("results/six.shards/experiment.toml").contains("blas = \"bundled\""));
    let alone = bench.run(&[&["sweep", "six.toml", "--out", "alone"], &halving[..]].concat());
    assert!(alone.status.success(), "{}", text(&alone.stderr));
    assert!(bench.read("results/six/history.csv") == bench.read("alone/history.csv"), "the shards change the history");
}

#[test]
fn shards_that_slurm_still_has_are_left_alone() {
    let bench = bench();
    submit(&bench, &["--shards", "3", "--time", "90m"]);
    bench.write("squeue.txt", "41_0 RUNNING None\n41_1 PENDING JobHeldUser\n17_2 RUNNING None\n");
    assert_eq!(states(&bench), ["running", "not_begun", "not_begun"], "Slurm sees what a record can't show yet");
    let said = submit(&bench, &["--resume", "--time", "90m"]);
    assert!(said.contains("Slurm has 1 shard not done yet: 0; left alone"), "{said}");
    let calls = bench.read("sbatch.log");
    assert!(calls.contains("--array=1-2 ") && calls.contains("--dependency=afterany:43:41 "), "{calls}");
}

#[test]
fn the_status_of_a_shard_that_was_killed_is_read_from_a_copy_and_its_record_is_left_alone() {
    let bench = bench();
    bench.write("slow.toml", &SWEEP.replace("iterations = 40", "iterations = 20000"));
    let mut killed = bench.start_until(&["sweep", "slow.toml", "-j", "1", "--out", "results/six", "--shard", "0/2"], 1);
    signal(&killed, "KILL");
    killed.wait().unwrap();
    let shared = bench.path("results/six.shards/0-of-2/results.db-shm");
    assert!(shared.with_file_name("results.db-wal").exists(), "the shard was over before the kill");
    fs::remove_file(&shared).unwrap();
    let (code, found) = status(&bench);
    assert_eq!(code, Some(1));
    assert!(found["trials_finished"].as_u64().unwrap() >= 1, "{found}");
    assert!(!shared.exists(), "a reader has opened the record in its place");
}

#[test]
fn a_shard_that_cannot_be_read_is_named_with_the_systems_reason_and_the_others_count() {
    let bench = bench();
    submit(&bench, &["--shards", "3", "--time", "90m"]);
    assert!((0..3).all(|shard| task(&bench, shard).status().unwrap().success()));
    let file = |shard: usize, name: &str| bench.path(&format!("results/six.shards/{shard}-of-3/{name}"));
    // Opened, the first fails, and the second when it is read.
    symlink("results.db-wal", file(0, "results.db-wal")).unwrap();
    fs::remove_file(file(1, "results.db")).unwrap();
    fs::create_dir(file(1, "results.db")).unwrap();
    fs::write(file(1, "results.db-wal"), "").unwrap();
    assert_eq!(states(&bench), ["damaged", "damaged", "done"]);
    let merge = runner(&bench, &["merge", "results/six.shards"]);
    let (status, merged) = (text(&runner(&bench, &["status", "results/six"]).stderr), text(&merge.stderr));
    for (said, word) in [(&status, "not counted"), (&merged, "left out")] {
        for reason in ["0-of-3: Too many levels of symbolic links", "1-of-3/results.db: Is a directory"] {
            let place = format!("results/six.shards/{}", &reason[..6]);
            assert!(said.contains(&format!("{place}: {word}: results/six.shards/{reason}")), "{reason}: {said}");
        }
    }
    assert!(merge.status.code() == Some(1) && merged.contains("2 of 6 trials, of 1 record, are in"), "{merged}");
}

#[test]
fn a_damaged_trial_is_not_counted_as_finished() {
    let bench = bench();
    submit(&bench, &["--shards", "2", "--time", "90m"]);
    assert!((0..2).all(|shard| task(&bench, shard).status().unwrap().success()));
    let record = Connection::open(bench.path("results/six.shards/1-of-2/results.db")).unwrap();
    let id: String = record.query_row("SELECT id FROM trial WHERE number = 1", [], |row| row.get(0)).unwrap();
    record.execute("UPDATE trial SET final_cost = final_cost + 1 WHERE number = 1", []).unwrap();
    drop(record);
    let (code, found) = status(&bench);
    assert_eq!((code, &found["trials_finished"], &found["trials_left"]), (Some(1), &5.into(), &1.into()));
    assert_eq!(states(&bench), ["done", "stopped"]);
    let said = text(&runner(&bench, &["status", "results/six"]).stderr);
    let named = format!("warning: results/six.shards/1-of-2: damaged in its record, and not counted: trial {id}\n");
    assert_eq!(said, named);
}

#[test]
fn a_sweep_that_is_divided_anew_has_the_status_of_its_new_shards() {
    let bench = bench();
    let shard = |shard: &str| assert!(bench.run(&["sweep", "six.toml", "--shard", shard]).status.success());
    ["0/3", "1/3", "2/3"].into_iter().for_each(shard);
    ["0/2", "1/2"].into_iter().for_each(shard);
    assert_eq!(states(&bench), ["done", "done"]);
    bench.succeeds(&["tag", "results/six.shards/0-of-3", "+kept"]);
    assert_eq!(states(&bench), ["done", "done"], "a tag has made the former shards the newest");
    let lock = fs::File::open(bench.path("results/six.shards/1-of-3/.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(states(&bench), ["done"; 3], "a runner trains the former shards again");
}

#[test]
fn the_command_that_is_named_for_a_damaged_shard_mends_it() {
    let bench = bench();
    submit(&bench, &["--shards", "2", "--time", "90m"]);
    assert!((0..2).all(|shard| task(&bench, shard).status().unwrap().success()));
    fs::write(bench.path("results/six.shards/1-of-2/results.db"), "no database").unwrap();
    let merge = runner(&bench, &["merge", "results/six.shards"]);
    let (status, merge) = (text(&runner(&bench, &["status", "results/six.shards"]).stderr), text(&merge.stderr));
    let command = "runner sweep results/six.shards/experiment.toml --out results/six --shard 1/2 --fresh";
    for said in [&status, &merge] {
        assert!(said.contains(&format!("; {command} begins this shard anew")), "{said}");
    }
    let mended = bench.shell(&command.replacen("runner", "$RUNNER", 1));
    assert!(mended.status.success(), "{}", text(&mended.stderr));
    assert_eq!(states(&bench), ["done", "done"]);
    bench.succeeds(&["merge", "results/six.shards"]);
}
