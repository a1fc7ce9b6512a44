//! Shapes that don't fit, and settings that no training can have.

use std::panic::{AssertUnwindSafe, catch_unwind};

use net::{Adam, Algorithm, Chain, Curve, DataParallel, Decay, Layer, OneRank, Optimiser, Schedule, Stopping};

use super::*;

#[test]
#[should_panic(expected = "the same number of steps")]
fn nets_of_unequal_iterations_make_no_fleet() {
    let data = Data::random(&mut ChaCha8Rng::seed_from_u64(1), 5, 4, Flaw::None);
    let examples = data.examples::<f64>(Engine::Direct);
    let net = Net { hidden: vec![3], activation: Activation::Tanh, seed: 1, learning_rate: 0.02 };
    Fleet::new(
        &examples,
        Batches::full(examples.train_count()),
        vec![net.start(&examples, 5), net.start(&examples, 6)],
    );
}

#[test]
#[should_panic(expected = "b[1]")]
fn too_few_biases_make_no_fleet() {
    let data = Data::random(&mut ChaCha8Rng::seed_from_u64(1), 5, 4, Flaw::None);
    let examples = data.examples::<f64>(Engine::Direct);
    let net = Net { hidden: vec![3], activation: Activation::Tanh, seed: 1, learning_rate: 0.02 };
    let mut start = net.start(&examples, 5);
    start.chain.layers[0].b = ndarray::Array1::zeros(2);
    Fleet::new(&examples, Batches::full(examples.train_count()), vec![start]);
}

#[test]
fn a_layer_that_does_not_fit_the_one_below_makes_neither_a_fleet_nor_a_shared_training() {
    let data = Data::random(&mut ChaCha8Rng::seed_from_u64(1), 5, 4, Flaw::None);
    let examples = data.examples::<f64>(Engine::Direct);
    let chain = || {
        let architecture = Architecture::classifier(5, &[3, 4], Activation::Tanh);
        initialise::chain::<f64>(&architecture, &Scheme::XavierNormal.into(), 1)
    };
    type Spoil = fn(&mut Chain<f64>);
    let spoils: [(&str, Spoil); 5] = [
        ("W[2] is not row-major", |chain| chain.layers[1].w = Array2::zeros((3, 4)).reversed_axes()),
        ("W[2] is 4 x 2, with 3 inputs", |chain| chain.layers[1].w = Array2::zeros((4, 2))),
        ("W[3] is 1 x 5, with 4 inputs", |chain| chain.layers[2].w = Array2::zeros((1, 5))),
        ("b[3] has 2 elements", |chain| chain.layers[2].b = ndarray::Array1::zeros(2)),
        ("y has the rows", |chain| {
            let (w, b) = (Array2::zeros((2, 4)), ndarray::Array1::zeros(2));
            chain.layers[2] = Layer { w, b, activation: Activation::Sigmoid };
        }),
    ];
    for (message, spoil) in spoils {
        let mut spoilt = chain();
        spoil(&mut spoilt);
        let (training, batches) = (Training::descent(0.1, 5, 1), Batches::full(examples.train_count()));
        let fleet = || {
            let start = InitialNet::new(&examples, spoilt.clone(), training.clone()).unwrap();
            Fleet::new(&examples, batches.clone(), vec![start]);
        };
        assert_panics(message, fleet);
        assert_panics(message, || {
            DataParallel::new(&examples, batches.clone(), spoilt.clone(), training.clone(), Box::new(OneRank));
        });
    }
}

#[test]
fn settings_that_no_training_can_have_are_refused() {
    let data = Data::random(&mut ChaCha8Rng::seed_from_u64(1), 5, 4, Flaw::None);
    let examples = data.examples::<f64>(Engine::Direct);
    let descent = || Training::descent(0.1, 5, 1);
    let curve = |curve| Training { schedule: Schedule { curve, ..Schedule::constant(0.1) }, ..descent() };
    let optimiser = |optimiser| Training { optimiser, ..descent() };
    let algorithm = |algorithm| optimiser(Optimiser { algorithm, ..Optimiser::DESCENT });
    let impatient = Stopping { patience: Some(0), ..Stopping::default() };
    let refused = [
        ("record_every", Training { record_every: 0, ..descent() }),
        ("every 0 steps", curve(Curve::Step { every: 0, gamma: 0.5 })),
        ("over 0 steps", curve(Curve::Cosine { over: 0, least: 0.0 })),
        ("patience", Training { stopping: impatient, ..descent() }),
        ("min_delta is -1", Training { stopping: Stopping { min_delta: -1.0, ..Stopping::default() }, ..descent() }),
        ("the learning rate is NaN", Training::descent(f64::NAN, 5, 1)),
        ("clip_norm is Some(-1.0)", optimiser(Optimiser { clip_norm: Some(-1.0), ..Optimiser::DESCENT })),
        ("clip_norm is Some(0.0)", optimiser(Optimiser { clip_norm: Some(0.0), ..Optimiser::DESCENT })),
        ("lambda is -1", optimiser(Optimiser { decay: Decay { lambda: -1.0, ..Decay::NONE }, ..Optimiser::DESCENT })),
        ("momentum is 1.5", algorithm(Algorithm::Momentum { momentum: 1.5, nesterov: false })),
        ("alpha is 1", algorithm(Algorithm::RmsProp { alpha: 1.0, eps: 1e-8 })),
        ("eps is -1", algorithm(Algorithm::RmsProp { alpha: 0.9, eps: -1.0 })),
        ("beta_1 is NaN", algorithm(Algorithm::Adam(Adam { beta_1: f64::NAN, beta_2: 0.9, eps: 1e-8 }))),
        ("beta_2 is -0.1", algorithm(Algorithm::Adam(Adam { beta_1: 0.9, beta_2: -0.1, eps: 1e-8 }))),
    ];
    for (message, training) in refused {
        let architecture = Architecture::classifier(5, &[3], Activation::Tanh);
        let chain = || initialise::chain::<f64>(&architecture, &Scheme::XavierNormal.into(), 1);
        let batches = || Batches::full(examples.train_count());
        assert_panics(message, || {
            let start = InitialNet::new(&examples, chain(), training.clone()).unwrap();
            Fleet::new(&examples, batches(), vec![start]);
        });
        assert_panics(message, || {
            DataParallel::new(&examples, batches(), chain(), training.clone(), Box::new(OneRank));
        });
    }
}

