//! The merge of shards beside other merges, with tags and notes, and from directories that hold the record of another shard.

use std::fs::{self, OpenOptions};
use std::process::{Command, Stdio};

use rusqlite::Connection;
use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;

use super::{SHARDS, bench, merged, on, sweep};
use crate::support::text;

#[test]
fn a_merge_that_reads_slowly_keeps_what_another_one_has_joined_meanwhile() {
    let bench = bench();
    sweep(&bench, &["--shard", "0/2"]);
    sweep(&bench, &["--shard", "1/2"]);
    let shard = |shard: usize| format!("{SHARDS}/{shard}-of-2");
    // Whoever reads this log waits for its writer.
    let log = bench.path(&format!("{}/results.db-wal", shard(0)));
    let make_log = || assert!(Command::new("mkfifo").arg(&log).status().unwrap().success());
    make_log();
    let mut slow = bench.command();
    slow.env("OPENBLAS_CORETYPE", "Haswell").args(["merge", &shard(0), "--out", "joined"]);
    let slow = slow.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let reader_has_come = || OpenOptions::new().write(true).open(&log).unwrap();
    let steps = |count: usize| {
        for _step in 0..count {
            let _writer = reader_has_come();
            fs::remove_file(&log).unwrap();
            make_log();
        }
    };
    // The shard is read in three steps, then the target, and then the shard again.
    steps(3);
    let again = reader_has_come();
    let (code, said) = merged(&bench, &[&shard(1), "--out", "joined"]);
    assert!(code == Some(1) && said.contains("12 of 24 trials"), "{said}");
    fs::remove_file(&log).unwrap();
    make_log();
    drop(again);
    // The rest of that, and the same once more after the target that has changed. Then its trials are copied.
    steps(2 + 3);
    let copied = reader_has_come();
    let record = OpenOptions::new().write(true).open(bench.path("joined/results.db")).unwrap();
    let locked = fcntl_lock(&record, FlockOperation::NonBlockingLockExclusive);
    assert_eq!(locked, Err(Errno::AGAIN), "SQLite has lost its lock of the record");
    fs::remove_file(&log).unwrap();
    drop(copied);
    let slow = slow.wait_with_output().unwrap();
    let said = text(&slow.stderr);
    assert!(slow.status.success() && said.contains("24 of 24 trials"), "{said}");
    assert_eq!(bench.read("joined/trials.csv").lines().count(), 25);
}

#[test]
fn tags_and_notes_of_shards_are_joined_and_those_of_the_joined_record_stay() {
    let bench = bench();
    sweep(&bench, &["--shard", "0/2"]);
    sweep(&bench, &["--shard", "1/2"]);
    let trial =
        |shard: &str| bench.read(&format!("{SHARDS}/{shard}/trials.csv")).lines().nth(1).unwrap()[..12].to_owned();
    let (one, two) = (trial("0-of-2"), trial("1-of-2"));
    let tag = |folder: &str, trial: &str, change: &[&str]| {
        bench.succeeds(&[&["tag", folder, "--trial", trial], change].concat());
    };
    tag(&format!("{SHARDS}/0-of-2"), &one, &["+look", "--note", "why?"]);
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
    tag("results/small", &two, &["--note", "the joined one"]);
    // Also those that come after their trial.
    tag(&format!("{SHARDS}/1-of-2"), &two, &["+late", "--note", "the shard's"]);
    let (code, said) = merged(&bench, &[SHARDS]);
    assert_eq!(code, Some(0), "{said}");
    let left = format!("1-of-2: the note on trial {two} is left there");
    assert!(said.contains(&left), "{said}");
    let record = Connection::open(bench.path("results/small/results.db")).unwrap();
    let all = |select: &str| {
        let mut rows = record.prepare(select).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let mut rows = rows.collect::<Result<Vec<(String, String)>, _>>().unwrap();
        rows.sort();
        rows
    };
    let sorted = |mut rows: Vec<(String, String)>| {
        rows.sort();
        rows
    };
    let of = |trial: &String, word: &str| (trial.clone(), word.to_owned());
    assert_eq!(all("SELECT trial, tag FROM tag"), sorted(vec![of(&one, "look"), of(&two, "late")]));
    assert_eq!(all("SELECT trial, text FROM note"), sorted(vec![of(&one, "why?"), of(&two, "the joined one")]));
}

#[test]
fn the_record_of_another_shard_is_named_by_status_and_merge_and_not_trained_into() {
    let bench = bench();
    sweep(&bench, &["--shard", "0/2"]);
    fs::rename(bench.path(&format!("{SHARDS}/0-of-2")), bench.path(&format!("{SHARDS}/1-of-2"))).unwrap();
    let (code, shown, said) = on(&bench, "Haswell", &["status", SHARDS]);
    assert!(code == Some(1) && shown.contains("1 not begun, 1 damaged"), "{shown}");
    assert!(said.contains("1-of-2: not counted: this is the record of shard 0/2; move it to"), "{said}");
    let (code, said) = merged(&bench, &[SHARDS]);
    assert!(code == Some(1) && said.contains("1-of-2: this is the record of shard 0/2"), "{said}");
    assert!(said.contains("shard 1 of 2 is missing (results/small.shards/1-of-2 has no record of it)"), "{said}");
    let (code, _, said) = on(&bench, "Haswell", &["sweep", "small.toml", "--shard", "1/2"]);
    assert!(
        code == Some(2) && said.contains("error: results/small.shards/1-of-2: this is the record of shard 0/2"),
        "{said}"
    );
    fs::rename(bench.path(&format!("{SHARDS}/1-of-2")), bench.path(&format!("{SHARDS}/0-of-2"))).unwrap();
    sweep(&bench, &["--shard", "1/2"]);
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
}

#[test]
fn a_part_of_a_plan_is_not_taken_for_all_of_it_whatever_number_of_trials_its_record_names() {
    let bench = bench();
    sweep(&bench, &["--shard", "0/2"]);
    let record = Connection::open(bench.path(&format!("{SHARDS}/0-of-2/results.db"))).unwrap();
    assert_eq!(record.execute("UPDATE whole_plan SET trials = 12", []).unwrap(), 1);
    drop(record);
    let (code, said) = merged(&bench, &[SHARDS]);
    assert!(code == Some(2) && said.contains("don't add up to the whole one that they name"), "{said}");
    assert!(!bench.path("results/small").exists());
}
