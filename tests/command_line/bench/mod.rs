//! `runner bench`: what it times and prints.

mod records;

use std::process::{Command, Output};

use kernels::blas::{Request, choose};
use serde_json::Value;

use crate::blas::{shim, shimmed};
use crate::support::{Bench, failure, text};

/// The option that limits a case to a few samples.
const QUICK: [&str; 2] = ["--seconds", "0.02"];

fn run(mut command: Command) -> Output {
    command.args(QUICK).output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stdout)))
}

/// Lists the products of a record: form, sides, type, whether added, whether by columns, and how often a step makes
/// them.
fn products(record: &Value) -> Vec<String> {
    let product = |product: &Value| {
        let field = |name: &str| product[name].to_string().replace('"', "");
        let sides = ["m", "n", "k"].map(field).join("x");
        let mark = |name: &str, mark: &'static str| if product[name] == true { mark } else { "" };
        let marks = [mark("adds", "+"), mark("column_major", "|")].concat();
        format!("{}{marks} {sides} {} {}", field("form"), field("dtype"), field("calls_a_step"))
    };
    let mut products: Vec<_> = record["products"].as_array().unwrap().iter().map(product).collect();
    products.sort();
    products
}

#[test]
fn the_products_of_an_experiment_are_those_that_its_engines_call() {
    let bench = Bench::new();
    let of = |settings: &[&str]| {
        let fixed = ["bench", "counted.toml", "--json", "model.dtype=f32", "model.hidden=[6]"];
        products(&json(&run(shimmed(&bench, &[&fixed, settings].concat()))))
    };
    let upper = ["nn 1x40x6 f32 1.0", "nt+ 1x6x40 f32 1.0", "tn 6x40x1 f32 1.0"];
    let with = |first: &[&str]| {
        let mut all: Vec<_> = upper.iter().chain(first).map(ToString::to_string).collect();
        all.sort();
        all
    };
    assert_eq!(of(&["run.engine=direct"]), with(&["nn 6x40x192 f32 1.0", "nt+ 6x192x40 f32 1.0"]));
    assert_eq!(of(&["run.engine=dual"]), with(&["nn+ 6x40x40 f32 1.0"]));
    let reduced = of(&["run.engine=reduced"]);
    assert!(reduced[1].starts_with("nn+ 6x40x") && reduced[3].starts_with("nt+ 6x"), "{reduced:?}");
    // Two batches of 16 and one of 8, which has a dW product of its own.
    let adam = of(&["run.engine=direct", "train.optimizer=adam", "train.batch=16"]);
    let thirds = ["0.3333333333333333", "0.6666666666666667"];
    for (m, share) in [(8, thirds[0]), (16, &thirds[1][..17])] {
        for product in
            [format!("nn| 6x{m}x192"), format!("nt| 6x192x{m}"), format!("nt 1x6x{m}"), format!("tn 6x{m}x1")]
        {
            assert!(
                adam.iter().any(|found| found.starts_with(&format!("{product} f32 {share}"))),
                "{product}: {adam:?}"
            );
        }
    }
    assert_eq!(adam.len(), 10);
}

