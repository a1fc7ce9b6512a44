//! Records that a merge meets: in training, of a former release, doubled, damaged, of another machine or experiment.

use std::fs;

use rusqlite::Connection;

use super::{SHARDS, assert_same, bench, merged, on, sweep};
use crate::support::{failure, reseal, signal, text};

#[test]
fn a_merge_while_a_shard_is_trained_has_what_is_finished_and_leaves_the_files_of_the_shard_alone() {
    let bench = bench();
    let arguments = ["sweep", "small.toml", "train.iterations=600", "-j", "1", "--shard", "0/2"];
    assert!(bench.run(&[&arguments[..5], &["--out", "whole"]].concat()).status.success());
    assert!(bench.run(&[&arguments[..6], &["1/2"]].concat()).status.success());
    let mut at_work = bench.start_until(&arguments, 1);
    signal(&at_work, "STOP");
    let file = |name: &str| bench.path(&format!("{SHARDS}/0-of-2/results.db{name}"));
    // The shard goes on with the file that it has open; another reader of the record itself would make a new one.
    fs::remove_file(file("-shm")).expect("a shard at work has its record open");
    let files = || ["", "-wal"].map(|name| fs::read(file(name)).unwrap());
    let before = files();
    let (code, said) = merged(&bench, &[SHARDS]);
    assert!(code == Some(1) && said.contains("shard 0/2: "), "{said}");
    assert!(!file("-shm").exists(), "the merge has opened the record in its place");
    assert!(files() == before, "the merge has written to the record of the shard");
    let there = bench.read("results/small/trials.csv").lines().count() - 1;
    assert!((13..24).contains(&there), "{there} trials, of which the finished shard has 12");

    signal(&at_work, "CONT");
    while at_work.try_wait().unwrap().is_none() {
        let (code, said) = merged(&bench, &[SHARDS]);
        assert!(code <= Some(1) && !said.contains("damaged"), "{said}");
    }
    assert!(at_work.wait().unwrap().success());
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
    assert_same(&bench, "results/small", "whole");
}

#[test]
fn results_that_have_lost_their_experiment_are_written_anew_from_the_shards() {
    let bench = bench();
    sweep(&bench, &["-j", "1", "--out", "whole"]);
    ["0/2", "1/2"].iter().for_each(|shard| drop(sweep(&bench, &["--shard", shard])));
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
    let record = Connection::open(bench.path("results/small/results.db")).unwrap();
    record.execute("DELETE FROM experiment", []).unwrap();
    drop(record);
    let merge = bench.shell(&format!("OPENBLAS_CORETYPE=Haswell timeout 60 $RUNNER merge {SHARDS}"));
    let said = text(&merge.stderr);
    assert!(
        merge.status.success() && said.contains("its plan is damaged, and is written anew from the shards"),
        "{said}"
    );
    assert_same(&bench, "results/small", "whole");
}

#[test]
fn shards_of_two_builds_are_joined_with_a_warning() {
    let bench = bench();
    ["0/2", "1/2"].iter().for_each(|shard| drop(sweep(&bench, &["--shard", shard])));
    assert!(!merged(&bench, &[SHARDS]).1.contains("builds"));
    let record = Connection::open(bench.path(&format!("{SHARDS}/1-of-2/results.db"))).unwrap();
    // The lines are in the order of the commits, and no hash comes after this letter.
    record.execute("UPDATE machine SET toml = replace(toml, 'commit = \"', 'commit = \"other')", []).unwrap();
    drop(record);
    let (_, said) = merged(&bench, &[SHARDS, "--out", "joined"]);
    assert!(said.contains(&format!("(first in {SHARDS}/1-of-2): where these builds round differently")), "{said}");
    assert!(said.contains("12 trials by runner ") && said.contains(&format!("(first in {SHARDS}/0-of-2)")), "{said}");
}

