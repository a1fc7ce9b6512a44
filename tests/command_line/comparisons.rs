//! Two sweeps compared.

use serde_json::Value;

use crate::nets::{DIR, bench, mean, number, trials};
use crate::support::failure;
use crate::sweep_language::bench as points_bench;

#[test]
fn two_sweeps_are_compared_pair_by_pair() {
    let bench = bench();
    bench.succeeds(&[
        "sweep",
        "nets.toml",
        "name=tanh",
        "model.activation=tanh",
        "sweep.model.depth=[3, 4]",
        "sweep.seed=[2, 3, 4]",
    ]);
    let (table, said) = bench.succeeds(&["compare", DIR, "results/tanh"]);
    assert!(
        table.contains("8 pairs of the same depth, learning_rate, seed; without a partner: 16 of A, 16 of B"),
        "{table}"
    );
    assert!(table.contains("not completed, and left out with their partners: 2 of A, "), "{table}");
    assert!(table.contains("\nsettings that differ: model.activation: \"identity\" in A, \"tanh\" in B\n"), "{table}");
    let swept = "\nswept differently: model.depth: [2, 3] in A, [3, 4] in B; seed: [1, 2, 3] in A, [2, 3, 4] in B\n";
    assert!(table.contains(swept), "{table}");
    assert!(!said.contains("differ in length"), "{said}");

    let compared: Value = serde_json::from_str(&bench.succeeds(&["compare", DIR, "results/tanh", "--json"]).0).unwrap();
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

    let (same, _) = bench.succeeds(&["compare", DIR, DIR, "--csv", "--by", "final_cost"]);
    let differences: Vec<&str> = same.lines().skip(1).map(|row| row.split(',').nth(5).unwrap()).collect();
    assert!(differences.iter().all(|difference| matches!(*difference, "0.0" | "")), "{same}");
    bench.succeeds(&["sweep", "nets.toml", "name=other", "sweep.train.learning_rate=[0.5, 0.6]"]);
    let (code, line) = failure(&bench.run(&["compare", DIR, "results/other"]));
    assert!(
        code == Some(2) && line.contains("0 pairs") && line.contains("swept differently: train.learning_rate: "),
        "{line}"
    );
    let (code, line) = failure(&bench.run(&["compare", DIR, "results/other", "--where", "learning_rate = 9"]));
    assert!(code == Some(2) && line.contains("--where: no trial of either sweep fits it"), "{line}");
    let (code, line) = failure(&bench.run(&["best", DIR, "--where", "learning_rate = 9"]));
    assert!(code == Some(2) && line.contains("--where: no finished trial of nets fits it"), "{line}");
}

#[test]
fn a_comparison_of_trainings_of_different_lengths_says_so() {
    let bench = bench();
    bench.succeeds(&["sweep", "nets.toml", "name=short", "train.iterations=30", "model.depth=2"]);
    let (table, said) = bench.succeeds(&["compare", DIR, "results/short"]);
    assert!(said.contains("warning: the trainings differ in length"), "{said}");
    assert!(said.contains("train.iterations is 60 in A, 30 in B"), "{said}");
    assert!(table.contains("\nswept differently: model.depth: [2, 3] in A, 2 in B\n"), "{table}");
    assert!(table.contains("\nsettings that differ: train.iterations: 60 in A, 30 in B\n"), "{table}");
}

#[test]
fn equal_values_are_not_swept_differently_however_they_are_written() {
    let bench = bench();
    let sweep = |name: &str, one: &str| {
        let axis = format!("sweep.train.weight_decay=[0, {one}]");
        let keys =
            ["train.iterations=5", "sweep.model.depth=[2]", "sweep.seed=[1, 2]", "sweep.train.learning_rate=[0.1]"];
        bench.succeeds(&[&["sweep", "nets.toml", &format!("name={name}"), &axis][..], &keys].concat());
    };
    sweep("whole", "1");
    sweep("real", "1.0");
    let (table, _) = bench.succeeds(&["compare", "results/whole", "results/real"]);
    assert!(
        table.contains("4 pairs of the same weight_decay, seed") && !table.contains("swept differently"),
        "{table}"
    );
}

#[test]
fn a_default_pairs_with_the_same_value_where_it_is_swept_and_one_net_counts_once() {
    let bench = bench();
    let keys = ["train.iterations=5", "sweep.model.depth=[2]", "sweep.seed=[1, 2]", "sweep.train.learning_rate=[0.1]"];
    let sweep = |name: &str, more: &[&str]| {
        bench.succeeds(&[&["sweep", "nets.toml", &format!("name={name}")], &keys[..], more].concat());
    };
    sweep("none", &[]);
    sweep("decay", &["sweep.train.weight_decay=[0, 0.01]"]);
    let compared = bench.succeeds(&["compare", "results/none", "results/decay"]).0;
    assert!(
        compared.contains("2 pairs of the same weight_decay, seed; without a partner: 0 of A, 2 of B"),
        "{compared}"
    );
    // Gradient descent has no momentum: both of its points are one net.
    let optimisers = ["sweep.train.optimizer=[\"gd\", \"momentum\"]", "sweep.train.momentum=[0.8, 0.9]"];
    sweep("one", &optimisers);
    sweep("two", &[&optimisers[..], &["model.activation=tanh"]].concat());
    let compared = bench.succeeds(&["compare", "results/one", "results/two"]).0;
    assert!(compared.contains("6 pairs of the same "), "{compared}");
}

