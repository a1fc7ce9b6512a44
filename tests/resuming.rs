//! A fleet that goes on from the state of another ends with the same bits as one that was never stopped.

use std::sync::Arc;

use kernels::{Activation, Adam, Real};
use ndarray::{Array2, ArrayView2};
use net::{
    Algorithm, Architecture, Batches, Curve, Decay, Engine, Examples, Fleet, FleetState, GramSpace, InitialNet, Metric,
    Optimiser, Schedule, Scheme, Stopping, Trained, Training, initialise,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde::de::DeserializeOwned;

const FEATURES: usize = 6;
const EXAMPLES: usize = 9;
/// Beyond the step before which the dual engine computes its P anew.
const ITERATIONS: usize = 520;

/// What the training of a fleet is like.
#[derive(Clone, Copy, Debug)]
struct Case {
    engine: Engine,
    optimiser: Optimiser,
    /// The size of the batches, and whether they are shuffled.
    batch: Option<(usize, bool)>,
    dropout: bool,
}

fn optimisers() -> [Optimiser; 8] {
    let (l2, decoupled) = (
        Decay { lambda: 0.01, decoupled: false, biases: true },
        Decay { lambda: 0.02, decoupled: true, biases: false },
    );
    let momentum =
        |nesterov| Optimiser { algorithm: Algorithm::Momentum { momentum: 0.9, nesterov }, ..Optimiser::DESCENT };
    let rms_prop = Algorithm::RmsProp { alpha: 0.9, eps: 1e-8 };
    let adam = Algorithm::Adam(Adam { beta_1: 0.9, beta_2: 0.99, eps: 1e-8 });
    [
        Optimiser::DESCENT,
        Optimiser { decay: l2, clip_norm: Some(0.3), ..Optimiser::DESCENT },
        momentum(false),
        Optimiser { decay: l2, ..momentum(true) },
        Optimiser { decay: decoupled, clip_norm: Some(0.2), ..momentum(false) },
        Optimiser { algorithm: rms_prop, decay: l2, ..Optimiser::DESCENT },
        Optimiser { algorithm: adam, clip_norm: Some(0.5), ..Optimiser::DESCENT },
        Optimiser { algorithm: adam, decay: decoupled, ..Optimiser::DESCENT },
    ]
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (_, engine) in Engine::ALL {
        for optimiser in optimisers() {
            for batch in [None, Some((4, true)), Some((5, false))] {
                for dropout in [false, true] {
                    if engine.is_exact_for(&optimiser, batch.is_none()) {
                        cases.push(Case { engine, optimiser, batch, dropout });
                    }
                }
            }
        }
    }
    cases
}

impl Case {
    fn batches(&self) -> Batches {
        let full = || Batches::full(EXAMPLES);
        self.batch.map_or_else(full, |(size, shuffled)| Batches::new(EXAMPLES, size, shuffled.then_some(7)))
    }

    fn examples<R: Real>(&self) -> Examples<R> {
        let mut stream = ChaCha8Rng::seed_from_u64(3);
        let mut numbers =
            |rows, columns| Array2::from_shape_simple_fn((rows, columns), || stream.random_range(0.0..1.0));
        let (x, held_out) = (numbers(FEATURES, EXAMPLES), numbers(FEATURES, 5));
        let y = |columns| Array2::from_shape_fn((1, columns), |(_, j)| R::from_f64((j % 2) as f64));
        let space = Arc::new(GramSpace::new(x.view(), held_out.view()));
        let examples = Examples::for_engine(self.engine, &space, y(EXAMPLES), y(5)).unwrap().validating_on(2);
        if self.batch.is_some() { examples.column_major() } else { examples }
    }

    /// A fleet of nets of several depths: one ends early, one diverges, one has a schedule, and all of their metrics are recorded.
    fn fleet<'e, R: Real>(&self, examples: &'e Examples<R>) -> Fleet<'e, R> {
        let step = Curve::Step { every: 100, gamma: 0.5 };
        let scheduled = Schedule { warmup: 50, warmup_start: 0.1, curve: step, ..Schedule::constant(0.05) };
        let stops = Stopping { patience: Some(3), min_delta: 1e-3, restore_best: true, ..Stopping::default() };
        let diverges = Stopping { diverge_above: Some(0.72), ..Stopping::default() };
        let nets = [
            (vec![4, 3], Activation::Relu, scheduled, Stopping { restore_best: true, ..Stopping::default() }),
            (vec![5], Activation::Tanh, Schedule::constant(0.01), stops),
            (vec![3, 3, 2], Activation::Identity, Schedule::constant(0.4), diverges),
            (vec![2], Activation::Tanh, Schedule::constant(0.02), Stopping::default()),
        ];
        let nets = nets.into_iter().enumerate().map(|(seed, (hidden, activation, schedule, stopping))| {
            let architecture = Architecture::classifier(FEATURES, &hidden, activation);
            let chain = initialise::chain(&architecture, &Scheme::HeNormal.into(), seed as u32);
            let training = Training {
                optimiser: self.optimiser,
                schedule,
                stopping,
                metrics: Metric::ALL.map(|(_, metric)| metric).to_vec(),
                dropout: if self.dropout { vec![0.3; hidden.len()] } else { Vec::new() },
                dropout_seed: seed as u64 + 1,
                ..Training::descent(0.0, ITERATIONS, 10)
            };
            // A plain step is another product: one net of each fleet records no gradient.
            let metrics = if seed == 3 { Vec::new() } else { training.metrics.clone() };
            InitialNet::new(examples, chain, Training { metrics, ..training }).unwrap()
        });
        Fleet::new(examples, self.batches(), nets.collect())
    }

    /// Trains to the end, in as many fleets as there are `stops` and one more, each from the bytes of the state of the one before.
    fn bytes_after<R: Real + Serialize + DeserializeOwned>(&self, stops: &[usize]) -> Vec<u8> {
        let examples = self.examples::<R>();
        let mut fleet = self.fleet(&examples);
        for &stop in stops {
            let stopped = fleet.train(|fleet| fleet.iteration() < stop).unwrap();
            assert_eq!((stopped, fleet.iteration()), (None, stop), "{self:?}");
            let bytes = postcard::to_stdvec(&fleet.state()).unwrap();
            let state: FleetState<R> = postcard::from_bytes(&bytes).unwrap();
            fleet = self.fleet(&examples).resume(state).unwrap();
        }
        let trained = fleet.train(|_| true).unwrap().unwrap();
        bytes_of(&fleet, &trained)
    }

    fn check<R: Real + Serialize + DeserializeOwned>(&self, stream: &mut ChaCha8Rng) -> Vec<Trained> {
        let undisturbed = self.bytes_after::<R>(&[]);
        let early = stream.random_range(0..60);
        let late = stream.random_range(early..ITERATIONS);
        for stops in [vec![early], vec![late], vec![early, late, late.max(500)]] {
            assert!(self.bytes_after::<R>(&stops) == undisturbed, "{self:?} stopped at {stops:?}: other bits");
        }
        postcard::take_from_bytes(&undisturbed).unwrap().0
    }
}

