//! The engines of a sweep: those that are chosen, asked for, swept and refused.

use crate::support::{Bench, text};
use crate::sweeps::{SWEEP, bench, failure_after_header, sweep};

#[test]
fn the_engine_that_is_chosen_trains_the_same_bytes_as_the_one_that_is_asked_for() {
    let bench = bench();
    let short = ["train.iterations=600"];
    sweep(&bench, &[&short[..], &["--out", "auto"]].concat());
    sweep(&bench, &[&short[..], &["run.engine=dual", "--out", "dual"]].concat());
    assert!(bench.read("auto/history.csv") == bench.read("dual/history.csv"));
    assert!(bench.read("auto/trials.csv").contains(",dual,"));
    assert!(bench.read("auto/experiment.toml").contains("engine = \"auto\""));
    let both = sweep(&bench, &["train.iterations=600", "run.engine=direct", "--out", "auto"]);
    assert!(both.contains("small: 18 trials; "), "another engine is another trial: {both}");
}

#[test]
fn engines_can_be_swept_and_agree() {
    let bench = bench();
    let axis = "sweep.run.engine=[\"direct\", \"reduced\", \"dual\"]";
    let fixed = ["seed=1", "train.learning_rate=0.01", "model.depth=3", "model.dtype=f64"];
    sweep(&bench, &[&["train.iterations=300", "model.activation=tanh", axis][..], &fixed].concat());
    let trials = bench.read("results/small/trials.csv");
    let column = |row: &str, place: usize| row.split(',').nth(place).unwrap().to_owned();
    let rows: Vec<_> = trials.lines().skip(1).collect();
    let engines: Vec<_> = rows.iter().map(|row| column(row, 1)).collect();
    assert_eq!(engines, ["direct", "reduced", "dual"]);
    let costs: Vec<f64> = rows.iter().map(|row| column(row, 3).parse().unwrap()).collect();
    assert!(costs.iter().all(|cost| (cost / costs[0] - 1.0).abs() < 1e-9), "{costs:?}");
    let shown = text(&bench.run(&["show", "results/small"]).stdout);
    assert!(shown.contains("reduced") && shown.contains("run.engine"), "{shown}");
}

#[test]
fn subnormals_are_flushed_unless_asked_for_and_the_choice_is_recorded() {
    let bench = bench();
    // From layer to layer the gradients shrink by some 100, until they are below every number of f32.
    let vanishing = ["model.activation=sigmoid", "model.depth=60", "train.iterations=20", "seed=1"];
    let fixed = ["train.learning_rate=0.01", "model.init=scaled-normal", "train.metrics=[\"gradient_norm\"]"];
    for flush in ["true", "false"] {
        let key = format!("run.flush_subnormals={flush}");
        sweep(&bench, &[&vanishing[..], &fixed, &[&key, "--out", flush]].concat());
        let record = rusqlite::Connection::open(bench.path(&format!("{flush}/results.db"))).unwrap();
        let config: String = record.query_row("SELECT config FROM trial", [], |row| row.get(0)).unwrap();
        assert!(config.contains(&format!("\"run.flush_subnormals\":{flush}")), "{config}");
        let history = bench.read(&format!("{flush}/history.csv"));
        let numbers = history.lines().skip(1).flat_map(|row| row.split(',').skip(2)).map(|cell| cell.parse().unwrap());
        let subnormals: Vec<f64> = numbers.filter(|norm| 0.0 < *norm && *norm < f64::from(f32::MIN_POSITIVE)).collect();
        let is_flushed = flush == "true" && kernels::CAN_FLUSH;
        assert_eq!(subnormals.is_empty(), is_flushed, "{subnormals:?} with {key}");
    }
}

#[test]
fn an_engine_that_would_not_be_exact_is_not_chosen_and_refused_by_name() {
    let bench = bench();
    for part in ["train", "test"] {
        let file = hdf5::File::create(bench.path(&format!("{part}_huge.h5"))).unwrap();
        let features = ndarray::Array2::from_shape_fn((20, 50), |(i, j)| 1e19 * ((i * 7 + j * 3) % 11) as f32);
        file.new_dataset_builder().with_data(&features).create(format!("{part}_set_x").as_str()).unwrap();
        let labels: Vec<u8> = (0..20).map(|i| i % 2).collect();
        file.new_dataset_builder().with_data(&labels).create(format!("{part}_set_y").as_str()).unwrap();
    }
    let toml = SWEEP.replace("set = \"drawn\"", "train = \"train_huge.h5\"\ntest = \"test_huge.h5\"");
    bench.write("small.toml", &toml);
    let one = ["seed=1", "train.learning_rate=1e-25", "model.depth=2", "train.iterations=500"];
    sweep(&bench, &one);
    assert!(bench.read("results/small/trials.csv").contains(",direct,"));
    sweep(&bench, &[&one[..], &["model.dtype=f64"]].concat());
    assert!(bench.read("results/small/trials.csv").contains(",dual,"));
    let refused = bench.run(&[&["sweep", "small.toml", "run.engine=dual"], &one[..]].concat());
    let (code, line) = failure_after_header(&refused.stderr, refused.status.code());
    assert_eq!(code, Some(2));
    assert!(line.contains("run.engine: dual is not exact in f32"), "{line}");
}

/// A table with `rows` rows of these features, two classes in turn.
fn table(rows: usize, features: impl Fn(usize) -> String) -> String {
    (0..rows).map(|row| format!("{},{}\n", features(row), row % 2)).collect()
}

const TABLE: &str = "name = \"t\"\n[data]\ntrain = \"t/train_t.h5\"\nscale = \"none\"\n[model]\nhidden = [4]\ndtype = \"f64\"\n[train]\nlearning_rate = 0.01\n";