#[test]
fn a_comparison_of_trainings_on_other_data_or_with_another_cost_says_so() {
    let bench = bench();
    let warnings = |a: &str, b: &str| -> Vec<String> {
        let (json, said) = bench.succeeds(&["compare", a, b, "--json"]);
        let compared: Value = serde_json::from_str(&json).unwrap();
        let warnings: Vec<String> = serde_json::from_value(compared["warnings"].clone()).unwrap();
        assert_eq!(said.lines().filter(|line| line.contains("warning")).count(), warnings.len(), "{said}");
        warnings
    };
    let sweep = |name: &str, more: &str| {
        bench.succeeds(&["sweep", "nets.toml", &format!("name={name}"), more]);
        warnings(DIR, &format!("results/{name}"))
    };
    assert_eq!(sweep("same", "model.activation=tanh"), [""; 0]);
    let softmax = sweep("softmax", "model.cost=softmax-cross-entropy");
    let costs = "model.cost is binary-cross-entropy in A, softmax-cross-entropy in B";
    assert!(softmax.len() == 1 && softmax[0].contains(costs), "{softmax:?}");
    for equal in ["model.cost=auto", "model.cost=binary-cross-entropy"] {
        assert_eq!(sweep("equal", equal), [""; 0], "{equal}");
    }
    let scaled = sweep("scaled", "data.scale=standardize");
    assert!(scaled.len() == 1 && scaled[0].contains("(standardize) in B"), "{scaled:?}");
    let rows = (0..40).map(|row| format!("{row},{},{}\n", row % 7, ["a", "b", "c"][row % 3]));
    bench.write("three.csv", &rows.fold("x,y,kind\n".to_owned(), |table, row| table + &row));
    bench.succeeds(&["data", "import", "three.csv", "--label", "kind", "--test-share", "0.2", "--name", "three"]);
    let three = sweep("three", "data.train=data/train_three.h5");
    assert!(three.len() == 2 && three[1].contains(costs), "auto is another cost for three classes: {three:?}");
    // Another file under the same name.
    bench.succeeds(&["data", "generate", "--train", "40", "--test", "12", "--side", "8", "--seed", "2"]);
    let changed = sweep("changed", "seed=1");
    assert!(changed.len() == 1 && changed[0].starts_with("the data differ, and so do results"), "{changed:?}");
}

#[test]
fn a_fixed_value_pairs_with_the_same_value_where_it_is_swept() {
    let bench = points_bench("");
    for (fixed, swept, pairs) in [
        (
            &["model.width=3", "sweep.model.depth=[1, 2]"][..],
            &["sweep.model.depth=[1, 2]", "sweep.model.width=[3, 4]"][..],
            "2 pairs of the same depth, width; without a partner: 0 of A, 1 of B",
        ),
        (
            &["model.parameters=700"],
            &["sweep.model.parameters=[600, 700, 1400]"],
            "1 pair of the same parameters; without a partner: 0 of A, 1 of B",
        ),
        (
            &["model.activation=[\"relu\", \"relu\"]"],
            &["sweep.model.activation=[[\"relu\", \"relu\"], [\"tanh\", \"relu\"]]"],
            "1 pair of the same activation; without a partner: 0 of A, 1 of B",
        ),
        (
            &["model.dropout=[0.1, 0.1]"],
            &["sweep.model.dropout=[0.1, 0.2]"],
            "1 pair of the same dropout; without a partner: 0 of A, 1 of B",
        ),
        (
            &["model.cost=binary-cross-entropy"],
            &["sweep.model.cost=[\"binary-cross-entropy\", \"mean-squared-error\"]"],
            "1 pair of the same cost; without a partner: 0 of A, 1 of B",
        ),
        (
            &["run.engine=auto"],
            &["sweep.run.engine=[\"auto\", \"reduced\"]"],
            "1 pair of the same engine; without a partner: 0 of A, 1 of B",
        ),
    ] {
        for (name, keys) in [("name=a", fixed), ("name=b", swept)] {
            bench.succeeds(&[&["sweep", "points.toml", name, "--fresh"], keys].concat());
        }
        let (table, _) = bench.succeeds(&["compare", "results/a", "results/b"]);
        assert!(table.contains(pairs), "{fixed:?}, {swept:?}: {table}");
    }
}

#[test]
fn epochs_of_full_batches_and_as_many_iterations_are_one_length() {
    let bench = points_bench("");
    for keys in [&["name=a", "train.iterations=4"][..], &["name=b", "train.epochs=4"], &["name=c", "train.epochs=5"]] {
        bench.succeeds(&[&["sweep", "points.toml"], keys].concat());
    }
    let said = |b: &str| bench.succeeds(&["compare", "results/a", b]).1;
    assert!(!said("results/b").contains("length"), "{}", said("results/b"));
    assert!(said("results/c").contains("train.iterations is 4 in A, 5 in B"), "{}", said("results/c"));
}

#[test]
fn a_result_that_no_pair_has_is_named_in_a_line() {
    let bench = points_bench("");
    bench.succeeds(&["sweep", "points.toml"]);
    let (table, _) = bench.succeeds(&["compare", "results/points", "results/points", "--by", "validation_cost"]);
    assert!(table.contains("\nvalidation_cost: no pair has it on both sides\n"), "{table}");
}
