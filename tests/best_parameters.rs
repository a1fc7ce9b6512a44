//! A training that restores its best parameters ends with those of the record with the lowest cost.

use std::sync::Arc;

use kernels::{Activation, Adam, Real};
use ndarray::Array2;
use net::{
    Algorithm, Architecture, Batches, Chain, Curve, DataParallel, Decay, Ending, Engine, Examples, Fleet, GramSpace,
    InitialNet, Metric, OneRank, Optimiser, Schedule, Scheme, Set, StopReason, Stopping, Trained, Training, initialise,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const FEATURES: usize = 6;
const EXAMPLES: usize = 9;
const HELD_OUT: usize = 7;

/// The settings of a training.
#[derive(Clone, Debug)]
struct Case {
    engine: Engine,
    optimiser: Optimiser,
    batch: Option<usize>,
    dropout: f64,
    /// The number of validation examples.
    validation: usize,
    stopping: Stopping,
}

fn cases() -> Vec<Case> {
    let decay = Decay { lambda: 0.02, decoupled: true, biases: true };
    let momentum = Algorithm::Momentum { momentum: 0.9, nesterov: true };
    let optimisers = [
        Optimiser::DESCENT,
        Optimiser { decay, clip_norm: Some(0.5), algorithm: momentum },
        Optimiser { algorithm: Algorithm::Adam(Adam { beta_1: 0.9, beta_2: 0.99, eps: 1e-8 }), ..Optimiser::DESCENT },
    ];
    let patient = |patience| Stopping { patience: Some(patience), ..Stopping::default() };
    let endings = [
        patient(4),
        patient(1000),
        Stopping { min_delta: 0.05, ..patient(3) },
        Stopping { cost_below: Some(0.5), ..patient(9) },
    ];
    let mut cases = Vec::new();
    for (_, engine) in Engine::ALL {
        for optimiser in optimisers {
            for (batch, dropout) in [(None, 0.0), (Some(4), 0.0), (None, 0.3), (Some(4), 0.3)] {
                for validation in [0, 4] {
                    for stopping in endings.clone() {
                        if engine.is_exact_for(&optimiser, batch.is_none()) {
                            cases.push(Case { engine, optimiser, batch, dropout, validation, stopping });
                        }
                    }
                }
            }
        }
    }
    cases
}

impl Case {
    fn batches(&self) -> Batches {
        self.batch.map_or_else(|| Batches::full(EXAMPLES), |size| Batches::new(EXAMPLES, size, Some(7)))
    }

    fn examples<R: Real>(&self) -> Examples<R> {
        let mut stream = ChaCha8Rng::seed_from_u64(3);
        let mut numbers =
            |rows, columns| Array2::from_shape_simple_fn((rows, columns), || stream.random_range(0.0..1.0));
        let (x, held_out) = (numbers(FEATURES, EXAMPLES), numbers(FEATURES, HELD_OUT));
        let y = |columns| Array2::from_shape_fn((1, columns), |(_, j)| R::from_f64((j % 2) as f64));
        let space = Arc::new(GramSpace::new(x.view(), held_out.view()));
        let examples = Examples::for_engine(self.engine, &space, y(EXAMPLES), y(HELD_OUT)).unwrap();
        let examples = examples.validating_on(self.validation);
        if self.batch.is_some() { examples.column_major() } else { examples }
    }

    fn chain<R: Real>(&self, seed: u32) -> Chain<R> {
        initialise::chain(
            &Architecture::classifier(FEATURES, &[5, 3], Activation::Tanh),
            &Scheme::HeNormal.into(),
            seed,
        )
    }

    /// The costs of this training rise and fall, because its learning rate is too high.
    fn training(&self, restore_best: bool) -> Training {
        let metrics = if self.validation > 0 { vec![Metric::Cost(Set::Validation)] } else { Vec::new() };
        let dropout = if self.dropout > 0.0 { vec![self.dropout; 2] } else { Vec::new() };
        let rate = if self.optimiser.is_linear() { 2.0 } else { 0.2 };
        let stopping = Stopping { restore_best, ..self.stopping.clone() };
        Training { optimiser: self.optimiser, stopping, metrics, dropout, ..Training::descent(rate, 60, 3) }
    }

    fn fleet<'e, R: Real>(&self, examples: &'e Examples<R>, seeds: &[u32], restore_best: bool) -> Fleet<'e, R> {
        self.fleet_of(examples, seeds.iter().map(|&seed| self.chain(seed)), restore_best)
    }

    fn fleet_of<'e, R: Real>(
        &self,
        examples: &'e Examples<R>,
        chains: impl Iterator<Item = Chain<R>>,
        restore_best: bool,
    ) -> Fleet<'e, R> {
        let net = |chain| InitialNet::new(examples, chain, self.training(restore_best)).unwrap();
        Fleet::new(examples, self.batches(), chains.map(net).collect())
    }

    /// Trains one net alone, and again from weights that differ by one rounding error.
    fn alone(&self, examples: &Examples<f64>, seed: u32) -> [Trained; 2] {
        [0.0, f64::EPSILON].map(|error| {
            let mut chain = self.chain(seed);
            chain.layers[0].w.mapv_inplace(|w| w * (1.0 + error));
            self.fleet_of(examples, std::iter::once(chain), true).train(|_| true).unwrap().unwrap().remove(0)
        })
    }

    fn w_0<R: Real>(&self, seed: u32) -> Array2<f64> {
        self.chain::<R>(seed).layers[0].w.mapv(R::as_f64)
    }

    /// The index of the record with the lowest cost: on the validation examples, whose cost is the only metric, if there are any.
    fn lowest(&self, trained: &Trained) -> usize {
        let costs: Vec<f64> = match self.validation {
            0 => trained.history.iter().map(|record| record.cost).collect(),
            _ => trained.metrics.clone(),
        };
        (0..costs.len()).min_by(|&a, &b| costs[a].total_cmp(&costs[b])).unwrap()
    }

    /// Checks one net against the parameters that it had at the record with the lowest cost. Returns how it ended, and whether that record
    /// is not its last one.
    fn check<R: Real>(&self) -> (Ending, bool) {
        let (examples, seed) = (self.examples::<R>(), 1);
        let mut plain = self.fleet(&examples, &[seed], false);
        let before_steps = std::cell::RefCell::new(Vec::new());
        let last = plain.train(|fleet| {
            before_steps.borrow_mut().push(fleet.chain(0, self.w_0::<R>(seed).view()).unwrap());
            true
        });
        let last = last.unwrap().unwrap().remove(0);
        let lowest = self.lowest(&last);
        let expected = &before_steps.borrow()[last.history[lowest].iteration];

        let mut fleet = self.fleet(&examples, &[seed], true);
        let best = fleet.train(|_| true).unwrap().unwrap().remove(0);
        let chain = fleet.chain(0, self.w_0::<R>(seed).view()).unwrap();
        assert_eq!((last.best, best.best), (None, Some(lowest)), "{self:?}");
        assert!(best.is_same(&last), "{self:?}: only what is kept differs");
        assert!(bits(&chain) == bits(expected), "{self:?}: other parameters than at record {lowest}");
        if self.validation > 0 {
            assert_eq!(best.validation.unwrap().cost.to_bits(), last.metrics[lowest].to_bits(), "{self:?}");
        } else if self.batch.is_none() && self.dropout == 0.0 {
            let (found, cost) = (best.train.unwrap().cost, last.history[lowest].cost);
            assert!((found - cost).abs() < 1e-5 * cost, "{self:?}: {found} is not {cost}");
        }
        (last.ending, lowest + 1 < last.history.len())
    }
}

