//! One step laid open: the course's exercises, the equations between the numbers, and each kind of output.

mod equations;
mod forms;

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;

use crate::support::{Bench, failure, repository, text};

/// Half a unit of the eighth decimal, which is the last that the course prints, and the rounding of that half.
const PUBLISHED: f64 = 5.000_001e-9;

/// The exercises with the number of their published results.
const EXERCISES: [(&str, usize); 10] = [
    ("compute-cost", 2),
    ("l-model-backward", 6),
    ("l-model-forward", 6),
    ("linear-activation-backward-relu", 3),
    ("linear-activation-backward-sigmoid", 3),
    ("linear-activation-forward-relu", 2),
    ("linear-activation-forward-sigmoid", 2),
    ("linear-backward", 3),
    ("linear-forward", 1),
    ("update-parameters", 4),
];

/// An experiment with mini-batches, dropout, decay, a schedule and a momentum: everything that a step can depend on.
const EVERYTHING: &str = r#"
name = "everything"
[data]
set = "drawn"
[model]
hidden = [5, 4]
activation = "tanh"
dropout = 0.25
dtype = "f64"
init = "xavier"
[train]
learning_rate = 0.05
iterations = 9
batch = 16
optimizer = "adam"
weight_decay = 0.01
clip_norm = 1.0
schedule = "step"
step_size = 3
gamma = 0.5
[run]
engine = "direct"
"#;

fn exercise(name: &str) -> PathBuf {
    repository(&format!("experiments/trace/{name}.toml"))
}