#[test]
fn fleets_share_products_and_a_steps_operations_add_up() {
    let bench = Bench::new();
    let rates = "sweep.train.learning_rate={ from = 0.1, to = 0.11, count = 12 }";
    let record = json(&run(shimmed(&bench, &["bench", "counted.toml", "--json", "run.engine=dual", rates])));
    let found = products(&record);
    // Three nets a fleet, four fleets of each type, four layers.
    for product in ["nn+ 18x40x40 f32 4.0", "nn+ 18x40x40 f64 4.0", "nn 5x40x6 f32 12.0", "tn 5x40x4 f64 12.0"] {
        assert!(found.contains(&product.to_owned()), "{product}: {found:?}");
    }
    let share: f64 =
        record["products"].as_array().unwrap().iter().map(|of| of["share_of_step"].as_f64().unwrap()).sum();
    assert!((share - 2.0).abs() < 1e-9 || (share - 1.0).abs() < 1e-9, "{share}");
    let steps = record["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 2);
    for (step, dtype) in steps.iter().zip(["f32", "f64"]) {
        assert_eq!(
            (&step["fleets"], &step["fleet"]),
            (&4.into(), &"3 x 192-6-5-4-1, dual, 40 examples".into()),
            "{dtype}"
        );
        let products = record["products"].as_array().unwrap().iter().filter(|of| of["dtype"] == step["dtype"]);
        let flop: f64 = products.map(|of| of["flop"].as_f64().unwrap() * of["calls_a_step"].as_f64().unwrap()).sum();
        assert_eq!(flop / 4.0, step["flop"].as_f64().unwrap());
    }
}

#[test]
fn a_steps_operations_are_a_mean_over_the_batches_of_an_epoch() {
    let bench = Bench::new();
    // One batch of 39 examples and one of 1: a sample has both, as often.
    let settings = ["model.dtype=f32", "run.engine=direct", "train.batch=39"];
    let record = json(&run(shimmed(&bench, &[&["bench", "counted.toml", "--json"], &settings[..]].concat())));
    let products = record["products"].as_array().unwrap().iter();
    let flop: f64 = products.map(|of| of["flop"].as_f64().unwrap() * of["calls_a_step"].as_f64().unwrap()).sum();
    let step = &record["steps"][0];
    assert!((step["flop"].as_f64().unwrap() / flop - 1.0).abs() < 1e-12, "{flop}: {step}");
    assert_eq!(step["results"][0]["samples"]["calls"].as_u64().unwrap() % 2, 0, "{step}");
    let operations = |batch: &str, iterations: &str| {
        let plan = [&["sweep", "counted.toml", "--dry-run", batch, iterations], &settings[..2]].concat();
        let said = bench.succeeds(&plan).1;
        said.split_once(" to train: ").unwrap().1.split_once(" in all").unwrap().0.to_owned()
    };
    let two_epochs = operations("train.batch=40", "train.iterations=2");
    assert_eq!(operations("train.batch=39", "train.iterations=4"), two_epochs);
}

#[test]
fn steps_that_cost_something_else_are_told_apart_in_words_and_in_the_record() {
    let bench = Bench::new();
    let optimizers = r#"sweep.train.optimizer=["adam","gd"]"#;
    let settings = ["bench", "counted.toml", "--json", "model.dtype=f32", "run.engine=direct", optimizers];
    let record = json(&run(shimmed(&bench, &settings)));
    let of = |name: &str| -> Vec<String> {
        let mut texts: Vec<_> = record["steps"].as_array().unwrap().iter().map(|of| of[name].to_string()).collect();
        texts.sort();
        texts
    };
    let words = ["adam", "gd"].map(|name| format!("\"192-6-5-4-1 (optimizer={name}), direct, 40 examples\""));
    assert_eq!(of("fleet"), words);
    assert!(of("cost")[0].contains("optimizer=adam") && of("cost")[1].contains("optimizer=gd"), "{record}");
}

#[test]
fn steps_of_other_costs_or_other_recorded_examples_are_of_other_kinds() {
    let bench = Bench::new();
    let costs = |more: &[&str]| -> Vec<String> {
        let settings = ["bench", "counted.toml", "--json", "model.dtype=f32", "run.engine=direct"];
        let record = json(&run(shimmed(&bench, &[&settings, more].concat())));
        record["steps"].as_array().unwrap().iter().map(|of| of["cost"].to_string()).collect()
    };
    let both = costs(&[r#"sweep.model.cost=["mean-squared-error","binary-cross-entropy"]"#]);
    assert!(both.len() == 2 && both.iter().any(|cost| cost.contains("cost=mean-squared-error")), "{both:?}");
    let recorded = costs(&[r#"train.metrics=["test_accuracy"]"#]);
    assert!(recorded.len() == 1 && recorded[0].contains(" test=12"), "{recorded:?}");
}

#[test]
fn a_step_evaluates_the_validation_examples_that_patience_watches() {
    let bench = Bench::new();
    let validates = |more: &[&str]| {
        let settings = ["bench", "counted.toml", "model.dtype=f32", "data.validation=0.25"];
        let mut command = shimmed(&bench, &[&settings, more].concat());
        command.env("BLAS_SHIM_LOG", "log");
        let output = run(command);
        assert!(output.status.success(), "{}", text(&output.stderr));
        // The type, two transposes, and m, n and k; 10 of the 40 examples are for validation.
        let log = bench.read("log");
        log.lines().any(|form| form.split(' ').skip(3).take(3).any(|side| side == "10"))
    };
    assert_eq!([&[][..], &["train.patience=3"]].map(validates), [false, true]);
}

#[test]
fn a_fleet_with_a_net_that_diverges_at_once_is_left_out_and_all_else_is_timed() {
    let bench = Bench::new();
    let batches = r#"sweep.train.batch=[10, "full"]"#;
    let diverging = "sweep.include=[{train.batch=20, model.init_scale=1e300}]";
    let settings = ["bench", "counted.toml", "--csv", "model.dtype=f64", batches, diverging];
    let output = run(shimmed(&bench, &settings));
    let (table, said) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success() && said.contains("is left out: a net diverges at its initial parameters"),
        "{said}"
    );
    let steps: Vec<_> = table.lines().filter(|row| row.starts_with("step,")).collect();
    assert_eq!(steps.len(), 2, "{table}{said}");
    assert!(table.lines().any(|row| row.starts_with("product,")), "{table}");
    assert_eq!(table.lines().next().unwrap().split(',').nth(12), Some("fleets"), "{table}");
}

#[test]
fn shapes_are_timed_in_both_types_with_samples_bounds_and_shares() {
    let bench = Bench::new();
    let record = json(&run(shimmed(&bench, &["bench", "--shape", "8..32x2", "--shape", "5,6,7,nt", "--json"])));
    assert_eq!(record["products"].as_array().unwrap().len(), 8);
    assert_eq!(record["libraries"][0]["sha256"].as_str().unwrap().len(), 64);
    for product in record["products"].as_array().unwrap() {
        let result = &product["results"][0];
        let samples = result["samples"]["seconds"].as_array().unwrap();
        let [low, median, high] = ["low", "median", "high"].map(|of| result["seconds"][of].as_f64().unwrap());
        assert!(samples.len() >= 6 && low <= median && median <= high, "{result}");
        let gflops = product["flop"].as_f64().unwrap() / median / 1e9;
        let share = result["share_of_peak"].as_f64().unwrap();
        assert!((result["gflops"].as_f64().unwrap() / gflops - 1.0).abs() < 1e-9 && share > 0.0 && share < 1.1);
        assert!(["compute", "bandwidth", "calls"].map(Value::from).contains(&result["bound"]));
    }
    let table = run(shimmed(&bench, &["bench", "--shape", "8..32x2", "--dtype", "f64", "--csv"]));
    let table = text(&table.stdout);
    assert!(table.starts_with("case,fleet,form,m,n,k,") && table.lines().count() == 4, "{table}");
    let shown = text(&run(shimmed(&bench, &["bench", "--shape", "2048,1,1,tn", "--dtype", "f32"])).stdout);
    assert!(shown.contains("tn   2048x1x1") && shown.contains("blas_shim.so"), "{shown}");
}

#[test]
fn the_overhead_of_products_of_our_own_loops_is_that_of_the_loops() {
    let bench = Bench::new();
    let mut command = bench.command();
    command.args(["bench", "--shape", "32", "--json"]);
    let record = json(&run(command));
    let makes_own = |product: &Value| product["results"][0]["own_loops"] == true;
    let by_loops = record["products"].as_array().unwrap().iter().filter(|product| makes_own(product)).count();
    let measured = |of: &str| record["libraries"][0][of].as_array().unwrap().len();
    assert_eq!((measured("call_seconds"), measured("loop_seconds")), (2, by_loops), "{record}");
}

#[test]
fn several_libraries_take_turns_and_all_are_said() {
    let bench = Bench::new();
    let mut command = shimmed(&bench, &["bench", "--shape", "16", "--dtype", "f32", "--json", "--blas", "all"]);
    command.args(["--blas", "auto,bundled"]);
    let record = json(&run(command));
    let libraries = record["libraries"].as_array().unwrap();
    let names: Vec<_> = libraries.iter().map(|library| library["path"].as_str().unwrap()).collect();
    assert!(names[0] != names[1] && names.iter().any(|path| path.ends_with("blas_shim.so")), "{names:?}");
    assert_eq!(record["products"][0]["results"].as_array().unwrap().len(), libraries.len());
}

#[test]
fn all_libraries_of_a_machine_without_a_usable_one_is_one_line_and_exit_2() {
    let bench = Bench::new();
    let mut every = bench.command();
    every.args(["bench", "--shape", "16", "--blas", "all"]).env("LD_PRELOAD", shim(&bench));
    every.env("BLAS_SHIM_REAL", choose(&Request::Auto).unwrap().library.path());
    let (code, line) = failure(&run(every));
    assert!(code == Some(2) && line.contains("LD_PRELOAD puts "), "{line}");
    // The word is one of the option, and no library's name elsewhere.
    let mut by_variable = bench.command();
    by_variable.args(["bench", "--shape", "16"]).env("LAYERCHAIN_BLAS", "all");
    let (code, line) = failure(&run(by_variable));
    assert!(code == Some(2) && line.contains("can't load all as a BLAS"), "{line}");
}

#[test]
fn a_wrong_library_is_one_line_and_exit_3_and_none_is_exit_2() {
    let bench = Bench::new().with_own_core();
    // Sides at which each form is still a single call.
    for case in ["0", "1", "2"] {
        let mut wrong = shimmed(&bench, &["bench", "--shape", "32", "--dtype", "f32", "--save", "wrong"]);
        wrong.envs([("BLAS_SHIM_WRONG", "1.001"), ("BLAS_SHIM_CASE", case)]);
        let wrong = run(wrong);
        let stderr = text(&wrong.stderr);
        let errors: Vec<_> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!((wrong.status.code(), errors.len()), (Some(3), 1), "{stderr}");
        assert!(errors[0].contains(" wrongly (f32") && wrong.stdout.is_empty(), "{stderr}");
        assert!(!bench.path("results").exists());
    }
    // What is no value of an option is answered by the option.
    for (arguments, said) in [
        (&["--shape", "-64"][..], "'-64' for '--shape <M,N,K[,FORM]>': \"-64\" must be a whole number"),
        (&["--seconds", "-1"], "'-1' for '--seconds <S>': a number above 0"),
        (&["--threads", "-1"], "'-1' for '--threads <N>': -1 is not in 1..=65535"),
        (&["--against", "x", "--fail-above", "-5%"], "'-5%' for '--fail-above <SHARE>': a number of per cent above 0"),
        (&["--blas", ""], "'' for '--blas <all|NAME|PATH>': a BLAS has a name or a path"),
        (&["--blas", "auto,"], "'' for '--blas <all|NAME|PATH>': a BLAS has a name or a path"),
    ] {
        let refused = bench.run(&[&["bench", "--shape", "9"], arguments].concat());
        let stderr = text(&refused.stderr);
        assert!(refused.status.code() == Some(2) && stderr.contains(said), "{arguments:?}: {stderr}");
    }
    let refused = |arguments: &[&str]| failure(&bench.run(&[&["bench", "--shape", "9"], arguments].concat()));
    for (arguments, said) in [
        (&["--blas", "/nowhere.so"][..], "can't load /nowhere.so as a BLAS"),
        (&["--blas", "auto,libm.so.6"], "libm.so.6 is not a BLAS"),
        (&["--against", "nothing"], "there is no such record"),
        (&["--against", "../nothing"], "a record's name has"),
        (&["--save", "a/b"], "a record's name has"),
        (&["--threads", "9999"], "9999 threads are more than the"),
    ] {
        let (code, line) = refused(arguments);
        assert!(code == Some(2) && line.contains(said), "{arguments:?}: {line}");
    }
    for arguments in
        [&["--shape", "0"][..], &["--seconds", "0"], &["--fail-above", "5%"], &["--json", "--csv"], &["x.toml"]]
    {
        assert_eq!(
            bench.run(&[&["bench", "--shape", "9"], arguments].concat()).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}

#[test]
fn one_wrong_element_of_a_product_too_large_to_compare_whole_is_seen() {
    let bench = Bench::new();
    // Between the compared rows and columns; a side of 1024 is a single call on every core.
    let mut wrong = shimmed(&bench, &["bench", "--shape", "1024", "--dtype", "f32"]);
    wrong.envs([("BLAS_SHIM_WRONG", "1.5"), ("BLAS_SHIM_AT", "500,333"), ("BLAS_SHIM_SIDE", "1024")]);
    let wrong = run(wrong);
    let stderr = text(&wrong.stderr);
    assert_eq!(wrong.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains(" computes W·A wrongly (f32") && wrong.stdout.is_empty(), "{stderr}");
}
