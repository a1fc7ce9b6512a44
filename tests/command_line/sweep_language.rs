//! The language of `[sweep]`: its points, their order, and the one line for each mistake.

use crate::support::{Bench, failure, text};

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

pub(crate) fn run(bench: &Bench, arguments: &[&str]) -> (String, String) {
    let run = bench.run(arguments);
    assert!(run.status.success(), "{}", text(&run.stderr));
    (text(&run.stdout), text(&run.stderr))
}

/// Returns the trial of each point of a dry run, with its values in the named columns.
pub(crate) fn points(bench: &Bench, overrides: &[&str], columns: &[&str]) -> Vec<Vec<String>> {
    let (table, _) = run(bench, &[&["sweep", "points.toml", "--dry-run"], overrides].concat());
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
    run(bench, &[&["sweep", "points.toml"], overrides].concat());
    let ids = |table: String| table.lines().map(|line| line[..12].to_owned()).collect::<Vec<_>>();
    let planned = ids(run(bench, &[&["sweep", "points.toml", "--dry-run"], overrides].concat()).0);
    let (again, rest) = run(bench, &["sweep", "results/points/experiment.toml", "--dry-run"]);
    assert!(rest.contains(", 0 to train"), "{rest}");
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
    let (_, more) = run(&bench, &["sweep", "points.toml", "sweep.samples=8", "sweep.method=sobol", "--dry-run"]);
    assert!(more.starts_with("16 trials in ") && more.contains(", 4 to train"), "{more}");
}

#[test]
fn points_that_are_drawn_twice_are_one() {
    let bench =
        bench("[sweep]\nmethod = \"random\"\nsamples = 100\n\"model.depth\" = { from = 1, to = 3 }\nseed = [1]\n");
    let mut depths = rows(&points(&bench, &[], &["model.depth"]));
    depths.sort();
    assert_eq!(depths, ["1", "2", "3"]);
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
    let sweep = "[sweep]\nmodel.depth = [2, 3, 6]\nmodel.parameters = [100, 3000]\n";
    bench.write("points.toml", &format!("{}{sweep}", BASE.replace("width = 4\n", "")));
    let keys = ["model.depth", "model.parameters", "model.width", "parameters", "trial"];
    let found = points(&bench, &[], &keys);
    let parameters = |depth: u64, w: u64| (192 + 1) * w + (depth - 2) * (w + 1) * w + (w + 1);
    for point in &found {
        let [depth, budget, width] = [0, 1, 2].map(|column| point[column].parse::<u64>().unwrap());
        assert_eq!(point[3], parameters(depth, width).to_string());
        let is_widest = parameters(depth, width) <= budget && parameters(depth, width + 1) > budget;
        assert!(is_widest || (width == 1 && parameters(depth, 1) > budget), "{point:?}");
        let written = [format!("model.depth={depth}"), format!("model.width={width}")];
        let same = points(&bench, &[&written[0], &written[1]], &["trial"]);
        assert_eq!(same[0], point[4..], "the id of the net with that width");
    }
    let widths: Vec<_> = found.iter().map(|point| point[2].as_str()).collect();
    assert_eq!(widths, ["1", "15", "1", "14", "1", "12"]);
    resolves_to_the_same_trials(&bench, &[]);
    let trials = bench.read("results/points/trials.csv");
    assert!(trials.starts_with("trial,model.depth,model.parameters,model.width,"), "{trials}");
    assert!(run(&bench, &["show", "results/points"]).0.lines().next().unwrap().contains("width"));
    let (_, of_depth_1) = run(&bench, &["sweep", "points.toml", "--dry-run", "model.depth=1"]);
    assert!(of_depth_1.starts_with("1 trial in "), "no hidden layer, hence no width: {of_depth_1}");
    let gradients = run(&bench, &["gradcheck", "points.toml", "model.depth=3", "model.parameters=3000"]).0;
    assert!(gradients.contains("[14,14]"), "{gradients}");
}

