//! The claims of an experiment, judged at the end of its sweep and whenever one asks.

use serde_json::Value;

use crate::nets::{DIR, mean, number, trials};
use crate::support::{Bench, failure, signal, text};

/// Six trials, of which those at a rate of 1e4 diverge.
const NETS: &str = r#"
name = "nets"
[data]
set = "drawn"
[model]
hidden = [4]
activation = "identity"
dtype = "f64"
[train]
iterations = 30
record_every = 10
diverge_above = 10
metrics = ["gradient_norm"]
[sweep]
"train.learning_rate" = [0.001, 0.05, 1e4]
seed = [1, 2]
"#;

fn claim(keys: &str) -> String {
    format!("{NETS}\n[[claim]]\nsays = \"It is so\"\n{keys}\n")
}

/// Runs a sweep with one claim, and returns its exit code and the line of the judgement.
fn judged(bench: &Bench, keys: &str) -> (Option<i32>, String) {
    bench.write("nets.toml", &claim(keys));
    let run = bench.run(&["sweep", "nets.toml"]);
    let said = text(&run.stderr);
    let line = said.lines().find(|line| line.contains("It is so: ")).unwrap_or_else(|| panic!("{keys}: {said}"));
    (run.status.code(), line.trim_start_matches("warning: ").to_owned())
}

/// Returns the numbers of a column of trials.csv at a rate.
fn numbers(bench: &Bench, rate: &str, column: &str) -> Vec<f64> {
    let rows = trials(bench, DIR).into_iter().filter(|row| row["train.learning_rate"] == rate);
    rows.map(|row| number(&row, column)).collect()
}

#[test]
fn a_claim_that_holds_is_said_and_one_that_does_not_ends_the_sweep_with_exit_code_1() {
    let bench = Bench::new();
    let (code, line) = judged(&bench, "value = \"final_cost\"\nwhere = \"learning_rate < 1\"\nat_most = 10");
    assert!(code == Some(0) && line.starts_with("✓ It is so: mean final_cost of 4 trials is 0."), "{line}");
    assert!(line.ends_with("; claimed: at most 10"), "{line}");
    let table = bench.read("results/nets/trials.csv");
    let (code, line) = judged(&bench, "value = \"final_cost\"\nwhere = \"learning_rate < 1\"\nat_least = 10");
    assert!(code == Some(1) && line.starts_with("✗ It is so: mean final_cost of 4 trials is 0."), "{line}");
    assert_eq!(bench.read("results/nets/trials.csv"), table, "a claim is no part of a trial: nothing is trained again");

    // The record has the last claim.
    let claims = bench.run(&["claims", "results/nets"]);
    assert_eq!((claims.status.code(), text(&claims.stdout).trim_end()), (Some(1), &*line));
    let json: Value = serde_json::from_slice(&bench.run(&["claims", "results/nets", "--json"]).stdout).unwrap();
    assert_eq!((&json[0]["holds"], &json[0]["says"]), (&false.into(), &"It is so".into()));
    bench.succeeds(&["report", "results/nets"]);
    let page = bench.read("results/nets/report.html");
    assert!(page.contains("<h2 id=\"claims-title\">Claims</h2>") && page.contains("<b>It is so</b>: mean final_cost"));
    let bare = bench.run(&["sweep", "nets.toml", "claim=[]"]);
    assert!(bare.status.success() && !text(&bare.stderr).contains("It is so"), "{}", text(&bare.stderr));
    assert!(bench.succeeds(&["claims", "results/nets"]).1.contains("the experiment, as it was run, makes no claim"));
}