#[test]
fn targets_that_no_sigmoid_has_are_refused() {
    let x = Array2::<f64>::ones((5, 4));
    for (y, y_test) in [(-1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (1.0, 2.0)] {
        let of = |value| Array2::from_elem((1, 4), value);
        let examples = Examples::direct(x.clone(), of(y), x.clone(), of(y_test));
        let chain =
            initialise::chain(&Architecture::classifier(5, &[3], Activation::Tanh), &Scheme::XavierNormal.into(), 1);
        let training = Training::descent(0.1, 5, 1);
        let start = InitialNet::new(&examples, chain.clone(), training.clone()).unwrap();
        assert_panics("a target of a sigmoid is", || drop(Fleet::new(&examples, Batches::full(4), vec![start])));
        assert_panics("a target of a sigmoid is", || {
            DataParallel::new(&examples, Batches::full(4), chain, training, Box::new(OneRank));
        });
    }
}

#[test]
fn a_net_that_was_made_for_other_examples_or_another_engine_makes_no_fleet() {
    let mut stream = ChaCha8Rng::seed_from_u64(1);
    // W(0) has as many columns as W(0) [X X_h].
    let [one, other] = [(); 2].map(|()| Data::random(&mut stream, 11, 4, Flaw::None));
    let net = Net { hidden: vec![3], activation: Activation::Tanh, seed: 1, learning_rate: 0.02 };
    for (for_data, for_engine, on) in [
        (&one, Engine::Dual, Engine::Dual),
        (&other, Engine::Dual, Engine::Reduced),
        (&other, Engine::Direct, Engine::Dual),
        (&other, Engine::Reduced, Engine::Direct),
    ] {
        let start = net.start(&for_data.examples::<f64>(for_engine), 5);
        let examples = other.examples(on);
        assert_panics("made for other examples, or for another engine", || {
            Fleet::new(&examples, Batches::full(4), vec![start]);
        });
    }
    // Engines share what is computed in one space.
    let space = Arc::new(GramSpace::new(one.x.view(), one.x_test.view()));
    let examples = |engine| Examples::<f64>::for_engine(engine, &space, one.y.clone(), one.y_test.clone()).unwrap();
    let start = net.start(&examples(Engine::Reduced), 5);
    Fleet::new(&examples(Engine::Dual), Batches::full(4), vec![start]);
}

/// Asserts that `work` panics, with this `part` in its message.
fn assert_panics(part: &str, work: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(work)).expect_err(part);
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let message = text.unwrap_or_else(|| *panic.downcast_ref::<&str>().unwrap());
    assert!(message.contains(part), "{message:?} lacks {part:?}");
}

#[test]
#[should_panic(expected = "one column of targets for each example")]
fn too_few_labels_make_no_examples() {
    let x = Array2::<f64>::ones((5, 4));
    Examples::direct(x.clone(), Array2::ones((1, 3)), x, Array2::ones((1, 4)));
}

#[test]
#[should_panic(expected = "same features")]
fn test_examples_of_other_features_make_no_examples() {
    Examples::<f64>::direct(Array2::ones((5, 4)), Array2::ones((1, 4)), Array2::ones((6, 4)), Array2::ones((1, 4)));
}

#[test]
#[should_panic(expected = "one column for each feature")]
fn weights_of_other_features_are_refused() {
    let x = Array2::<f64>::ones((5, 4));
    let _ = Examples::direct(x.clone(), Array2::ones((1, 4)), x, Array2::ones((1, 4)))
        .initial_first_weights(Array2::ones((2, 6)));
}

#[test]
#[should_panic(expected = "no training examples")]
fn a_gram_space_needs_training_examples() {
    GramSpace::from_joined(Array2::ones((5, 4)), 0);
}
