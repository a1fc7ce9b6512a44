//! Fifty steps of every optimiser, schedule, decay, activation and cost against PyTorch and scikit-learn, in f64.
//!
//! The golden files, and the scripts that wrote them, are in `golden/`.

use std::sync::Arc;

use kernels::{Activation, Adam};
use ndarray::{Array1, Array2};
use net::{
    Algorithm, Architecture, Batches, Chain, Cost, Curve, Decay, Engine, Examples, Fleet, GramSpace, InitialNet, Layer,
    Optimiser, Schedule, Scheme, Stopping, Training, initialise,
};
use serde_json::Value;

/// The greatest difference that counts as equal, as a share of a tensor's largest element.
const TOLERANCE: f64 = 1e-9;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("a number, not {value}"))
}

fn whole(value: &Value) -> usize {
    value.as_u64().unwrap_or_else(|| panic!("a whole number, not {value}")) as usize
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}"))
}

fn vector(value: &Value) -> Array1<f64> {
    serde_json::from_value::<Vec<f64>>(value.clone()).expect("a list of numbers").into()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).expect("a list of rows");
    let shape = (rows.len(), rows[0].len());
    Array2::from_shape_vec(shape, rows.into_iter().flatten().collect()).expect("rows of one length")
}

/// A golden run in the types of this library.
struct Run<'g> {
    golden: &'g Value,
    chain: Chain<f64>,
    y: Array2<f64>,
    training: Training,
    batches: Batches,
}

fn activation(name: &Value) -> Activation {
    let known = Activation::ALL.into_iter().find(|(known, _)| *known == text(name));
    known.map_or_else(|| Cost::SoftmaxCrossEntropy.output_activation(), |(_, activation)| activation)
}

fn optimiser(golden: &Value) -> Optimiser {
    let (momentum, eps) = (number(&golden["momentum"]), number(&golden["eps"]));
    let adam = || Adam { beta_1: number(&golden["betas"][0]), beta_2: number(&golden["betas"][1]), eps };
    let algorithm = match text(&golden["optimizer"]) {
        "gd" => Algorithm::Descent,
        "momentum" => Algorithm::Momentum { momentum, nesterov: false },
        "nesterov" => Algorithm::Momentum { momentum, nesterov: true },
        "rmsprop" => Algorithm::RmsProp { alpha: number(&golden["alpha"]), eps },
        "adam" | "adamw" => Algorithm::Adam(adam()),
        other => panic!("no optimiser {other}"),
    };
    let biases = golden["decay_biases"].as_bool().unwrap();
    let decoupled = golden["decoupled"].as_bool().unwrap() || golden["optimizer"] == "adamw";
    let decay = Decay { lambda: number(&golden["weight_decay"]), decoupled, biases };
    Optimiser { algorithm, decay, clip_norm: golden["clip_norm"].as_f64() }
}

fn schedule(golden: &Value) -> Schedule {
    let curve = &golden["schedule"];
    let curve = match text(&curve["name"]) {
        "constant" => Curve::Constant,
        "step" => Curve::Step { every: whole(&curve["step_size"]), gamma: number(&curve["gamma"]) },
        "cosine" => {
            Curve::Cosine { over: whole(&curve["cosine_iterations"]), least: number(&curve["min_learning_rate"]) }
        }
        "inverse" => Curve::Inverse { decay: number(&curve["rate_decay"]) },
        other => panic!("no schedule {other}"),
    };
    let (warmup, warmup_start) = (whole(&golden["warmup"]), number(&golden["warmup_start"]));
    Schedule { learning_rate: number(&golden["learning_rate"]), warmup, warmup_start, curve }
}

