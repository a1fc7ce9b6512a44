//! Any net on any data is trained alike by every engine that is exact for it.
//!
//! The cases are drawn from a fixed seed; one that fails is shrunk to the smallest that fails too.

use ndarray::{Array2, s};
use net::{
    Activation, Algorithm, Architecture, Batches, Chain, Cost, Data, Decay, Engine, Optimiser, Scheme, Score, Trained,
    Training, initialise,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngSeed, TestCaseResult};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The greatest relative difference of a cost, or of a weight on the scale of its layer's, after [`ITERATIONS`] steps in f64.
const BOUND: f64 = 1e-9;
const ITERATIONS: usize = 300;
const TEST_EXAMPLES: usize = 7;

/// A reason why the rank of X is lower than its sides, or hard to tell.
#[derive(Clone, Copy, Debug)]
enum Flaw {
    None,
    Duplicates,
    ConstantFeatures,
    NearlyDependent,
}

/// A net, its examples and its training.
#[derive(Clone, Debug)]
struct Case {
    features: usize,
    examples: usize,
    flaw: Flaw,
    hidden: Vec<usize>,
    cost: Cost,
    outputs: usize,
    activation: Activation,
    optimiser: Optimiser,
    batch: Option<usize>,
    seed: u32,
}

prop_compose! {
    fn optimisers()(
        momentum in option::of((select(vec![0.5, 0.9]), any::<bool>())),
        factor in select(vec![0.0, 0.01]),
        decoupled in any::<bool>(),
        biases in any::<bool>(),
        clip_norm in option::of(select(vec![0.05, 0.5])),
    ) -> Optimiser {
        let algorithm = momentum.map_or(Algorithm::Descent, |(momentum, nesterov)| Algorithm::Momentum { momentum, nesterov });
        Optimiser { algorithm, decay: Decay { lambda: factor, decoupled, biases }, clip_norm }
    }
}

prop_compose! {
    fn cases()(
        features in 1..70_usize,
        examples in 1..50_usize,
        flaw in select(vec![Flaw::None, Flaw::Duplicates, Flaw::ConstantFeatures, Flaw::NearlyDependent]),
        hidden in vec(1..12_usize, 0..4),
        (cost, outputs) in select(vec![
            (Cost::BinaryCrossEntropy, 1),
            (Cost::SoftmaxCrossEntropy, 2),
            (Cost::SoftmaxCrossEntropy, 5),
            (Cost::MeanSquaredError, 1),
            (Cost::MeanSquaredError, 3),
        ]),
        activation in select(Activation::ALL.map(|(_, activation)| activation).to_vec()),
        optimiser in optimisers(),
        batch in option::of(1..50_usize),
        seed in any::<u32>().no_shrink(),
    ) -> Case {
        Case { features, examples, flaw, hidden, cost, outputs, activation, optimiser, batch, seed }
    }
}

impl Case {
    /// Draws the training and test examples, one a column of the first matrix, and their targets.
    fn draw(&self) -> [Array2<f64>; 4] {
        let mut stream = ChaCha8Rng::seed_from_u64(self.seed.into());
        let mut numbers =
            |columns| Array2::from_shape_simple_fn((self.features, columns), || stream.random_range(0.0..1.0));
        let (mut x, x_test) = (numbers(self.examples), numbers(TEST_EXAMPLES));
        match self.flaw {
            Flaw::None => {}
            Flaw::Duplicates => {
                let copies = x.slice(s![.., ..self.examples / 2]).to_owned();
                x.slice_mut(s![.., self.examples - self.examples / 2..]).assign(&copies);
            }
            Flaw::ConstantFeatures => x.slice_mut(s![..self.features / 2, ..]).fill(0.25),
            Flaw::NearlyDependent => {
                // Singular values from 1 down to 1e-14 of the largest.
                let first = x.column(0).to_owned();
                for (column, mut example) in x.columns_mut().into_iter().enumerate().skip(1) {
                    example *= 10f64.powf(-14.0 * column as f64 / self.examples as f64);
                    example += &first;
                }
            }
        }
        let mut targets = |count| match self.cost {
            Cost::BinaryCrossEntropy => {
                Array2::from_shape_simple_fn((self.outputs, count), || f64::from(stream.random_bool(0.5)))
            }
            Cost::SoftmaxCrossEntropy => {
                Array2::from_shape_simple_fn((1, count), || stream.random_range(0..self.outputs) as f64)
            }
            Cost::MeanSquaredError => {
                Array2::from_shape_simple_fn((self.outputs, count), || stream.random_range(-1.0..1.0))
            }
        };
        let (y, y_test) = (targets(self.examples), targets(TEST_EXAMPLES));
        [x, y, x_test, y_test]
    }

