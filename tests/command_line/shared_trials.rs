//! Keys that are no part of some trials of a sweep, and points that share their trials: conditions, settings, and the keys of the best one.

use crate::support::{Bench, failure, text};
use crate::sweep_language::{BASE, bench, points, rows};

/// A sweep in which gd shares its trials between two points.
const SHARED: &str = "[sweep]\ntrain.optimizer = [\"gd\", \"momentum\"]\ntrain.momentum = [0.5, 0.9]\nseed = [1, 2]\n";

#[test]
fn a_condition_on_a_key_holds_only_for_trials_that_it_is_part_of() {
    let bench = bench("[sweep]\ntrain.optimizer = [\"gd\", \"momentum\", \"adam\"]\n");
    bench.succeeds(&["sweep", "points.toml"]);
    let optimisers = |condition: &str| {
        let arguments =
            ["show", "results/points", "--where", condition, "--csv", "--columns", "optimizer", "--sort", "plan"];
        let lines: Vec<String> = text(&bench.run(&arguments).stdout).lines().skip(1).map(str::to_owned).collect();
        lines.join(" ")
    };
    for (condition, found) in [
        ("momentum = 0.9", "momentum"),
        ("momentum < 2", "momentum"),
        ("momentum != 0.9", "gd adam"),
        ("eps > 0", "adam"),
        ("betas = [0.9, 0.999]", "adam"),
        ("weight_decay = 0", "gd momentum adam"),
        ("decay_biases = true", ""),
        ("patience > 0", ""),
        ("learning_rate > -1", "gd momentum adam"),
    ] {
        assert_eq!(optimisers(condition), found, "{condition}");
    }
    let (code, line) = failure(&bench.run(&["show", "results/points", "--where", "patience = 0"]));
    assert!(code == Some(2) && line.contains("train.patience must be"), "{line}");
}

#[test]
fn a_swept_key_has_no_value_where_it_is_no_part_of_the_trial_and_its_default_where_a_point_leaves_it_open() {
    let bench = bench(SHARED);
    bench.succeeds(&["sweep", "points.toml"]);
    let found = |condition: &str| {
        let shown = bench.run(&["show", "results/points", "--where", condition, "--csv", "--trials", "--sort", "plan"]);
        let cells = |line: &str| line.split(',').skip(1).take(3).collect::<Vec<_>>().join(" ");
        text(&shown.stdout).lines().skip(1).map(cells).collect::<Vec<_>>()
    };
    assert_eq!(found("momentum = 0.9"), ["momentum 0.9 1", "momentum 0.9 2"]);
    assert_eq!(found("optimizer = gd"), ["gd  1", "gd  2"]);

    bench.write(
        "points.toml",
        &format!("{BASE}optimizer = \"momentum\"\n[sweep]\nseed = [1, 2]\n[[sweep.include]]\ntrain.momentum = 0.3\n"),
    );
    bench.succeeds(&["sweep", "points.toml", "--fresh"]);
    let count = |condition: &str| found(condition).len();
    assert_eq!([count("momentum = 0.9"), count("momentum > 0.5"), count("momentum < 1")], [2, 2, 4]);

    let base = BASE.replace("learning_rate", "weight_decay = 0.01\nlearning_rate");
    bench.write("points.toml", &format!("{base}[sweep]\ntrain.optimizer = [\"adamw\", \"adam\", \"gd\"]\n"));
    bench.succeeds(&["sweep", "points.toml", "--fresh"]);
    assert_eq!([count("decoupled = true"), count("decoupled = false"), count("decoupled != true")], [1, 2, 2]);
}

