//! Shapes that don't fit.

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
