//! The nets of a fleet, which train as they do alone, and what they end with.

use super::*;

#[test]
fn a_net_in_a_fleet_of_any_depths_and_widths_is_the_net_alone() {
    let mut stream = ChaCha8Rng::seed_from_u64(5);
    let data = Data::random(&mut stream, 60, 40, Flaw::None);
    let nets: Vec<Net> = (0..9).map(|_| Net::random(&mut stream)).collect();
    for (_, engine) in Engine::ALL {
        for (net, together) in nets.iter().zip(train::<f64>(engine, &data, &nets, 100)) {
            let (together, alone) = (together.unwrap(), alone::<f64>(engine, &data, net, 100));
            assert!(largest_gap(&together.trained.history, &alone.trained.history) < 1e-12, "{engine:?} {net:?}");
            assert!(largest_difference(together.test.view(), alone.test.view()) < 1e-12);
            assert_eq!(together.trained.test.map(|s| s.accuracy), alone.trained.test.map(|s| s.accuracy));
        }
    }
}

#[test]
fn a_net_that_diverges_leaves_and_the_others_go_on() {
    let mut stream = ChaCha8Rng::seed_from_u64(6);
    let data = Data::random(&mut stream, 60, 40, Flaw::None);
    let net = |seed, learning_rate| Net { hidden: vec![5, 4], activation: Activation::Identity, seed, learning_rate };
    let nets = [net(1, 0.01), net(2, 1e3), net(3, 0.02), net(4, 1e80)];
    for (_, engine) in Engine::ALL {
        let together = train::<f64>(engine, &data, &nets, 200);
        assert!(together[1].is_none() && together[3].is_none());
        for place in [0, 2] {
            let Some(Result { trained, .. }) = &together[place] else { panic!("{place} diverged too") };
            let alone = alone::<f64>(engine, &data, &nets[place], 200);
            assert_eq!(trained.ending, Ending::Completed);
            assert!(largest_gap(&trained.history, &alone.trained.history) < 1e-12, "{engine:?}");
            let found = together[place].as_ref().unwrap();
            assert!(largest_difference(found.test.view(), alone.test.view()) < 1e-12, "{engine:?}");
            assert!(largest_difference(found.w.view(), alone.w.view()) < 1e-12, "{engine:?}");
            assert_eq!(trained.train.map(|s| s.accuracy), alone.trained.train.map(|s| s.accuracy));
            assert!(trained.drift.is_none_or(|drift| drift < 1e-13), "{:?}", trained.drift);
        }
        let examples = data.examples::<f64>(engine);
        let mut fleet = Fleet::new(
            &examples,
            Batches::full(examples.train_count()),
            nets.iter().map(|net| net.start(&examples, 200)).collect(),
        );
        let endings: Vec<_> =
            fleet.train(|_| true).unwrap().unwrap().into_iter().map(|trained| trained.ending).collect();
        assert!(matches!(endings[1], Ending::Diverged { iteration: 1.., .. }), "{endings:?}");
        assert!(matches!(endings[3], Ending::Diverged { iteration: 1..=3, .. }), "{endings:?}");
    }
}

#[test]
fn nets_that_start_with_the_same_first_layer_share_it() {
    let mut stream = ChaCha8Rng::seed_from_u64(9);
    let data = Data::random(&mut stream, 30, 20, Flaw::None);
    let examples = data.examples::<f64>(Engine::Dual);
    let net = Net { hidden: vec![5, 3], activation: Activation::Tanh, seed: 1, learning_rate: 0.02 };
    let one = net.start(&examples, 50);
    let mut other = one.clone();
    other.training.schedule.learning_rate = 0.01;
    let together = Fleet::new(&examples, Batches::full(examples.train_count()), vec![one, other.clone()])
        .train(|_| true)
        .unwrap()
        .unwrap();
    let apart =
        Fleet::new(&examples, Batches::full(examples.train_count()), vec![other]).train(|_| true).unwrap().unwrap();
    assert!(largest_gap(&together[1].history, &apart[0].history) < 1e-12);
    assert_ne!(together[0].history, together[1].history);
}

