//! The net against two independent oracles: PyTorch's autograd for one pass, NumPy for cost histories.
//!
//! The golden files, and the scripts that wrote them, are in `golden/`.

mod one_net;

use kernels::Activation;
use ndarray::{Array1, Array2};
use net::gradient_check::Verdict;
use net::{Architecture, Cache, Chain, Engine, Gradient, Layer, Scheme, Training, cost, gradient_check, initialise};
use serde_json::Value;

fn golden(text: &str) -> Value {
    serde_json::from_str(text).expect("a golden file is JSON")
}

fn vector(value: &Value) -> Array1<f64> {
    serde_json::from_value::<Vec<f64>>(value.clone()).expect("a list of numbers").into()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).expect("a list of rows");
    let shape = (rows.len(), rows[0].len());
    Array2::from_shape_vec(shape, rows.into_iter().flatten().collect()).expect("rows of one length")
}

fn activation(value: &Value) -> Activation {
    let name = value.as_str().expect("a name");
    Activation::ALL.into_iter().find(|(known, _)| *known == name).expect("a known activation").1
}

/// Makes a training without decay or dropout.
fn plain() -> Training {
    Training::descent(0.1, 1, 1)
}

/// One pass of PyTorch: the chain, its inputs, and the results of autograd.
struct Pass {
    chain: Chain<f64>,
    x: Array2<f64>,
    y: Array2<f64>,
    golden: Value,
}

fn passes() -> Vec<Pass> {
    let file = golden(include_str!("golden/backward.json"));
    let passes = file["passes"].as_array().expect("passes");
    passes
        .iter()
        .map(|golden| {
            let layers = golden["layers"].as_array().expect("layers");
            let hidden = activation(&golden["activation"]);
            let chain = layers.iter().enumerate().map(|(l, layer)| Layer {
                w: matrix(&layer["w"]),
                b: vector(&layer["b"]),
                activation: if l + 1 == layers.len() { Activation::Sigmoid } else { hidden },
            });
            Pass {
                chain: Chain::new(chain.collect()),
                x: matrix(&golden["x"]),
                y: matrix(&golden["y"]),
                golden: golden.clone(),
            }
        })
        .collect()
}

fn forward_and_back(pass: &Pass) -> (Vec<Cache<f64>>, Vec<Gradient<f64>>) {
    let mut caches = pass.chain.caches(pass.x.ncols());
    let mut gradients = pass.chain.gradients(pass.x.ncols());
    pass.chain.forward(pass.x.view(), &mut caches);
    pass.chain.backward(pass.x.view(), pass.y.view(), &caches, &mut gradients);
    (caches, gradients)
}

#[track_caller]
fn assert_close<'a>(
    what: &str,
    found: impl IntoIterator<Item = &'a f64>,
    expected: impl IntoIterator<Item = f64>,
    tolerance: f64,
) {
    let (found, expected): (Vec<_>, Vec<_>) = (found.into_iter().collect(), expected.into_iter().collect());
    assert_eq!(found.len(), expected.len(), "{what}: as many numbers");
    for (found, expected) in found.into_iter().zip(expected) {
        let close = (found - expected).abs() <= tolerance * expected.abs().max(1.0);
        assert!(close, "{what}: {found} must be {expected} within {tolerance:e}");
    }
}

#[test]
fn every_value_of_a_pass_equals_pytorchs_for_each_activation_and_for_one_example() {
    for pass in passes() {
        let (caches, gradients) = forward_and_back(&pass);
        let j = pass.chain.cost().mean(caches.last().unwrap().z.view(), pass.y.view());
        assert_close("cost", &[j], [pass.golden["cost"].as_f64().unwrap()], 1e-14);
        for (l, layer) in pass.golden["layers"].as_array().unwrap().iter().enumerate() {
            let name = |tensor| format!("{} {tensor}{}, {} examples", pass.golden["activation"], l + 1, pass.x.ncols());
            assert_close(&name("z"), &caches[l].z, matrix(&layer["z"]), 1e-13);
            assert_close(&name("dz"), &gradients[l].dz, matrix(&layer["dz"]), 1e-13);
            assert_close(&name("dw"), &gradients[l].dw, matrix(&layer["dw"]), 1e-13);
            assert_close(&name("db"), &gradients[l].db, vector(&layer["db"]), 1e-13);
        }
    }
}