/// The results of a fleet, and the parameters of its nets that are left.
fn bytes_of<R: Real>(fleet: &Fleet<R>, trained: &[Trained]) -> Vec<u8> {
    let mut bytes = postcard::to_stdvec(trained).unwrap();
    for place in 0..trained.len() {
        let Some(output) = fleet.predict_held_out(place) else { continue };
        bytes.push(place as u8);
        bytes.extend(bits(output.z.view()));
    }
    bytes
}

fn bits<R: Real>(matrix: ArrayView2<R>) -> Vec<u8> {
    matrix.iter().flat_map(|value| value.as_f64().to_le_bytes()).collect()
}

#[test]
fn every_engine_optimiser_batch_and_dropout_ends_with_the_bits_of_an_undisturbed_training() {
    let mut stream = ChaCha8Rng::seed_from_u64(1);
    let (mut stopped, mut diverged) = (0, 0);
    for case in cases() {
        for trained in [case.check::<f64>(&mut stream), case.check::<f32>(&mut stream)] {
            stopped += usize::from(matches!(trained[1].ending, net::Ending::Stopped { .. }));
            diverged += usize::from(matches!(trained[2].ending, net::Ending::Diverged { .. }));
        }
    }
    // The cases are what they are meant to be.
    let all = 2 * cases().len();
    assert!(stopped > all / 2 && diverged > all / 4, "{stopped} stopped, {diverged} diverged of {all}");
}

#[test]
fn the_state_of_another_fleet_is_refused() {
    let case = cases()[0];
    let (direct, dual) = (case.examples::<f64>(), Case { engine: Engine::Dual, ..case }.examples::<f64>());
    let net = |examples, hidden: &[usize], optimiser, dropout| {
        let chain = initialise::chain(
            &Architecture::classifier(FEATURES, hidden, Activation::Tanh),
            &Scheme::HeNormal.into(),
            1,
        );
        let training = Training { optimiser, dropout, ..Training::descent(0.1, 10, 1) };
        InitialNet::new(examples, chain, training).unwrap()
    };
    let momentum = Algorithm::Momentum { momentum: 0.9, nesterov: false };
    let momentum = Optimiser { algorithm: momentum, ..Optimiser::DESCENT };
    let fleet = |examples, nets| Fleet::new(examples, Batches::full(EXAMPLES), nets);
    let plain = |examples, hidden: &[usize]| net(examples, hidden, Optimiser::DESCENT, Vec::new());
    let one = || fleet(&direct, vec![plain(&direct, &[3, 4])]);
    assert!(one().resume(one().state()).is_ok());
    for (other, part) in [
        (fleet(&direct, vec![plain(&direct, &[2, 4])]), "a layer"),
        (fleet(&direct, vec![plain(&direct, &[3, 5])]), "a layer"),
        (fleet(&direct, vec![plain(&direct, &[3])]), "a layer"),
        (fleet(&direct, vec![plain(&direct, &[3, 4]), plain(&direct, &[3, 4])]), "the list of nets"),
        (fleet(&dual, vec![plain(&dual, &[3, 4])]), "the first layer"),
        (fleet(&direct, vec![net(&direct, &[3, 4], momentum, Vec::new())]), "a moment of the optimiser"),
        (fleet(&direct, vec![net(&direct, &[3, 4], Optimiser::DESCENT, vec![0.5; 2])]), "a mask of dropout"),
    ] {
        let refused = one().resume(other.state()).err().unwrap().to_string();
        assert_eq!(refused, format!("the state is that of another training: {part} differs"));
    }
}
