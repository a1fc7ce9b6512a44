//! The three first-layer engines in f32 and at the edges, and the nets of a fleet, which train as they do alone. `engine_properties.rs`
//! tests that the engines are the same training in f64.

mod first_layers;
mod fleets;
mod optimisers_in_f32;
mod refusals;

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
        Batches::full(examples.train_count()),
        nets.iter().map(|net| net.start(&examples, iterations)).collect(),
    );
    let trained = fleet.train(|_| true).unwrap().unwrap();
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
