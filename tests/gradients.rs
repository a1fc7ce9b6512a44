//! The gradient check on every activation × cost × regulariser, and on nets with an activation of their own in each layer.

use kernels::{Activation, Adam};
use ndarray::{Array2, array};
use net::gradient_check::Verdict;
use net::{Algorithm, Architecture, Chain, Cost, Decay, Optimiser, Scheme, Training, gradient_check, initialise};

const EXAMPLES: usize = 7;

const LOST: Verdict = Verdict::Unknown("lost in the rounding of J, or the step is too long");

fn wave(rows: usize, columns: usize, phase: f64) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |(i, j)| (phase + 1.7 * i as f64 + 2.3 * j as f64).sin())
}

/// Makes targets of the kind that the cost takes.
fn targets(cost: Cost, outputs: usize) -> Array2<f64> {
    match cost {
        Cost::BinaryCrossEntropy => Array2::from_shape_fn((outputs, EXAMPLES), |(i, j)| ((i + j) % 2) as f64),
        Cost::SoftmaxCrossEntropy => Array2::from_shape_fn((1, EXAMPLES), |(_, j)| (j % outputs) as f64),
        Cost::MeanSquaredError => wave(outputs, EXAMPLES, 0.3),
    }
}

fn regularisers() -> [(&'static str, Training); 5] {
    let plain = Training::descent(0.1, 1, 1);
    let decay = |biases, decoupled| Training {
        optimiser: Optimiser { decay: Decay { lambda: 0.3, decoupled, biases }, ..Optimiser::DESCENT },
        ..plain.clone()
    };
    let dropout = Training { dropout: vec![0.4, 0.25], dropout_seed: 3, ..plain.clone() };
    let both = Training { optimiser: decay(true, false).optimiser, ..dropout.clone() };
    [
        ("none", plain.clone()),
        ("L2", decay(true, false)),
        ("L2 of weights", decay(false, false)),
        ("dropout", dropout),
        ("L2 and dropout", both),
    ]
}

fn check(activations: Vec<Activation>, outputs: usize, training: &Training) -> Vec<gradient_check::TensorCheck> {
    let cost = Cost::for_output(*activations.last().unwrap());
    let widths = [4, 5, 6][..activations.len()].iter().copied().chain([outputs]).collect();
    // Biases that aren't zero, and units on both sides of every kink.
    let architecture = Architecture::new(widths, activations);
    let chain = initialise::chain::<f64>(&architecture, &Scheme::PyTorch.into(), 5);
    gradient_check::check(&chain, (2.0 * wave(4, EXAMPLES, 0.0)).view(), targets(cost, outputs).view(), training, 40)
}

#[test]
fn every_activation_cost_and_regulariser_passes_the_gradient_check() {
    for (name, activation) in Activation::ALL {
        for (_, cost) in Cost::ALL {
            for outputs in [1, 3] {
                for (regulariser, training) in regularisers() {
                    for check in check(vec![activation, activation, cost.output_activation()], outputs, &training) {
                        let case = format!("{name}, {cost:?} of {outputs}, {regulariser}: {check:?}");
                        assert_eq!(check.verdict, Verdict::Right, "{case}");
                        // A softmax over one unit is 1 whatever its z: its gradients are zero.
                        let is_constant = cost == Cost::SoftmaxCrossEntropy && outputs == 1;
                        assert!(is_constant || check.relative_error < 1e-7, "{case}");
                        assert!(check.compared > 0, "{case}");
                    }
                }
            }
        }
    }
}

#[test]
fn layers_of_different_activations_pass_and_a_softmax_may_stand_anywhere() {
    let hidden = || Activation::ALL.into_iter().map(|(_, activation)| activation).chain([Activation::Softmax]);
    for (first, second) in hidden().flat_map(|first| hidden().map(move |second| (first, second))) {
        for cost in [Cost::SoftmaxCrossEntropy, Cost::MeanSquaredError] {
            for check in check(vec![first, second, cost.output_activation()], 3, &Training::descent(0.1, 1, 1)) {
                assert_eq!(check.verdict, Verdict::Right, "{first:?} {second:?} {cost:?}: {check:?}");
            }
        }
    }
}

#[test]
fn nets_of_one_layer_pass() {
    for (_, cost) in Cost::ALL {
        for (regulariser, training) in regularisers() {
            for check in check(vec![cost.output_activation()], 2, &training) {
                assert_eq!(check.verdict, Verdict::Right, "{cost:?}, {regulariser}: {check:?}");
            }
        }
    }
}

#[test]
fn a_decay_that_is_off_by_a_hundredth_fails() {
    let (_, right) = &regularisers()[1];
    let architecture = Architecture::classifier(4, &[5], Activation::Tanh);
    let chain = initialise::chain::<f64>(&architecture, &Scheme::PyTorch.into(), 5);
    let (x, y) = (wave(4, EXAMPLES, 0.0), targets(Cost::BinaryCrossEntropy, 1));
    let mut caches = chain.caches(EXAMPLES);
    let mut gradients = chain.gradients(EXAMPLES);
    chain.forward(x.view(), &mut caches);
    chain.backward(x.view(), y.view(), &caches, &mut gradients);
    // As if λ were 1.01 λ.
    gradients[0].dw.scaled_add(0.003, &chain.layers[0].w);
    let checks = gradient_check::compare(&chain, x.view(), y.view(), right, &caches, &gradients, 40);
    let wrong: Vec<_> =
        checks.iter().filter(|check| check.verdict == Verdict::Wrong).map(|check| check.name.as_str()).collect();
    assert_eq!(wrong, ["w1"]);
    assert!(checks.iter().all(|check| !matches!(check.verdict, Verdict::Unknown(_))));
}

#[test]
fn a_gradient_that_is_lost_in_the_rounding_of_j_is_said_to_be() {
    let architecture = Architecture::classifier(4, &[5], Activation::Relu);
    let mut chain = initialise::chain::<f64>(&architecture, &Scheme::PyTorch.into(), 5);
    let (x, y) = (wave(4, EXAMPLES, 0.0), targets(Cost::BinaryCrossEntropy, 1));
    let lost = |chain: &Chain<f64>| {
        let checks = gradient_check::check(chain, x.view(), y.view(), &Training::descent(0.1, 1, 1), 40);
        checks.into_iter().filter(|check| check.verdict == LOST).map(|check| check.name).collect::<Vec<_>>()
    };
    assert_eq!(lost(&chain), Vec::<String>::new());
    // J is some 1e200 and its last digit some 1e184: no derivative reaches that.
    chain.layers.iter_mut().for_each(|layer| layer.w *= 1e100);
    assert!(!lost(&chain).is_empty());
}

/// Draws a net at the rates of muP, with biases that aren't zero, so that they decay.
fn mup(hidden: &[usize]) -> Chain<f64> {
    let architecture = Architecture::classifier(4, hidden, Activation::Tanh);
    let mut chain = initialise::chain(&architecture, &Scheme::MuP { base_width: 2 }.into(), 5);
    chain.layers.iter_mut().for_each(|layer| layer.b.fill(0.4));
    chain
}

#[test]
fn a_small_gradient_that_is_off_by_less_than_the_rounding_is_not_called_right() {
    let architecture = Architecture::classifier(4, &[5], Activation::Tanh);
    let mut chain = initialise::chain::<f64>(&architecture, &Scheme::PyTorch.into(), 5);
    // All outputs are right, and J is some 1e-10.
    chain.layers[1].b.fill(-23.0);
    let (x, y) = (wave(4, EXAMPLES, 0.0), Array2::zeros((1, EXAMPLES)));
    let (mut caches, mut gradients) = (chain.caches(EXAMPLES), chain.gradients(EXAMPLES));
    chain.forward(x.view(), &mut caches);
    chain.backward(x.view(), y.view(), &caches, &mut gradients);
    gradients[1].dw *= 1.05;
    let training = Training::descent(0.1, 1, 1);
    let checks = gradient_check::compare(&chain, x.view(), y.view(), &training, &caches, &gradients, 40);
    assert_eq!(checks[2].verdict, LOST, "{:?}", checks[2]);
}

#[test]
fn the_decay_under_mup_is_that_of_each_tensor() {
    let chain = mup(&[6, 6]);
    let (x, y) = (wave(4, EXAMPLES, 0.0), targets(Cost::BinaryCrossEntropy, 1));
    let check = |algorithm, lambda: f64| {
        let decay = Decay { lambda, decoupled: false, biases: true };
        let optimiser = Optimiser { algorithm, decay, ..Optimiser::DESCENT };
        let training = Training { optimiser, ..Training::descent(0.1, 1, 1) };
        gradient_check::check(&chain, x.view(), y.view(), &training, 40)
    };
    let adam = Algorithm::Adam(Adam { beta_1: 0.9, beta_2: 0.999, eps: 1e-8 });
    // λ is divided by the factor on the rate: here, widths of 6 are k = 3 base widths, the inputs and the output one.
    // Adam's rate at W[l] is divided by k of the layer below, that at b[l] stays.
    // Descent's is multiplied by k[l] / k[l-1] at W[l], and by k[l] at b[l].
    for (algorithm, factors) in
        [(adam, [1.0, 1.0, 1.0 / 3.0, 1.0, 1.0 / 3.0, 1.0]), (Algorithm::Descent, [3.0, 3.0, 1.0, 3.0, 1.0 / 3.0, 1.0])]
    {
        let parameters = chain.layers.iter().flat_map(|layer| [layer.w.flatten(), layer.b.flatten()]);
        let [with, without] = [0.5, 0.0].map(|lambda| check(algorithm, lambda));
        assert_eq!(with.len(), factors.len());
        for (((with, without), parameters), factor) in with.iter().zip(&without).zip(parameters).zip(factors) {
            assert!(with.compared > 0 && with.compared == without.compared, "{with:?}");
            for ((place, with_decay), (_, without)) in with.numeric.iter().zip(&without.numeric) {
                let decay = 0.5 / factor * parameters[*place];
                assert!((with_decay - without - decay).abs() < 1e-8, "{} {place}: {with_decay} {without}", with.name);
            }
        }
    }
}

/// The outcomes for w and b of a single sigmoid unit with the weight `w`.
fn of_one_unit(w: f64, training: &Training) -> Vec<Verdict> {
    let architecture = Architecture::classifier(1, &[], Activation::Relu);
    let mut chain = initialise::chain::<f64>(&architecture, &Scheme::PyTorch.into(), 5);
    chain.layers[0].w.fill(w);
    let (x, y) = (array![[1.0, 2.0]], array![[0.0, 1.0]]);
    let checks = gradient_check::check(&chain, x.view(), y.view(), training, 40);
    checks.into_iter().map(|check| check.verdict).collect()
}

#[test]
fn a_parameter_that_is_too_large_for_the_step_and_a_cost_beyond_f64_say_nothing() {
    let plain = Training::descent(0.1, 1, 1);
    let decaying = Optimiser { decay: Decay { lambda: 0.01, ..Decay::NONE }, ..plain.optimiser };
    let decaying = Training { optimiser: decaying, ..plain.clone() };
    for training in [&plain, &decaying] {
        assert_eq!(of_one_unit(1.0, training), [Verdict::Right; 2]);
        assert_eq!(of_one_unit(1e18, training)[0], LOST, "a step of 1e-4 leaves such a weight where it is");
    }
    assert_eq!(of_one_unit(f64::MAX, &plain), [Verdict::Unknown("J is not finite"); 2]);
}

/// The check of w of a single sigmoid unit on the features `size` and twice that, with dW multiplied by `factor`; z is 0.75 and 1.25.
fn of_large_features(size: f64, factor: f64) -> gradient_check::TensorCheck {
    let architecture = Architecture::classifier(1, &[], Activation::Relu);
    let mut chain = initialise::chain::<f64>(&architecture, &Scheme::PyTorch.into(), 5);
    chain.layers[0].w.fill(0.5 / size);
    chain.layers[0].b.fill(0.25);
    let (x, y) = (array![[size, 2.0 * size]], array![[0.0, 1.0]]);
    let (mut caches, mut gradients) = (chain.caches(2), chain.gradients(2));
    chain.forward(x.view(), &mut caches);
    chain.backward(x.view(), y.view(), &caches, &mut gradients);
    gradients[0].dw *= factor;
    let training = Training::descent(0.1, 1, 1);
    gradient_check::compare(&chain, x.view(), y.view(), &training, &caches, &gradients, 40).swap_remove(0)
}

#[test]
fn features_for_which_the_step_is_long_make_no_gradient_wrong() {
    for (size, verdict) in [(1.0, Verdict::Right), (300.0, Verdict::Right), (1e3, Verdict::Right), (1e4, LOST)] {
        let check = of_large_features(size, 1.0);
        assert_eq!(check.verdict, verdict, "{size}: {check:?}");
    }
    for (size, factor) in [(1.0, 1.0 + 1e-6), (300.0, 1.001), (300.0, -1.0), (1e3, 1.1)] {
        let check = of_large_features(size, factor);
        assert_eq!(check.verdict, Verdict::Wrong, "{size}, {factor}: {check:?}");
    }
}

#[test]
fn gradients_whose_squares_overflow_say_nothing_and_those_that_are_not_finite_are_wrong() {
    let architecture = Architecture::classifier(1, &[], Activation::Relu);
    let mut chain = initialise::chain::<f64>(&architecture, &Scheme::PyTorch.into(), 5);
    chain.layers[0].w.fill(1e100);
    let (x, y) = (array![[1e160, 2e160]], array![[0.0, 1.0]]);
    let checks = gradient_check::check(&chain, x.view(), y.view(), &Training::descent(0.1, 1, 1), 40);
    assert!(checks[0].verdict == LOST && checks[0].relative_error.is_nan(), "{checks:?}");
    for factor in [f64::INFINITY, f64::NAN] {
        assert_eq!(of_large_features(1.0, factor).verdict, Verdict::Wrong, "{factor}");
    }
}

#[test]
fn a_net_at_the_rates_of_mup_passes_the_gradient_check() {
    let chain = mup(&[6, 5]);
    let (x, y) = (wave(4, EXAMPLES, 0.0), targets(Cost::BinaryCrossEntropy, 1));
    for (regulariser, training) in regularisers() {
        for check in gradient_check::check(&chain, x.view(), y.view(), &training, 40) {
            assert_eq!(check.verdict, Verdict::Right, "{regulariser}: {check:?}");
        }
    }
}
