//! The library as its users call it: one net trained by the loop of the course, and by the cheapest engine.

use std::sync::Arc;

use ndarray::Array2;
use net::{
    Activation, Algorithm, Architecture, Batches, Bound, Chain, Data, Ending, Engine, Examples, Fleet, GramSpace,
    InitialNet, Optimiser, Scheme, Stopping, Training, initialise,
};

/// Twelve examples of five features, and classes that depend on them.
fn data() -> (Array2<f64>, Array2<f64>) {
    let x = Array2::from_shape_fn((5, 12), |(i, j)| ((i * 7 + j * 5 + i * j) % 13) as f64 / 6.0 - 1.0);
    let y = Array2::from_shape_fn((1, 12), |(_, j)| if x[[0, j]] > x[[1, j]] { 1.0 } else { 0.0 });
    (x, y)
}

fn drawn(scheme: Scheme) -> Chain<f64> {
    initialise::chain(&Architecture::classifier(5, &[8, 4], Activation::Tanh), &scheme.into(), 1)
}

fn momentum() -> Optimiser {
    Optimiser { algorithm: Algorithm::Momentum { momentum: 0.9, nesterov: true }, ..Optimiser::DESCENT }
}

/// Trains by the loop of the course and by every exact engine, and returns the largest difference between their costs.
fn apart(scheme: Scheme, optimiser: Optimiser, learning_rate: f64) -> f64 {
    let (x, y) = data();
    let costs = drawn(scheme).train(x.view(), y.view(), optimiser, learning_rate, 60);
    let engines = Engine::ALL.into_iter().filter(|(_, engine)| engine.is_exact_for(&optimiser, true));
    let apart = engines.map(|(_, engine)| {
        let training = Training { optimiser, ..Training::descent(learning_rate, 60, 1) };
        let trained = net::train(&mut drawn(scheme), &Data::new(&x, &y).engine(engine), &training).unwrap();
        assert_eq!(trained.history.len(), costs.len());
        trained.history.iter().zip(&costs).map(|(at, cost)| (at.cost - cost).abs()).fold(0.0, f64::max)
    });
    apart.fold(0.0, f64::max)
}

#[test]
fn the_loop_of_the_course_and_every_engine_train_alike() {
    for (name, optimiser, learning_rate) in
        [("descent", Optimiser::DESCENT, 0.3), ("momentum", momentum(), 0.05), ("adam", Optimiser::ADAM, 0.01)]
    {
        let apart = apart(Scheme::XavierNormal, optimiser, learning_rate);
        assert!(apart < 1e-11, "{name}: {apart:e}");
    }
}

#[test]
fn a_net_that_is_drawn_for_mup_is_trained_at_the_rates_of_mup() {
    let mup = Scheme::MuP { base_width: 2 };
    for (optimiser, learning_rate) in [(Optimiser::DESCENT, 0.1), (Optimiser::ADAM, 0.01)] {
        assert!(apart(mup, optimiser, learning_rate) < 1e-11);
        let (x, y) = data();
        let costs = |chain: &mut Chain<f64>| chain.train(x.view(), y.view(), optimiser, learning_rate, 10);
        let one_rate = costs(&mut Chain::new(drawn(mup).layers));
        let of_mup = costs(&mut drawn(mup));
        assert_eq!(one_rate[0], of_mup[0]);
        assert!((one_rate[9] - of_mup[9]).abs() > 1e-3, "{one_rate:?} {of_mup:?}");
        let mut chain = drawn(mup);
        let training = Training { optimiser, ..Training::descent(learning_rate, 3, 1) };
        net::train(&mut chain, &Data::new(&x, &y), &training).unwrap();
        assert_eq!(chain.rates, drawn(mup).rates, "the trained net goes on at the same rates");
    }
}

#[test]
fn a_net_is_trained_in_place_and_scored_on_test_examples_where_there_are_any() {
    let (x, y) = data();
    let mut chain = drawn(Scheme::XavierNormal);
    let training = Training::descent(0.3, 60, 10);
    let trained = net::train(&mut chain, &Data::new(&x, &y).test(&x, &y), &training).unwrap();
    assert_eq!(trained.test, trained.train);
    let (score, train) = (chain.score(x.view(), y.view()).unwrap(), trained.train.unwrap());
    assert!((score.cost - train.cost).abs() < 1e-12 && score.accuracy == train.accuracy);
    let without = net::train(&mut drawn(Scheme::XavierNormal), &Data::new(&x, &y), &training).unwrap();
    assert_eq!((without.history, without.test), (trained.history, None));
}

#[test]
fn mini_batches_are_trained_on_by_the_exact_engines_alike() {
    let (x, y) = data();
    let costs = |engine| {
        let data = Data::new(&x, &y).batches(Batches::new(12, 5, Some(1))).engine(engine);
        net::train(&mut drawn(Scheme::XavierNormal), &data, &Training::descent(0.3, 60, 1)).unwrap().history
    };
    let pairs = costs(Engine::Direct).into_iter().zip(costs(Engine::Reduced));
    assert!(pairs.into_iter().all(|(direct, reduced)| (direct.cost - reduced.cost).abs() < 1e-11));
}

#[test]
#[should_panic(expected = "w_0 must be the W[1] that this net started with")]
fn a_net_is_not_rebuilt_from_another_start_with_rows_of_the_same_length() {
    let (x, y) = data();
    let space = Arc::new(GramSpace::new(x.view(), x.view()));
    let examples = Examples::<f64>::for_engine(Engine::Dual, &space, y.clone(), y).unwrap();
    let chain = drawn(Scheme::XavierNormal);
    let other = -&chain.layers[0].w;
    let net = InitialNet::new(&examples, chain, Training::descent(0.3, 5, 1)).unwrap();
    let mut fleet = Fleet::new(&examples, Batches::full(12), vec![net]);
    fleet.train(|_| true).unwrap();
    let _ = fleet.chain(0, other.view());
}

#[test]
fn a_net_whose_moments_overflow_has_diverged() {
    let (x, _) = data();
    let y = Array2::from_elem((1, 12), 1e20);
    let architecture = Architecture::new(vec![5, 1], vec![Activation::Identity]);
    for restore_best in [false, true] {
        let stopping = Stopping { patience: restore_best.then_some(100), restore_best, ..Stopping::default() };
        let training = Training { optimiser: Optimiser::ADAM, stopping, ..Training::descent(0.1, 20, 1) };
        let mut chain = initialise::chain::<f32>(&architecture, &Scheme::XavierNormal.into(), 1);
        let trained = net::train(&mut chain, &Data::new(&x, &y), &training).unwrap();
        // The square of a gradient of 1e20 is beyond f32: the parameters would not move, and the cost stay where it is.
        assert_eq!(trained.ending, Ending::Diverged { iteration: 20, bound: Bound::Moments });
        let mut chain = initialise::chain::<f64>(&architecture, &Scheme::XavierNormal.into(), 1);
        let trained = net::train(&mut chain, &Data::new(&x, &y), &training).unwrap();
        assert_eq!(trained.ending, Ending::Completed);
    }
}
