//! The record's file: moved, removed, linked to, read or damaged while a sweep runs or after it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::support::{failure, text};
use crate::sweeps::{bench, sweep};

#[test]
fn a_directory_that_is_moved_away_takes_its_record_along_and_its_name_is_left_to_others() {
    let bench = bench();
    let mut at_work = bench.start_until(&["sweep", "small.toml", "train.iterations=3000", "-j", "1"], 1);
    fs::rename(bench.path("results/small"), bench.path("results/moved")).unwrap();
    sweep(&bench, &["train.iterations=5"]);
    let of_others = || bench.read("results/small/trials.csv");
    let before = of_others();
    assert_eq!(at_work.wait().unwrap().code(), Some(1));
    assert_eq!(of_others(), before, "the tables of the moved record were written over those of another sweep");
    let (shown, _) = bench.succeeds(&["show", "results/moved", "--csv"]);
    assert!(shown.contains("completed"), "{shown}");
}

#[test]
fn a_record_that_loses_its_name_while_the_sweep_runs_ends_it_and_is_kept_under_another() {
    let bench = bench();
    let long = ["sweep", "small.toml", "train.iterations=40000", "-j", "1", "--progress", "plain"];
    for replaced in [false, true] {
        let mut at_work = bench.command().args(long).arg("--fresh").stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(at_work.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(stderr.any(|line| line.starts_with('[')), "the sweep ended too early");
        let record = bench.path("results/small/results.db");
        // What follows is in the log alone, as after each 4 MB of a larger sweep.
        let checkpoint = |connection: Connection| {
            connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get::<_, i64>(0))
        };
        assert_eq!(Connection::open(&record).and_then(checkpoint), Ok(0));
        fs::remove_file(&record).unwrap();
        if replaced {
            fs::write(&record, "another").unwrap();
        }
        let line = stderr.last().unwrap();
        assert_eq!(at_work.wait().unwrap().code(), Some(1), "{line}");
        let said = "error: results/small/results.db was removed or replaced while the sweep ran; all trials so far are in \
                    results/small/results.db.1: move it back and sweep again";
        assert_eq!(line, said);
        for log in ["results.db-wal", "results.db-shm"] {
            assert!(!record.with_file_name(log).exists(), "the {log} of the removed record is left");
        }
        fs::rename(bench.path("results/small/results.db.1"), &record).unwrap();
        let trials: i64 =
            Connection::open(&record).unwrap().query_row("SELECT COUNT(*) FROM trial", [], |row| row.get(0)).unwrap();
        assert!((2..18).contains(&trials), "{trials} trials");
        bench.succeeds(&["show", "results/small"]);
    }
    let mut at_work = bench.command().args(long).arg("--fresh").stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(at_work.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(stderr.any(|line| line.starts_with('[')), "the sweep ended too early");
    fs::remove_dir_all(bench.path("results/small")).unwrap();
    let line = stderr.last().unwrap();
    assert!(
        line.ends_with("was removed or replaced while the sweep ran, and the trials of this run are lost"),
        "{line}"
    );
    assert_eq!(at_work.wait().unwrap().code(), Some(1), "{line}");
}

#[test]
fn a_sweep_that_ends_while_its_record_is_read_has_all_it_should() {
    let bench = bench();
    let record = bench.path("results/small/results.db");
    let log = bench.path("results/small/results.db-wal");
    let tables = bench.path("results/small/trials.csv");
    // Three fleets of one net, of which each takes far longer than the opening of a reader.
    let few = ["train.iterations=12000", "sweep.train.learning_rate=[0.001]", "sweep.seed=[1]", "-j", "1"];
    for reads_on in [true, false] {
        let mut at_work = bench.command();
        at_work.args(["sweep", "small.toml", "--fresh", "--progress", "plain"]).args(few);
        let mut at_work = at_work.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(at_work.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(stderr.any(|line| line.starts_with('[')), "the sweep ended too early");
        let reader = Connection::open_with_flags(&record, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM trial").unwrap();
        let begun = Instant::now();
        while !tables.exists() {
            assert!(at_work.try_wait().unwrap().is_none_or(|status| status.success()), "the sweep failed");
            assert!(begun.elapsed() < Duration::from_secs(60), "the sweep wrote no tables");
            thread::sleep(Duration::from_millis(5));
        }
        let reader = reads_on.then_some(reader);
        let said = stderr.collect::<Vec<_>>().join("\n");
        assert!(at_work.wait().unwrap().success(), "{said}");
        let warned = said.contains("results.db keeps its write-ahead log beside it, since another program has it open");
        assert_eq!((warned, log.exists()), (reads_on, reads_on), "{said}");
        assert_eq!(bench.read("results/small/trials.csv").lines().count(), 4);
        drop(reader);
        sweep(&bench, &few);
        assert!(!log.exists(), "the next sweep puts the log in");
        fs::remove_file(&tables).unwrap();
    }
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
fn an_interrupted_sweep_leaves_trials_that_are_still_damaged_out_of_its_tables() {
    let bench = bench();
    sweep(&bench, &["train.iterations=20"]);
    let record = rusqlite::Connection::open(bench.path("results/small/results.db")).unwrap();
    assert_eq!(record.execute("UPDATE trial SET test_accuracy = 2.0", []).unwrap(), 18);
    drop(record);
    // The trials of the longest fleet take longer than this run may.
    let cut = bench.run(&[
        "sweep",
        "small.toml",
        "-j",
        "1",
        "sweep.train.iterations=[20, 100_000_000]",
        "--time-budget",
        "5s",
    ]);
    assert_eq!(cut.status.code(), Some(130), "{}", text(&cut.stderr));
    assert!(text(&cut.stderr).contains("trained again"), "{}", text(&cut.stderr));
    let tables = ["trials.csv", "history.csv"].map(|name| bench.read(&format!("results/small/{name}")));
    assert!(tables.iter().all(|table| table.lines().count() == 1), "{tables:?}");
}

#[test]
fn a_finished_record_can_be_shown_where_nothing_can_be_written() {
    let bench = bench();
    sweep(&bench, &["train.iterations=5"]);
    let header = fs::read(bench.path("results/small/results.db")).unwrap();
    assert_eq!(header[18..20], [1, 1], "SQLite's read and write version: no write-ahead log is needed");
}

#[test]
fn a_record_whose_writer_was_killed_between_two_journals_can_be_read_and_is_left_as_it_is() {
    let bench = bench();
    sweep(&bench, &["train.iterations=5"]);
    let shown = bench.succeeds(&["show", "results/small", "--csv"]).0;
    fs::create_dir(bench.path("killed")).unwrap();
    let mut record = Connection::open(bench.path("results/small/results.db")).unwrap();
    record.execute_batch("PRAGMA cache_size = 1").unwrap();
    let begun = record.transaction().unwrap();
    begun.execute_batch("UPDATE trial SET seconds = 1e9; UPDATE history SET cost = 7").unwrap();
    let files = ["results.db", "results.db-journal"];
    for name in files {
        fs::copy(bench.path(&format!("results/small/{name}")), bench.path(&format!("killed/{name}"))).unwrap();
    }
    drop(begun);
    let contents = || files.map(|name| fs::read(bench.path(&format!("killed/{name}"))).unwrap());
    let before = contents();
    assert_eq!(bench.succeeds(&["show", "killed", "--csv"]).0, shown);
    assert!(contents() == before, "a reader has written to the record");
    bench.succeeds(&["tag", "killed", "+kept"]);
    assert!(!bench.path("killed/results.db-journal").exists(), "a writer undoes what was begun");
    assert_eq!(bench.succeeds(&["show", "killed", "--csv"]).0.lines().count(), shown.lines().count());
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