#[test]
fn points_that_share_their_trials_count_once_and_best_gives_the_keys_of_one() {
    let bench = bench(SHARED);
    bench.succeeds(&["sweep", "points.toml"]);
    let (_, header) = bench.succeeds(&["show", "results/points", "--trials"]);
    assert!(header.starts_with("points: 6 trials; best first"), "{header}");
    for (condition, settings) in [("optimizer = gd", 1), ("optimizer = momentum", 2)] {
        let best = bench.succeeds(&["best", "results/points", "--where", condition]).0;
        let noun = if settings == 1 { "setting" } else { "settings" };
        assert!(best.contains(&format!("the best of {settings} {noun} by")), "{best}");
        let keys: Vec<&str> = best.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(keys.iter().any(|key| key.starts_with("train.momentum=")), settings == 2, "{best}");
        let trial = best.split("--trial ").nth(1).unwrap().split_whitespace().next().unwrap();
        assert_eq!(rows(&points(&bench, &keys, &["trial"])), [trial], "{best}");
    }
    bench.succeeds(&["report", "results/points"]);
    let page = std::fs::read_to_string(bench.path("results/points/report.html")).unwrap();
    assert!(page.contains("6 trials of 3 settings: 6 completed"), "the tally counts points");
}

#[test]
fn trials_of_points_that_differ_in_keys_without_a_meaning_are_one_setting_whatever_points_there_are() {
    // The points of gd with a momentum of 0.5 have one seed, those with 0.9 have three.
    let both = |momenta: &str| {
        format!(
            "{BASE}[sweep]\ntrain.optimizer = [\"gd\", \"momentum\"]\ntrain.momentum = {momenta}\nseed = [1, 2, 3]\n\
             [[sweep.exclude]]\ntrain.momentum = 0.5\nseed = [2, 3]\n"
        )
    };
    let bench = Bench::new();
    let mut tables = Vec::new();
    for (name, momenta) in [("a", "[0.5, 0.9]"), ("b", "[0.9, 0.5]")] {
        bench.write("points.toml", &both(momenta));
        bench.succeeds(&["sweep", "points.toml", "--out", name]);
        let shown = |more: &[&str]| {
            let columns = "optimizer,momentum,n,final_cost";
            let table = bench.succeeds(&[&["show", name, "--csv", "--columns", columns], more].concat()).0;
            let mut rows: Vec<String> = table.lines().skip(1).map(str::to_owned).collect();
            rows.sort();
            rows
        };
        let settings = shown(&[]);
        let counts =
            settings.iter().map(|row| row.split(',').take(3).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
        assert_eq!(counts, ["gd  3", "momentum 0.5 1", "momentum 0.9 3"], "{settings:?}");
        let over = shown(&["--over", "optimizer", "--where", "seed = 1"]);
        assert_eq!(over.len(), 3, "no momentum is a value of its own: {over:?}");
        let best = bench.succeeds(&["best", name]).0;
        assert!(best.contains("the best of 3 settings"), "{best}");
        bench.succeeds(&["report", name]);
        let page = bench.read(&format!("{name}/report.html"));
        assert!(page.contains("7 trials of 3 settings: 7 completed"), "{page}");
        tables.push((settings, over));
    }
    assert_eq!(tables[0], tables[1], "the order of the values in the file decides nothing");
}

#[test]
fn an_included_point_keeps_the_key_that_another_one_has_lost() {
    let bench = bench(
        "[sweep]\ntrain.learning_rate = [0.1, 0.2]\n[[sweep.include]]\ntrain.optimizer = \"adamw\"\ntrain.decay_biases = false\n\
         [[sweep.include]]\ntrain.learning_rate = 0.3\ntrain.weight_decay = 0.1\ntrain.decay_biases = false\n",
    );
    let ids = rows(&points(&bench, &[], &["trial"]));
    let gd = rows(&points(&bench, &["train.optimizer=gd"], &["trial"]));
    assert_eq!((ids.len(), gd.len()), (4, 3));
    assert_eq!(gd, [&*ids[0], &ids[1], &ids[3]]);
}

#[test]
fn best_gives_the_value_that_a_point_leaves_open() {
    let bench =
        bench("[sweep]\nmodel.depth = [2, 3]\ntrain.weight_decay = [5, 9]\n[[sweep.include]]\nmodel.depth = 2\n");
    bench.succeeds(&["sweep", "points.toml"]);
    let best = bench.succeeds(&["best", "results/points", "--where", "weight_decay = 0"]).0;
    let keys: Vec<&str> = best.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(keys, ["model.depth=2", "train.weight_decay=0.0"], "{best}");
    let trial = best.split("--trial ").nth(1).unwrap().split_whitespace().next().unwrap();
    assert_eq!(rows(&points(&bench, &keys, &["trial"])), [trial], "{best}");
}

#[test]
fn an_included_point_has_the_values_that_it_leaves_at_their_defaults_in_every_view() {
    let bench = bench("[sweep]\ntrain.weight_decay = [0.0, 0.1]\nseed = [1, 2]\n[[sweep.include]]\nseed = 3\n");
    bench.succeeds(&["sweep", "points.toml"]);
    let columns = ["--csv", "--columns", "weight_decay,n", "--sort", "plan"];
    let settings = bench.succeeds(&[&["show", "results/points"][..], &columns].concat()).0;
    assert_eq!(settings, "train.weight_decay,n\n0.0,3\n0.1,2\n");
    let over = bench.succeeds(&["show", "results/points", "--csv", "--columns", "seed", "--over", "weight_decay"]).0;
    assert_eq!(over.lines().count(), 4, "{over}");
    let best = bench.succeeds(&["best", "results/points"]).0;
    assert!(best.contains("the best of 2 settings"), "{best}");
    let written = bench.read("results/points/trials.csv");
    assert_eq!(written.lines().filter(|row| row.split(',').nth(1) == Some("0.0")).count(), 3, "{written}");
    bench.succeeds(&["report", "results/points"]);
    let page = bench.read("results/points/report.html");
    assert!(page.contains("5 trials of 2 settings: 5 completed"), "{page}");

    // An included point that is one of the axes by its defaults adds nothing.
    bench.write(
        "points.toml",
        &format!("{BASE}[sweep]\ntrain.weight_decay = [0.0, 0.1]\nseed = [1, 2]\n[[sweep.include]]\nseed = 2\n"),
    );
    let (code, line) = failure(&bench.run(&["sweep", "points.toml", "--dry-run"]));
    assert!(code == Some(2) && line.contains("adds nothing: the point is there already"), "{line}");
}

#[test]
fn points_whose_values_make_the_same_net_are_named() {
    // At 192 features and two hidden layers, both 600 and 700 weights and biases allow a width of 3.
    let bench = bench("[sweep]\nmodel.parameters = [600, 700, 1400]\nseed = [1, 2]\n");
    bench.write("points.toml", &bench.read("points.toml").replace("width = 4\n", ""));
    bench.succeeds(&["sweep", "points.toml"]);
    let named =
        "2 points share the trial of an earlier point, where these values make the same net: parameters 600 and 700";
    let said = bench.succeeds(&["show", "results/points"]).1;
    assert!(said.contains(&format!("note: {named}\n")), "{said}");
    let said = bench.succeeds(&["show", "results/points", "--where", "parameters = 700"]).1;
    assert!(!said.contains("share"), "{said}");
    bench.succeeds(&["report", "results/points"]);
    let page = bench.read("results/points/report.html");
    assert!(page.contains(&format!("{named}; the page has the earlier point.")), "{page}");
}

#[test]
fn the_keys_of_hidden_layers_have_no_value_where_there_are_none() {
    let bench = bench("[sweep]\nmodel.depth = [1, 2]\nmodel.width = [3, 4]\nmodel.activation = [\"relu\", \"tanh\"]\n");
    bench.succeeds(&["sweep", "points.toml"]);
    let columns = ["--csv", "--columns", "depth,width,activation", "--sort", "plan"];
    let (table, said) = bench.succeeds(&[&["show", "results/points"][..], &columns].concat());
    let rows: Vec<&str> = table.lines().skip(1).collect();
    assert_eq!(rows, ["1,,", "2,3,relu", "2,3,tanh", "2,4,relu", "2,4,tanh"], "{table}");
    assert!(!said.contains("share"), "{said}");
    let best = bench.succeeds(&["best", "results/points", "--where", "depth = 1"]).0;
    let keys: Vec<&str> = best.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(keys, ["model.depth=1"], "{best}");
    // The points that are left are one net.
    bench.succeeds(&[&["train", "points.toml"][..], &keys].concat());
    let (code, line) = failure(&bench.run(&["train", "points.toml", "model.depth=2"]));
    assert!(code == Some(2) && line.contains("the sweep has 4 points, runner train takes one"), "{line}");
}
