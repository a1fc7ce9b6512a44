//! Shards and merges that are run again, on what an earlier run has left.

use super::*;

/// Sets up a sweep whose two shards are trained and joined.
fn joined() -> Bench {
    let bench = bench();
    sweep(&bench, &["--shard", "0/2"]);
    sweep(&bench, &["--shard", "1/2"]);
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
    bench
}

#[test]
fn a_shard_that_is_to_begin_anew_is_not_taken_from_the_joined_results() {
    let bench = joined();
    let (code, _, line) = on(&bench, "Haswell", &["sweep", "small.toml", "--shard", "0/2", "--fresh"]);
    assert_eq!(code, Some(2), "{line}");
    assert!(line.contains("--fresh: 12 trials of shard 0/2 would be taken from results/small"), "{line}");
    assert!(!bench.path(&format!("{SHARDS}/0-of-2.1")).exists());
    fs::rename(bench.path("results/small"), bench.path("results/before")).unwrap();
    let said = sweep(&bench, &["--shard", "0/2", "--fresh"]);
    assert!(said.contains("0-of-2.1") && said.contains("12 trials in "), "{said}");
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
}

#[test]
fn a_damaged_trial_of_the_joined_record_is_missing_and_its_damaged_plan_is_written_anew() {
    let bench = joined();
    let whole = trials(&bench, "results/small");
    let record = || Connection::open(bench.path("results/small/results.db")).unwrap();
    let first = "id = (SELECT trial FROM plan ORDER BY position LIMIT 1)";
    let id: String = record().query_row(&format!("SELECT id FROM trial WHERE {first}"), [], |row| row.get(0)).unwrap();
    assert_eq!(record().execute(&format!("UPDATE trial SET final_cost = 0 WHERE {first}"), []).unwrap(), 1);
    let of_the_other = ["0-of-2", "1-of-2"].into_iter().find(|shard| {
        let shard = Connection::open(bench.path(&format!("{SHARDS}/{shard}/results.db"))).unwrap();
        let has = "SELECT COUNT(*) FROM trial WHERE id = ?1";
        shard.query_row(has, [&id], |row| row.get::<_, i64>(0)).unwrap() == 0
    });
    let other = format!("{SHARDS}/{}", of_the_other.unwrap());

    let (code, said) = merged(&bench, &[&other, "--out", "results/small"]);
    assert_eq!(code, Some(1), "{said}");
    let lost = format!("results/small: damaged in the record, and counted as missing: trial {id}");
    assert!(said.contains(&lost) && said.contains("23 of 24 trials, of 1 record, are in results/small"), "{said}");
    assert!(!bench.read("results/small/trials.csv").contains(&id));

    assert_eq!(record().execute("UPDATE axis SET scale = 'log'", []).unwrap(), 4);
    let (code, _, said) = on(&bench, "Haswell", &["status", SHARDS]);
    assert!(code == Some(0) && said.contains(&format!("runner merge {SHARDS} writes it anew")), "{said}");
    let (code, said) = merged(&bench, &[SHARDS]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("results/small: its plan is damaged, and is written anew"), "{said}");
    assert_eq!(trials(&bench, "results/small"), whole);
}

#[test]
fn a_shard_of_a_joined_record_with_a_damaged_plan_takes_its_trials_all_the_same() {
    let bench = joined();
    let record = Connection::open(bench.path("results/small/results.db")).unwrap();
    assert_eq!(record.execute("UPDATE axis SET scale = 'log'", []).unwrap(), 4);
    fs::remove_dir_all(bench.path(&format!("{SHARDS}/0-of-2"))).unwrap();
    let said = sweep(&bench, &["--shard", "0/2"]);
    assert!(said.contains("every trial was finished before"), "{said}");
}

#[test]
fn the_directory_of_the_shards_may_be_the_one_that_the_shell_is_in() {
    let bench = bench();
    sweep(&bench, &["--shard", "0/1"]);
    let merge = bench.shell(&format!("cd {SHARDS} && $RUNNER merge . && $RUNNER status ."));
    assert!(merge.status.success(), "{}", text(&merge.stderr));
    assert!(bench.path("results/small/trials.csv").exists() && !bench.path(&format!("{SHARDS}/results")).exists());
}

#[test]
fn a_shard_without_trials_says_so() {
    let bench = bench();
    let said = sweep(&bench, &["--shard", "99/100"]);
    assert!(said.contains("this shard has no trials") && !said.contains("every trial was finished before"), "{said}");
}

#[test]
fn shards_between_two_rungs_are_not_done() {
    let bench = bench();
    let halving = ["sweep.halving.least=10", "sweep.halving.factor=4"];
    let train = || sweep(&bench, &[&halving[..], &["--shard", "0/1"]].concat());
    let status = || {
        let (code, shown, _) = on(&bench, "Haswell", &["status", SHARDS]);
        (code, shown)
    };
    train();
    let (code, shown) = status();
    assert!(code == Some(1) && shown.contains("1 shard: 1 done; 24 of 24 trials finished; rung 1 of 2"), "{shown}");
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
    assert_eq!(status().0, Some(1));
    train();
    let (code, shown) = status();
    assert!(code == Some(0) && shown.contains("; rung 2 of 2"), "{shown}");
}
