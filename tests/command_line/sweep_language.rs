//! The language of `[sweep]`: its points, their order, and the one line for each mistake.

use crate::support::{Bench, failure};

pub(crate) const BASE: &str = r#"
name = "points"

[data]
set = "drawn"

[model]
depth = 3
width = 4

[train]
learning_rate = 0.1
iterations = 5
"#;

pub(crate) fn bench(sweep: &str) -> Bench {
    let bench = Bench::new();
    bench.write("points.toml", &format!("{BASE}{sweep}"));
    bench
}

/// Returns the trial of each point of a dry run, with its values in the named columns.
pub(crate) fn points(bench: &Bench, overrides: &[&str], columns: &[&str]) -> Vec<Vec<String>> {
    let (table, _) = bench.succeeds(&[&["sweep", "points.toml", "--dry-run"], overrides].concat());
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let place = |name: &&str| header.iter().position(|column| column == name).unwrap_or_else(|| panic!("{table}"));
    let places: Vec<_> = columns.iter().map(place).collect();
    lines.map(|row| places.iter().map(|&place| row[place].to_owned()).collect()).collect()
}

pub(crate) fn rows(points: &[Vec<String>]) -> Vec<String> {
    points.iter().map(|point| point.join(" ")).collect()
}

/// Runs the sweep and then its resolved experiment, which must have the same trials.
pub(crate) fn resolves_to_the_same_trials(bench: &Bench, overrides: &[&str]) {
    bench.succeeds(&[&["sweep", "points.toml"], overrides].concat());
    let ids = |table: String| table.lines().map(|line| line[..12].to_owned()).collect::<Vec<_>>();
    let planned = ids(bench.succeeds(&[&["sweep", "points.toml", "--dry-run"], overrides].concat()).0);
    let (again, rest) = bench.succeeds(&["sweep", "results/points/experiment.toml", "--dry-run"]);
    assert!(rest.contains(", 0 to train"), "{rest}");
    assert!(!rest.contains("predicted: "), "{rest}");
    assert_eq!(planned, ids(again));
}

const ZIPPED: &str = r#"
[sweep]
"model.depth" = [2, 4]
[[sweep.zip]]
"model.activation" = ["relu", "tanh", "relu"]
"train.learning_rate" = { from = 0.01, to = 1, count = 3, scale = "log" }
[[sweep.zip]]
seed = [1, 2]
model.init = ["he", "xavier"]
"#;

#[test]
fn the_columns_of_a_zip_advance_together_and_several_zips_are_several_axes() {
    let bench = bench(ZIPPED);
    let keys = ["model.depth", "model.activation", "train.learning_rate", "seed", "model.init"];
    let all = rows(&points(&bench, &[], &keys));
    let expected = |depth: u32| {
        [("relu", "0.01"), ("tanh", "0.1"), ("relu", "1.0")].into_iter().flat_map(move |(activation, rate)| {
            ["1 he", "2 xavier"].map(|seed| format!("{depth} {activation} {rate} {seed}"))
        })
    };
    assert_eq!(all, expected(2).chain(expected(4)).collect::<Vec<_>>());
    resolves_to_the_same_trials(&bench, &[]);
    let record = bench.read("results/points/experiment.toml");
    assert!(record.contains("scale = \"log\""), "ranges stay ranges, for the plots: {record}");
    let fixed = points(&bench, &["train.learning_rate=0.5", "sweep.seed=[7]"], &["model.activation", "seed"]);
    assert_eq!(fixed.len(), 2 * 2 * 2, "a column that is fixed or swept elsewhere leaves its zip");
}

#[test]
fn a_key_can_be_off_in_the_file_on_the_command_line_and_on_an_axis() {
    let bench = bench("[sweep]\ntrain.clip_norm = [\"off\", 1]\n");
    let swept = points(&bench, &[], &["train.clip_norm", "trial"]);
    assert_eq!([&*swept[0][0], &*swept[1][0]], ["off", "1"]);
    let id = |overrides: &[&str]| points(&bench, overrides, &["trial"])[0][0].clone();
    assert_eq!(id(&["train.clip_norm=off"]), swept[0][1]);
    assert_eq!(id(&["train.clip_norm=1"]), swept[1][1]);
    bench.write("points.toml", BASE);
    assert_eq!(id(&[]), swept[0][1]);
    let (code, line) = failure(&bench.run(&["sweep", "points.toml", "train.patience=0"]));
    assert!(code == Some(2) && line.contains("train.patience: must be \"off\" or an integer from 1 to "), "{line}");
    bench.write("points.toml", &format!("{BASE}[sweep]\ntrain.clip_norm = [\"off\", 1]\n"));
    resolves_to_the_same_trials(&bench, &[]);
}