#[test]
fn shards_of_the_first_releases_which_have_the_whole_plan_are_joined_with_later_ones() {
    let bench = bench();
    sweep(&bench, &["-j", "1", "--out", "whole"]);
    for shard in ["0/3", "1/3", "2/3"] {
        sweep(&bench, &["--shard", shard]);
    }
    for shard in 0..2 {
        let record = Connection::open(bench.path(&format!("{SHARDS}/{shard}-of-3/results.db"))).unwrap();
        let whole = bench.path("whole/results.db").display().to_string();
        let earlier = format!(
            "ATTACH '{whole}' AS whole; DROP TABLE whole_plan; INSERT OR IGNORE INTO plan SELECT * FROM whole.plan; \
             UPDATE experiment SET digest = (SELECT digest FROM whole.experiment);"
        );
        record.execute_batch(&earlier).unwrap();
    }
    for shards in [&["0-of-3", "1-of-3", "2-of-3"], &["2-of-3", "1-of-3", "0-of-3"]] {
        let shards = shards.map(|shard| format!("{SHARDS}/{shard}"));
        let (code, said) = merged(&bench, &[&shards[0], &shards[1], &shards[2], "--out", "joined"]);
        assert_eq!(code, Some(0), "{said}");
        assert_same(&bench, "joined", "whole");
        fs::remove_dir_all(bench.path("joined")).unwrap();
    }
    let said = sweep(&bench, &["--shard", "0/3"]);
    assert!(said.contains("every trial was finished before"), "{said}");
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
}