#[test]
fn the_number_of_a_claim_is_that_of_the_tables() {
    let bench = Bench::new();
    judged(&bench, "value = \"final_cost\"\nat_least = 0");
    let slow = numbers(&bench, "0.001", "final_cost");
    let fast = numbers(&bench, "0.05", "final_cost");
    let history = bench.read("results/nets/history.csv");
    let at_0 = |column: usize| {
        let rows = history.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
        rows.filter(|cells| cells[1] == "0").map(|cells| cells[column].parse::<f64>().unwrap()).collect::<Vec<_>>()
    };
    let slow_trials = "where = \"learning_rate = 0.001\"";
    for (keys, number) in [
        (format!("value = \"cost\"\n{slow_trials}"), mean(&slow)),
        (format!("value = \"final_cost\"\n{slow_trials}\ntake = \"min\""), slow[0].min(slow[1])),
        (format!("value = \"final_cost\"\n{slow_trials}\ntake = \"max\""), slow[0].max(slow[1])),
        (
            format!("value = \"final_cost\"\n{slow_trials}\nrelative_to = \"learning_rate = 0.05\""),
            mean(&slow) / mean(&fast),
        ),
        ("value = \"diverged\"".to_owned(), 1.0 / 3.0),
        ("value = \"completed\"\nwhere = \"learning_rate < 1\"".to_owned(), 1.0),
        (format!("value = \"cost@0\"\n{slow_trials}"), mean(&at_0(2)[..2])),
        (format!("value = \"gradient_norm_2@0\"\n{slow_trials}"), mean(&at_0(4)[..2])),
    ] {
        let (code, line) = judged(&bench, &format!("{keys}\nat_least = {number:?}\nat_most = {number:?}"));
        let near = judged(&bench, &format!("{keys}\nat_least = {:?}", number * (1.0 + 1e-9)));
        assert!(code == Some(0) && near.0 == Some(1), "{keys} is not {number}: {line}");
    }
    let (code, line) = judged(&bench, "value = \"test_accuracy\"\nat_least = 0");
    assert!(code == Some(0) && line.contains("mean test_accuracy of the 4 of 6 trials that have it is "), "{line}");
    for (keys, why) in [
        ("value = \"final_cost\"\nwhere = \"learning_rate > 1\"", "none of its 2 trials has a final_cost"),
        ("value = \"cost@0\"\nwhere = \"learning_rate > 1\"", "none of its 2 trials has a cost@0"),
        ("value = \"final_cost\"\nwhere = \"final_cost < 0\"", "no trial fits where = 'final_cost < 0'"),
        (
            "value = \"diverged\"\nrelative_to = \"learning_rate = 0.05\"",
            "mean diverged of 2 trials with relative_to = 'learning_rate = 0.05' is 0: no ratio",
        ),
    ] {
        let (code, line) = judged(&bench, &format!("{keys}\nat_least = 0"));
        assert!(code == Some(1) && line == format!("✗ It is so: {why}"), "{line}");
    }
}

#[test]
fn a_claim_that_cannot_be_read_is_refused_before_any_work() {
    let bench = Bench::new();
    for (keys, line, problem) in [
        (
            "value = \"final_cots\"\nat_least = 0",
            20,
            "claim.value: there is no result final_cots (did you mean final_cost?)",
        ),
        ("value = \"reason\"\nat_least = 0", 20, "claim.value: there is no result reason; there are final_cost, "),
        (
            "value = \"cost@last\"\nat_least = 0",
            20,
            "claim.value: the iteration after @ is a whole number, found \"last\"",
        ),
        ("value = \"cost@+1\"\nat_least = 0", 20, "claim.value: the iteration after @ is a whole number, found \"+1\""),
        ("value = \"cots@0\"\nat_least = 0", 20, "claim.value: no trial records cots (did you mean cost?)"),
        ("value = \"gradient_norm_3@0\"\nat_least = 0", 20, "claim.value: no trial records gradient_norm_3"),
        ("value = \"cost@7\"\nat_least = 0", 20, "claim.value: no trial records iteration 7: train.record_every says"),
        ("value = \"cost@30\"\nat_least = 0", 20, "claim.value: no trial records iteration 30: "),
        ("value = \"final_cost\"", 19, "claim.at_least: missing; give claim.at_least, claim.at_most or both"),
        ("value = \"final_cost\"\nat_least = 2\nat_most = 1", 19, "claim.at_least: 2 is above claim.at_most, 1"),
        ("value = \"final_cost\"\nat_least = nan", 21, "claim.at_least: must be a finite number, found nan"),
        ("at_least = 0", 19, "claim.value: missing; it is a result of the trials, such as final_cost"),
        ("value = \"final_cost\"\nat_leats = 0", 21, "unknown key claim.at_leats (did you mean claim.at_least?)"),
        ("value = \"final_cost\"\nat_least = 0\nwhere = \"deph = 2\"", 22, "claim.where: 'deph = 2': at character 1: "),
        (
            "value = \"final_cost\"\nat_least = 0\nrelative_to = \"learning_rate = 7\"",
            22,
            "claim.relative_to: no trial of the plan fits 'learning_rate = 7'",
        ),
        ("value = \"final_cost\"\nat_least = 0\ntake = \"sum\"", 22, "claim.take: "),
        ("value = \"final_cost\"\nat_least = 0\n[[claim]]", 22, "claim.says: missing; it is the claim in a sentence"),
    ] {
        bench.write("nets.toml", &claim(keys));
        let (code, said) = failure(&bench.run(&["sweep", "nets.toml"]));
        let expected = format!("error: nets.toml:{line}: {problem}");
        assert!(code == Some(2) && said.starts_with(&expected), "{said}\nnot: {expected}");
    }
    bench.write("nets.toml", &claim("value = \"final_cost\"\nat_least = 0"));
    for (key, problem) in [
        ("claim[00].says=x", "unknown key claim[00].says"),
        ("claim[0]at_most=1", "unknown key claim[0]at_most"),
        ("claim[1]=3", "claim: must be a table, and is written [[claim]]"),
        ("claim=3", "claim: must be a list of tables: write [[claim]]"),
        ("claim[0].value=final_cots", "claim.value: there is no result final_cots"),
    ] {
        let (code, said) = failure(&bench.run(&["sweep", "nets.toml", key]));
        assert!(code == Some(2) && said.starts_with(&format!("error: command line: {problem}")), "{said}");
    }
    bench.write("nets.toml", &format!("{NETS}[claim]\nsays = \"x\"\n"));
    let (code, said) = failure(&bench.run(&["sweep", "nets.toml"]));
    assert!(code == Some(2) && said.contains("claim: must be a list of tables: write [[claim]]"), "{said}");
    assert!(!bench.path("results").exists());
}