#[test]
fn axes_come_before_zips_wherever_they_are_written() {
    let bench = bench("[[sweep.zip]]\nseed = [1, 2]\nmodel.init = [\"he\", \"xavier\"]\n");
    let depth = ["sweep.model.depth=[2, 4]"];
    assert_eq!(rows(&points(&bench, &depth, &["model.depth", "seed"])), ["2 1", "2 2", "4 1", "4 2"]);
    resolves_to_the_same_trials(&bench, &depth);
}

const CHOSEN: &str = r#"
[sweep]
"model.depth" = [2, 4, 8]
"train.learning_rate" = [0.01, 0.1, 1.0]
seed = [1, 2]
[[sweep.exclude]]
"model.depth" = { ge = 4, lt = 9 }
"train.learning_rate" = { gt = 0.1 }
[[sweep.exclude]]
"model.depth" = [2, 8]
"train.learning_rate" = 0.01
seed = 2
[[sweep.include]]
"train.learning_rate" = 0.5
[[sweep.include]]
"model.depth" = 2
"train.learning_rate" = 1
"model.width" = 7
seed = 3
"#;

#[test]
fn exclusions_drop_points_where_every_condition_holds_and_inclusions_add_single_ones() {
    let bench = bench(CHOSEN);
    let found = rows(&points(&bench, &[], &["model.depth", "train.learning_rate", "seed", "model.width"]));
    let expected = [
        "2 0.01 1 4",
        "2 0.1 1 4",
        "2 0.1 2 4",
        "2 1.0 1 4",
        "2 1.0 2 4",
        "4 0.01 1 4",
        "4 0.01 2 4",
        "4 0.1 1 4",
        "4 0.1 2 4",
        "8 0.01 1 4",
        "8 0.1 1 4",
        "8 0.1 2 4",
        "3 0.5 1 4",
        "3 0.5 2 4",
        "2 1 3 7",
    ];
    assert_eq!(found, expected, "the grid, then each inclusion for every seed unless it names one");
    resolves_to_the_same_trials(&bench, &[]);
}

#[test]
fn a_condition_on_a_key_that_the_command_line_fixes_is_settled_by_its_value() {
    let bench = bench(CHOSEN);
    let depths = |rate: &str| rows(&points(&bench, &[rate, "seed=1"], &["model.depth"]));
    assert_eq!(depths("train.learning_rate=0.2"), ["2", "2"], "the grid's and the included wide one");
    assert_eq!(depths("train.learning_rate=0.1"), ["2", "4", "8", "2"]);
    resolves_to_the_same_trials(&bench, &["train.learning_rate=0.2", "seed=1"]);
    let (code, line) = failure(&bench.run(&["sweep", "points.toml", "model.depth=4", "train.learning_rate=1"]));
    assert!(code == Some(2) && line.contains("sweep.exclude: leaves out every point"), "{line}");
}