#[test]
#[should_panic(expected = "must be")]
fn the_comparison_sees_a_value_that_is_too_small() {
    assert_close("dw", &[0.5 - 1e-12], [0.5], 1e-13);
}

#[test]
#[should_panic(expected = "must be")]
fn the_comparison_sees_nan() {
    assert_close("dw", &[f64::NAN], [0.5], 1e-13);
}

#[test]
#[should_panic(expected = "as many numbers")]
fn the_comparison_sees_a_value_that_is_missing() {
    assert_close("dw", &[0.5], [0.5, 0.5], 1e-13);
}

#[test]
fn the_textbook_start_and_the_sigmoids_derivative_give_the_same_backward_pass_as_a_minus_y() {
    for pass in passes() {
        let (caches, from_logits) = forward_and_back(&pass);
        let mut textbook = pass.chain.gradients(pass.x.ncols());
        let last = pass.chain.layers.len() - 1;
        cost::da_output(caches[last].a.view(), pass.y.view(), textbook[last].dz.view_mut());
        pass.chain.layers[last].backward_activation(&caches[last], textbook[last].dz.view_mut());
        pass.chain.backward_from_dz(pass.x.view(), &caches, &mut textbook);
        // The textbook's da has the rounding of a over a, or over 1 - a; the slope, which is right to a few ulp, keeps it.
        let shares = caches[last].a.iter().zip(&pass.y).map(|(&a, &y)| if y > 0.5 { a } else { 1.0 - a });
        let bound = 1e-13 + 8.0 * f64::EPSILON / shares.fold(1.0, f64::min);
        for (textbook, from_logits) in textbook.iter().zip(&from_logits) {
            assert_close("dw", &textbook.dw, from_logits.dw.iter().copied(), bound);
            assert_close("db", &textbook.db, from_logits.db.iter().copied(), bound);
        }
    }
}

#[test]
fn the_gradients_of_a_set_are_the_mean_of_the_gradients_of_its_examples() {
    for pass in passes() {
        let (_, whole) = forward_and_back(&pass);
        let m = pass.x.ncols();
        let mut sum = Array2::<f64>::zeros(whole[0].dw.dim());
        for example in 0..m {
            let columns = ndarray::s![.., example..=example];
            let one = Pass {
                chain: pass.chain.clone(),
                x: pass.x.slice(columns).to_owned(),
                y: pass.y.slice(columns).to_owned(),
                golden: Value::Null,
            };
            sum += &forward_and_back(&one).1[0].dw;
        }
        assert_close("dw1", &whole[0].dw, (sum / m as f64).iter().copied(), 1e-13);
    }
}

#[test]
fn the_gradient_check_passes_for_every_activation_and_compares_every_tensor() {
    for pass in passes() {
        let checks = gradient_check::check(&pass.chain, pass.x.view(), pass.y.view(), &plain(), 50);
        let names: Vec<_> = checks.iter().map(|check| check.name.as_str()).collect();
        assert_eq!(names, ["w1", "b1", "w2", "b2", "w3", "b3"]);
        for check in &checks {
            assert!(
                check.verdict == Verdict::Right && check.relative_error < 1e-7,
                "{} {check:?}",
                pass.golden["activation"]
            );
            assert!(check.compared > 0 && check.compared + check.at_kink == check.elements, "{check:?}");
        }
    }
}

#[test]
fn the_gradient_check_names_the_one_tensor_whose_gradient_is_off_by_a_percent() {
    let pass = &passes()[4];
    let (caches, gradients) = forward_and_back(pass);
    let check = |gradients: &[Gradient<f64>]| {
        let checks =
            gradient_check::compare(&pass.chain, pass.x.view(), pass.y.view(), &plain(), &caches, gradients, 50);
        checks.into_iter().filter(|check| check.verdict == Verdict::Wrong).map(|check| check.name).collect::<Vec<_>>()
    };
    for l in 0..3 {
        let mut wrong = gradients.clone();
        wrong[l].dw *= 1.01;
        assert_eq!(check(&wrong), [format!("w{}", l + 1)]);
        let mut wrong = gradients.clone();
        wrong[l].db *= 0.99;
        assert_eq!(check(&wrong), [format!("b{}", l + 1)]);
    }
    assert!(check(&gradients).is_empty());
}

