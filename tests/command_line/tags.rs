//! Tags, notes and former plans.

use rusqlite::Connection;

use crate::nets::{DIR, bench, trials};
use crate::support::{failure, json_lines, text};

#[test]
fn tags_and_notes_are_kept_beside_what_is_proved() {
    let bench = bench();
    let trial = trials(&bench, DIR)[4]["trial"].clone();
    let database = bench.path("results/nets/results.db");
    // A record of an earlier release has no tables for them.
    let old = Connection::open(&database).unwrap();
    old.execute_batch("DROP TABLE tag; DROP TABLE note; DROP TABLE former").unwrap();
    drop(old);
    assert_eq!(bench.run(&["show", DIR, "--where", "tag = look"]).status.code(), Some(1));
    assert_eq!(bench.succeeds(&["tag", DIR]).0.lines().count(), 1);

    bench.succeeds(&["tag", DIR, "--trial", &trial[..6], "+look", "+hard", "--note", "why does it rise?"]);
    bench.succeeds(&["tag", DIR, "--where", "depth = 2 and status = diverged", "+unstable", "+old"]);
    bench.succeeds(&["tag", DIR, "--where", "tag = unstable and seed = 2", "-old", "-missing"]);
    bench.succeeds(&["tag", DIR, "+paper", "--note", "figure 3"]);
    let (_, said) = bench.succeeds(&["tag", DIR, "-old"]);
    assert!(said.contains("the sweep had no tag old; 2 trials have it: --where 'tag = old'"), "{said}");
    let (_, said) = bench.succeeds(&["tag", DIR, "--where", "tag = old", "-paper"]);
    assert!(said.contains("no chosen trial had the tag paper"), "{said}");
    let found = |condition: &str| {
        let rows = text(&bench.run(&["show", DIR, "--trials", "--json", "--where", condition]).stdout);
        json_lines(&rows).iter().map(|row| row["trial"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("tag = look"), std::slice::from_ref(&trial));
    assert_eq!(found("note = 'why does it rise?'"), std::slice::from_ref(&trial));
    assert_eq!([found("tag = unstable").len(), found("tag = old").len(), found("tag != unstable").len()], [3, 2, 21]);
    // A tag of the sweep is one of each of its trials.
    assert_eq!([found("tag = paper").len(), found("tag != paper").len(), found("not tag = paper").len()], [24, 0, 0]);
    let (table, header) = bench.succeeds(&["show", DIR, "--trials"]);
    assert!(table.lines().any(|row| row.contains("hard look") && row.contains("why does it rise?")), "{table}");
    assert!(header.starts_with("nets [paper] (figure 3): 24 trials"), "{header}");
    let (list, _) = bench.succeeds(&["tag", DIR]);
    assert!(list.contains("the sweep") && list.lines().count() == 1 + 1 + 1 + 3, "{list}");

    // Nothing that is proved has changed, and a trial that is trained again keeps them.
    bench.succeeds(&["verify", DIR, "--retrain", "0"]);
    let edit = format!("UPDATE trial SET seconds = seconds + 1 WHERE id = '{trial}'");
    assert_eq!(Connection::open(&database).unwrap().execute(&edit, []).unwrap(), 1);
    let (_, said) = bench.succeeds(&["sweep", "nets.toml"]);
    assert!(said.contains("damaged in the record, and trained again: trial "), "{said}");
    assert_eq!(found("tag = look and status = completed"), std::slice::from_ref(&trial));
    bench.succeeds(&["tag", DIR, "--trial", &trial, "--note", "", "-look", "-hard"]);
    assert!(found("tag = hard").is_empty() && !bench.succeeds(&["tag", DIR]).0.contains(&trial));

    for (arguments, problem) in [
        (&["plain"][..], "plain: write +plain to put the tag on, -plain to take it off"),
        (&["+a b"], "a tag is 1 to 60 letters"),
        (&["+"], "a tag is 1 to 60 letters"),
        (&["+x", "--trial", "zzz"], "--trial: results/nets has no finished trial zzz"),
        (&["+x", "--trial", ""], "24 trials"),
        (&["+x", "--where", "depth = 9"], "--where: no trial of results/nets fits it"),
    ] {
        let (code, line) = failure(&bench.run(&[&["tag", DIR], arguments].concat()));
        assert!(code == Some(2) && line.contains(problem), "{line}");
    }
}

#[test]
fn a_plan_that_another_takes_the_place_of_is_named_and_can_be_shown() {
    let bench = bench();
    let before = bench.succeeds(&["show", DIR, "--trials", "--csv"]).0;
    let (_, said) = bench.succeeds(&["show", DIR]);
    assert!(!said.contains("former plan"), "{said}");
    bench.succeeds(&["sweep", "nets.toml", "train.iterations=20"]);
    let (_, said) = bench.succeeds(&["show", DIR]);
    let line = "note: the record keeps a former plan too, --plan 1: nets, 24 points of model.depth x train.learning_rate x seed; \
                there train.iterations=60";
    assert!(said.contains(line), "{said}");
    assert_eq!(bench.succeeds(&["show", DIR, "--trials", "--csv", "--plan", "1"]).0, before);
    let best = json_lines(&bench.succeeds(&["best", DIR, "--json", "--plan", "1"]).0).remove(0);
    assert!(before.contains(best["trial"]["id"].as_str().unwrap()), "{best}");
    bench.succeeds(&["verify", DIR, "--retrain", "0"]);
    bench.succeeds(&["sweep", "nets.toml", "train.iterations=20", "--out", "other"]);
    bench.succeeds(&["data", "generate", "--train", "40", "--test", "12", "--side", "8", "--seed", "2"]);
    bench.succeeds(&["sweep", "nets.toml", "train.iterations=20", "--out", "other"]);
    let other_data = "24 points of model.depth x train.learning_rate x seed; there other data\n";
    let (_, said) = bench.succeeds(&["show", "other"]);
    assert!(said.contains(other_data), "{said}");
    for first in ["SELECT trial FROM plan ORDER BY position LIMIT 1", "SELECT points ->> '$[0][0]' FROM former"] {
        let record = Connection::open(bench.path("other/results.db")).unwrap();
        record.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        assert_eq!(record.execute(&format!("DELETE FROM trial WHERE id = ({first})"), []).unwrap(), 1);
        drop(record);
        let (_, said) = bench.succeeds(&["show", "other"]);
        assert!(said.contains(other_data), "the first trial is open: {said}");
    }
    bench.succeeds(&["data", "generate", "--train", "40", "--test", "12", "--side", "8"]);

    // More seeds lose nothing, and the first plan once more takes its own place.
    bench.succeeds(&["sweep", "nets.toml", "train.iterations=20", "sweep.seed=[1, 2, 3, 4]"]);
    assert_eq!(bench.succeeds(&["show", DIR]).1.matches("former plan").count(), 1);
    bench.succeeds(&["sweep", "nets.toml"]);
    let (_, said) = bench.succeeds(&["show", DIR]);
    assert!(said.contains("32 points") && said.matches("former plan").count() == 1, "{said}");
    assert_eq!(bench.succeeds(&["show", DIR, "--trials", "--csv"]).0, before);

    // One that is damaged is said, and left out.
    let database = Connection::open(bench.path("results/nets/results.db")).unwrap();
    assert_eq!(database.execute("UPDATE former SET points = replace(points, '0.01', '0.02')", []).unwrap(), 1);
    drop(database);
    let (_, said) = bench.succeeds(&["show", DIR]);
    assert!(said.contains("warning: damaged in the record, and left out: 1 former plan"), "{said}");
    let report = bench.run(&["verify", DIR, "--retrain", "0"]);
    assert!(
        report.status.code() == Some(1) && text(&report.stdout).contains("✗ former plans"),
        "{}",
        text(&report.stdout)
    );
    bench.succeeds(&["sweep", "nets.toml"]);
    assert!(!bench.succeeds(&["verify", DIR, "--retrain", "0"]).0.contains("former plan"));
}