#[test]
fn trials_of_two_records_must_be_equal_and_a_damaged_one_is_taken_from_the_other() {
    let bench = bench();
    sweep(&bench, &["--out", "whole"]);
    sweep(&bench, &["--shard", "0/2"]);
    sweep(&bench, &["--shard", "1/2"]);
    fs::create_dir(bench.path("twice")).unwrap();
    fs::rename(bench.path(&format!("{SHARDS}/0-of-2")), bench.path("twice/0-of-2")).unwrap();
    sweep(&bench, &["--shard", "0/2"]);
    let both = [SHARDS, "twice", "--out", "joined"];
    let (code, said) = merged(&bench, &both);
    assert!(code == Some(0) && said.contains("12 trials in several records, with the same results"), "{said}");
    assert_same(&bench, "joined", "whole");

    let record = Connection::open(bench.path("twice/0-of-2/results.db")).unwrap();
    let edit = "UPDATE history SET cost = cost * (1 + 1e-15) WHERE trial = 1 AND iteration = 20";
    assert_eq!(record.execute(edit, []).unwrap(), 1);
    let again = [SHARDS, "twice", "--out", "again"];
    assert_eq!(merged(&bench, &again).0, Some(0), "it is damaged, and the other one is there");
    assert_same(&bench, "again", "whole");
    let (code, said) = merged(&bench, &["twice", SHARDS, "--out", "turned"]);
    assert_eq!(code, Some(0), "{said}");
    assert_same(&bench, "turned", "whole");
    let (code, said) = merged(&bench, &["twice", "--out", "alone"]);
    assert!(code == Some(1) && said.contains(": damaged in its record, and left out: trial "), "{said}");

    reseal(&record);
    let (code, line) = merged(&bench, &[SHARDS, "twice", "--out", "new"]);
    let line = line.trim_end();
    assert!(code == Some(3) && line.starts_with("error: trial ") && !line.contains('\n'), "{line}");
    for part in [" has two results: completed, last cost ", "Haswell", "twice/0-of-2", "nothing is joined"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(!bench.path("new").exists());
}

#[test]
fn trials_of_other_fleets_may_have_other_bits_and_the_first_one_is_kept() {
    let bench = bench();
    sweep(&bench, &["sweep.seed=[1, 2]"]);
    sweep(&bench, &["--shard", "0/2", "--out", "three"]);
    sweep(&bench, &["--shard", "1/2", "--out", "three"]);
    let record = Connection::open(bench.path("results/small/results.db")).unwrap();
    let edit = "UPDATE trial SET final_cost = final_cost * (1 + 1e-15) WHERE number = 1";
    assert_eq!(record.execute(edit, []).unwrap(), 1);
    reseal(&record);
    let cost: f64 = record.query_row("SELECT final_cost FROM trial WHERE number = 1", [], |row| row.get(0)).unwrap();
    drop(record);
    let (code, said) = merged(&bench, &["three.shards", "--out", "results/small"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("1 trial with other bits in another record, trained in another fleet there; the first"),
        "{said}"
    );
    assert!(bench.read("results/small/trials.csv").contains(&format!(",{cost},")));
}

#[test]
fn shards_of_another_core_or_another_experiment_are_refused() {
    let bench = bench();
    sweep(&bench, &["--shard", "0/2"]);
    let (code, ..) = on(&bench, "Nehalem", &["sweep", "small.toml", "--shard", "1/2"]);
    assert_eq!(code, Some(0));
    let (code, line) = merged(&bench, &[SHARDS]);
    assert!(code == Some(2) && line.starts_with("error: 12 trials on OpenBLAS "), "{line}");
    assert!(line.contains("Nehalem") && line.contains("--mix joins them") && !bench.path("results/small").exists());
    let (code, said) = merged(&bench, &[SHARDS, "--mix"]);
    assert!(code == Some(0) && said.contains("differ by more than 1%"), "{said}");
    let one_by_one = ["0-of-2", "1-of-2"].map(|shard| format!("{SHARDS}/{shard}"));
    assert_eq!(merged(&bench, &[&one_by_one[0], "--out", "steps"]).0, Some(1));
    let (code, line) = merged(&bench, &[&one_by_one[1], "--out", "steps"]);
    assert!(code == Some(2) && line.contains("Nehalem") && line.contains("--mix joins them"), "{line}");
    assert!(bench.read("results/small/trials.csv").lines().next().unwrap().ends_with(",machine"));
    // The same trials of both cores: the first ones are kept.
    let (code, _, _) = on(&bench, "Nehalem", &["sweep", "small.toml", "--shard", "0/2", "--out", "other"]);
    assert_eq!(code, Some(0));
    let (code, said) = merged(&bench, &[SHARDS, "other.shards", "--mix", "--out", "mixed"]);
    assert!(
        code == Some(0) && said.contains("12 trials of another BLAS, core or plans of products in another record"),
        "{said}"
    );

    // Shards of one core, and the results of a whole sweep on another.
    sweep(&bench, &["--out", "whole"]);
    let (code, line) = merged(&bench, &["other.shards", "--out", "whole"]);
    assert!(code == Some(2) && line.contains("Nehalem") && line.contains("--mix keeps the first one"), "{line}");
    assert_eq!(merged(&bench, &["other.shards", "--out", "whole", "--mix"]).0, Some(0));

    // The machine of an earlier sweep of the directory has no part in this one.
    let earlier = ["sweep", "small.toml", "--out", "earlier"];
    assert_eq!(on(&bench, "Nehalem", &[&earlier[..], &["train.iterations=20"]].concat()).0, Some(0));
    sweep(&bench, &["--shard", "0/1", "--out", "one"]);
    let (code, said) = merged(&bench, &["one.shards", "--out", "earlier"]);
    assert!(code == Some(0) && !said.contains("Nehalem"), "{said}");

    sweep(&bench, &["--shard", "1/2", "train.iterations=20", "--out", "short"]);
    let (code, line) = merged(&bench, &[SHARDS, "short.shards", "--mix", "--out", "mixed"]);
    assert!(
        code == Some(2) && line.contains("its experiment or data are not those of") && line.contains("iterations"),
        "{line}"
    );
}

#[test]
fn a_damaged_record_is_named_and_the_others_are_joined() {
    let bench = bench();
    sweep(&bench, &["--shard", "0/2"]);
    sweep(&bench, &["--shard", "1/2"]);
    bench.write(&format!("{SHARDS}/1-of-2/results.db"), "no database");
    let (code, said) = merged(&bench, &[SHARDS]);
    assert!(code == Some(1) && said.contains("12 of 24 trials, of 1 record, are in results/small"), "{said}");
    assert!(
        said.contains("1-of-2: left out: ") && said.contains("runner sweep --fresh sets the directory aside"),
        "{said}"
    );
    let (code, line) = merged(&bench, &[&format!("{SHARDS}/1-of-2"), "--out", "alone"]);
    assert!(code == Some(2) && line.contains("not a database") && !bench.path("alone").exists(), "{line}");
    sweep(&bench, &["--shard", "1/2", "--fresh"]);
    assert_eq!(merged(&bench, &[SHARDS]).0, Some(0));
}

#[test]
fn a_shard_is_not_taken_for_damaged_where_a_copy_of_it_finds_no_room() {
    let bench = bench();
    let arguments = ["sweep", "small.toml", "train.iterations=600", "-j", "1", "--shard", "0/2"];
    let mut at_work = bench.start_until(&arguments, 1);
    signal(&at_work, "STOP");
    for command in ["merge", "status"] {
        let run = bench.command().env("TMPDIR", "/nowhere").args([command, SHARDS]).output().unwrap();
        let (code, line) = failure(&run);
        assert!(code == Some(2) && line.contains("can't be made in /nowhere"), "{command}: {code:?} {line}");
    }
    at_work.kill().and_then(|()| at_work.wait()).unwrap();
}

#[test]
fn a_sound_trial_is_taken_wherever_it_lies_among_damaged_ones() {
    let bench = bench();
    for folder in ["a", "b", "c"] {
        sweep(&bench, &["--out", folder]);
    }
    let open = |folder: &str| Connection::open(bench.path(&format!("{folder}/results.db"))).unwrap();
    let id: String = open("c").query_row("SELECT id FROM trial WHERE number = 1", [], |row| row.get(0)).unwrap();
    for folder in ["a", "c"] {
        assert_eq!(open(folder).execute("UPDATE trial SET test_accuracy = 2.0 WHERE id = ?1", [&id]).unwrap(), 1);
    }
    let (code, said) = merged(&bench, &["a", "b", "c", "--out", "joined"]);
    assert!(code == Some(0) && said.contains("with the same results"), "{said}");
    assert_same(&bench, "joined", "b");
    // Two sound trials after a damaged one are compared too.
    reseal(&open("c"));
    assert_eq!(merged(&bench, &["a", "b", "c", "--out", "twice"]).0, Some(3));
}

#[test]
fn a_damaged_trial_that_a_clock_may_end_is_taken_from_the_other_record_too() {
    let bench = bench();
    for folder in ["a", "b"] {
        sweep(&bench, &["train.stop_seconds=1000", "--out", folder]);
    }
    let record = Connection::open(bench.path("a/results.db")).unwrap();
    assert_eq!(record.execute("UPDATE trial SET test_accuracy = 2.0 WHERE number = 1", []).unwrap(), 1);
    let (code, said) = merged(&bench, &["a", "b", "--out", "joined"]);
    assert_eq!(code, Some(0), "{said}");
    assert_same(&bench, "joined", "b");
}

#[test]
fn results_of_a_shard_that_were_set_aside_are_not_joined() {
    let bench = bench();
    for shard in ["0/2", "1/2"] {
        sweep(&bench, &["--shard", shard]);
    }
    fs::write(bench.path(&format!("{SHARDS}/0-of-2/results.db")), "junk").unwrap();
    sweep(&bench, &["--shard", "0/2", "--fresh"]);
    assert!(bench.path(&format!("{SHARDS}/0-of-2.1")).exists());
    let (code, said) = merged(&bench, &[SHARDS]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn status_counts_what_a_merge_would_join_and_nothing_else() {
    let bench = bench();
    let status = |folder: &str| {
        let (code, shown, said) = on(&bench, "Haswell", &["status", folder]);
        (code, shown.lines().last().unwrap_or_default().to_owned(), said)
    };
    // An earlier sweep of the name, with other keys.
    sweep(&bench, &["train.iterations=10"]);
    sweep(&bench, &["--shard", "0/2"]);
    let (code, shown, _) = status(SHARDS);
    assert!(code == Some(1) && shown.contains("1 done, 1 not begun; 12 of 24 trials finished"), "{shown}");
    // A shard of another experiment, and one that can't be read.
    for (make, reason) in [(true, "another experiment"), (false, "not a database")] {
        if make {
            sweep(&bench, &["--shard", "1/2", "train.iterations=10"]);
        } else {
            fs::write(bench.path(&format!("{SHARDS}/1-of-2/results.db")), "junk".repeat(500)).unwrap();
        }
        let (code, shown, said) = status(SHARDS);
        assert!(code == Some(1) && shown.contains("1 done, 1 damaged; 12 of 24 trials finished"), "{shown}");
        assert!(said.contains(reason) && said.contains("--fresh"), "{said}");
    }
    // Shards of another division are joined too.
    sweep(&bench, &["--shard", "1/2", "--fresh"]);
    // Training the shard anew would be too much of a remedy for its plan.
    let record = rusqlite::Connection::open(bench.path(&format!("{SHARDS}/1-of-2/results.db"))).unwrap();
    record.execute("UPDATE experiment SET name = 'other'", []).unwrap();
    drop(record);
    let (_, _, said) = status(SHARDS);
    assert!(said.contains("run the sweep again to write them anew") && !said.contains("--fresh"), "{said}");
    sweep(&bench, &["--shard", "1/2"]);
    sweep(&bench, &["--shard", "0/3"]);
    let (code, shown, _) = status(SHARDS);
    assert!(code == Some(0) && shown.contains("24 of 24 trials finished"), "{shown}");
}
