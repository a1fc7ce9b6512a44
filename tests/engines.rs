//! The three first-layer engines in f32 and at the edges, and the nets of a fleet, which train as they do alone. `engine_properties.rs`
//! tests that the engines are the same training in f64.

use std::sync::Arc;

use kernels::{Activation, Real};
use ndarray::{Array2, ArrayView2, s};
use net::initialise::{self, Draw};
use net::{
    Architecture, Batches, Bound, Cost, Ending, Engine, Examples, Fleet, GramSpace, HistoryPoint, InitialNet, Scheme,
    Trained, Training,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Training and test examples with labels.
struct Data {
    x: Array2<f64>,
    y: Array2<f64>,
    x_test: Array2<f64>,
    y_test: Array2<f64>,
}

/// A reason why the rank of X is lower than its sides.
#[derive(Clone, Copy, Debug)]
enum Flaw {
    None,
    Duplicates,
    ConstantFeatures,
}

impl Data {
    fn random(stream: &mut ChaCha8Rng, features: usize, examples: usize, flaw: Flaw) -> Self {
        let mut pixels = |columns| Array2::from_shape_simple_fn((features, columns), || stream.random_range(0.0..1.0));
        let (mut x, x_test) = (pixels(examples), pixels(7));
        match flaw {
            Flaw::None => {}
            Flaw::Duplicates => {
                let copies = x.slice(s![.., ..examples / 2]).to_owned();
                x.slice_mut(s![.., examples - examples / 2..]).assign(&copies);
            }
            Flaw::ConstantFeatures => x.slice_mut(s![..features / 2, ..]).fill(0.25),
        }
        let mut labels = |count| Array2::from_shape_simple_fn((1, count), || f64::from(stream.random_bool(0.5)));
        Data { y: labels(examples), y_test: labels(7), x, x_test }
    }

    fn examples<R: Real>(&self, engine: Engine) -> Examples<R> {
        let space = Arc::new(GramSpace::new(self.x.view(), self.x_test.view()));
        let labels = |y: &Array2<f64>| y.mapv(R::from_f64);
        Examples::for_engine(engine, &space, labels(&self.y), labels(&self.y_test)).expect("OpenBLAS is right")
    }
}

/// A net to train.
#[derive(Clone, Debug)]
struct Net {
    hidden: Vec<usize>,
    activation: Activation,
    seed: u32,
    learning_rate: f64,
}

impl Net {
    fn random(stream: &mut ChaCha8Rng) -> Self {
        let depth = stream.random_range(0..4);
        Net {
            hidden: (0..depth).map(|_| stream.random_range(1..12)).collect(),
            activation: [Activation::Tanh, Activation::Sigmoid, Activation::Relu][stream.random_range(0..3)],
            seed: stream.random_range(0..1000),
            learning_rate: 0.02,
        }
    }

    fn start<R: Real>(&self, examples: &Examples<R>, iterations: usize) -> InitialNet<R> {
        let architecture = Architecture::classifier(examples.features(), &self.hidden, self.activation);
        // The initial weights are drawn in f64, also for f32: drawn in f32 they would be those of another net.
        let chain = initialise::chain::<R>(&architecture, &Scheme::XavierNormal.into(), self.seed);
        InitialNet::new(examples, chain, Training::descent(self.learning_rate, iterations, 1)).unwrap()
    }
}

/// The results of a training, with z\[L\] on the test examples and W\[1\].
struct Result {
    trained: Trained,
    test: Array2<f64>,
    w: Array2<f64>,
}

fn train<R: Real>(engine: Engine, data: &Data, nets: &[Net], iterations: usize) -> Vec<Option<Result>> {
    let examples = data.examples::<R>(engine);
    let mut fleet = Fleet::new(
        &examples,
        Batches::full(examples.training()),
        nets.iter().map(|net| net.start(&examples, iterations)).collect(),
    );
    let trained = fleet.train(|| true).unwrap().unwrap();
    let results = trained.into_iter().zip(nets).enumerate();
    let results = results.map(|(place, (trained, net))| {
        let rows = net.hidden.first().copied().unwrap_or(1);
        let (w_0, _) = Draw::first_weights(&Scheme::XavierNormal.into(), net.seed, rows, examples.features());
        let w_0 = w_0.mapv(R::from_f64).mapv(R::as_f64);
        let w = fleet.chain(place, w_0.view())?.layers[0].w.mapv(R::as_f64);
        Some(Result { trained, test: fleet.predict_held_out(place)?.z.mapv(R::as_f64), w })
    });
    results.collect()
}

fn alone<R: Real>(engine: Engine, data: &Data, net: &Net, iterations: usize) -> Result {
    train::<R>(engine, data, std::slice::from_ref(net), iterations).remove(0).expect("it doesn't diverge")
}

fn largest_gap(one: &[HistoryPoint], other: &[HistoryPoint]) -> f64 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(one, other)| (one.cost / other.cost - 1.0).abs()).fold(0.0, f64::max)
}

