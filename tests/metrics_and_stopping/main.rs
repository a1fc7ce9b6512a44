//! The metrics, and the early end of a training: against nets trained by hand, alone and in fleets that lose members.

#[path = "../by_hand.rs"]
mod by_hand;
mod metrics;
mod stopping;

use by_hand::{ByHand, Data, assert_close};
use kernels::Activation;
use ndarray::{ArrayView2, Axis};
use net::{
    Algorithm, Batches, Bound, Chain, Curve, Decay, Ending, Engine, Examples, Fleet, InitialNet, Metric, Optimiser,
    Schedule, Set, StopReason, Stopping, Trained, Training,
};

const EXAMPLES: usize = 20;
/// The number of held-out examples: the first are for testing, the last for validation.
const HELD_OUT: usize = 13;
const VALIDATION: usize = 5;

const NORMS: [Metric; 3] = [Metric::GradientNorm, Metric::WeightNorm, Metric::DeadRelu];
const SCORES: [Metric; 6] = [
    Metric::Accuracy(Set::Train),
    Metric::Cost(Set::Train),
    Metric::Accuracy(Set::Test),
    Metric::Cost(Set::Test),
    Metric::Accuracy(Set::Validation),
    Metric::Cost(Set::Validation),
];

fn data() -> Data {
    Data::random(9, EXAMPLES, HELD_OUT)
}

fn optimisers() -> [Optimiser; 5] {
    let decay = |decoupled, biases| Decay { lambda: 0.4, decoupled, biases };
    let momentum = Algorithm::Momentum { momentum: 0.7, nesterov: false };
    [
        Optimiser::DESCENT,
        Optimiser { decay: decay(false, true), ..Optimiser::DESCENT },
        Optimiser { decay: decay(true, false), clip_norm: Some(0.2), ..Optimiser::DESCENT },
        Optimiser { algorithm: momentum, decay: decay(false, false), clip_norm: Some(0.1) },
        Optimiser { algorithm: momentum, decay: decay(true, true), clip_norm: None },
    ]
}

type Net = (Chain<f64>, Training);

fn fleet<'e>(examples: &'e Examples<f64>, nets: &[Net]) -> Fleet<'e, f64> {
    let start = |(chain, training): &Net| InitialNet::new(examples, chain.clone(), training.clone()).unwrap();
    Fleet::new(examples, Batches::full(EXAMPLES), nets.iter().map(start).collect())
}

fn train(examples: &Examples<f64>, nets: &[Net]) -> Vec<Trained> {
    fleet(examples, nets).train(|_| true).unwrap().unwrap()
}

/// Trains a net by hand, and collects what `look` sees of each step: the net before its update, and the pass.
fn by_hand<T>(
    data: &Data,
    (chain, training): &Net,
    steps: usize,
    mut look: impl FnMut(&ByHand, &by_hand::Pass) -> T,
) -> Vec<T> {
    let mut net = ByHand::new(chain, training);
    let step = |_| {
        let pass = net.pass(data.x.view(), data.y.view());
        let seen = look(&net, &pass);
        net.descend(&pass);
        seen
    };
    (0..steps).map(step).collect()
}

fn norms(net: &ByHand, pass: &by_hand::Pass) -> Vec<f64> {
    [pass.gradient_norms(), net.weight_norms(), pass.dead_shares()].concat()
}

fn test_examples(data: &Data) -> (ArrayView2<'_, f64>, ArrayView2<'_, f64>) {
    let of = |all| ArrayView2::split_at(all, Axis(1), HELD_OUT - VALIDATION).0;
    (of(data.x_held_out.view()), of(data.y_held_out.view()))
}

fn validation_examples(data: &Data) -> (ArrayView2<'_, f64>, ArrayView2<'_, f64>) {
    let of = |all| ArrayView2::split_at(all, Axis(1), HELD_OUT - VALIDATION).1;
    (of(data.x_held_out.view()), of(data.y_held_out.view()))
}

fn validation_cost(data: &Data, net: &ByHand) -> f64 {
    let (x, y) = validation_examples(data);
    net.score(x, y).cost
}

fn iterations(trained: &Trained) -> Vec<usize> {
    trained.history.iter().map(|record| record.iteration).collect()
}

fn costs(trained: &Trained) -> Vec<f64> {
    trained.history.iter().map(|record| record.cost).collect()
}

/// Finds the first record at which `patience` consecutive records, itself included, were not lower than the lowest by `min_delta`.
fn plateau(costs: &[f64], patience: usize, min_delta: f64) -> Option<usize> {
    let mut lowest = (0, costs[0]);
    for (record, &cost) in costs.iter().enumerate() {
        if cost < lowest.1 - min_delta {
            lowest = (record, cost);
        } else if record >= lowest.0 + patience {
            return Some(record);
        }
    }
    None
}
