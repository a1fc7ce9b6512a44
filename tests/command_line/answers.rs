//! The answer in a sweep: conditions, orders and columns of `runner show`.

use std::collections::BTreeMap;
use std::io::Read;
use std::process::Stdio;

use serde_json::Value;

use crate::nets::{DIR, SWEEP, bench, mean, number, settings, trials};
use crate::support::{Bench, failure, json_lines, text};

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
        let found = bench.run(&["show", DIR, "--trials", "--json", "--sort", "plan", "--where", condition]);
        let found: Vec<String> =
            json_lines(&text(&found.stdout)).iter().map(|row| row["trial"].as_str().unwrap().to_owned()).collect();
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
    let (csv, _) = bench.succeeds(&["show", DIR, "--trials", "--sort", "plan", "--csv"]);
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
        bench.succeeds(&["show", DIR, "--columns", "learning_rate,cost,n,status", "--sort", "-learning_rate,depth"]);
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["learning_rate", "final_cost", "n", "status"]);
    let rates: Vec<f64> = rows[1..].iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(rates, [1e4, 1e4, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001]);
    for (sort, best_first) in [("final_cost", true), ("-final_cost", false), ("test", true), ("-test_accuracy", false)]
    {
        let column = if sort.contains("cost") { "final_cost" } else { "test_accuracy" };
        let (rows, _) = bench.succeeds(&["show", DIR, "--trials", "--json", "--sort", sort]);
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
    for row in json_lines(&bench.succeeds(&["show", DIR, "--json"]).0) {
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
fn every_column_of_a_table_can_be_named_or_is_refused_with_the_reason() {
    let bench = bench();
    let (csv, _) = bench.succeeds(&["show", DIR, "--csv"]);
    let table = "depth,n,final_cost,cost_range,train_cost_range,seconds,engine,status,curve";
    let headings = csv.lines().next().unwrap().split(',').filter(|name| !matches!(*name, "machine" | "note"));
    for name in headings.chain(table.split(',')) {
        let (shown, _) = bench.succeeds(&["show", DIR, "--columns", name]);
        assert_eq!(shown.lines().count(), 9, "{name}: {shown}");
        for words in [&["--sort", name][..], &["--where", &format!("{name} = 1")]] {
            let asked = bench.run(&[&["show", DIR], words].concat());
            let said = text(&asked.stderr);
            let reasons =
                ["is a number of a setting", "is a drawing without a value", "is one of completed", "no trial fits"];
            let is_known = asked.status.success() || reasons.iter().any(|reason| said.contains(reason));
            assert!(is_known && !said.contains("there is no column"), "{words:?}: {said}");
        }
    }
    let of = |sort: &str, column: &str| {
        let (rows, _) = bench.succeeds(&["show", DIR, "--sort", sort, "--json", "--columns", column]);
        json_lines(&rows).iter().map(|row| row[column].as_f64()).collect::<Vec<_>>()
    };
    let deviations = of("final_cost_sd", "final_cost_sd");
    assert!(deviations.iter().flatten().count() > 2 && deviations[..6].is_sorted(), "{deviations:?}");
    assert_eq!(of("-n", "n").first(), Some(&Some(3.0)));
    assert_eq!(of("n", "n").first(), Some(&Some(0.0)));
    let (code, line) = failure(&bench.run(&["show", DIR, "--where", "n = 3"]));
    assert!(
        code == Some(2) && line.contains("n is a number of a setting, and a condition is on single trials"),
        "{line}"
    );
}

#[test]
fn a_condition_that_no_trial_fits_is_said_in_a_line_with_exit_code_1() {
    let bench = bench();
    for (words, printed) in [(&[][..], false), (&["--json"][..], false), (&["--csv"][..], true)] {
        let shown = bench.run(&[&["show", DIR, "--where", "depth = 7"], words].concat());
        assert_eq!(shown.status.code(), Some(1), "{words:?}");
        assert_eq!(text(&shown.stderr), "nets: no trial fits --where 'depth = 7', of 24 finished trials\n");
        assert_eq!(text(&shown.stdout).lines().count(), usize::from(printed), "{words:?}");
    }
}

#[test]
fn an_answer_that_nobody_reads_to_the_end_keeps_no_sweep_waiting() {
    let bench = Bench::new();
    bench.write("nets.toml", SWEEP);
    let sweep = |last: u32| {
        let seeds = format!("sweep.seed={:?}", (1..=last).collect::<Vec<_>>());
        bench.succeeds(&[
            "sweep",
            "nets.toml",
            "model.depth=2",
            "train.learning_rate=0.01",
            "train.iterations=1",
            &seeds,
        ]);
    };
    sweep(200);
    let mut show = bench.command();
    show.args(["show", DIR, "--trials", "--json"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut show = show.spawn().unwrap();
    show.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    sweep(201);
    assert!(show.try_wait().unwrap().is_none(), "all of the answer fits into the pipe");
    show.kill().unwrap();
    show.wait().unwrap();
}

/// 1 and 1.0 are one number, and so are they in a list.
#[test]
fn a_setting_whose_numbers_are_written_in_two_ways_is_one() {
    let bench = Bench::new();
    bench.write(
        "two.toml",
        "name = \"two\"\n[data]\nset = \"drawn\"\n[model]\nhidden = [3]\n[train]\niterations = 20\noptimizer = \"adam\"\n\
         [sweep]\n\"train.learning_rate\" = [0.5, 1.0]\n\"train.betas\" = [[0.0, 0.5]]\nseed = [1, 2]\n\
         [[sweep.include]]\n\"train.learning_rate\" = 1\n\"train.betas\" = [0, 0.5]\nseed = 3\n",
    );
    bench.succeeds(&["sweep", "two.toml"]);
    let (table, _) =
        bench.succeeds(&["show", "results/two", "--csv", "--columns", "learning_rate,n", "--sort", "plan"]);
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.lines().nth(2).is_some_and(|row| row.contains('3')), "{table}");
    let (settings, _) =
        bench.succeeds(&["show", "results/two", "--json", "--columns", "learning_rate,betas", "--sort", "plan"]);
    let setting = &json_lines(&settings)[1];
    assert_eq!(setting["train.learning_rate"].to_string(), "1.0", "written as on the axis: {settings}");
    assert_eq!(setting["train.betas"].to_string(), "[0.0,0.5]", "{settings}");
}

#[test]
fn no_validation_examples_are_missed_where_no_trial_has_completed() {
    let bench = Bench::new();
    bench.write("nets.toml", SWEEP);
    bench.succeeds(&["sweep", "nets.toml", "train.learning_rate=1e30"]);
    let (_, header) = bench.succeeds(&["show", "results/nets"]);
    assert!(header.contains("final_cost, the training cost, as no trial completed; "), "{header}");
}

#[test]
fn a_condition_on_activations_is_on_those_of_all_layers() {
    let bench = Bench::new();
    bench.write(
        "two.toml",
        "name = \"two\"\n[data]\nset = \"drawn\"\n[model]\nhidden = [3, 3]\n[train]\niterations = 2\nlearning_rate = 0.1\n\
         [sweep]\n\"model.activation\" = [\"relu\", [\"relu\", \"tanh\"]]\n",
    );
    bench.succeeds(&["sweep", "two.toml"]);
    let found = |condition: &str| {
        let table =
            bench.succeeds(&["show", "results/two", "--csv", "--columns", "activation", "--where", condition]).0;
        table.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found("activation = relu"), ["relu"]);
    assert_eq!(found("activation != relu"), ["relu tanh"]);
    assert_eq!(found("activation = ['relu', 'tanh']"), ["relu tanh"]);
}

#[test]
fn lists_are_sorted_by_their_elements() {
    let bench = Bench::new();
    bench.write(
        "lists.toml",
        "name = \"lists\"\n[data]\nset = \"drawn\"\n[train]\niterations = 2\nlearning_rate = 0.1\n\
         [sweep]\n\"model.hidden\" = [[9, 3], [10], [2], [9]]\n",
    );
    bench.succeeds(&["sweep", "lists.toml"]);
    let sorted = |by: &str| {
        let table = bench.succeeds(&["show", "results/lists", "--json", "--columns", "hidden", "--sort", by]).0;
        json_lines(&table).iter().map(|row| row["model.hidden"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(sorted("hidden"), ["[2]", "[9]", "[9,3]", "[10]"]);
    assert_eq!(sorted("-hidden"), ["[10]", "[9,3]", "[9]", "[2]"]);
}

#[test]
fn a_ranking_by_costs_of_different_kinds_is_warned_of() {
    let bench = bench();
    let costs = "sweep.model.cost=[\"auto\", \"mean-squared-error\"]";
    bench.succeeds(&["sweep", "nets.toml", "sweep.seed=[1]", "model.depth=2", costs]);
    let warning = "the costs don't compare where they are of different kinds: model.cost is binary-cross-entropy, mean-squared-error";
    for (arguments, warned) in [
        (&["show", DIR][..], true),
        (&["show", DIR, "--sort", "test_accuracy"], false),
        (&["show", DIR, "--where", "model.cost = mean-squared-error"], false),
        (&["best", DIR], true),
        (&["best", DIR, "--by", "test_accuracy"], false),
    ] {
        let said = bench.succeeds(arguments).1;
        assert_eq!(said.contains(&format!("warning: {warning}\n")), warned, "{arguments:?}: {said}");
    }
    bench.succeeds(&["report", DIR]);
    let page = bench.read(&format!("{DIR}/report.html"));
    assert!(page.contains(&format!("Take care: {}.", warning.replace('\'', "&#x27;"))), "{page}");
}
