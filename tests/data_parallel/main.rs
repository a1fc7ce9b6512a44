//! Ranks as threads of one process: the same bits for any number of them, and the training of one net within rounding.

mod ranks;

use std::thread;

use net::ndarray::{Array2, s};
use net::{
    Activation, Architecture, Batches, Bound, Chain, DataParallel, Decay, Ending, Examples, Fleet, InitialNet, Metric,
    OneRank, Optimiser, Ranks, Real, Schedule, Scheme, Score, Set, StopReason, Stopping, Trained, Training, initialise,
};

use ranks::threads;

/// A net with its training and its examples.
struct Case {
    architecture: Architecture,
    training: Training,
    batches: Batches,
}

const FEATURES: usize = 12;
const TRAINING: usize = 209;
/// The number of held-out examples: the first are for testing, the last for validation.
const HELD_OUT: usize = 40;
const VALIDATION: usize = 15;

fn data() -> (Array2<f64>, Array2<f64>) {
    let x = Array2::from_shape_fn((FEATURES, TRAINING + HELD_OUT), |(i, j)| ((i * 7 + j * 13) as f64 * 0.37).sin());
    let y = Array2::from_shape_fn((1, TRAINING + HELD_OUT), |(_, j)| f64::from(u8::from(x[[0, j]] * x[[1, j]] > 0.0)));
    (x, y)
}

fn examples<R: Real>(x: &Array2<R>, y: &Array2<R>, column_major: bool) -> Examples<R> {
    let part = |all: &Array2<R>, held_out: bool| {
        let range = if held_out { TRAINING..TRAINING + HELD_OUT } else { 0..TRAINING };
        all.slice(s![.., range]).to_owned()
    };
    let examples = Examples::direct(part(x, false), part(y, false), part(x, true), part(y, true));
    if column_major { examples.column_major() } else { examples }
}

impl Case {
    fn new(training: Training) -> Self {
        let architecture = Architecture::classifier(FEATURES, &[9, 5], Activation::Tanh);
        Case { architecture, training, batches: Batches::full(TRAINING) }
    }

    fn chain<R: Real>(&self) -> Chain<R> {
        initialise::chain(&self.architecture, &Scheme::XavierNormal.into(), 3)
    }

    /// Trains by this number of ranks; returns the net and the results of each rank.
    fn trained<R: Real>(&self, ranks: usize) -> Vec<(Chain<R>, Trained)> {
        let (x, y) = data();
        let (x, y) = (x.mapv(R::from_f64), y.mapv(R::from_f64));
        let examples = examples(&x, &y, !self.batches.is_full()).validating_on(VALIDATION);
        let run = |ranks: Box<dyn Ranks<R>>| {
            let (training, batches) = (self.training.clone(), self.batches.clone());
            let mut net = DataParallel::new(&examples, batches, self.chain(), training, ranks);
            let trained = net.train(|_| true).unwrap().unwrap();
            assert_eq!(
                net.train(|_| true).unwrap().as_ref(),
                Some(&trained),
                "a training that has ended stays as it is"
            );
            (net.chain().clone(), trained)
        };
        if ranks == 1 {
            return vec![run(Box::new(OneRank))];
        }
        thread::scope(|scope| {
            let started: Vec<_> = threads(ranks).into_iter().map(|rank| scope.spawn(|| run(Box::new(rank)))).collect();
            started.into_iter().map(|rank| rank.join().unwrap()).collect()
        })
    }

    /// Trains on the same examples by a fleet of one net, with the direct engine; returns no net if it diverges.
    fn alone(&self) -> (Option<Chain<f64>>, Trained) {
        let (x, y) = data();
        let examples = examples(&x, &y, !self.batches.is_full()).validating_on(VALIDATION);
        let chain = self.chain::<f64>();
        let w_0 = chain.layers[0].w.clone();
        let start = InitialNet::new(&examples, chain, self.training.clone()).unwrap();
        let mut fleet = Fleet::new(&examples, self.batches.clone(), vec![start]);
        let trained = fleet.train(|_| true).unwrap().unwrap().remove(0);
        (fleet.chain(0, w_0.view()), trained)
    }
}

fn parameters<R: Real>(chain: &Chain<R>) -> Vec<R> {
    chain.layers.iter().flat_map(|layer| layer.w.iter().chain(&layer.b).copied()).collect()
}