fn run<'g>(file: &'g Value, golden: &'g Value) -> Run<'g> {
    let net = file["nets"].as_array().unwrap().iter().find(|net| net["name"] == golden["net"]).expect("its net");
    let layers = net["layers"].as_array().unwrap().iter().zip(net["activations"].as_array().unwrap());
    let layers = layers.map(|(layer, name)| Layer {
        w: matrix(&layer["w"]),
        b: vector(&layer["b"]),
        activation: activation(name),
    });
    let examples = whole(&file["examples"]);
    let batch = golden["batch"].as_u64().map_or(examples, |batch| batch as usize);
    let training = Training {
        optimiser: optimiser(golden),
        schedule: schedule(golden),
        ..Training::descent(0.0, whole(&file["iterations"]), 1)
    };
    let chain = Chain::new(layers.collect());
    Run { golden, chain, y: matrix(&net["y"]), training, batches: Batches::new(examples, batch, None) }
}

fn is_off(found: f64, expected: f64, scale: f64) -> bool {
    let near = (found - expected).abs() <= TOLERANCE * scale;
    !near
}

fn largest<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().fold(0.0, |largest, value| f64::max(largest, value.abs()))
}

/// Lists the tensors that differ from the golden run, and `costs` if a cost does.
fn differences(run: &Run, found: &Chain<f64>, costs: &[f64]) -> Vec<String> {
    let mut off = Vec::new();
    for (l, (layer, golden)) in found.layers.iter().zip(run.golden["layers"].as_array().unwrap()).enumerate() {
        let (w, b) = (matrix(&golden["w"]), vector(&golden["b"]));
        let (w_scale, b_scale) = (largest(&w), largest(&b));
        if layer.w.iter().zip(&w).any(|(found, expected)| is_off(*found, *expected, w_scale)) {
            off.push(format!("w{}", l + 1));
        }
        if layer.b.iter().zip(&b).any(|(found, expected)| is_off(*found, *expected, b_scale)) {
            off.push(format!("b{}", l + 1));
        }
    }
    let expected = vector(&run.golden["costs"]);
    assert_eq!(costs.len(), expected.len());
    if costs.iter().zip(&expected).any(|(found, expected)| is_off(*found, *expected, *expected)) {
        off.push("costs".to_owned());
    }
    off
}

fn examples(engine: Engine, x: &Array2<f64>, y: &Array2<f64>) -> Examples<f64> {
    let space = Arc::new(GramSpace::new(x.view(), x.view()));
    Examples::for_engine(engine, &space, y.clone(), y.clone()).unwrap()
}

/// Compares each golden run, by every engine that is exact for it; direct, reduced and dual must have `least` runs each.
fn agree(text: &str, least: [usize; 3]) {
    let file: Value = serde_json::from_str(text).unwrap();
    let x = matrix(&file["x"]);
    let mut compared = [0; 3];
    for golden in file["runs"].as_array().unwrap() {
        let run = run(&file, golden);
        for (count, (name, engine)) in compared.iter_mut().zip(Engine::ALL) {
            if !engine.is_exact_for(&run.training.optimiser, run.batches.is_full()) {
                continue;
            }
            let examples = examples(engine, &x, &run.y);
            let start = InitialNet::new(&examples, run.chain.clone(), run.training.clone()).unwrap();
            let mut fleet = Fleet::new(&examples, run.batches.clone(), vec![start]);
            let trained = fleet.train(|_| true).unwrap().unwrap().remove(0);
            let chain = fleet.chain(0, run.chain.layers[0].w.view()).expect("it has not diverged");
            let costs: Vec<f64> = trained.history.iter().map(|record| record.cost).collect();
            let off = differences(&run, &chain, &costs);
            assert!(off.is_empty(), "{} by {name}: {off:?}", golden["name"]);
            *count += 1;
        }
    }
    let enough = compared.iter().zip(least).all(|(&compared, least)| compared >= least);
    assert!(enough, "{compared:?} runs by direct, reduced and dual; {least:?} are expected at least");
}

#[test]
fn parameters_and_costs_equal_pytorchs_after_fifty_steps() {
    agree(include_str!("golden/training.json"), [142, 77, 4]);
}

#[test]
fn parameters_and_costs_equal_scikit_learns_after_fifty_steps() {
    agree(include_str!("golden/scikit_learn.json"), [36, 20, 5]);
}