#[test]
fn what_sweep_cannot_mean_is_refused_with_file_line_and_key() {
    let bench = Bench::new();
    for (sweep, parts) in [
        (
            "[[sweep.zip]]\nseed = [1, 2]\n\"model.depth\" = [1, 2, 3]",
            &["points.toml:16", "sweep.zip.model.depth", "3 values", "the 2 of seed"][..],
        ),
        ("[[sweep.zip]]\n\"model.dept\" = [2]", &["points.toml:15", "did you mean sweep.zip.model.depth?"]),
        ("[[sweep.zip]]\n", &["points.toml:14", "sweep.zip", "[[sweep.zip]]"]),
        ("[sweep]\nzip = 3", &["points.toml:15", "sweep.zip", "[[sweep.zip]]", "found 3"]),
        (
            "[sweep]\nseed = [1]\n[[sweep.zip]]\nseed = [2]\nmodel.depth = [2]",
            &["points.toml:17", "sweep.seed", "swept twice", "points.toml:15"],
        ),
        (
            "[sweep]\nseed = [1]\n[[sweep.exclude]]\n\"model.depth\" = 2",
            &["points.toml:17", "model.depth", "not swept"],
        ),
        ("[sweep]\nseed = [1]\n[[sweep.exclude]]\nseed = { ge = 1 }", &["points.toml:17", "leaves out every point"]),
        ("[sweep]\nseed = [1]\n[[sweep.exclude]]\nseed = { ge = 1, about = 2 }", &["points.toml:17", "found about"]),
        ("[sweep]\nseed = [1]\n[[sweep.exclude]]\nseed = { ge = \"1\" }", &["points.toml:17", "ge must be a number"]),
        ("[sweep]\nseed = [1]\n[[sweep.exclude]]\nseed = [1, -1]", &["points.toml:17", "sweep.exclude.seed", "-1"]),
        (
            "[sweep]\nmodel.init = [\"he\"]\n[[sweep.exclude]]\nmodel.init = { lt = 1 }",
            &["points.toml:17", "bounds are for numbers", "\"he\""],
        ),
        ("[sweep]\nseed = [1]\n[[sweep.include]]\nseed = -2", &["points.toml", "sweep.seed", "-2"]),
        ("[sweep]\nseed = [1]\n[[sweep.include]]\nseed = [2]", &["points.toml", "sweep.seed", "[2]"]),
        ("[sweep]\nmethod = \"guess\"", &["points.toml:15", "sweep.method", "\"sobol\"", "\"guess\""]),
        ("[sweep]\nmethd = \"grid\"", &["points.toml:15", "sweep.methd", "did you mean sweep.method?"]),
        ("[sweep]\nmethod = \"random\"\nseed = [1]", &["points.toml:15", "sweep.method", "needs sweep.samples"]),
        ("[sweep]\nmethod = \"random\"\nsamples = 3\nseed = [1]", &["points.toml:15", "no axis to draw from"]),
        ("[sweep]\nsamples = 3\nseed = [1]", &["points.toml:15", "sweep.samples", "only applies with"]),
        ("[sweep]\nmethod = \"random\"\nsamples = 0", &["points.toml:16", "sweep.samples", "from 1"]),
        ("[sweep]\nmethod = \"random\"\nsamples = 1000001", &["points.toml:16", "sweep.samples", "to 1000000"]),
        (
            "[sweep]\nmethod = \"random\"\nsamples = 600000\nseed = [1, 2]\ntrain.learning_rate = { from = 0.1, to = 1 }",
            &["points.toml", "600000 x 2 points"],
        ),
        (
            "[sweep]\nmethod = \"sobol\"\nsamples = 70000\n\"model.depth\" = { from = 1, to = 2 }",
            &["points.toml:16", "sweep.samples", "65536"],
        ),
        (
            "[sweep]\nmethod = \"random\"\nsamples = 3\n\"model.depth\" = { from = 0, to = 2 }",
            &["points.toml:17", "sweep.model.depth", "from 1"],
        ),
        (
            "[sweep]\nmethod = \"random\"\nsamples = 3\n\"model.depth\" = { from = 1.5, to = 3 }",
            &["points.toml:17", "sweep.model.depth", "whole numbers"],
        ),
        (
            "[sweep]\nmethod = \"random\"\nsamples = 3\n\"train.learning_rate\" = { from = 1, to = 0.1 }",
            &["points.toml:17", "from must be below to"],
        ),
        ("[sweep]\n\"model.depth\" = { from = 1, to = 2 }", &["points.toml:15", "lacks count"]),
        ("[sweep]\n\"model.parameters\" = [3000]", &["points.toml", "model.parameters", "takes the place of width"]),
    ] {
        bench.write("points.toml", &format!("{BASE}{sweep}\n"));
        let (code, line) = failure(&bench.run(&["sweep", "points.toml"]));
        assert_eq!(code, Some(2), "{sweep}: {line}");
        for part in parts {
            assert!(line.contains(part), "{part:?} is not in: {line}");
        }
        assert!(!bench.path("results").exists(), "half a result: {line}");
    }
}

#[test]
fn a_budget_of_parameters_is_the_widest_net_that_keeps_within_it_and_the_same_trial() {
    let bench = Bench::new();
    let sweep = "[sweep]\nmodel.depth = [2, 3, 6]\nmodel.parameters = [400, 3000]\n";
    bench.write("points.toml", &format!("{}{sweep}", BASE.replace("width = 4\n", "")));
    let keys = ["model.depth", "model.parameters", "model.width", "parameters", "trial"];
    let found = points(&bench, &[], &keys);
    let parameters = |depth: u64, w: u64| (192 + 1) * w + (depth - 2) * (w + 1) * w + (w + 1);
    for point in &found {
        let [depth, budget, width] = [0, 1, 2].map(|column| point[column].parse::<u64>().unwrap());
        assert_eq!(point[3], parameters(depth, width).to_string());
        assert!(parameters(depth, width) <= budget && parameters(depth, width + 1) > budget, "{point:?}");
        let written = [format!("model.depth={depth}"), format!("model.width={width}")];
        let same = points(&bench, &[&written[0], &written[1]], &["trial"]);
        assert_eq!(same[0], point[4..], "the id of the net with that width");
    }
    let widths: Vec<_> = found.iter().map(|point| point[2].as_str()).collect();
    assert_eq!(widths, ["2", "15", "2", "14", "1", "12"]);
    resolves_to_the_same_trials(&bench, &[]);
    let trials = bench.read("results/points/trials.csv");
    assert!(trials.starts_with("trial,model.depth,model.parameters,model.width,"), "{trials}");
    assert!(bench.succeeds(&["show", "results/points"]).0.lines().next().unwrap().contains("width"));
    let (_, of_depth_1) = bench.succeeds(&["sweep", "points.toml", "--dry-run", "model.depth=1"]);
    assert!(of_depth_1.starts_with("1 trial in "), "no hidden layer, hence no width: {of_depth_1}");
    let gradients = bench.succeeds(&["gradcheck", "points.toml", "model.depth=3", "model.parameters=3000"]).0;
    assert!(gradients.contains("[14,14]"), "{gradients}");
}
