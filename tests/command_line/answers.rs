//! The answer in a sweep: conditions, orders, columns, the best setting, comparisons, tags and former plans.

use std::collections::BTreeMap;
use std::fs;

use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Bench, failure, text};

/// Twenty-four trials of eight settings, those of the highest rate diverge.
const SWEEP: &str = r#"
name = "nets"

[data]
set = "drawn"
validation = 0.25

[model]
width = 6
activation = "identity"

[train]
iterations = 60
record_every = 10

[sweep]
"model.depth" = [2, 3]
"train.learning_rate" = [0.001, 0.01, 0.1, 1e4]
seed = [1, 2, 3]
"#;
const DIR: &str = "results/nets";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("nets.toml", SWEEP);
    run(&bench, &["sweep", "nets.toml"]);
    bench
}

/// Stdout and stderr of a run that succeeds.
fn run(bench: &Bench, arguments: &[&str]) -> (String, String) {
    let run = bench.run(arguments);
    assert!(run.status.success(), "{arguments:?}: {}", text(&run.stderr));
    (text(&run.stdout), text(&run.stderr))
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

/// The rows of trials.csv by their columns.
fn trials(bench: &Bench, dir: &str) -> Vec<BTreeMap<String, String>> {
    let csv = bench.read(&format!("{dir}/trials.csv"));
    let mut rows = csv.lines().map(|row| row.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = rows.next().unwrap();
    rows.map(|row| header.iter().cloned().zip(row).collect()).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {row:?}"))
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// The settings by depth and rate, each with its completed trials.
fn settings(bench: &Bench) -> BTreeMap<(String, String), Vec<BTreeMap<String, String>>> {
    let mut settings: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in trials(bench, DIR).into_iter().filter(|row| row["status"] == "completed") {
        settings.entry((row["model.depth"].clone(), row["train.learning_rate"].clone())).or_default().push(row);
    }
    settings
}

#[test]
fn a_condition_keeps_the_trials_for_which_it_holds() {
    let bench = bench();
    let all = trials(&bench, DIR);
    let first = all[0]["trial"].clone();
    let is = |row: &BTreeMap<String, String>, key: &str, value: &str| row[key] == value;
    type Holds<'h> = &'h dyn Fn(&BTreeMap<String, String>) -> bool;
    let conditions: [(&str, Holds); 17] = [
        ("depth = 3", &|row| is(row, "model.depth", "3")),
        ("model.depth >= 3", &|row| is(row, "model.depth", "3")),
        ("depth>2 AND seed!=2", &|row| is(row, "model.depth", "3") && !is(row, "seed", "2")),
        ("learning_rate <= 0.01", &|row| number(row, "train.learning_rate") <= 0.01),
        ("status = diverged", &|row| is(row, "status", "diverged")),
        ("status != completed or seed == 3", &|row| !is(row, "status", "completed") || is(row, "seed", "3")),
        ("not (seed = 1 or seed = 2)", &|row| is(row, "seed", "3")),
        ("seed = 1 or seed = 2 and depth = 2", &|row| {
            is(row, "seed", "1") || (is(row, "seed", "2") && is(row, "model.depth", "2"))
        }),
        ("not seed = 1 and not seed = 2", &|row| is(row, "seed", "3")),
        ("cost < 0.5", &|row| row["final_cost"].parse::<f64>().is_ok_and(|cost| cost < 0.5)),
        ("validation_cost >= 0.6", &|row| row["status"] == "completed" && number(row, "validation_cost") >= 0.6),
        ("activation = identity", &|_| true),
        ("dtype = 'f32' and model.width = 6 and iterations < 61", &|_| true),
        ("optimizer = adam", &|_| false),
        ("momentum = 0.5", &|_| false),
        ("hidden = [6, 6]", &|row| is(row, "model.depth", "3")),
        (&format!("trial = {first}"), &|row| is(row, "trial", &first)),
    ];
    for (condition, holds) in conditions {
        let found = run(&bench, &["show", DIR, "--trials", "--json", "--sort", "plan", "--where", condition]).0;
        let found: Vec<String> =
            json_lines(&found).iter().map(|row| row["trial"].as_str().unwrap().to_owned()).collect();
        let expected: Vec<String> = all.iter().filter(|row| holds(row)).map(|row| row["trial"].clone()).collect();
        assert_eq!(found, expected, "{condition}");
    }
}

#[test]
fn a_mistake_in_a_condition_is_one_line_that_points_at_it() {
    let bench = bench();
    for (condition, at, problem) in [
        ("depht = 3", 1, "there is no column depht (did you mean model.depth?)"),
        ("depth >= 3 and stats = completed", 16, "did you mean status?"),
        ("lr < 0.1", 1, "did you mean train.learning_rate?"),
        ("depth = 3 seed = 1", 11, "expected and, or or the end, found seed"),
        ("(depth = 3", 11, "expected ), and, or or, found the end"),
        ("depth = 3)", 10, "found )"),
        ("depth 3", 7, "expected =, !=, <, <=, > or >= after depth, found 3"),
        ("depth >=", 9, "found the end"),
        ("depth = 3 and", 14, "expected a key or column, found the end"),
        ("", 1, "expected a key or column, found the end"),
        ("status = finished", 10, "status is one of completed, diverged, failed, damaged, found finished"),
        ("status = complete", 10, "did you mean completed?"),
        ("status < completed", 10, "with a number only"),
        ("engine > 3", 10, "engine is a text"),
        ("activation = rellu", 14, "model.activation must be"),
        ("depth = three", 9, "model.depth must be an integer"),
        ("cost = low", 8, "final_cost is compared with a number"),
        ("tag = 'a", 7, "' is not closed"),
        ("hidden = [6, 6", 10, "[ is not closed"),
        ("depth = 3 & seed = 1", 11, "& has no meaning here"),
    ] {
        let (code, line) = failure(&bench.run(&["show", DIR, "--where", condition]));
        let place = format!("error: --where '{condition}': at character {at}: ");
        assert!(code == Some(2) && line.starts_with(&place) && line.contains(problem), "{condition}: {line}");
    }
    let deep = format!("{}depth = 2{}", "(".repeat(5000), ")".repeat(5000));
    let (code, line) = failure(&bench.run(&["show", DIR, "--where", &deep]));
    assert!(code == Some(2) && line.contains("in each other"), "{}", &line[line.len() - 100..]);
}

#[test]
fn columns_orders_and_exports_are_those_that_are_asked_for() {
    let bench = bench();
    let (csv, _) = run(&bench, &["show", DIR, "--trials", "--sort", "plan", "--csv"]);
    let mut exported = csv.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let header = exported.next().unwrap();
    let place = |name: &str| header.iter().position(|column| *column == name).unwrap_or_else(|| panic!("{header:?}"));
    for (row, written) in exported.zip(trials(&bench, DIR)) {
        for name in
            ["trial", "model.depth", "train.learning_rate", "status", "final_cost", "validation_cost", "test_accuracy"]
        {
            assert_eq!(row[place(name)], written[name], "{name}");
        }
    }
    let (table, _) =
        run(&bench, &["show", DIR, "--columns", "learning_rate,cost,n,status", "--sort", "-learning_rate,depth"]);
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["learning_rate", "final_cost", "n", "status"]);
    let rates: Vec<f64> = rows[1..].iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(rates, [1e4, 1e4, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001]);
    for (sort, best_first) in [("final_cost", true), ("-final_cost", false), ("test", true), ("-test_accuracy", false)]
    {
        let column = if sort.contains("cost") { "final_cost" } else { "test_accuracy" };
        let (rows, _) = run(&bench, &["show", DIR, "--trials", "--json", "--sort", sort]);
        let completed = json_lines(&rows).into_iter().filter(|row| row["status"] == "completed");
        let numbers: Vec<f64> = completed.map(|row| row[column].as_f64().unwrap()).collect();
        assert_eq!(numbers.len(), 18);
        let rising = numbers.is_sorted_by(|a, b| a <= b);
        let falling = numbers.is_sorted_by(|a, b| a >= b);
        assert!(if (column == "final_cost") == best_first { rising } else { falling }, "{sort}: {numbers:?}");
        let last = json_lines(&rows).pop().unwrap();
        assert_eq!(last["status"], "diverged", "{sort}: what did not complete is last");
    }
    for (option, value, problem) in [
        ("--sort", "nothing", "--sort: there is no column nothing"),
        ("--columns", "depth,tset", "did you mean"),
        ("--plan", "7", "--plan: results/nets keeps no former plan, there is no 7"),
    ] {
        let (code, line) = failure(&bench.run(&["show", DIR, option, value]));
        assert!(code == Some(2) && line.contains(problem), "{line}");
    }
}

#[test]
fn a_setting_in_json_has_the_statistics_of_its_trials() {
    let bench = bench();
    let settings = settings(&bench);
    for row in json_lines(&run(&bench, &["show", DIR, "--json"]).0) {
        let key = (row["model.depth"].to_string(), row["train.learning_rate"].to_string());
        let Some(trials) = settings.get(&key) else {
            assert_eq!((&row["n"], &row["status"]), (&Value::from(0), &Value::from("3 diverged")));
            continue;
        };
        let costs: Vec<f64> = trials.iter().map(|trial| number(trial, "validation_cost")).collect();
        let sd = (costs.iter().map(|cost| (cost - mean(&costs)).powi(2)).sum::<f64>() / 2.0).sqrt();
        let close = |field: &str, expected: f64| (row[field].as_f64().unwrap() - expected).abs() < 1e-12;
        assert!(close("validation_cost", mean(&costs)) && close("validation_cost_sd", sd), "{row}");
        assert!(close("validation_cost_lowest", costs.iter().copied().fold(f64::MAX, f64::min)), "{row}");
    }
}

#[test]
fn there_is_one_answer_to_which_is_best_and_validation_gives_it() {
    let bench = bench();
    let by = |column: &str, sign: f64| {
        let settings = settings(&bench).into_iter().map(|(key, trials)| {
            let numbers: Vec<f64> = trials.iter().map(|trial| sign * number(trial, column)).collect();
            (mean(&numbers), key, trials)
        });
        settings.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
    };
    let (_, key, trials) = by("validation_cost", 1.0);
    let trial =
        trials.iter().min_by(|a, b| number(a, "validation_cost").total_cmp(&number(b, "validation_cost"))).unwrap();

    let (answer, _) = run(&bench, &["best", DIR]);
    assert!(
        answer.contains("# nets: the best of 8 settings by validation_cost (the cost of the validation examples)"),
        "{answer}"
    );
    assert!(answer.contains(&format!("its best trial: {}", trial["trial"])), "{answer}");
    let keys: Vec<&str> = answer.lines().filter(|line| !line.starts_with('#')).collect();
    let seed = &trial["seed"];
    assert_eq!(
        keys,
        [format!("model.depth={}", key.0), format!("train.learning_rate={}", key.1), format!("seed={seed}")]
    );
    assert!(answer.parse::<toml::Table>().is_ok(), "{answer}");
    let (rows, header) = run(&bench, &["show", DIR, "--json", "-n", "1"]);
    let first = &json_lines(&rows)[0];
    assert_eq!((first["model.depth"].to_string(), first["train.learning_rate"].to_string()), key);
    assert!(header.contains("best first by validation_cost"), "{header}");

    // The keys are words that an experiment takes, and give the same trial.
    let dry = run(&bench, &[&["sweep", "nets.toml", "--dry-run"][..], &keys].concat()).0;
    assert!(dry.contains(&trial["trial"]), "{dry}");
    let one: Value = serde_json::from_str(&run(&bench, &["best", DIR, "--json"]).0).unwrap();
    assert_eq!(one["trial"]["id"], trial["trial"].as_str());
    let (_, said) = run(&bench, &["train", DIR, "--best", "--out", "best.h5"]);
    assert!(said.contains(&format!("trial {} of results/nets", trial["trial"])), "{said}");

    let (_, key, _) = by("test_accuracy", -1.0);
    let tested: Value =
        serde_json::from_str(&run(&bench, &["best", DIR, "--json", "--by", "test_accuracy"]).0).unwrap();
    let mean_of = |key: &(String, String)| {
        mean(&settings(&bench)[key].iter().map(|row| number(row, "test_accuracy")).collect::<Vec<_>>())
    };
    let found = (
        tested["setting"]["keys"]["model.depth"].to_string(),
        tested["setting"]["keys"]["train.learning_rate"].to_string(),
    );
    assert_eq!(mean_of(&found), mean_of(&key), "the first of equal ones");

    let (code, line) = failure(&bench.run(&["best", DIR, "--by", "depth"]));
    assert!(code == Some(2) && line.contains("--by: depth does not tell better from worse; final_cost"), "{line}");
    let (code, line) = failure(&bench.run(&["best", DIR, "--where", "learning_rate = 1e4"]));
    assert!(code == Some(2) && line.contains("none of 6 trials completed"), "{line}");
}

#[test]
fn without_validation_examples_the_training_cost_decides_and_a_setting_that_lost_a_seed_comes_later() {
    let bench = Bench::new();
    bench.write("nets.toml", &SWEEP.replace("validation = 0.25", ""));
    run(&bench, &["sweep", "nets.toml"]);
    let (answer, _) = run(&bench, &["best", DIR]);
    assert!(answer.contains("by final_cost (the training cost, as there are no validation examples)"), "{answer}");
    let (_, header) = run(&bench, &["show", DIR]);
    assert!(
        header.contains("best first by final_cost, the training cost, as there are no validation examples"),
        "{header}"
    );
    let best = json_lines(&run(&bench, &["show", DIR, "--json", "-n", "1"]).0).remove(0);
    let trial =
        json_lines(&run(&bench, &["best", DIR, "--json"]).0).remove(0)["trial"]["id"].as_str().unwrap().to_owned();

    // A damaged trial counts for nothing.
    let edit = format!("UPDATE trial SET final_cost = 0.0 WHERE id = '{trial}'");
    assert_eq!(Connection::open(bench.path("results/nets/results.db")).unwrap().execute(&edit, []).unwrap(), 1);
    let now = json_lines(&run(&bench, &["show", DIR, "--json"]).0);
    let key = |row: &Value| (row["model.depth"].clone(), row["train.learning_rate"].clone());
    assert_ne!(key(&now[0]), key(&best));
    let damaged = now.iter().find(|row| key(row) == key(&best)).unwrap();
    assert!(damaged["n"] == 2 && damaged["status"] == "2 completed, 1 damaged; sweep again", "{damaged}");
    let answer = json_lines(&run(&bench, &["best", DIR, "--json"]).0).remove(0);
    assert_eq!(answer["setting"]["keys"]["train.learning_rate"], now[0]["train.learning_rate"]);
    let shown = json_lines(&run(&bench, &["show", DIR, "--trials", "--json", "--where", "status = damaged"]).0);
    assert!(shown.len() == 1 && shown[0]["final_cost"].is_null(), "{shown:?}");
}

#[test]
fn the_last_rung_comes_first_and_holds_the_best() {
    let bench = Bench::new();
    let halved = SWEEP.replace(", 1e4]", ", 0.3]") + "[sweep.halving]\nleast = 10\nfactor = 2\n";
    bench.write("nets.toml", &halved.replace("validation = 0.25", ""));
    run(&bench, &["sweep", "nets.toml"]);
    for arguments in [&["show", DIR, "--json"][..], &["show", DIR, "--json", "--trials", "--sort", "seconds"]] {
        let rows = json_lines(&run(&bench, arguments).0);
        let rungs: Vec<u64> = rows.iter().map(|row| row["rung"].as_u64().unwrap()).collect();
        assert!(rungs.is_sorted_by(|a, b| a >= b) && rungs[0] > 1 && rungs.last() == Some(&1), "{rungs:?}");
        assert_eq!(rows[0]["train.iterations"], 60);
    }
    let answer = json_lines(&run(&bench, &["best", DIR, "--json"]).0).remove(0);
    assert_eq!(answer["overrides"]["train.iterations"], 60);
    let (_, header) = run(&bench, &["show", DIR]);
    assert!(header.contains("the last rung first"), "{header}");
    let first = json_lines(&run(&bench, &["show", DIR, "--json", "--where", "rung = 1", "-n", "1"]).0).remove(0);
    assert_eq!(first["train.iterations"], 10);
}

#[test]
fn two_sweeps_are_compared_pair_by_pair() {
    let bench = bench();
    run(
        &bench,
        &[
            "sweep",
            "nets.toml",
            "name=tanh",
            "model.activation=tanh",
            "sweep.model.depth=[3, 4]",
            "sweep.seed=[2, 3, 4]",
        ],
    );
    let (table, _) = run(&bench, &["compare", DIR, "results/tanh"]);
    assert!(
        table.contains("8 pairs of the same depth, learning_rate, seed; without a partner: 16 of A, 16 of B"),
        "{table}"
    );
    assert!(table.contains("not completed, and left out with their partners: 2 of A, "), "{table}");
    assert!(table.contains("model.activation: \"identity\" in A, \"tanh\" in B"), "{table}");
    assert!(table.contains("sweep.seed: [1, 2, 3] in A, [2, 3, 4] in B"), "{table}");

    let compared: Value = serde_json::from_str(&run(&bench, &["compare", DIR, "results/tanh", "--json"]).0).unwrap();
    let (a, b) = (trials(&bench, DIR), trials(&bench, "results/tanh"));
    let keys = ["model.depth", "train.learning_rate", "seed"];
    let mut all = Vec::new();
    for setting in compared["settings"].as_array().unwrap() {
        let (rate, mut differences) = (setting["train.learning_rate"].to_string(), Vec::new());
        for row in a.iter().filter(|row| row["status"] == "completed" && row["train.learning_rate"] == rate) {
            let partner = b
                .iter()
                .find(|other| keys.iter().all(|key| row[*key] == other[*key]) && other["status"] == "completed");
            differences.extend(partner.map(|other| number(other, "validation_cost") - number(row, "validation_cost")));
        }
        assert_eq!(setting["validation_cost_n"], differences.len(), "{setting}");
        if let [x, y] = differences[..] {
            let (mean, error) = ((x + y) / 2.0, (x - y).abs() / 2.0);
            let found = |field: &str| setting[field].as_f64().unwrap();
            assert!((found("validation_cost_difference") - mean).abs() < 1e-12, "{setting}");
            assert!((found("validation_cost_standard_error") - error).abs() < 1e-12, "{setting}");
        }
        all.extend(differences);
    }
    let overall = &compared["overall"];
    assert_eq!(overall["validation_cost_n"], all.len());
    assert!((overall["validation_cost_difference"].as_f64().unwrap() - mean(&all)).abs() < 1e-12, "{overall}");

    let (same, _) = run(&bench, &["compare", DIR, DIR, "--csv", "--by", "final_cost"]);
    let differences: Vec<&str> = same.lines().skip(1).map(|row| row.split(',').nth(5).unwrap()).collect();
    assert!(differences.iter().all(|difference| matches!(*difference, "0.0" | "")), "{same}");
    run(&bench, &["sweep", "nets.toml", "name=other", "sweep.train.learning_rate=[0.5, 0.6]"]);
    let (code, line) = failure(&bench.run(&["compare", DIR, "results/other"]));
    assert!(code == Some(2) && line.contains("0 pairs") && line.contains("sweep.train.learning_rate: "), "{line}");
}

#[test]
fn tags_and_notes_are_kept_beside_what_is_proved() {
    let bench = bench();
    let trial = trials(&bench, DIR)[4]["trial"].clone();
    let database = bench.path("results/nets/results.db");
    // A record of an earlier release has no tables for them.
    let old = Connection::open(&database).unwrap();
    old.execute_batch("DROP TABLE tag; DROP TABLE note; DROP TABLE former").unwrap();
    drop(old);
    assert_eq!(run(&bench, &["show", DIR, "--where", "tag = look"]).0.lines().count(), 1);
    assert_eq!(run(&bench, &["tag", DIR]).0.lines().count(), 1);

    run(&bench, &["tag", DIR, "--trial", &trial[..6], "+look", "+hard", "--note", "why does it rise?"]);
    run(&bench, &["tag", DIR, "--where", "depth = 2 and status = diverged", "+unstable", "+old"]);
    run(&bench, &["tag", DIR, "--where", "tag = unstable and seed = 2", "-old", "-missing"]);
    run(&bench, &["tag", DIR, "+paper", "--note", "figure 3"]);
    let found = |condition: &str| {
        let rows = run(&bench, &["show", DIR, "--trials", "--json", "--where", condition]).0;
        json_lines(&rows).iter().map(|row| row["trial"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("tag = look"), std::slice::from_ref(&trial));
    assert_eq!(found("note = 'why does it rise?'"), std::slice::from_ref(&trial));
    assert_eq!([found("tag = unstable").len(), found("tag = old").len(), found("tag != unstable").len()], [3, 2, 21]);
    let (table, header) = run(&bench, &["show", DIR, "--trials"]);
    assert!(table.lines().any(|row| row.contains("hard look") && row.contains("why does it rise?")), "{table}");
    assert!(header.starts_with("nets [paper] (figure 3): 24 trials"), "{header}");
    let (list, _) = run(&bench, &["tag", DIR]);
    assert!(list.contains("the sweep") && list.lines().count() == 1 + 1 + 1 + 3, "{list}");

    // Nothing that is proved has changed, and a trial that is trained again keeps them.
    run(&bench, &["verify", DIR, "--retrain", "0"]);
    let edit = format!("UPDATE trial SET seconds = seconds + 1 WHERE id = '{trial}'");
    assert_eq!(Connection::open(&database).unwrap().execute(&edit, []).unwrap(), 1);
    let (_, said) = run(&bench, &["sweep", "nets.toml"]);
    assert!(said.contains("it is trained again"), "{said}");
    assert_eq!(found("tag = look and status = completed"), std::slice::from_ref(&trial));
    run(&bench, &["tag", DIR, "--trial", &trial, "--note", "", "-look", "-hard"]);
    assert!(found("tag = hard").is_empty() && !run(&bench, &["tag", DIR]).0.contains(&trial));

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
    let before = run(&bench, &["show", DIR, "--trials", "--csv"]).0;
    let (_, said) = run(&bench, &["show", DIR]);
    assert!(!said.contains("former plan"), "{said}");
    run(&bench, &["sweep", "nets.toml", "train.iterations=20"]);
    let (_, said) = run(&bench, &["show", DIR]);
    let line = "note: the record keeps a former plan too, --plan 1: nets, 24 points of model.depth x train.learning_rate x seed; \
                there train.iterations=60";
    assert!(said.contains(line), "{said}");
    assert_eq!(run(&bench, &["show", DIR, "--trials", "--csv", "--plan", "1"]).0, before);
    let best = json_lines(&run(&bench, &["best", DIR, "--json", "--plan", "1"]).0).remove(0);
    assert!(before.contains(best["trial"]["id"].as_str().unwrap()), "{best}");
    run(&bench, &["verify", DIR, "--retrain", "0"]);

    // More seeds lose nothing, and the first plan once more takes its own place.
    run(&bench, &["sweep", "nets.toml", "train.iterations=20", "sweep.seed=[1, 2, 3, 4]"]);
    assert_eq!(run(&bench, &["show", DIR]).1.matches("former plan").count(), 1);
    run(&bench, &["sweep", "nets.toml"]);
    let (_, said) = run(&bench, &["show", DIR]);
    assert!(said.contains("32 points") && said.matches("former plan").count() == 1, "{said}");
    assert_eq!(run(&bench, &["show", DIR, "--trials", "--csv"]).0, before);

    // One that is damaged is said, and left out.
    let database = Connection::open(bench.path("results/nets/results.db")).unwrap();
    assert_eq!(database.execute("UPDATE former SET points = replace(points, '0.01', '0.02')", []).unwrap(), 1);
    drop(database);
    let (_, said) = run(&bench, &["show", DIR]);
    assert!(said.contains("warning: 1 former plan in the record is not what was stored"), "{said}");
    let report = bench.run(&["verify", DIR, "--retrain", "0"]);
    assert!(
        report.status.code() == Some(1) && text(&report.stdout).contains("✗ former plans"),
        "{}",
        text(&report.stdout)
    );
    run(&bench, &["sweep", "nets.toml"]);
    assert!(!run(&bench, &["verify", DIR, "--retrain", "0"]).0.contains("former plan"));
}

/// Fleets of several trials on all examples, some of which stop early; a metric beside the cost.
const FULL: &str = r#"
name = "full"
[data]
set = "drawn"
validation = 0.2
[model]
width = 5
activation = "tanh"
[train]
iterations = 300
record_every = 5
stop_cost = 0.3
metrics = ["validation_cost"]
[sweep]
"model.depth" = [2, 3]
"train.learning_rate" = [0.03, 0.1, 0.3]
seed = [1, 2, 3, 4]
"#;

/// Fleets on mini-batches.
const BATCHES: &str = r#"
name = "batches"
[data]
set = "drawn"
[model]
hidden = [6]
dropout = 0.2
[train]
batch = 8
epochs = 12
record_every = 7
optimizer = "adam"
[sweep]
"train.learning_rate" = [0.003, 0.01]
seed = [1, 2, 3, 4]
"#;

#[test]
fn a_trial_of_a_sweep_is_trained_again_bit_for_bit_and_its_model_names_it() {
    let bench = Bench::new();
    for (name, experiment) in [("full", FULL), ("batches", BATCHES)] {
        bench.write("one.toml", experiment);
        run(&bench, &["sweep", "one.toml"]);
        let dir = format!("results/{name}");
        let history = bench.read(&format!("{dir}/history.csv"));
        let all = trials(&bench, &dir);
        let database = Connection::open(bench.path(&format!("{dir}/results.db"))).unwrap();
        let fleets: i64 = database.query_row("SELECT COUNT(*) FROM fleet", [], |row| row.get(0)).unwrap();
        assert!(all.len() as i64 > fleets, "some are trained together");
        drop(database);
        let stopped = all.iter().filter(|row| !row["ended_at"].is_empty()).count();
        assert_eq!(stopped > 2 && stopped < all.len(), name == "full", "{stopped}");
        for row in all.iter().step_by(3) {
            let id = &row["trial"];
            let (model, csv) = (format!("{id}.h5"), format!("{id}.csv"));
            let (_, said) = run(&bench, &["train", &dir, "--trial", id, "--out", &model, "--history", &csv]);
            assert!(said.contains("as in the record, bit for bit"), "{said}");
            let header = history.lines().next().unwrap().split_once(',').unwrap().1;
            let lines = history.lines().filter_map(|line| line.strip_prefix(&format!("{id},")));
            let expected: Vec<&str> = [header].into_iter().chain(lines).collect();
            assert_eq!(bench.read(&csv).lines().collect::<Vec<_>>(), expected, "{id}");
            let provenance = runner::model::Model::read(&bench.path(&model)).unwrap().provenance;
            assert_eq!(provenance["trial"], id.as_str());
            assert!(provenance["results"].as_str().unwrap().ends_with(&dir), "{provenance}");
            assert!(provenance["fleet"].as_array().unwrap().contains(&Value::from(id.as_str())), "{provenance}");
            // The net is that of its score: it gives the recorded test accuracy.
            let scored: Value = serde_json::from_str(&run(&bench, &["evaluate", &model, "--json"]).0).unwrap();
            assert!(
                (scored["accuracy"].as_f64().unwrap() - number(row, "test_accuracy")).abs() < 1e-9,
                "{id}: {scored}"
            );
            assert!(
                (scored["cost"].as_f64().unwrap() - number(row, "test_cost")).abs() < 1e-4,
                "{id}: {scored} {row:?}"
            );
        }
    }
    let id = &trials(&bench, "results/full")[0]["trial"];
    run(&bench, &["train", "results/full", "--trial", &id[..5]]);
    assert!(bench.path(&format!("results/full/model-{id}.h5")).exists());
    for (arguments, problem) in [
        (&["results/full"][..], "this is a directory; --best or --trial ID"),
        (&["one.toml", "--best"], "--trial and --best take a results directory"),
        (&["results/full", "--best", "seed=2"], "seed=2: a trial of a record has its settings"),
        (&["results/full", "--trial", "zz"], "--trial: results/full has no finished trial zz"),
        (&["results/full", "--best", "--by", "engine"], "--by: engine does not tell better from worse"),
    ] {
        let (code, line) = failure(&bench.run(&[&["train"], arguments].concat()));
        assert!(code == Some(2) && line.contains(problem), "{line}");
    }
    let experiment = bench.read("results/full/experiment.toml");
    fs::write(bench.path("results/full/experiment.toml"), experiment.replace("0.2", "0.4")).unwrap();
    let (code, line) = failure(&bench.run(&["train", "results/full", "--best"]));
    assert!(code == Some(2) && line.contains("experiment.toml: edited since it was written"), "{line}");
}