#[test]
fn the_comparison_sees_one_parameter_and_one_cost_that_are_off() {
    let file: Value = serde_json::from_str(include_str!("golden/training.json")).unwrap();
    let run = run(&file, &file["runs"][0]);
    let golden = run.golden["layers"].as_array().unwrap().iter().zip(&run.chain.layers);
    let layers =
        golden.map(|(golden, layer)| Layer { w: matrix(&golden["w"]), b: vector(&golden["b"]), ..layer.clone() });
    let right = Chain::new(layers.collect());
    let costs = vector(&run.golden["costs"]).to_vec();
    assert!(differences(&run, &right, &costs).is_empty());
    let mut wrong = right.clone();
    wrong.layers[1].w[[2, 1]] += 3e-9 * largest(&right.layers[1].w);
    assert_eq!(differences(&run, &wrong, &costs), ["w2"]);
    let mut wrong = right.clone();
    wrong.layers[2].b[0] = f64::NAN;
    assert_eq!(differences(&run, &wrong, &costs), ["b3"]);
    let mut late = costs.clone();
    late[49] *= 1.0 + 2e-9;
    assert_eq!(differences(&run, &right, &late), ["costs"]);
}

#[test]
fn nets_of_different_optimisers_train_in_one_fleet_as_they_do_alone() {
    let file: Value = serde_json::from_str(include_str!("golden/training.json")).unwrap();
    let x = matrix(&file["x"]);
    let runs: Vec<_> = file["runs"].as_array().unwrap().iter().map(|golden| run(&file, golden)).collect();
    let base: Vec<_> = runs.iter().filter(|run| run.golden["net"] == "base" && run.golden["batch"] == 8).collect();
    assert!(base.len() > 80, "{}", base.len());
    let examples = examples(Engine::Direct, &x, &base[0].y);
    let start = |run: &&Run| InitialNet::new(&examples, run.chain.clone(), run.training.clone()).unwrap();
    let mut fleet = Fleet::new(&examples, base[0].batches.clone(), base.iter().map(start).collect());
    let trained = fleet.train(|_| true).unwrap().unwrap();
    for (place, run) in base.iter().enumerate() {
        let costs: Vec<f64> = trained[place].history.iter().map(|record| record.cost).collect();
        let chain = fleet.chain(place, run.chain.layers[0].w.view()).unwrap();
        assert!(differences(run, &chain, &costs).is_empty(), "{}", run.golden["name"]);
    }
}

#[test]
fn a_plain_step_is_the_same_where_a_net_with_momentum_stops_in_it() {
    let x = Array2::from_shape_fn((5, 9), |(i, j)| (1.3 * i as f64 + 0.7 * j as f64).sin());
    let y = Array2::from_shape_fn((1, 9), |(_, j)| (j % 2) as f64);
    let momentum = Algorithm::Momentum { momentum: 0.9, nesterov: false };
    let plain = Training::descent(0.5, 20, 1);
    let stops_at_once = Training {
        optimiser: Optimiser { algorithm: momentum, ..Optimiser::DESCENT },
        stopping: Stopping { cost_below: Some(1e9), ..Stopping::default() },
        ..plain.clone()
    };
    for (name, engine) in Engine::ALL {
        let examples = examples(engine, &x, &y);
        let chain = initialise::chain::<f64>(
            &Architecture::classifier(5, &[4], Activation::Tanh),
            &Scheme::XavierNormal.into(),
            1,
        );
        let start = |training: &Training| InitialNet::new(&examples, chain.clone(), training.clone()).unwrap();
        let costs = |starts: Vec<InitialNet<f64>>| -> Vec<f64> {
            let trained = Fleet::new(&examples, Batches::full(9), starts).train(|_| true).unwrap().unwrap();
            trained[0].history.iter().map(|record| record.cost).collect()
        };
        let (alone, together) = (costs(vec![start(&plain)]), costs(vec![start(&plain), start(&stops_at_once)]));
        let same = alone.iter().zip(&together).all(|(alone, together)| !is_off(*together, *alone, *alone));
        assert!(same && alone.len() == together.len(), "{name}: {alone:?} {together:?}");
    }
}