fn bits<R: Real>(chain: &Chain<R>) -> Vec<u64> {
    chain.layers.iter().flat_map(|layer| layer.w.iter().chain(&layer.b)).map(|value| value.as_f64().to_bits()).collect()
}

#[test]
fn it_has_the_parameters_of_the_lowest_cost_in_every_engine() {
    let (mut completed, mut plateaus, mut below, mut earlier) = (0, 0, 0, 0);
    for case in cases() {
        for (ending, is_earlier) in [case.check::<f64>(), case.check::<f32>()] {
            match ending {
                Ending::Completed => completed += 1,
                Ending::Stopped { reason: StopReason::CostBelow, .. } => below += 1,
                Ending::Stopped { .. } => plateaus += 1,
                Ending::Diverged { .. } => panic!("{case:?} diverges"),
            }
            earlier += usize::from(is_earlier);
        }
    }
    // The cases are what they are meant to be.
    let all = 2 * cases().len();
    assert!(completed > all / 8 && plateaus > all / 8 && below > all / 16, "{completed} {plateaus} {below} of {all}");
    assert!(earlier > all / 2, "{earlier} of {all} end with earlier parameters");
}

#[test]
fn a_net_that_leaves_its_fleet_early_is_scored_by_its_best_parameters() {
    let seeds = [1, 2, 3, 4];
    let mut left = 0;
    for case in cases() {
        let examples = case.examples::<f64>();
        let together = case.fleet(&examples, &seeds, true).train(|_| true).unwrap().unwrap();
        for (&seed, trained) in seeds.iter().zip(&together) {
            let [alone, disturbed] = case.alone(&examples, seed);
            assert_eq!((trained.best, trained.ending), (alone.best, alone.ending), "{case:?}, seed {seed}");
            for of in [|net: &Trained| net.train, |net: &Trained| net.test] {
                let [together, alone, disturbed] = [trained, &alone, &disturbed].map(|net| of(net).unwrap().cost);
                let (difference, disturbance) = ((together - alone).abs() / alone, (disturbed - alone).abs() / alone);
                // Products of a fleet may add up in another order, at each step; where the training is chaotic, such differences grow.
                let bound = (1000.0 * disturbance).clamp(1e-9, 1e-3);
                assert!(difference < bound, "{case:?}, seed {seed}: {together} is not {alone}, but for {bound:e}");
            }
            left += usize::from(trained.ending != Ending::Completed);
        }
    }
    assert!(left > cases().len(), "{left} nets end early");
}