#[test]
fn show_gives_the_statistics_over_the_seeds_counts_what_diverged_and_shows_trials_on_demand() {
    let bench = bench(
        "record_every = 5\n[sweep]\n\"train.learning_rate\" = [0.1, 1e4]\nseed = [1, 2, 3]\n\
         [[sweep.exclude]]\n\"train.learning_rate\" = 1e4\nseed = 3\n[[sweep.include]]\nmodel.width = 9\n",
    );
    let deep = ["model.activation=identity", "train.iterations=60"];
    run(&bench, &[&["sweep", "points.toml"][..], &deep].concat());
    let (table, header) = run(&bench, &["show", "results/points"]);
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

    let each = run(&bench, &["show", "results/points", "--trials"]).0;
    assert!(each.lines().count() == 9 && each.trim_start().starts_with("trial"), "{each}");
    let rates = run(&bench, &["show", "results/points", "--over", "train.learning_rate", "-n", "2"]).0;
    assert!(rates.lines().count() == 3 && rates.starts_with("seed"), "{rates}");
    let (code, line) = failure(&bench.run(&["show", "results/points", "--over", "model.depth"]));
    assert!(code == Some(2) && line.contains("model.depth is not swept in results/points"), "{line}");
}

const HALVED: &str = r#"
record_every = 5
[sweep]
"train.learning_rate" = { from = 0.0001, to = 1, count = 9, scale = "log" }
seed = [1, 2]
[sweep.halving]
least = 10
factor = 3
"#;

/// Reads the rows of trials.csv: rate, seed, iterations, final cost.
fn halved_rows(bench: &Bench, folder: &str) -> Vec<(String, String, usize, f64)> {
    let trials = bench.read(&format!("{folder}/trials.csv"));
    let header = "trial,train.learning_rate,seed,train.iterations,status,final_cost,";
    assert!(trials.starts_with(header), "{trials}");
    let row = |row: &str| {
        let cells: Vec<_> = row.split(',').collect();
        (cells[1].to_owned(), cells[2].to_owned(), cells[3].parse().unwrap(), cells[5].parse().unwrap())
    };
    trials.lines().skip(1).map(row).collect()
}

#[test]
fn halving_trains_the_best_third_of_the_settings_three_times_as_long_up_to_all_iterations() {
    let bench = bench(HALVED);
    let deep = ["model.activation=tanh", "train.iterations=70"];
    let dry = run(&bench, &[&["sweep", "points.toml", "--dry-run"], &deep[..]].concat());
    assert_eq!(dry.0.lines().count(), 19);
    let outlook = "9 for 10 iterations, then the best 3 for 30 iterations, then the best 1 for 70 iterations";
    assert!(dry.1.contains(outlook), "{}", dry.1);

    run(&bench, &[&["sweep", "points.toml", "-j", "1"], &deep[..]].concat());
    let rows = halved_rows(&bench, "results/points");
    let rung = |iterations| rows.iter().filter(move |row| row.2 == iterations).collect::<Vec<_>>();
    assert_eq!([rung(10).len(), rung(30).len(), rung(70).len()], [18, 6, 2]);
    for (lower, upper) in [(10, 30), (30, 70)] {
        let mean = |rate: &str| rung(lower).iter().filter(|row| row.0 == rate).map(|row| row.3).sum::<f64>() / 2.0;
        let went_on = |rate: &str| rung(upper).iter().any(|row| row.0 == rate);
        let (on, off): (Vec<_>, Vec<_>) = rung(lower).into_iter().partition(|row| went_on(&row.0));
        let worst = on.iter().map(|row| mean(&row.0)).fold(0.0, f64::max);
        assert!(off.iter().all(|row| mean(&row.0) >= worst), "{lower}: {rows:?}");
        assert_ne!(on.len(), 0);
    }

    // A rung's trials are ordinary ones: those of a sweep with as many iterations, bit for bit.
    let (best, seed, _, cost) = rung(70)[0].clone();
    let alone = [&format!("train.learning_rate={best}")[..], &format!("seed={seed}"), "--out", "alone"];
    bench.write("points.toml", BASE);
    run(&bench, &[&["sweep", "points.toml", "train.record_every=5"], &alone[..], &deep].concat());
    let alone = bench.read("alone/trials.csv");
    assert!(alone.lines().nth(1).unwrap().contains(&format!("completed,{cost}")), "{cost}: {alone}");
    let again = run(&bench, &["sweep", "results/points/experiment.toml"]).1;
    assert!(again.contains("every trial was finished before"), "{again}");
    assert_eq!(halved_rows(&bench, "results/points"), rows);
    assert!(run(&bench, &["show", "results/points"]).0.lines().count() == 1 + 9 + 3 + 1);
}