#[test]
fn claims_are_those_of_the_experiment_as_its_file_says_it() {
    let bench = Bench::new();
    bench.write("nets.toml", &claim("value = \"diverged\"\nat_most = 0"));
    let run = bench.run(&["sweep", "nets.toml", "train.iterations=20", "--out", "results/other"]);
    let said = text(&run.stderr);
    let dropped =
        "the claims of the experiment are not judged: train.iterations on the command line makes another one of it";
    assert!(run.status.code() == Some(0) && said.contains(dropped) && !said.contains("It is so"), "{said}");
    assert!(bench.succeeds(&["claims", "results/other"]).1.contains("the experiment, as it was run, makes no claim"));
    let run = bench.run(&["sweep", "nets.toml", "name=renamed", "run.jobs=1", "description=another"]);
    assert!(
        run.status.code() == Some(1) && text(&run.stderr).contains("✗ It is so: mean diverged of 6 trials is 0.333333")
    );
    let engine = bench.run(&["sweep", "nets.toml", "run.engine=direct", "name=direct"]);
    assert!(
        text(&engine.stderr).contains("are not judged: run.engine on the command line"),
        "it is a key of the trials"
    );
    for (given, is_same) in
        [("data.set=drawn", true), ("sweep.seed=[1, 2]", true), ("sweep.seed=[1]", false), ("seed=1", false)]
    {
        let dry = text(&bench.run(&["sweep", "nets.toml", given, "--dry-run"]).stderr);
        assert_eq!(dry.contains("are not judged"), !is_same, "{given}: {dry}");
    }
    let dry = bench.run(&["sweep", "nets.toml", "train.iterations=20", "--dry-run"]);
    assert!(text(&dry.stderr).contains("are not judged"), "{}", text(&dry.stderr));
    let run = bench.run(&["sweep", "nets.toml", "claim[0].at_most=0.5", "sweep.seed=[1, 2, 3]", "name=three"]);
    assert!(
        run.status.code() == Some(0) && text(&run.stderr).contains("✓ It is so: mean diverged of 9 trials is 0.333333")
    );
    let run = bench.run(&["sweep", "nets.toml", "claim[0].at_most=0.5"]);
    assert!(
        run.status.code() == Some(0) && text(&run.stderr).contains("✓ It is so: mean diverged of 6 trials is 0.333333")
    );
}

#[test]
fn claims_on_trials_that_are_missing_are_not_judged() {
    let bench = Bench::new();
    bench.write("nets.toml", &claim("value = \"completed\"\nwhere = \"learning_rate < 1\"\nat_least = 1"));
    let (_, said) = bench.succeeds(&["sweep", "nets.toml", "--shard", "0/2"]);
    assert!(!said.contains("It is so"), "a shard has a part of the trials: {said}");
    let shard = "results/nets.shards/0-of-2";
    let claims = bench.run(&["claims", shard]);
    let line = text(&claims.stdout);
    assert!(line.starts_with("· It is so: ") && line.ends_with(" are of other shards, not here\n"), "{line}");
    assert_eq!(claims.status.code(), Some(1));
    let merged = bench.run(&["merge", "results/nets.shards"]);
    assert!(merged.status.code() == Some(1) && !text(&merged.stderr).contains("It is so"));
    assert!(text(&bench.run(&["claims", "results/nets"]).stdout).starts_with("· It is so: "));
    bench.write("other.toml", &bench.read("nets.toml").replace("at_least = 1", "at_least = 0.5"));
    bench.succeeds(&["sweep", "other.toml", "--shard", "1/2"]);
    let (code, line) = failure(&bench.run(&["merge", "results/nets.shards"]));
    assert!(code == Some(2) && line.contains("other claims (sweep each shard again with the same ones"), "{line}");
    bench.succeeds(&["sweep", "nets.toml", "--shard", "1/2"]);
    let merged = bench.run(&["merge", "results/nets.shards"]);
    let said = text(&merged.stderr);
    assert!(merged.status.code() == Some(0) && said.contains("✓ It is so: mean completed of 4 trials is 1"), "{said}");
}