fn cases() -> Vec<Case> {
    let descent = || Training::descent(0.3, 40, 7);
    let decay = Decay { lambda: 0.01, decoupled: true, biases: false };
    vec![
        Case::new(descent()),
        Case { batches: Batches::new(TRAINING, 70, Some(5)), ..Case::new(descent()) },
        Case { batches: Batches::new(TRAINING, 33, None), ..Case::new(descent()) },
        Case::new(Training {
            optimiser: Optimiser { decay, clip_norm: Some(0.1), ..Optimiser::ADAM },
            schedule: Schedule::constant(0.01),
            metrics: vec![
                Metric::Accuracy(Set::Train),
                Metric::Cost(Set::Test),
                Metric::GradientNorm,
                Metric::WeightNorm,
            ],
            ..descent()
        }),
        Case {
            batches: Batches::new(TRAINING, 130, Some(1)),
            ..Case::new(Training { dropout: vec![0.2, 0.4], dropout_seed: 9, ..descent() })
        },
        Case {
            batches: Batches::new(TRAINING, 33, Some(2)),
            ..Case::new(Training {
                stopping: Stopping { restore_best: true, ..Stopping::default() },
                ..Training::descent(2.0, 40, 3)
            })
        },
    ]
}

fn all_alike<R: Real>(case: &Case) {
    let one = case.trained::<R>(1).remove(0);
    for ranks in [2, 3, 4, 7] {
        for (chain, trained) in case.trained::<R>(ranks) {
            assert_eq!(parameters(&chain), parameters(&one.0), "{ranks} ranks, the same bits");
            assert_eq!(trained, one.1, "{ranks} ranks");
        }
    }
}

#[test]
fn the_bits_are_the_same_on_every_rank_of_any_number_of_ranks() {
    for case in cases() {
        all_alike::<f32>(&case);
        all_alike::<f64>(&case);
    }
}

#[test]
fn it_is_the_training_of_one_net_within_rounding() {
    for case in cases() {
        let (chain, trained) = case.trained::<f64>(3).remove(0);
        let (expected, alone) = case.alone();
        let expected = expected.expect("it doesn't diverge");
        assert_eq!((trained.ending, trained.best), (alone.ending, alone.best));
        if case.training.stopping.restore_best {
            let best = trained.best.expect("a record is the best");
            assert!(best + 1 < trained.history.len(), "the best parameters are earlier ones than the last");
        }
        let pairs = || parameters(&chain).into_iter().zip(parameters(&expected));
        let largest = pairs().map(|(_, expected)| expected.abs()).fold(0.0, f64::max);
        let apart = pairs().map(|(found, expected)| (found - expected).abs()).fold(0.0, f64::max);
        assert!(apart <= 1e-12 * largest, "{apart} of {largest}");
        assert_eq!(trained.history.len(), alone.history.len());
        for (found, expected) in trained.history.iter().zip(&alone.history) {
            assert_eq!(found.iteration, expected.iteration);
            assert!((found.cost - expected.cost).abs() <= 1e-12 * expected.cost, "{found:?} {expected:?}");
        }
        assert_eq!(trained.metrics.len(), alone.metrics.len());
        for (found, expected) in trained.metrics.iter().zip(&alone.metrics) {
            assert!((found - expected).abs() <= 1e-11 * expected.abs(), "{found} {expected}");
        }
        let near = |found: Option<Score>, expected: Option<Score>| {
            let (found, expected) = (found.unwrap(), expected.unwrap());
            assert!((found.cost - expected.cost).abs() <= 1e-12 * expected.cost);
            assert_eq!(found.accuracy, expected.accuracy);
        };
        near(trained.train, alone.train);
        near(trained.test, alone.test);
        near(trained.validation, alone.validation);
    }
}

#[test]
fn it_ends_as_one_net_does_on_all_ranks() {
    let stop = |stopping| Training { stopping, ..Training::descent(0.3, 400, 5) };
    let diverging = Training::descent(f64::MAX, 40, 7);
    let plateau = Stopping { patience: Some(2), min_delta: 0.02, ..Stopping::default() };
    let history = Case::new(stop(Stopping::default())).alone().1.history;
    let mark = (history[29].cost + history[30].cost) / 2.0;
    let stopped = |reason| move |ending| matches!(ending, Ending::Stopped { reason: of, .. } if of == reason);
    let diverged = |bound| move |ending| matches!(ending, Ending::Diverged { bound: of, .. } if of == bound);
    let trainings: [(Training, &dyn Fn(Ending) -> bool); 4] = [
        (stop(Stopping { cost_below: Some(mark), ..Stopping::default() }), &stopped(StopReason::CostBelow)),
        (stop(Stopping { diverge_above: Some(1e-3), ..Stopping::default() }), &diverged(Bound::Cost)),
        (diverging, &diverged(Bound::Finite)),
        (stop(plateau), &stopped(StopReason::ValidationPlateau)),
    ];
    for (training, is_meant) in trainings {
        let case = Case::new(training);
        let alone = case.alone().1.ending;
        assert!(is_meant(alone), "{alone:?}");
        for (_, trained) in case.trained::<f64>(3) {
            assert_eq!(trained.ending, alone);
        }
    }
}