fn largest_difference(one: ArrayView2<f64>, other: ArrayView2<f64>) -> f64 {
    let scale = other.iter().fold(1.0, |scale: f64, value| scale.max(value.abs()));
    one.iter().zip(other).map(|(one, other)| (one - other).abs() / scale).fold(0.0, f64::max)
}

const FLAWS: [Flaw; 3] = [Flaw::None, Flaw::Duplicates, Flaw::ConstantFeatures];

#[test]
fn in_f32_no_engine_is_three_times_as_far_from_f64_as_the_direct_one() {
    let mut stream = ChaCha8Rng::seed_from_u64(4);
    let mut distances = [[0.0; 2]; 3];
    for case in 0..24 {
        let (features, examples) = (stream.random_range(200..600), stream.random_range(20..80));
        let data = Data::random(&mut stream, features, examples, FLAWS[case % FLAWS.len()]);
        let net = Net::random(&mut stream);
        let exact = alone::<f64>(Engine::Direct, &data, &net, 300);
        for ((_, engine), distances) in Engine::ALL.into_iter().zip(&mut distances) {
            let found = alone::<f32>(engine, &data, &net, 300);
            distances[0] += largest_gap(&found.trained.history, &exact.trained.history) / 24.0;
            distances[1] += largest_difference(found.test.view(), exact.test.view()) / 24.0;
        }
    }
    let [direct, reduced, dual] = distances;
    for (found, direct) in [(reduced, direct), (dual, direct)] {
        assert!(found[0] < 3.0 * direct[0] && found[1] < 3.0 * direct[1], "{distances:?}");
    }
    assert!(direct[0] > 1e-8, "f32 is f32: {distances:?}");
}

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
            Batches::full(examples.training()),
            nets.iter().map(|net| net.start(&examples, 200)).collect(),
        );
        let endings: Vec<_> =
            fleet.train(|| true).unwrap().unwrap().into_iter().map(|trained| trained.ending).collect();
        assert!(matches!(endings[1], Ending::Diverged { iteration: 1.., .. }), "{endings:?}");
        assert!(matches!(endings[3], Ending::Diverged { iteration: 1..=3, .. }), "{endings:?}");
    }
}

