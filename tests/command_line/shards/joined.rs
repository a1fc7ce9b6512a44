//! What a merge takes along and what it sees: merges at once, tags and notes, shards in the folders of others.

use std::fs::{self, OpenOptions};
use std::process::{Command, Stdio};

use rusqlite::Connection;

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
    // The shard is read in three steps, then the target, and then the shard again.
    for _step in 0..3 {
        let _writer = reader_has_come();
        fs::remove_file(&log).unwrap();
        make_log();
    }
    let again = reader_has_come();
    let (code, said) = merged(&bench, &[&shard(1), "--out", "joined"]);
    assert!(code == Some(1) && said.contains("12 of 24 trials"), "{said}");
    fs::remove_file(&log).unwrap();
    drop(again);
    let slow = slow.wait_with_output().unwrap();
    let said = text(&slow.stderr);
    assert!(slow.status.success() && said.contains("24 of 24 trials"), "{said}");
    assert_eq!(bench.read("joined/trials.csv").lines().count(), 25);
}

#[test]
fn a_part_of_a_plan_is_not_taken_for_all_of_it_whatever_number_of_trials_its_record_names() {
    let bench = bench();
    sweep(&bench, &["--shard", "0/2"]);
    let record = Connection::open(bench.path(&format!("{SHARDS}/0-of-2/results.db"))).unwrap();
    assert_eq!(record.execute("UPDATE whole_plan SET trials = 12", []).unwrap(), 1);
    drop(record);
    let (code, said) = merged(&bench, &[SHARDS]);
    assert!(code == Some(2) && said.contains("don't make the plan that they name"), "{said}");
    assert!(!bench.path("results/small").exists());
}