#[test]
fn halving_goes_on_where_it_was_interrupted_with_the_same_bytes_for_any_number_of_jobs() {
    let bench = bench(HALVED);
    let long =
        ["train.iterations=12000", "train.record_every=100", "sweep.halving.least=3000", "sweep.halving.factor=2"];
    let sweep = |more: &[&str]| run(&bench, &[&["sweep", "points.toml"][..], &long, more].concat()).1;
    sweep(&["-j", "2", "--out", "whole"]);
    for (lines, out) in [(4, "first"), (20, "second")] {
        let arguments = [&["sweep", "points.toml", "-j", "1", "--out", out][..], &long].concat();
        let mut child = bench.start_until(&arguments, lines);
        let interrupt = format!("kill -INT {}", child.id());
        assert!(std::process::Command::new("bash").args(["-c", &interrupt]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let (_, shown) = run(&bench, &["show", out, "--trials"]);
        let numbers: Vec<usize> = shown.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let rungs = if lines < 18 { 18 } else { 18 + 10 };
        assert_eq!(numbers.iter().sum::<usize>(), rungs, "no rung begins before the one below has ended: {shown}");
        let resumed = sweep(&["-j", "1", "--out", out]);
        assert!(resumed.contains("of them finished before"), "{resumed}");
        assert!(bench.read(&format!("{out}/history.csv")) == bench.read("whole/history.csv"));
    }
}

#[test]
fn halving_leaves_behind_what_diverged_and_refuses_what_it_cannot_mean() {
    let bench = bench("[sweep]\n\"train.learning_rate\" = [1e3, 1e4]\nhalving = { least = 40, factor = 2 }\n");
    let diverging = ["model.activation=identity", "train.iterations=80"];
    let none = run(&bench, &[&["sweep", "points.toml"], &diverging[..]].concat()).1;
    assert!(none.contains("2 diverged") && none.contains("none goes on"), "{none}");
    assert_eq!(bench.read("results/points/trials.csv").lines().count(), 3);

    for (sweep, parts) in [
        ("[sweep]\nseed = [1]\nhalving = { factor = 3 }", &["points.toml:16", "sweep.halving.least", "missing"][..]),
        (
            "[sweep]\nseed = [1]\nhalving = { least = 5 }",
            &["points.toml:16", "sweep.halving.least", "below train.iterations, 5"],
        ),
        (
            "[sweep]\nseed = [1]\nhalving = { least = 2, factor = 1 }",
            &["points.toml:16", "sweep.halving.factor", "from 2"],
        ),
        (
            "[sweep]\nhalving = { least = 2, metric = \"luck\" }",
            &["points.toml:15", "halving.metric", "\"cost\"", "\"luck\""],
        ),
        ("[sweep]\nhalving = { leats = 2 }", &["points.toml:15", "did you mean sweep.halving.least?"]),
        (
            "[sweep]\ntrain.iterations = [5, 6]\nhalving = { least = 2 }",
            &["points.toml:16", "train.iterations, which is swept"],
        ),
    ] {
        bench.write("points.toml", &format!("{BASE}{sweep}\n"));
        let (code, line) = failure(&bench.run(&["sweep", "points.toml"]));
        assert_eq!(code, Some(2), "{sweep}: {line}");
        for part in parts {
            assert!(line.contains(part), "{part:?} is not in: {line}");
        }
    }
}
