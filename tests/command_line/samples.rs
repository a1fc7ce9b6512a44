//! Points that are drawn from their ranges.

use crate::support::failure;
use crate::sweep_language::{bench, points, resolves_to_the_same_trials, rows};

const DRAWN: &str = r#"
[sweep]
method = "random"
samples = 40
"model.depth" = { from = 1, to = 6 }
"model.width" = { from = 1, to = 100, scale = "log" }
"train.learning_rate" = { from = 0.001, to = 1, scale = "log" }
seed = [1, 2]
[[sweep.zip]]
"model.activation" = ["relu", "tanh"]
"model.init" = ["he", "xavier"]
"#;

#[test]
fn samples_lie_in_their_ranges_run_for_every_seed_and_stay_when_more_are_drawn() {
    let bench = bench(DRAWN);
    let keys = ["model.depth", "model.width", "train.learning_rate", "model.activation", "model.init", "seed"];
    for method in ["random", "sobol"] {
        let method = format!("sweep.method={method}");
        let found = points(&bench, &[&method], &keys);
        assert_eq!(found.len(), 80);
        let number = |point: &[String], column: usize| point[column].parse::<f64>().unwrap();
        for pair in found.chunks(2) {
            assert!(pair[0][..5] == pair[1][..5] && pair[0][5] == "1" && pair[1][5] == "2", "{pair:?}");
            let [depth, width, rate] = [0, 1, 2].map(|column| number(&pair[0], column));
            assert!((1.0..=6.0).contains(&depth) && (1.0..=100.0).contains(&width) && (0.001..=1.0).contains(&rate));
            assert_eq!(pair[0][3] == "relu", pair[0][4] == "he", "a zip is chosen by rows");
        }
        for (column, middle) in [(0, 3.5), (1, 10.0), (2, 0.0316)] {
            let low = found.iter().filter(|point| number(point, column) < middle).count();
            assert!((24..=56).contains(&low), "{method}, {}: {low} of 80 below {middle}", keys[column]);
        }
        assert_eq!(points(&bench, &[&method, "sweep.samples=15"], &keys), found[..30]);
        assert_ne!(points(&bench, &[&method, "sweep.sample_seed=2"], &keys), found);
    }
    let rates = |overrides: &[&str]| points(&bench, overrides, &["train.learning_rate"]);
    assert_eq!(rates(&["model.depth=2"]), rates(&[]), "what is drawn for one key doesn't depend on the others");
    resolves_to_the_same_trials(&bench, &["sweep.samples=6", "sweep.method=sobol"]);
    let (_, more) = bench.succeeds(&["sweep", "points.toml", "sweep.samples=8", "sweep.method=sobol", "--dry-run"]);
    assert!(more.starts_with("16 trials in ") && more.contains(", 4 to train"), "{more}");
}

/// The values were drawn by `tests/reimplementation/samples.py`, from the documentation alone.
#[test]
fn random_samples_are_drawn_by_the_documented_law() {
    let bench = bench(DRAWN);
    let keys = ["model.depth", "model.width", "train.learning_rate", "model.activation", "model.init"];
    let found = rows(&points(&bench, &["sweep.samples=5", "sweep.seed=[1]"], &keys));
    assert_eq!(
        found,
        [
            "1 1 0.0938699772 relu he",
            "4 4 0.165045848 tanh xavier",
            "5 54 0.00168168352 relu he",
            "1 1 0.103171533 relu he",
            "4 5 0.0130981358 tanh xavier",
        ]
    );
}

#[test]
fn a_grid_that_the_command_line_asks_for_leaves_out_the_samples_of_the_file() {
    let bench = bench("[sweep]\nmethod = \"random\"\nsamples = 2\nsample_seed = 3\n\"model.depth\" = [1, 2, 3]\n");
    assert_eq!(rows(&points(&bench, &["sweep.method=grid"], &["model.depth"])), ["1", "2", "3"]);
    resolves_to_the_same_trials(&bench, &["sweep.method=grid"]);
    let (code, line) = failure(&bench.run(&["sweep", "points.toml", "sweep.method=grid", "sweep.samples=5"]));
    assert!(code == Some(2) && line.contains("command line: sweep.samples: only applies with sweep.method"), "{line}");
    assert_eq!(points(&bench, &["sweep.method=sobol", "sweep.samples=1"], &["model.depth"]).len(), 1);
}

#[test]
fn points_that_are_drawn_twice_are_one() {
    let bench =
        bench("[sweep]\nmethod = \"random\"\nsamples = 100\n\"model.depth\" = { from = 1, to = 3 }\nseed = [1]\n");
    let mut depths = rows(&points(&bench, &[], &["model.depth"]));
    depths.sort();
    assert_eq!(depths, ["1", "2", "3"]);
}