    fn batches(&self) -> Batches {
        match self.batch {
            Some(size) if size < self.examples => Batches::new(self.examples, size, Some(self.seed.into())),
            _ => Batches::full(self.examples),
        }
    }

    fn train(&self, engine: Engine) -> (Chain<f64>, Trained) {
        let [x, y, x_test, y_test] = self.draw();
        let data = Data::new(&x, &y).test(&x_test, &y_test).batches(self.batches()).engine(engine);
        let widths = [&[self.features], &*self.hidden, &[self.outputs]].concat();
        let mut activations = vec![self.activation; self.hidden.len()];
        activations.push(self.cost.output_activation());
        let architecture = Architecture::new(widths, activations);
        let mut chain = initialise::chain(&architecture, &Scheme::XavierNormal.into(), self.seed);
        let training = Training { optimiser: self.optimiser, ..Training::descent(0.02, ITERATIONS, 1) };
        let trained = net::train(&mut chain, &data, &training).expect("OpenBLAS is right");
        (chain, trained)
    }

    fn engines_agree(&self) -> TestCaseResult {
        let (direct, of_direct) = self.train(Engine::Direct);
        for (name, engine) in Engine::ALL {
            if engine == Engine::Direct || !engine.is_exact_for(&self.optimiser, self.batches().is_full()) {
                continue;
            }
            let (chain, trained) = self.train(engine);
            prop_assert_eq!(trained.ending, of_direct.ending, "{}", name);
            prop_assert_eq!(trained.history.len(), of_direct.history.len(), "{}", name);
            let costs = trained.history.iter().zip(&of_direct.history).map(|(one, other)| (one.cost, other.cost));
            let scores = [(trained.train, of_direct.train), (trained.test, of_direct.test)];
            for (one, other) in costs.chain(scores.map(|(one, other)| (cost(one), cost(other)))) {
                // A mean squared error can fall to the square of a rounding error: then its root is on the scale of the targets.
                let is_of_values = self.cost == Cost::MeanSquaredError;
                let is_near = (one / other - 1.0).abs() < BOUND
                    || is_of_values && (f64::sqrt(one) - f64::sqrt(other)).abs() < BOUND;
                prop_assert!(is_near, "{name}: cost {one} for {other}");
            }
            for (l, (layer, other)) in chain.layers.iter().zip(&direct.layers).enumerate() {
                let apart =
                    [(&layer.w - &other.w).into_raw_vec_and_offset().0, (&layer.b - &other.b).to_vec()].concat();
                let scale = other.w.iter().chain(&other.b).fold(1.0, |scale: f64, value| scale.max(value.abs()));
                let apart = apart.into_iter().fold(0.0, |apart: f64, value| apart.max(value.abs())) / scale;
                prop_assert!(apart < BOUND, "{name}: W, b of layer {} are {apart:e} apart", l + 1);
            }
        }
        Ok(())
    }
}

fn cost(score: Option<Score>) -> f64 {
    score.expect("it doesn't diverge").cost
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_exact_engine_trains_any_net_on_any_data_alike(case in cases()) {
        case.engines_agree()?;
    }
}