fn trace(bench: &Bench, file: &str, arguments: &[&str]) -> Output {
    let output = bench.command().args(["trace", file]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{file} {arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    output
}

fn json(bench: &Bench, file: &str, arguments: &[&str]) -> Value {
    let output = trace(bench, file, &[arguments, &["--json"]].concat());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn quantities(report: &Value) -> Vec<&Value> {
    let stages = report["stages"].as_array().unwrap();
    stages.iter().flat_map(|stage| stage["quantities"].as_array().unwrap()).collect()
}

type Matrix = Vec<Vec<f64>>;

fn matrix(report: &Value, symbol: &str) -> Matrix {
    let found = quantities(report).into_iter().find(|quantity| quantity["symbol"] == symbol);
    let values = &found.unwrap_or_else(|| panic!("no {symbol}"))["values"];
    serde_json::from_value(values.clone()).unwrap_or_else(|error| panic!("{symbol}: {error}"))
}

#[track_caller]
fn close(what: &str, found: &Matrix, expected: impl Fn(usize, usize) -> f64) {
    for (i, row) in found.iter().enumerate() {
        for (j, found) in row.iter().enumerate() {
            let expected = expected(i, j);
            assert!((found - expected).abs() <= 1e-12, "{what} [{i}, {j}]: {found}, by its equation {expected}");
        }
    }
}

#[test]
fn the_exercises_of_the_course_give_the_published_values_to_eight_decimals() {
    let bench = Bench::new();
    let names = fs::read_dir(repository("experiments/trace")).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<_> = names
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "lecture")
        .collect();
    names.sort();
    assert_eq!(names, EXERCISES.map(|(name, _)| name));
    for (name, results) in EXERCISES {
        let report = json(&bench, exercise(name).to_str().unwrap(), &[]);
        let mut compared = 0;
        for quantity in quantities(&report) {
            let published = &quantity["published"];
            if published.is_null() {
                continue;
            }
            compared += 1;
            let (found, published): (Matrix, Matrix) = (
                serde_json::from_value(quantity["values"].clone()).unwrap(),
                serde_json::from_value(published["values"].clone()).unwrap(),
            );
            for (found, published) in found.iter().flatten().zip(published.iter().flatten()) {
                let symbol = &quantity["symbol"];
                assert!((found - published).abs() <= PUBLISHED, "{name} {symbol}: {found}, published {published}");
            }
        }
        assert_eq!(compared, results, "{name}");
    }
    // J is published with all its digits.
    let report = json(&bench, exercise("compute-cost").to_str().unwrap(), &[]);
    assert!((matrix(&report, "J")[0][0] - 0.279_776_563_579_342_2).abs() < 1e-15);
}

#[test]
fn a_published_value_that_is_not_met_is_said_with_exit_code_1() {
    let bench = Bench::new().with_own_core();
    let wrong = fs::read_to_string(exercise("linear-forward")).unwrap().replace("3.26295337", "3.26295338");
    bench.write("wrong.toml", &wrong);
    let run = bench.run(&["trace", "wrong.toml"]);
    assert_eq!(run.status.code(), Some(1));
    assert!(text(&run.stdout).contains("z[1] published ✗ off by 5.3e-9"), "{}", text(&run.stdout));
    assert_eq!(text(&run.stderr), "1 of 1 published results are not met to 8 decimals\n");
    bench.write("more.toml", &format!("{wrong}dw = [[1, 2, 3]]\n"));
    let run = bench.run(&["trace", "more.toml"]);
    assert!(
        run.status.code() == Some(1) && text(&run.stderr).contains("1 published result can't be compared"),
        "{}",
        text(&run.stderr)
    );
    // What is changed on the command line is another net, of which nothing is published.
    let changed = trace(&bench, "wrong.toml", &["layer.1.b=[0]"]);
    assert!(!text(&changed.stdout).contains("published"), "{}", text(&changed.stdout));
}

#[test]
fn da_of_an_output_that_is_right_with_certainty_is_a_number() {
    let bench = Bench::new();
    let net = "[layer.1]\nactivation = \"sigmoid\"\nw = [[1.0]]\nb = [0.0]\n[expected]\nsource = \"s\"\n";
    bench
        .write("sure.toml", &format!("x = [[800.0, 1.0]]\ny = [[1, 0]]\n{net}[expected.1]\nda = [[-1, 3.71828183]]\n"));
    let (step, _) = bench.succeeds(&["trace", "sure.toml"]);
    assert!(step.contains("da[1] published ✓"), "{step}");
}

#[test]
fn a_result_that_is_no_number_meets_no_published_one_wherever_it_is() {
    let bench = Bench::new();
    // 10 · 1e308 is infinite, and 0 times that is no number.
    for (x, z) in [("[[10, 1]]", "[[5.0, 0.0]]"), ("[[1, 10]]", "[[0.0, 5.0]]")] {
        let first = "[layer.1]\nactivation = \"identity\"\nw = [[1e308]]\nb = [0.0]\n";
        let second = "[layer.2]\nactivation = \"sigmoid\"\nw = [[0.0]]\nb = [0.0]\n";
        let expected = format!("[expected]\nsource = \"s\"\n[expected.2]\nz = {z}\n");
        bench.write("nan.toml", &format!("x = {x}\ny = [[1, 0]]\n{first}{second}{expected}"));
        let run = bench.run(&["trace", "nan.toml"]);
        assert_eq!(run.status.code(), Some(1), "{}", text(&run.stdout));
        assert!(text(&run.stdout).contains("z[2] published ✗ off by NaN"), "{}", text(&run.stdout));
    }
}

#[test]
fn between_the_numbers_of_the_lectures_net_each_equation_holds() {
    let bench = Bench::new();
    let report = json(&bench, exercise("lecture").to_str().unwrap(), &[]);
    let of = |symbol: &str| matrix(&report, symbol);
    let (x, y) = (of("X"), of("Y"));
    let m = x[0].len();
    let sum = |count: usize, term: &dyn Fn(usize) -> f64| (0..count).map(term).sum::<f64>();
    for l in 1..=3 {
        let a_prev = if l == 1 { x.clone() } else { of(&format!("a[{}]", l - 1)) };
        let [w, b, z, a, da, dz, dw, db] =
            ["W", "b", "z", "a", "da", "dz", "dW", "db"].map(|symbol| of(&format!("{symbol}[{l}]")));
        close("z", &z, |i, j| sum(a_prev.len(), &|k| w[i][k] * a_prev[k][j]) + b[i][0]);
        let relu = |i: usize, j: usize| z[i][j].max(0.0);
        let sigmoid = |i: usize, j: usize| 1.0 / (1.0 + (-z[i][j]).exp());
        close("a", &a, |i, j| if l == 3 { sigmoid(i, j) } else { relu(i, j) });
        let slope = |i: usize, j: usize| if l == 3 { a[i][j] * (1.0 - a[i][j]) } else { f64::from(z[i][j] > 0.0) };
        close("dz", &dz, |i, j| da[i][j] * slope(i, j));
        close("dW", &dw, |i, j| sum(m, &|k| dz[i][k] * a_prev[j][k]) / m as f64);
        close("db", &db, |i, _| sum(m, &|k| dz[i][k]) / m as f64);
        close("da", &of(&format!("da[{}]", l - 1)), |i, j| sum(w.len(), &|k| w[k][i] * dz[k][j]));
        close("W new", &of(&format!("W[{l}] new")), |i, j| w[i][j] - 0.5 * dw[i][j]);
        close("b new", &of(&format!("b[{l}] new")), |i, _| b[i][0] - 0.5 * db[i][0]);
    }
    let a = of("a[3]");
    close("da[3]", &of("da[3]"), |i, j| -y[i][j] / a[i][j] + (1.0 - y[i][j]) / (1.0 - a[i][j]));
    let loss = |j: usize| -(y[0][j] * a[0][j].ln() + (1.0 - y[0][j]) * (1.0 - a[0][j]).ln());
    close("J", &of("J"), |_, _| sum(m, &loss) / m as f64);
    assert!(of("J new")[0][0] < of("J")[0][0]);
}

#[test]
fn a_softmax_and_a_linear_output_have_the_costs_and_the_start_of_the_way_back_that_belong_to_them() {
    let bench = Bench::new();
    let net = |activation: &str, y: &str| {
        format!(
            "x = [[1, -2], [0.5, 1]]\ny = {y}\n[layer.1]\nactivation = '{activation}'\nw = [[1, 2], [-1, 0.5], [0.3, 0.2]]\n\
             b = [0, 0.1, -0.1]\n[train]\nlearning_rate = 0.1\n"
        )
    };
    bench.write("softmax.toml", &net("softmax", "[[2, 0]]"));
    let report = json(&bench, "softmax.toml", &[]);
    let [z, a, dz] = ["z[1]", "a[1]", "dz[1]"].map(|symbol| matrix(&report, symbol));
    let total = |j: usize| z.iter().map(|row| row[j].exp()).sum::<f64>();
    close("a", &a, |i, j| z[i][j].exp() / total(j));
    close("dz", &dz, |i, j| a[i][j] - f64::from((i, j) == (2, 0) || (i, j) == (0, 1)));
    close("J", &matrix(&report, "J"), |_, _| -(a[2][0].ln() + a[0][1].ln()) / 2.0);

    bench.write("one-hot.toml", &net("softmax", "[[0, 1], [0, 0], [1, 0]]"));
    let (code, line) = failure(&bench.run(&["trace", "one-hot.toml"]));
    let problem = "y: must be one row of class numbers, from 0, found a row for each class";
    assert!(code == Some(2) && line.contains(problem), "{line}");

    bench.write("linear.toml", &net("identity", "[[1, 2], [3, -4], [0.5, 0]]"));
    let report = json(&bench, "linear.toml", &[]);
    let [a, y, dz] = ["a[1]", "Y", "dz[1]"].map(|symbol| matrix(&report, symbol));
    close("dz", &dz, |i, j| 2.0 / 3.0 * (a[i][j] - y[i][j]));
    let squares = a.concat().iter().zip(y.concat()).map(|(a, y)| (a - y).powi(2)).sum::<f64>();
    close("J", &matrix(&report, "J"), |_, _| squares / 6.0);
}

#[test]
fn each_gradient_stands_beside_its_finite_differences_element_by_element() {
    let bench = Bench::new();
    let report = json(&bench, exercise("lecture").to_str().unwrap(), &[]);
    let mut compared = 0;
    for quantity in quantities(&report) {
        let differences = &quantity["differences"];
        let is_gradient = quantity["symbol"].as_str().unwrap().starts_with(['d'])
            && quantity["path"].as_str().unwrap().ends_with(['w', 'b']);
        assert_eq!(differences.is_object(), is_gradient, "{quantity}");
        if is_gradient {
            assert_eq!(differences["agrees"], true);
            let both = [&quantity["values"], &differences["values"]]
                .map(|values| serde_json::from_value::<Matrix>(values.clone()).unwrap());
            let [values, numeric] = both.map(|values| values.concat());
            for (value, numeric) in values.iter().zip(&numeric) {
                assert!((value - numeric).abs() < 1e-9, "{}: {value}, numeric {numeric}", quantity["symbol"]);
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 8 + 4 + 12 + 3 + 3 + 1);
}

#[test]
fn a_step_begins_with_the_parameters_that_the_step_before_it_ends_with() {
    let bench = Bench::new();
    bench.write("everything.toml", EVERYTHING);
    let lecture = exercise("lecture");
    for (file, changes) in [
        ("everything.toml", [].as_slice()),
        ("everything.toml", &["train.optimizer=nesterov", "train.batch=full"]),
        (lecture.to_str().unwrap(), &["train.optimizer=rmsprop", "train.batch=2"]),
    ] {
        for step in ["1", "4"] {
            let next = (step.parse::<usize>().unwrap() + 1).to_string();
            let before = json(&bench, file, &[changes, &["--step", step]].concat());
            let after = json(&bench, file, &[changes, &["--step", &next]].concat());
            for l in 1..=3 {
                for tensor in ["W", "b"] {
                    let symbol = format!("{tensor}[{l}]");
                    assert_eq!(matrix(&before, &format!("{symbol} new")), matrix(&after, &symbol), "{file} {symbol}");
                }
            }
        }
    }
}

#[test]
fn the_cost_of_each_step_is_that_of_the_sweep() {
    let bench = Bench::new();
    bench.write("everything.toml", EVERYTHING);
    let run = bench.run(&["sweep", "everything.toml", "--progress", "none"]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    let history = bench.read("results/everything/history.csv");
    for step in [1, 2, 5, 9] {
        let row = history.lines().nth(step).unwrap();
        let cost: f64 = row.split(',').nth(2).unwrap().parse().unwrap();
        let found = matrix(&json(&bench, "everything.toml", &["--step", &step.to_string()]), "J")[0][0];
        assert!((found - cost).abs() < 1e-12, "step {step}: {found}, swept {cost}");
    }
}

#[test]
fn what_cannot_be_traced_is_refused_in_one_line() {
    let bench = Bench::new().with_own_core();
    bench.write("everything.toml", EVERYTHING);
    let swept = format!("{EVERYTHING}\n[sweep]\nseed = [1, 2]\n");
    bench.write("swept.toml", &swept);
    let given = exercise("l-model-backward");
    let forward = exercise("l-model-forward");
    for (arguments, message) in [
        (vec!["swept.toml"], "the sweep has 2 points, runner trace takes one; fix seed with KEY=VALUE"),
        (
            vec!["everything.toml", "--step", "10"],
            "--step 10: the training has 9 steps (train.iterations or train.epochs)",
        ),
        (
            vec![given.to_str().unwrap(), "--step", "2"],
            "the file gives caches or gradients, which belong to its one step",
        ),
        (vec![forward.to_str().unwrap(), "--step", "2"], "--step: without x and y the file has only one step"),
        (vec![forward.to_str().unwrap(), "model.width=3"], "model.width: no key of a worked example"),
        (vec!["nothing.toml"], "nothing.toml: can't read the experiment"),
    ] {
        let (code, line) = failure(&bench.run(&[&["trace"], arguments.as_slice()].concat()));
        assert!(code == Some(2) && line.contains(message), "{arguments:?}: {line}");
    }
    let (code, line) = failure(&bench.run(&["sweep", forward.to_str().unwrap()]));
    assert!(code == Some(2) && line.contains("a net of given numbers, which only runner trace takes"), "{line}");
}

#[test]
fn the_examples_of_a_mini_batch_are_numbered_by_their_rows_of_the_file() {
    let bench = Bench::new();
    bench.write("everything.toml", EVERYTHING);
    let file = hdf5::File::open(bench.path("data/train_drawn.h5")).unwrap();
    let pixels = file.dataset("train_set_x").unwrap().read_raw::<u8>().unwrap();
    for changes in
        [&["data.validation=0.3"][..], &["train.batch=full", "data.validation=0.3"], &["train.shuffle=false"]]
    {
        let report = json(&bench, "everything.toml", changes);
        let notes = report["stages"][0]["notes"].to_string();
        let Some((_, rows)) = notes.split_once("the training examples ") else {
            assert!(changes.contains(&"train.batch=full"), "{notes}");
            continue;
        };
        let (rows, _) = rows.split_once(" (numbered from 0)").unwrap_or_else(|| panic!("{notes}"));
        let x = matrix(&report, "X");
        let rows: Vec<usize> = rows.split(", ").map(|row| row.parse().unwrap()).collect();
        assert_eq!(rows.len(), 16);
        for (column, row) in rows.into_iter().enumerate() {
            assert!((0..192).all(|i| x[i][column] == f64::from(pixels[row * 192 + i]) / 255.0), "row {row}: {notes}");
        }
    }
}