#[test]
fn only_the_dual_engine_can_drift_and_its_drift_is_of_the_order_of_rounding() {
    let mut stream = ChaCha8Rng::seed_from_u64(7);
    let data = Data::random(&mut stream, 300, 40, Flaw::None);
    let net = Net { hidden: vec![5], activation: Activation::Tanh, seed: 1, learning_rate: 0.02 };
    for (_, engine) in Engine::ALL {
        let drift = [
            alone::<f32>(engine, &data, &net, 1200).trained.drift,
            alone::<f64>(engine, &data, &net, 1200).trained.drift,
        ];
        match (engine, drift) {
            (Engine::Dual, [Some(single), Some(double)]) => {
                assert!(single > 1e-8 && single < 1e-4, "{single:e}");
                assert!(double > 1e-18 && double < 1e-13, "{double:e}");
            }
            (Engine::Direct | Engine::Reduced, [None, None]) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_rank_is_that_of_the_examples() {
    let mut stream = ChaCha8Rng::seed_from_u64(8);
    let mut rank = |features, examples, flaw| {
        let Data { x, x_test, .. } = Data::random(&mut stream, features, examples, flaw);
        GramSpace::new(x.view(), x_test.view()).rank().unwrap()
    };
    assert_eq!(rank(60, 20, Flaw::None), 20);
    assert_eq!(rank(12, 50, Flaw::None), 12);
    assert_eq!(rank(60, 20, Flaw::Duplicates), 10);
    assert_eq!(rank(12, 50, Flaw::ConstantFeatures), 7);
    let zeros = Array2::zeros((5, 4));
    assert_eq!(GramSpace::new(zeros.view(), zeros.view()).rank().unwrap(), 1);
}

#[test]
fn inner_products_must_keep_their_digits_in_the_element_type() {
    let mut stream = ChaCha8Rng::seed_from_u64(8);
    let Data { x, x_test, .. } = Data::random(&mut stream, 30, 5, Flaw::None);
    let in_range = |scale: f64| {
        let mut x = &x * scale;
        x.column_mut(0).fill(0.0); // an example of zeros is no matter
        let space = GramSpace::new(x.view(), x_test.view());
        (space.in_range::<f32>(), space.in_range::<f64>())
    };
    assert_eq!([in_range(1.0), in_range(1e14), in_range(1e-14)], [(true, true); 3]);
    assert_eq!([in_range(1e20), in_range(1e-20)], [(false, true); 2]);
    assert_eq!([in_range(1e160), in_range(1e-160)], [(false, false); 2]);
}

#[test]
fn products_too_small_for_normal_numbers_are_no_fault_of_openblas() {
    let tiny = Array2::from_shape_fn((30, 5), |(i, j)| 1e-160 * (i * 5 + j) as f64);
    let space = GramSpace::new(tiny.view(), tiny.view());
    assert!(space.gram().is_ok() && space.rank().is_ok());
}

#[test]
fn examples_of_zeros_only_train_the_biases() {
    let (x, y) = (Array2::zeros((5, 4)), ndarray::array![[0.0, 1.0, 1.0, 1.0]]);
    let data = Data { x: x.clone(), y: y.clone(), x_test: x, y_test: y };
    let net = Net { hidden: vec![3], activation: Activation::Sigmoid, seed: 1, learning_rate: 0.1 };
    let direct = alone::<f64>(Engine::Direct, &data, &net, 50);
    for engine in [Engine::Reduced, Engine::Dual] {
        let found = alone::<f64>(engine, &data, &net, 50);
        assert!(largest_gap(&found.trained.history, &direct.trained.history) < 1e-12);
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
    let together = Fleet::new(&examples, Batches::full(examples.training()), vec![one, other.clone()])
        .train(|| true)
        .unwrap()
        .unwrap();
    let apart = Fleet::new(&examples, Batches::full(examples.training()), vec![other]).train(|| true).unwrap().unwrap();
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
            Batches::full(examples.training()),
            nets.iter().map(|net| net.start(&examples, 100)).collect(),
        );
        let trained = fleet.train(|| true).unwrap().unwrap();
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
        let zeros = initialise::chain(&Architecture::classifier(1, &[], Activation::Relu), &Scheme::Zeros.into(), 1);
        let descent = Training::descent(1.0, 1, 1);
        let start = InitialNet::new(&examples, zeros, descent).unwrap();
        let trained = Fleet::new(&examples, Batches::full(examples.training()), vec![start])
            .train(|| true)
            .unwrap()
            .unwrap()
            .remove(0);
        assert_eq!(accuracies(&trained), (Some(1.0), Some(2.0 / 3.0)), "{engine:?}");
    }
}

#[test]
fn a_last_update_after_which_only_the_test_or_only_the_training_outputs_are_finite_is_a_divergence() {
    for (x, x_test) in [(1.0, 1e308), (1e150, 1.0)] {
        let column = |x| ndarray::array![[x, x]];
        let data = Data { x: column(x), y: column(1.0), x_test: column(x_test), y_test: column(1.0) };
        let examples = data.examples::<f64>(Engine::Direct);
        let zeros = initialise::chain(&Architecture::classifier(1, &[], Activation::Relu), &Scheme::Zeros.into(), 1);
        let descent = Training::descent(1e10, 1, 1);
        let start = InitialNet::new(&examples, zeros, descent).unwrap();
        let trained = Fleet::new(&examples, Batches::full(examples.training()), vec![start])
            .train(|| true)
            .unwrap()
            .unwrap()
            .remove(0);
        assert_eq!(trained.ending, Ending::Diverged { iteration: 1, bound: Bound::Finite });
        assert_eq!(accuracies(&trained), (None, None));
    }
}

#[test]
fn the_rank_counts_every_direction_above_rounding() {
    let x = Array2::from_diag(&ndarray::array![1.0, 1e-5, 1e-10, 1e-17]);
    assert_eq!(GramSpace::new(x.view(), x.view()).rank().unwrap(), 3);
}

#[test]
fn a_short_training_has_a_drift_too() {
    let mut stream = ChaCha8Rng::seed_from_u64(11);
    let data = Data::random(&mut stream, 30, 20, Flaw::None);
    let net = Net { hidden: vec![5], activation: Activation::Tanh, seed: 1, learning_rate: 0.02 };
    assert!(alone::<f32>(Engine::Dual, &data, &net, 100).trained.drift.is_some_and(|drift| drift > 0.0));
}

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
            Fleet::new(&examples, Batches::full(4), vec![start]).train(|| true).unwrap().unwrap().remove(0)
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