#[test]
fn features_whose_inner_products_overflow_are_trained_directly() {
    let bench = Bench::new();
    let large = |row: usize| (0..20).map(|i| format!("{}e160", (row * 7 + i * 3) % 11)).collect::<Vec<_>>().join(",");
    bench.write("t.csv", &table(60, large));
    bench.succeeds(&["data", "import", "t.csv", "--out", "t", "--test-share", "0.2"]);
    bench.write("t.toml", &format!("{TABLE}iterations = 20000\n"));
    bench.succeeds(&["sweep", "t.toml"]);
    let shown = bench.succeeds(&["show", "results/t", "--trials", "--csv", "--columns", "engine"]).0;
    assert!(shown.ends_with("direct\n"), "{shown}");
}

#[test]
fn a_net_that_overflows_on_examples_set_aside_has_diverged_whichever_they_are() {
    let bench = Bench::new();
    let huge = |row: usize| if row == 20 { ["3e38"; 8].join(",") } else { format!("{},1,2,3,4,5,6,7", row % 7) };
    bench.write("t.csv", &table(50, huge));
    bench.succeeds(&["data", "import", "t.csv", "--out", "t", "--test-share", "0.2", "--header", "no"]);
    bench.write(
        "t.toml",
        &format!("{TABLE}iterations = 3\n").replace("f64", "f32").replace("[4]", "[64]\ninit = \"he\""),
    );
    for seed in 1..=6 {
        let seed = format!("data.validation_seed={seed}");
        bench.run(&["sweep", "t.toml", "--fresh", "data.validation=0.4", &seed]);
        let shown = text(&bench.run(&["show", "results/t", "--trials", "--csv", "--columns", "status"]).stdout);
        assert!(shown.ends_with("diverged\n"), "{seed}: {shown}");
    }
}

#[test]
fn one_example_that_is_far_larger_than_the_others_takes_no_digits_of_theirs() {
    let bench = bench();
    for part in ["train", "test"] {
        let file = hdf5::File::create(bench.path(&format!("{part}_filled.h5"))).unwrap();
        let mut features = ndarray::Array2::from_shape_fn((20, 50), |(i, j)| ((i * 7 + j * 3) % 11) as f32 / 11.0);
        features.column_mut(4).fill(0.0);
        features[[2, 4]] = 1e15; // the value of a number that is missing
        file.new_dataset_builder().with_data(&features).create(format!("{part}_set_x").as_str()).unwrap();
        let labels: Vec<u8> = (0..20).map(|i| i % 2).collect();
        file.new_dataset_builder().with_data(&labels).create(format!("{part}_set_y").as_str()).unwrap();
    }
    let toml = SWEEP.replace("set = \"drawn\"", "train = \"train_filled.h5\"\ntest = \"test_filled.h5\"");
    bench.write("filled.toml", &toml.replace("name = \"small\"", "name = \"filled\""));
    // By the number of operations alone it would be the reduced engine.
    let one = ["model.depth=2", "seed=1", "train.learning_rate=0.01", "train.batch=5", "data.scale=none"];
    let dry = |further: &[&str]| bench.run(&[&["sweep", "filled.toml", "--dry-run"], &one[..], further].concat());
    let chosen = dry(&[]);
    assert!(text(&chosen.stdout).contains("direct") && !text(&chosen.stdout).contains("reduced"), "{chosen:?}");
    let (code, line) =
        failure_after_header(&dry(&["run.engine=reduced"]).stderr, dry(&["run.engine=reduced"]).status.code());
    assert!(
        code == Some(2) && line.contains("reduced is not exact in f32") && line.contains("differ too much"),
        "{line}"
    );
}

#[test]
fn features_far_from_0_are_not_trained_by_their_inner_products_unless_these_keep_their_digits() {
    let bench = Bench::new();
    let far = |row: usize| {
        let of_row = |i: usize| format!("{}", 1e4 + ((7 * row * row + row * i * i) % 101) as f64 / 10.0);
        (0..50).map(of_row).collect::<Vec<_>>().join(",")
    };
    bench.write("t.csv", &table(40, far));
    bench.succeeds(&["data", "import", "t.csv", "--out", "t", "--test-share", "0.2", "--header", "no"]);
    let norm = "metrics = [\"gradient_norm\"]\nclip_norm = 0.01\niterations = 2000\nrecord_every = 100\n";
    bench.write(
        "t.toml",
        &format!("{TABLE}{norm}").replace("0.01\nm", "1e-9\nm").replace("[4]", "[]\ninit = \"zeros\""),
    );
    let trained = |keys: &[&str]| {
        bench.succeeds(&[&["sweep", "t.toml", "--fresh"], keys].concat());
        let engine = bench.succeeds(&["show", "results/t", "--trials", "--csv", "--columns", "engine"]).0;
        let history = bench.read("results/t/history.csv");
        let norm = history.lines().last().unwrap().rsplit(',').next().unwrap().parse::<f64>().unwrap();
        (engine.lines().last().unwrap().to_owned(), norm)
    };
    let (in_f64, exact) = trained(&[]);
    let (in_f32, rounded) = trained(&["model.dtype=f32"]);
    assert_eq!((in_f64.as_str(), in_f32.as_str()), ("dual", "reduced"));
    assert!((rounded / exact - 1.0).abs() < 0.01, "{rounded} {exact}");
    let (standardised, _) = trained(&["model.dtype=f32", "data.scale=standardize"]);
    assert_eq!(standardised, "dual");
    let refused = bench.run(&["sweep", "t.toml", "--fresh", "model.dtype=f32", "run.engine=dual"]);
    let (code, line) = failure_after_header(&refused.stderr, refused.status.code());
    assert!(
        code == Some(2) && line.contains("dual is not exact in f32") && line.contains("lie too far from 0"),
        "{line}"
    );
}
