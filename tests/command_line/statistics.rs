//! The table of a sweep: the statistics of each setting over its seeds.

use crate::support::failure;
use crate::sweep_language::bench;

#[test]
fn show_gives_the_statistics_over_the_seeds_counts_what_diverged_and_shows_trials_on_demand() {
    let bench = bench(
        "record_every = 5\n[sweep]\n\"train.learning_rate\" = [0.1, 1e4]\nseed = [1, 2, 3]\n\
         [[sweep.exclude]]\n\"train.learning_rate\" = 1e4\nseed = 3\n[[sweep.include]]\nmodel.width = 9\n",
    );
    let deep = ["model.activation=identity", "train.iterations=60"];
    bench.succeeds(&[&["sweep", "points.toml"][..], &deep].concat());
    let (table, header) = bench.succeeds(&["show", "results/points"]);
    let lines: Vec<_> = table.lines().collect();
    assert!(
        lines.len() == 4
            && header.contains("points: 8 trials; best first by final_cost")
            && header.contains("; mean ± standard deviation over seed"),
        "{table}{header}"
    );
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>().join(" "),
        "learning_rate width n final_cost cost_range train_cost train_cost_range train_accuracy train_range test_accuracy test_range \
         test_cost test_cost_range seconds drift engine status curve"
    );
    assert!(lines[3].contains("10000.0") && lines[3].contains(" 0 ") && lines[3].contains("2 diverged"), "{table}");

    let trials = bench.read("results/points/trials.csv");
    let costs: Vec<f64> =
        trials.lines().skip(1).take(3).map(|row| row.split(',').nth(5).unwrap().parse().unwrap()).collect();
    let mean = costs.iter().sum::<f64>() / 3.0;
    let deviation = (costs.iter().map(|cost| (cost - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
    let (low, high) = (costs.iter().copied().fold(f64::MAX, f64::min), costs.iter().copied().fold(0.0, f64::max));
    let row = lines.iter().find(|row| row.contains(" 4  3  ")).unwrap_or_else(|| panic!("{table}"));
    assert!(row.contains(&format!("{mean:.6} ± {deviation:.6}  {low:.6}..{high:.6}")), "{row}\n{costs:?}");
    assert!(row.contains("3 completed") && row.contains('█'), "{row}");

    let each = bench.succeeds(&["show", "results/points", "--trials"]).0;
    assert!(each.lines().count() == 9 && each.trim_start().starts_with("trial"), "{each}");
    let rates = bench.succeeds(&["show", "results/points", "--over", "train.learning_rate", "-n", "2"]).0;
    assert!(rates.lines().count() == 3 && rates.starts_with("seed"), "{rates}");
    let (code, line) = failure(&bench.run(&["show", "results/points", "--over", "model.depth"]));
    assert!(code == Some(2) && line.contains("model.depth is not swept in results/points"), "{line}");
}

#[test]
fn a_net_without_hidden_layers_has_a_value_of_them() {
    let bench = bench("[sweep]\nseed = [1, 2]\nmodel.hidden = [[], [4]]\n");
    bench.write("points.toml", &bench.read("points.toml").replace("depth = 3\nwidth = 4\n", ""));
    bench.succeeds(&["sweep", "points.toml"]);
    let columns = ["--csv", "--columns", "model.hidden,n", "--sort", "plan"];
    let table = bench.succeeds(&[&["show", "results/points"][..], &columns].concat()).0;
    assert_eq!(table, "model.hidden,n\n[],2\n[4],2\n");
}