#[test]
fn a_clock_that_ends_it_between_two_records_leaves_the_cost_of_that_step() {
    let (x, y) = data();
    let examples = examples(&x, &y, false);
    let trained = |training: Training| {
        let case = Case::new(training);
        let chain = case.chain::<f64>();
        let mut net = DataParallel::new(&examples, case.batches, chain, case.training, Box::new(OneRank));
        net.train(|_| true).unwrap().unwrap()
    };
    let stopping = Stopping { seconds: Some(0.3), ..Stopping::default() };
    let stopped = trained(Training { stopping, ..Training::descent(0.3, 100_000_000, 50_000_000) });
    assert!(matches!(stopped.ending, Ending::Stopped { reason: StopReason::Time, .. }), "{:?}", stopped.ending);
    let steps = stopped.history.last().unwrap().iteration + 1;
    assert_eq!(stopped.history, trained(Training::descent(0.3, steps, 50_000_000)).history);
}

#[test]
fn all_ranks_stop_when_one_is_told_to() {
    let case = Case::new(Training::descent(0.3, 1000, 7));
    let (x, y) = data();
    let examples = &examples(&x, &y, false);
    thread::scope(|scope| {
        for rank in threads::<f64>(3) {
            let case = &case;
            scope.spawn(move || {
                let (number, steps) = (rank.rank(), std::cell::Cell::new(0));
                let (training, batches) = (case.training.clone(), case.batches.clone());
                let mut net = DataParallel::new(examples, batches, case.chain(), training, Box::new(rank));
                let keep_going = |_: &DataParallel<f64>| {
                    steps.set(steps.get() + 1);
                    number != 1 || steps.get() < 10
                };
                assert_eq!(net.train(keep_going).unwrap(), None);
                assert_eq!(steps.get(), 10);
            });
        }
    });
}

#[test]
fn a_training_that_has_ended_early_stays_ended_when_it_goes_on() {
    let (x, y) = data();
    let examples = examples(&x, &y, false).validating_on(15);
    let stopping = Stopping { cost_below: Some(0.68), restore_best: true, ..Stopping::default() };
    let case = Case::new(Training { stopping, ..Training::descent(0.3, 40, 7) });
    let net = || {
        let (training, batches) = (case.training.clone(), case.batches.clone());
        DataParallel::new(&examples, batches, case.chain::<f64>(), training, Box::new(OneRank))
    };
    let mut ended = net();
    let trained = ended.train(|_| true).unwrap();
    let Some(Trained { ending: Ending::Stopped { .. }, .. }) = trained else { panic!("{trained:?}") };
    let state = serde_json::to_string(&ended.state()).unwrap();
    let mut resumed = net().resume(serde_json::from_str(&state).unwrap()).unwrap();
    assert_eq!(resumed.train(|_| true).unwrap(), trained);
    assert_eq!(parameters(resumed.chain()), parameters(ended.chain()));
}

#[test]
fn a_training_goes_on_from_its_state_by_any_number_of_ranks_with_the_same_bits() {
    for case in cases() {
        let (x, y) = data();
        let examples = examples(&x, &y, !case.batches.is_full()).validating_on(VALIDATION);
        let run = |ranks: Box<dyn Ranks<f64>>, state: Option<&str>, until: usize| {
            let (training, batches) = (case.training.clone(), case.batches.clone());
            let mut net = DataParallel::new(&examples, batches, case.chain(), training, ranks);
            if let Some(state) = state {
                net = net.resume(serde_json::from_str(state).unwrap()).unwrap();
            }
            let trained = net.train(|net| net.iteration() < until).unwrap();
            (parameters(net.chain()), trained, serde_json::to_string(&net.state()).unwrap())
        };
        let whole = run(Box::new(OneRank), None, usize::MAX);
        let mut state: Option<String> = None;
        for (ranks, until) in [(1, 13), (3, 14), (2, usize::MAX)] {
            let before = state.as_deref();
            let all: Vec<_> = thread::scope(|scope| {
                let run = &run;
                let start = |rank| scope.spawn(move || run(Box::new(rank), before, until));
                let started: Vec<_> = threads::<f64>(ranks).into_iter().map(start).collect();
                started.into_iter().map(|rank| rank.join().unwrap()).collect()
            });
            if until == usize::MAX {
                assert!(all.iter().all(|(found, trained, _)| *found == whole.0 && *trained == whole.1));
            } else {
                assert!(all.iter().all(|(_, trained, _)| trained.is_none()), "stopped before its end");
            }
            state = Some(all[0].2.clone());
        }
        let state = state.unwrap();
        let shorter = Training { iterations: 39, ..case.training.clone() };
        let net = DataParallel::new(&examples, case.batches.clone(), case.chain(), shorter, Box::new(OneRank));
        assert!(net.resume(serde_json::from_str(&state).unwrap()).is_err(), "a longer training");
        let other = Case::new(Training::descent(0.3, 40, 7));
        let other = Case { architecture: Architecture::classifier(FEATURES, &[8, 5], Activation::Tanh), ..other };
        let (training, batches) = (other.training.clone(), other.batches.clone());
        let net = DataParallel::new(&examples, batches, other.chain(), training, Box::new(OneRank));
        assert!(net.resume(serde_json::from_str(&state).unwrap()).is_err(), "another net");
    }
}
