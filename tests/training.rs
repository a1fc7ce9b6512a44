//! The records of a training, and its end.

mod one_net;

use kernels::{Activation, Real};
use ndarray::{Array2, array};
use net::{
    Architecture, Batches, Bound, Chain, Data, Ending, Engine, Examples, Fleet, InitialNet, Layer, Scheme, Trained,
    Training, initialise,
};

fn classifier<R: Real>(n_in: usize, hidden: &[usize], activation: Activation, scheme: Scheme) -> Chain<R> {
    initialise::chain(&Architecture::classifier(n_in, hidden, activation), &scheme.into(), 1)
}

fn chain<R: Real>() -> Chain<R> {
    classifier(3, &[4], Activation::Relu, Scheme::HeNormal)
}

fn data<R: Real>() -> (Array2<R>, Array2<R>) {
    let x = Array2::from_shape_fn((3, 6), |(i, j)| R::from_f64(((i * 5 + j * 7) % 11) as f64 / 11.0));
    let y = array![[0.0, 1.0, 1.0, 0.0, 1.0, 0.0]].mapv(R::from_f64);
    (x, y)
}

fn descent(learning_rate: f64, iterations: usize, record_every: usize) -> Training {
    Training::descent(learning_rate, iterations, record_every)
}

fn train<R: Real>(chain: &mut Chain<R>, x: &Array2<R>, y: &Array2<R>, training: &Training) -> Trained {
    one_net::train(Engine::Direct, chain, x, y, training)
}

#[test]
fn the_cost_is_recorded_at_every_nth_iteration_and_at_the_last() {
    let (x, y) = data::<f64>();
    let iterations = |iterations, every| {
        let trained = train(&mut chain(), &x, &y, &descent(0.1, iterations, every));
        assert_eq!(trained.ending, Ending::Completed);
        trained.history.iter().map(|record| record.iteration).collect::<Vec<_>>()
    };
    assert_eq!(iterations(10, 4), [0, 4, 8, 9]);
    assert_eq!(iterations(9, 4), [0, 4, 8]);
    assert_eq!(iterations(1, 100), [0]);
}

#[test]
fn what_is_recorded_does_not_change_the_training() {
    let (x, y) = data::<f32>();
    let [mut often, mut seldom] = [chain(), chain()];
    let last = train(&mut often, &x, &y, &descent(0.1, 50, 1)).history.pop();
    assert_eq!(train(&mut seldom, &x, &y, &descent(0.1, 50, 50)).history.pop(), last);
    assert_eq!(often.layers[0].w, seldom.layers[0].w);
}

#[test]
fn a_diverging_net_ends_at_the_first_output_that_is_not_finite_and_keeps_its_finite_costs() {
    let (x, y) = data::<f32>();
    let mut identity = classifier(3, &[4, 4], Activation::Identity, Scheme::HeNormal);
    let trained = train(&mut identity, &x, &y, &descent(1e12, 1000, 1));
    let Ending::Diverged { iteration, bound: Bound::Finite } = trained.ending else { panic!("{:?}", trained.ending) };
    assert!(iteration > 0);
    assert_eq!(trained.history.len(), iteration);
    assert!(trained.history.iter().all(|record| record.cost.is_finite()));
}

#[test]
fn training_stops_when_told_to() {
    let (x, y) = data::<f64>();
    let examples = Examples::direct(x.clone(), y.clone(), x, y);
    let start = InitialNet::new(&examples, chain(), descent(0.1, 100, 1)).unwrap();
    let asked = std::cell::Cell::new(0);
    assert_eq!(
        Fleet::new(&examples, Batches::full(6), vec![start]).train(|_| asked.replace(asked.get() + 1) < 3),
        Ok(None)
    );
    assert_eq!(asked.get(), 4);
}

#[test]
fn zero_weights_stay_symmetric_and_only_the_output_bias_learns() {
    let (x, mut y) = data::<f64>();
    y[[0, 0]] = 1.0; // four ones of six: with as many ones as zeros, the bias would stay too
    let mut zeros = classifier(3, &[4], Activation::Relu, Scheme::Zeros);
    train(&mut zeros, &x, &y, &descent(0.5, 20, 1));
    assert!(zeros.layers.iter().all(|layer| layer.w.iter().all(|&w| w == 0.0)));
    assert!(zeros.layers[0].b.iter().all(|&b| b == 0.0), "{:?}", zeros.layers[0].b);
    // σ(b) tends to the share of ones, so b to ln 2.
    assert!(zeros.layers[1].b[0] > 0.5 && zeros.layers[1].b[0] < 2f64.ln(), "{:?}", zeros.layers[1].b);
}

#[test]
fn accuracy_counts_the_examples_on_the_right_side_of_one_half() {
    let mut net = classifier::<f64>(1, &[], Activation::Relu, Scheme::Zeros);
    net.layers[0].w[[0, 0]] = 1.0;
    let x = array![[-2.0, -1.0, 1.0, 2.0]];
    let score = |net: &Chain<f64>| net.score(x.view(), array![[0.0, 1.0, 1.0, 1.0]].view());
    assert_eq!(score(&net).unwrap().accuracy, Some(0.75));
    net.layers[0].b[0] = f64::NAN;
    assert_eq!(score(&net), None);
}

