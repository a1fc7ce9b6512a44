//! Shapes that don't fit, and settings that no training can have.

use std::panic::{AssertUnwindSafe, catch_unwind};

use net::{Alone, Chain, Curve, DataParallel, Layer, Schedule, Stopping};

use super::*;

#[test]
#[should_panic(expected = "the same number of steps")]
fn nets_of_unequal_iterations_make_no_fleet() {
    let data = Data::random(&mut ChaCha8Rng::seed_from_u64(1), 5, 4, Flaw::None);
    let examples = data.examples::<f64>(Engine::Direct);
    let net = Net { hidden: vec![3], activation: Activation::Tanh, seed: 1, learning_rate: 0.02 };
    Fleet::new(&examples, Batches::full(examples.training()), vec![net.start(&examples, 5), net.start(&examples, 6)]);
}

#[test]
#[should_panic(expected = "b[1]")]
fn too_few_biases_make_no_fleet() {
    let data = Data::random(&mut ChaCha8Rng::seed_from_u64(1), 5, 4, Flaw::None);
    let examples = data.examples::<f64>(Engine::Direct);
    let net = Net { hidden: vec![3], activation: Activation::Tanh, seed: 1, learning_rate: 0.02 };
    let mut start = net.start(&examples, 5);
    start.first_biases = ndarray::Array1::zeros(2);
    Fleet::new(&examples, Batches::full(examples.training()), vec![start]);
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
    let spoils: [(&str, Spoil); 4] = [
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
        let (training, batches) = (Training::descent(0.1, 5, 1), Batches::full(examples.training()));
        let fleet = || {
            let start = InitialNet::new(&examples, spoilt.clone(), training.clone()).unwrap();
            Fleet::new(&examples, batches.clone(), vec![start]);
        };
        assert_panics(message, fleet);
        assert_panics(message, || {
            DataParallel::new(spoilt.clone(), training.clone(), &examples, batches.clone(), Box::new(Alone));
        });
    }
}

#[test]
fn settings_that_no_training_can_have_are_refused() {
    let data = Data::random(&mut ChaCha8Rng::seed_from_u64(1), 5, 4, Flaw::None);
    let examples = data.examples::<f64>(Engine::Direct);
    let descent = || Training::descent(0.1, 5, 1);
    let curve = |curve| Training { schedule: Schedule { curve, ..Schedule::constant(0.1) }, ..descent() };
    let impatient = Stopping { patience: Some(0), ..Stopping::default() };
    let refused = [
        ("record_every", Training { record_every: 0, ..descent() }),
        ("every 0 steps", curve(Curve::Step { every: 0, gamma: 0.5 })),
        ("over 0 steps", curve(Curve::Cosine { over: 0, least: 0.0 })),
        ("patience", Training { stopping: impatient, ..descent() }),
    ];
    for (message, training) in refused {
        let architecture = Architecture::classifier(5, &[3], Activation::Tanh);
        let chain = || initialise::chain::<f64>(&architecture, &Scheme::XavierNormal.into(), 1);
        let batches = || Batches::full(examples.training());
        assert_panics(message, || {
            let start = InitialNet::new(&examples, chain(), training.clone()).unwrap();
            Fleet::new(&examples, batches(), vec![start]);
        });
        assert_panics(message, || {
            DataParallel::new(chain(), training.clone(), &examples, batches(), Box::new(Alone));
        });
    }
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