#[test]
fn cost_histories_equal_numpys() {
    let file = golden(include_str!("golden/history.json"));
    let widths: Vec<usize> = serde_json::from_value(file["widths"].clone()).unwrap();
    let seed = u32::try_from(file["seed"].as_u64().unwrap()).unwrap();
    let (x, y) = (matrix(&file["x"]), matrix(&file["y"]));
    for golden in file["histories"].as_array().unwrap() {
        let costs = vector(&golden["costs"]);
        let training = Training::descent(golden["learning_rate"].as_f64().unwrap(), costs.len(), 1);
        let hidden = &widths[1..widths.len() - 1];
        let architecture = Architecture::classifier(widths[0], hidden, activation(&golden["activation"]));
        for (name, engine) in Engine::ALL {
            let mut chain = initialise::chain::<f64>(&architecture, &Scheme::Course.into(), seed);
            let trained = one_net::train(engine, &mut chain, &x, &y, &training);
            let found: Vec<f64> = trained.history.iter().map(|record| record.cost).collect();
            assert_eq!(found.len(), costs.len());
            assert_close(name, &found, costs.iter().copied(), 1e-12);
        }
    }
}

#[test]
fn the_gradient_check_sees_a_gradient_that_is_off_by_a_millionth() {
    let pass = &passes()[4];
    let (caches, mut gradients) = forward_and_back(pass);
    for gradient in &mut gradients {
        gradient.dw *= 1.0 + 1e-6;
        gradient.db *= 1.0 + 1e-6;
    }
    let checks = gradient_check::compare(&pass.chain, pass.x.view(), pass.y.view(), &plain(), &caches, &gradients, 50);
    for check in checks {
        assert!(check.verdict == Verdict::Wrong && (check.relative_error / 5e-7 - 1.0).abs() < 0.05, "{check:?}");
    }
}

#[test]
fn the_gradient_check_compares_as_many_elements_as_it_is_asked_to() {
    let pass = &passes()[4];
    let checks = gradient_check::check(&pass.chain, pass.x.view(), pass.y.view(), &plain(), 3);
    assert!(checks.iter().all(|check| check.compared + check.at_kink == check.elements.min(3)), "{checks:?}");
}

#[test]
fn the_gradient_check_tells_the_numeric_derivative_of_each_element_that_it_compares() {
    let pass = &passes()[4];
    let (_, gradients) = forward_and_back(pass);
    let checks = gradient_check::check(&pass.chain, pass.x.view(), pass.y.view(), &plain(), 50);
    for (l, gradient) in gradients.iter().enumerate() {
        for (check, analytic) in checks[2 * l..].iter().zip([gradient.dw.flatten(), gradient.db.flatten()]) {
            let mut places: Vec<_> = check.numeric.iter().map(|(place, _)| *place).collect();
            places.sort_unstable();
            assert_eq!(places, (0..analytic.len()).collect::<Vec<_>>(), "{}", check.name);
            for &(place, numeric) in &check.numeric {
                assert!((numeric - analytic[place]).abs() < 1e-9, "{} {place}: {numeric}", check.name);
            }
        }
    }
}

#[test]
fn the_gradient_check_passes_over_the_kinks_and_nothing_else() {
    let (x, y) = (ndarray::array![[0.5, 1.0], [2.0, 0.25]], ndarray::array![[0.0, 1.0]]);
    for (_, activation) in Activation::ALL {
        for z in [-1.0, 0.0, 1.0] {
            let architecture = Architecture::classifier(2, &[3], activation);
            let mut constant = initialise::chain(&architecture, &Scheme::Zeros.into(), 1);
            constant.layers[0].b.fill(z); // every z[1]
            let w1 = &gradient_check::check(&constant, x.view(), y.view(), &plain(), 50)[0];
            let expected = if activation.kinks().contains(&z) { (0, 6) } else { (6, 0) };
            assert_eq!((w1.compared, w1.at_kink), expected, "{activation:?} at {z}");
        }
    }
    assert_eq!((Activation::Relu.kinks(), Activation::HardTanh.kinks()), (&[0.0][..], &[-1.0, 1.0][..]));
    assert!(Activation::Tanh.kinks().is_empty() && Activation::Silu.kinks().is_empty());
}