#[test]
fn an_interrupted_sweep_judges_nothing_before_it_has_gone_on() {
    let bench = Bench::new();
    let whole = "value = \"completed\"\nat_most = 1";
    let on_results =
        "[[claim]]\nsays = \"These too\"\nvalue = \"final_cost\"\nwhere = \"status = completed\"\nat_most = 9";
    let long = claim(&format!("{whole}\n{on_results}")).replace("iterations = 30", "iterations = 20_000");
    bench.write("nets.toml", &long.replace("record_every = 10", "record_every = 1000").replace("1e4", "0.06"));
    let mut child = bench.start_until(&["sweep", "nets.toml", "--jobs", "1"], 1);
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let claims = bench.run(&["claims", "results/nets"]);
    let line = text(&claims.stdout);
    assert!(
        claims.status.code() == Some(1) && line.contains(" of its 6 trials have not finished, or are damaged"),
        "{line}"
    );
    assert!(line.contains("· These too: "), "a trial that has not finished may fit: {line}");
    let (_, said) = bench.succeeds(&["sweep", "nets.toml"]);
    assert!(said.contains("✓ It is so: mean completed of 6 trials is 1"), "{said}");
}

#[test]
fn a_sweep_that_halves_judges_its_claims_on_its_last_rung() {
    let bench = Bench::new();
    let halving = "[sweep.halving]\nleast = 10\nfactor = 3\n";
    let claim = claim("value = \"final_cost\"\nwhere = \"rung = 2\"\nat_most = 10");
    bench.write("nets.toml", &claim.replace("[[claim]]", &format!("{halving}[[claim]]")));
    bench.succeeds(&["sweep", "nets.toml", "--shard", "0/1"]);
    let (_, said) = bench.succeeds(&["merge", "results/nets.shards"]);
    assert!(!said.contains("It is so"), "{said}");
    let claims = bench.run(&["claims", "results/nets"]);
    assert_eq!(text(&claims.stdout), "· It is so: the sweep is on rung 1 of 2\n");
    let (_, said) = bench.succeeds(&["sweep", "nets.toml"]);
    assert!(said.contains("✓ It is so: mean final_cost of 2 trials is "), "{said}");
}

#[test]
fn a_condition_of_a_claim_holds_after_the_sweep_as_before_it() {
    let bench = Bench::new();
    for (model, condition) in [
        ("depth = 3\nparameters = 700", "parameters = 700"),
        ("depth = 3\nparameters = 700", "hidden = [3, 3]"),
        ("depth = 3\nwidth = 3", "hidden = [3, 3]"),
        ("hidden = [3, 3]", "width = 3 and depth = 3"),
        ("hidden = [3, 3]\nactivation = [\"tanh\", \"tanh\"]", "activation = ['tanh', 'tanh']"),
        ("hidden = [3, 3]\nactivation = [\"tanh\", \"tanh\"]", "activation = tanh"),
        ("hidden = [3]\ncost = \"binary-cross-entropy\"", "model.cost = binary-cross-entropy"),
        ("hidden = [3]", "run.engine = auto"),
    ] {
        let claim = "[[claim]]\nsays = \"It is so\"\nvalue = \"final_cost\"\nat_most = 10";
        let toml = format!(
            "name = \"nets\"\n[data]\nset = \"drawn\"\n[model]\n{model}\n[train]\niterations = 2\nlearning_rate = 0.1\n\
             [sweep]\nseed = [1, 2]\n{claim}\nwhere = \"{condition}\"\n"
        );
        bench.write("nets.toml", &toml);
        bench.succeeds(&["sweep", "nets.toml", "--fresh"]);
    }
    // A width is no part of a net without hidden layers: refused before any work.
    let toml = bench
        .read("nets.toml")
        .replace("hidden = [3]", "depth = 1\nwidth = 3")
        .replace("run.engine = auto", "width = 3");
    bench.write("nets.toml", &toml);
    let (code, said) = failure(&bench.run(&["sweep", "nets.toml"]));
    assert!(code == Some(2) && said.contains("no trial of the plan fits 'width = 3'"), "{said}");
}