#[test]
fn a_net_of_a_fleet_predicts_what_its_chain_predicts() {
    let mut stream = ChaCha8Rng::seed_from_u64(10);
    let data = Data::random(&mut stream, 30, 20, Flaw::None);
    let net = |seed, hidden: &[usize]| Net {
        hidden: hidden.to_vec(),
        activation: Activation::Tanh,
        seed,
        learning_rate: 0.5,
    };
    let nets = [net(1, &[6, 5, 4]), net(2, &[3, 7]), net(3, &[])];
    for (_, engine) in Engine::ALL {
        let examples = data.examples::<f64>(engine);
        let mut fleet = Fleet::new(
            &examples,
            Batches::full(examples.train_count()),
            nets.iter().map(|net| net.start(&examples, 100)).collect(),
        );
        let trained = fleet.train(|_| true).unwrap().unwrap();
        for (place, net) in nets.iter().enumerate() {
            let rows = net.hidden.first().copied().unwrap_or(1);
            let (w_0, _) = Draw::first_weights(&Scheme::XavierNormal.into(), net.seed, rows, 30);
            let chain = fleet.chain(place, w_0.view()).unwrap();
            let mut caches = chain.caches(data.x_test.ncols());
            let z = chain.forward(data.x_test.view(), &mut caches).z.clone();
            let test_cost = Cost::BinaryCrossEntropy.mean(z.view(), data.y_test.view());
            assert!((trained[place].test.unwrap().cost / test_cost - 1.0).abs() < 1e-12, "{engine:?} {net:?}");
            assert!(
                largest_difference(fleet.predict_held_out(place).unwrap().z.view(), z.view()) < 1e-12,
                "{engine:?} {net:?}"
            );
        }
    }
}

#[test]
fn the_accuracies_are_those_after_the_last_update() {
    let data = Data {
        x: ndarray::array![[-1.0, 1.0]],
        y: ndarray::array![[0.0, 1.0]],
        x_test: ndarray::array![[-1.0, 1.0, 2.0]],
        y_test: ndarray::array![[0.0, 1.0, 0.0]],
    };
    for (_, engine) in Engine::ALL {
        let examples = data.examples::<f64>(engine);
        let trained = step_from_zeros(&examples, 1.0);
        assert_eq!(accuracies(&trained), (Some(1.0), Some(2.0 / 3.0)), "{engine:?}");
    }
}

#[test]
fn a_last_update_after_which_only_the_test_or_only_the_training_outputs_are_finite_is_a_divergence() {
    for (x, x_test) in [(1.0, 1e308), (1e150, 1.0)] {
        let column = |x| ndarray::array![[x, x]];
        let data = Data { x: column(x), y: column(1.0), x_test: column(x_test), y_test: column(1.0) };
        let examples = data.examples::<f64>(Engine::Direct);
        let trained = step_from_zeros(&examples, 1e10);
        assert_eq!(trained.ending, Ending::Diverged { iteration: 1, bound: Bound::Finite });
        assert_eq!(accuracies(&trained), (None, None));
    }
}

#[test]
fn a_net_without_test_examples_is_trained_as_with_them_and_has_no_test_score() {
    let (x, y) = (Array2::from_shape_fn((5, 4), |(i, j)| (i * 3 + j * 7) as f64 % 5.0 - 2.0), [[0.0, 1.0, 1.0, 0.0]]);
    let (y, none) = (Array2::from(y.to_vec()), Array2::zeros((1, 0)));
    let architecture = Architecture::classifier(5, &[3], Activation::Tanh);
    let chain = || initialise::chain(&architecture, &Scheme::HeNormal.into(), 1);
    for (name, engine) in Engine::ALL {
        let train = |x_test: ArrayView2<f64>, y_test: &Array2<f64>| {
            let space = Arc::new(GramSpace::new(x.view(), x_test));
            let examples = Examples::<f64>::for_engine(engine, &space, y.clone(), y_test.clone()).unwrap();
            let start = InitialNet::new(&examples, chain(), Training::descent(0.3, 20, 1)).unwrap();
            Fleet::new(&examples, Batches::full(4), vec![start]).train(|_| true).unwrap().unwrap().remove(0)
        };
        let (with, without) = (train(x.view(), &y), train(x.slice(s![.., ..0]), &none));
        assert_eq!(without.history, with.history, "{name}");
        assert_eq!((without.ending, without.test), (Ending::Completed, None), "{name}");
        assert_eq!(without.train, with.train, "{name}");
    }
}

fn accuracies(trained: &Trained) -> (Option<f64>, Option<f64>) {
    let of = |score: Option<net::Score>| score.and_then(|score| score.accuracy);
    (of(trained.train), of(trained.test))
}

/// Trains a net of one layer by one step from zeros.
fn step_from_zeros(examples: &Examples<f64>, learning_rate: f64) -> Trained {
    let zeros = initialise::chain(&Architecture::classifier(1, &[], Activation::Relu), &Scheme::Zeros.into(), 1);
    let start = InitialNet::new(examples, zeros, Training::descent(learning_rate, 1, 1)).unwrap();
    let mut fleet = Fleet::new(examples, Batches::full(examples.train_count()), vec![start]);
    fleet.train(|_| true).unwrap().unwrap().remove(0)
}