#[test]
fn the_best_net_so_far_can_be_taken_before_the_end() {
    for case in cases().into_iter().filter(|case| case.batch.is_none() && case.validation > 0) {
        let examples = case.examples::<f64>();
        let w_0 = case.w_0::<f64>(1);
        let mut plain = case.fleet(&examples, &[1], false);
        assert!(plain.best_chain(0, w_0.view()).is_none(), "nothing is kept");
        let mut fleet = case.fleet(&examples, &[1], true);
        assert!(fleet.best_chain(0, w_0.view()).is_none(), "there is no record yet");
        plain.step().unwrap();
        fleet.step().unwrap();
        assert_eq!(bits(&fleet.best_chain(0, w_0.view()).unwrap()), bits(&case.chain::<f64>(1)), "{case:?}");
        let trained = fleet.train(|_| true).unwrap().unwrap().remove(0);
        let (kept, chain) = (fleet.best_chain(0, w_0.view()).unwrap(), fleet.chain(0, w_0.view()).unwrap());
        assert!(trained.best.is_some() && bits(&kept) == bits(&chain), "{case:?}");
    }
}

#[test]
fn a_shared_training_restores_them_too() {
    let mut earlier = 0;
    for case in cases().into_iter().filter(|case| case.engine == Engine::Direct) {
        let examples = case.examples::<f64>();
        let shared = |restore_best| {
            let training = case.training(restore_best);
            let mut net = DataParallel::new(&examples, case.batches(), case.chain(1), training, Box::new(OneRank));
            let before_steps = std::cell::RefCell::new(Vec::new());
            let trained = net.train(|net| {
                before_steps.borrow_mut().push(bits(net.chain()));
                true
            });
            (trained.unwrap().unwrap(), bits(net.chain()), before_steps.into_inner())
        };
        let (last, _, before_steps) = shared(false);
        let (best, chain, _) = shared(true);
        let lowest = case.lowest(&last);
        assert!(best.is_same(&last) && best.best == Some(lowest), "{case:?}");
        assert!(chain == before_steps[last.history[lowest].iteration], "{case:?}: other parameters");
        earlier += usize::from(lowest + 1 < last.history.len());
    }
    assert!(earlier > 20, "{earlier} end with earlier parameters");
}

#[test]
fn of_records_with_the_same_lowest_cost_the_first_is_kept() {
    // A rate that vanishes after the first step, so that costs are equal from the second record on.
    let schedule = Schedule { curve: Curve::Step { every: 1, gamma: 1e-300 }, ..Schedule::constant(0.1) };
    for case in cases().into_iter().filter(|case| case.batch.is_none() && case.dropout == 0.0 && case.validation == 0) {
        let examples = case.examples::<f64>();
        let stopping = Stopping { patience: Some(1000), restore_best: true, ..Stopping::default() };
        let training = Training { schedule, stopping, ..case.training(true) };
        let start = InitialNet::new(&examples, case.chain(1), training.clone()).unwrap();
        let alone = Fleet::new(&examples, case.batches(), vec![start]).train(|_| true).unwrap().unwrap().remove(0);
        let shared = || {
            let mut net = DataParallel::new(&examples, case.batches(), case.chain(1), training, Box::new(OneRank));
            net.train(|_| true).unwrap().unwrap()
        };
        for trained in [Some(alone), (case.engine == Engine::Direct).then(shared)].into_iter().flatten() {
            let costs: Vec<f64> = trained.history.iter().map(|record| record.cost).collect();
            assert!(costs[1] < costs[0] && costs[1..].iter().all(|cost| *cost == costs[1]), "{case:?}: {costs:?}");
            assert_eq!(trained.best, Some(1), "{case:?}");
        }
    }
}