#[test]
fn an_example_with_a_nan_makes_the_net_diverge_whatever_engine_is_the_cheapest() {
    let mut x = Array2::from_shape_fn((40, 9), |(i, j)| ((i * 7 + j * 13) as f64 * 0.37).sin());
    x.column_mut(3).fill(0.0);
    let y = Array2::from_shape_fn((1, 9), |(_, j)| (j % 2) as f64);
    let ending = |x: &Array2<f64>, batch| {
        let mut net = classifier::<f64>(40, &[3], Activation::Tanh, Scheme::XavierNormal);
        let data = Data::new(x, &y).batches(Batches::new(9, batch, None));
        net::train(&mut net, &data, &descent(0.1, 1000, 1000)).unwrap().ending
    };
    // Without the NaN by the dual engine, and by the reduced one.
    let batches = [9, 3];
    assert_eq!(batches.map(|batch| ending(&x, batch)), [Ending::Completed; 2]);
    x[[1, 3]] = f64::NAN;
    let diverged = |iteration| Ending::Diverged { iteration, bound: Bound::Finite };
    assert_eq!(batches.map(|batch| ending(&x, batch)), [diverged(0), diverged(1)]);
}

#[test]
fn one_example_that_is_far_larger_than_the_others_is_trained_on_by_an_exact_engine() {
    let mut x = Array2::from_shape_fn((40, 9), |(i, j)| ((i * 7 + j * 13) as f64 * 0.37).sin());
    x.row_mut(1).fill(0.0);
    x[[1, 2]] = 1e15; // such as the fill value of a missing number
    let y = Array2::from_shape_fn((1, 9), |(_, j)| (j % 2) as f64);
    let cost = |engine: Option<Engine>, batch| {
        let mut net = classifier::<f64>(40, &[3], Activation::Tanh, Scheme::XavierNormal);
        let data = Data::new(&x, &y).batches(Batches::new(9, batch, None));
        let data = match engine {
            Some(engine) => data.engine(engine),
            None => data,
        };
        net::train(&mut net, &data, &descent(0.1, 3000, 1000)).unwrap().train.unwrap().cost
    };
    for batch in [9, 3] {
        let (direct, chosen) = (cost(Some(Engine::Direct), batch), cost(None, batch));
        assert!((direct - chosen).abs() < 1e-6, "batches of {batch}: {direct} and {chosen}");
    }
}

#[test]
fn targets_of_any_layout_give_the_same_training() {
    let (x, y) = data::<f64>();
    let y = ndarray::concatenate![ndarray::Axis(0), y, 1.0 - &y];
    let column_major = y.t().as_standard_layout().into_owned().reversed_axes();
    let trained = [y, column_major].map(|y| {
        let mut net = Chain::new(vec![Layer {
            w: Array2::from_elem((2, 3), 0.1),
            b: array![0.0, 0.5],
            activation: Activation::Identity,
        }]);
        net::train(&mut net, &Data::new(&x, &y), &descent(0.1, 20, 5)).unwrap()
    });
    assert_eq!(trained[0], trained[1]);
}

#[test]
fn a_divergence_is_seen_at_its_own_iteration_however_seldom_the_cost_is_recorded() {
    let (x, y) = data::<f32>();
    let ending = |every| {
        let mut identity = classifier(3, &[4, 4], Activation::Identity, Scheme::HeNormal);
        train(&mut identity, &x, &y, &descent(1e12, 1000, every)).ending
    };
    assert!(matches!(ending(1), Ending::Diverged { .. }));
    assert_eq!(ending(1), ending(1000));
}

#[test]
fn an_output_of_exactly_one_half_is_class_0() {
    let zeros = classifier::<f64>(1, &[], Activation::Relu, Scheme::Zeros);
    assert_eq!(zeros.score(array![[1.0, 2.0]].view(), array![[0.0, 0.0]].view()).unwrap().accuracy, Some(1.0));
}

#[test]
fn a_cost_that_overflows_is_a_divergence() {
    let mut net = classifier::<f64>(1, &[], Activation::Relu, Scheme::Zeros);
    net.layers[0].w[[0, 0]] = 1.5e308; // z is finite, the sum of two is not
    let trained = train(&mut net, &array![[1.0, 1.0]], &array![[0.0, 0.0]], &descent(0.1, 2, 1));
    assert_eq!(trained.ending, Ending::Diverged { iteration: 0, bound: Bound::Finite });
    assert_eq!((trained.history, trained.train), (Vec::new(), None));
}

#[test]
fn a_cost_that_overflows_only_at_the_end_is_a_divergence_too() {
    let zero = Layer { w: array![[0.0]], b: array![0.0], activation: Activation::Identity };
    let mut net = Chain::new(vec![zero]);
    let one = array![[1.0]];
    let trained = train(&mut net, &one, &one, &descent(1e200, 1, 1)); // z is finite, its square is not
    assert_eq!(trained.ending, Ending::Diverged { iteration: 1, bound: Bound::Finite });
    assert_eq!(trained.train, None);
}

#[test]
fn a_fleet_makes_no_step_beyond_its_last_one_nor_after_all_nets_have_ended() {
    let (x, y) = data::<f64>();
    let examples = Examples::direct(x.clone(), y.clone(), x, y);
    let fleet = |rate| {
        let start = InitialNet::new(&examples, chain(), descent(rate, 5, 1)).unwrap();
        Fleet::new(&examples, Batches::full(6), vec![start])
    };
    for (rate, steps) in [(0.1, 5), (f64::MAX, 2)] {
        let mut fleet = fleet(rate);
        (0..9).for_each(|_| fleet.step().unwrap());
        assert_eq!(fleet.iteration(), steps, "{rate}");
    }
}
