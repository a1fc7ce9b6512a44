//! One net trained by hand: the course's equations with ndarray's own products in f64, nothing fused, stacked or shortened.

// Each test binary with this module uses only a part of it.
#![allow(dead_code)]

use std::sync::Arc;

use kernels::Activation;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use net::{
    Algorithm, Architecture, Chain, Engine, Examples, GramSpace, Layer, LayerRate, Scheme, Score, Training, initialise,
};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Training and held-out examples of two classes.
pub(crate) struct Data {
    pub(crate) x: Array2<f64>,
    pub(crate) y: Array2<f64>,
    pub(crate) x_held_out: Array2<f64>,
    pub(crate) y_held_out: Array2<f64>,
}

impl Data {
    pub(crate) fn random(features: usize, examples: usize, held_out: usize) -> Self {
        let mut stream = ChaCha8Rng::seed_from_u64(12);
        let mut inputs = |count| Array2::from_shape_simple_fn((features, count), || stream.random_range(-1.0..1.0));
        let (x, x_held_out) = (inputs(examples), inputs(held_out));
        let mut labels = |count| Array2::from_shape_simple_fn((1, count), || f64::from(stream.random_bool(0.5)));
        Data { y: labels(examples), y_held_out: labels(held_out), x, x_held_out }
    }

    pub(crate) fn examples(&self, engine: Engine) -> Examples<f64> {
        let space = Arc::new(GramSpace::new(self.x.view(), self.x_held_out.view()));
        Examples::for_engine(engine, &space, self.y.clone(), self.y_held_out.clone()).expect("OpenBLAS is right")
    }

    /// Draws a net for these examples, with biases that aren't zero.
    pub(crate) fn net(&self, hidden: &[usize], activation: Activation, seed: u32) -> Chain<f64> {
        let architecture = Architecture::classifier(self.x.nrows(), hidden, activation);
        initialise::chain(&architecture, &Scheme::PyTorch.into(), seed)
    }
}

/// A net of relu, tanh or identity layers under one sigmoid, and its gradient descent, with or without momentum.
pub(crate) struct ByHand {
    pub(crate) layers: Vec<Layer<f64>>,
    velocities: Vec<(Array2<f64>, Array1<f64>)>,
    rates: Vec<LayerRate>,
    training: Training,
    /// p of each hidden layer, and the stream of its masks.
    dropout: Vec<(f64, ChaCha8Rng)>,
}

/// The results of a forward and a backward pass.
pub(crate) struct Pass {
    pub(crate) cost: f64,
    a: Vec<Array2<f64>>,
    dw: Vec<Array2<f64>>,
    db: Vec<Array1<f64>>,
}

impl ByHand {
    pub(crate) fn new(chain: &Chain<f64>, training: &Training) -> Self {
        let velocity = |layer: &Layer<f64>| (Array2::zeros(layer.w.dim()), Array1::zeros(layer.b.len()));
        let stream = |l: usize| {
            let mut stream = ChaCha8Rng::seed_from_u64(training.dropout_seed);
            stream.set_stream((1 << 40) + l as u64);
            stream
        };
        let rate_of = |l: usize| training.dropout.get(l).copied().unwrap_or(0.0);
        ByHand {
            velocities: chain.layers.iter().map(velocity).collect(),
            rates: vec![LayerRate::default(); chain.layers.len()],
            dropout: (0..chain.layers.len() - 1).map(|l| (rate_of(l), stream(l))).collect(),
            layers: chain.layers.clone(),
            training: training.clone(),
        }
    }

    pub(crate) fn at_rates(self, rates: &[LayerRate]) -> Self {
        ByHand { rates: rates.to_vec(), ..self }
    }

    /// Draws the masks of a step. A unit is kept if a random u32 is at least p 2³², and then multiplied by 1/(1-p). Each unit and example
    /// takes one number, unit by unit, from a stream that goes on from step to step; none is taken if p is 0.
    fn masks(&mut self, examples: usize) -> Vec<Array2<f64>> {
        let mask = |(layer, (p, stream)): (&Layer<f64>, &mut (f64, ChaCha8Rng))| {
            let p = *p;
            let mut unit =
                || if p == 0.0 || f64::from(stream.next_u32()) >= p * 2f64.powi(32) { 1.0 / (1.0 - p) } else { 0.0 };
            Array2::from_shape_simple_fn((layer.w.nrows(), examples), &mut unit)
        };
        self.layers.iter().zip(&mut self.dropout).map(mask).collect()
    }

    /// Runs the forward and the backward pass on the examples of a step, with the masks of that step.
    pub(crate) fn pass(&mut self, x: ArrayView2<f64>, y: ArrayView2<f64>) -> Pass {
        let masks = self.masks(x.ncols());
        let (mut inputs, mut z, mut a) = (vec![x.to_owned()], Vec::new(), Vec::new());
        for (l, layer) in self.layers.iter().enumerate() {
            z.push(layer.w.dot(&inputs[l]) + layer.b.view().insert_axis(Axis(1)));
            a.push(z[l].mapv(|z| g(layer.activation, z)));
            inputs.push(masks.get(l).map_or(a[l].clone(), |mask| &a[l] * mask));
        }
        let m = x.ncols() as f64;
        let (mut dw, mut db) = (Vec::new(), Vec::new());
        let mut dz = &a[a.len() - 1] - &y;
        for l in (0..self.layers.len()).rev() {
            dw.insert(0, dz.dot(&inputs[l].t()) / m);
            db.insert(0, dz.sum_axis(Axis(1)) / m);
            if l > 0 {
                let slope = z[l - 1].mapv(|z| slope(self.layers[l - 1].activation, z));
                dz = self.layers[l].w.t().dot(&dz) * &masks[l - 1] * slope;
            }
        }
        Pass { cost: cost(&a[a.len() - 1], y), a, dw, db }
    }

    /// Makes the step against the gradients of `pass`.
    pub(crate) fn descend(&mut self, pass: &Pass) {
        let optimiser = self.training.optimiser;
        let momentum = match optimiser.algorithm {
            Algorithm::Descent => 0.0,
            Algorithm::Momentum { momentum, nesterov: false } => momentum,
            other => panic!("not by hand: {other:?}"),
        };
        let norm = pass.gradient_norms().iter().map(|norm| norm * norm).sum::<f64>().sqrt();
        let factor = optimiser.clip_norm.map_or(1.0, |most| f64::min(1.0, most / (norm + 1e-6)));
        let step = |rate: f64, decays: bool, w: f64, v: &mut f64, g: f64| {
            let decay = if decays { optimiser.decay.lambda } else { 0.0 };
            let learning_rate = self.training.schedule.learning_rate * rate;
            // λ is divided by the layer's factor, so that η λ is the same in all layers.
            let decay = decay / rate;
            let coupled = if optimiser.decay.decoupled { 0.0 } else { decay };
            *v = momentum * *v + factor * g + coupled * w;
            let kept = if optimiser.decay.decoupled { w - learning_rate * decay * w } else { w };
            kept - learning_rate * *v
        };
        for (l, layer) in self.layers.iter_mut().enumerate() {
            let (LayerRate { w: of_w, b: of_b }, (v_w, v_b)) = (self.rates[l], &mut self.velocities[l]);
            for ((w, v), g) in layer.w.iter_mut().zip(v_w).zip(&pass.dw[l]) {
                *w = step(of_w, true, *w, v, *g);
            }
            for ((b, v), g) in layer.b.iter_mut().zip(v_b).zip(&pass.db[l]) {
                *b = step(of_b, optimiser.decay.biases, *b, v, *g);
            }
        }
    }

    /// Evaluates the net on examples, without dropout.
    pub(crate) fn score(&self, x: ArrayView2<f64>, y: ArrayView2<f64>) -> Score {
        let a = self.layers.iter().fold(x.to_owned(), |a_prev, layer| {
            (layer.w.dot(&a_prev) + layer.b.view().insert_axis(Axis(1))).mapv(|z| g(layer.activation, z))
        });
        let right = a.iter().zip(y).filter(|(a, y)| (**a > 0.5) == (**y == 1.0)).count();
        Score { cost: cost(&a, y), accuracy: Some(right as f64 / y.len() as f64) }
    }

    /// Computes |`W[l]`| of each layer.
    pub(crate) fn weight_norms(&self) -> Vec<f64> {
        self.layers.iter().map(|layer| layer.w.iter().map(|w| w * w).sum::<f64>().sqrt()).collect()
    }
}

impl Pass {
    /// Computes |(`dW[l]`, `db[l]`)| of each layer.
    pub(crate) fn gradient_norms(&self) -> Vec<f64> {
        let of_layer = |(dw, db): (&Array2<f64>, &Array1<f64>)| dw.iter().chain(db).map(|g| g * g).sum::<f64>().sqrt();
        self.dw.iter().zip(&self.db).map(of_layer).collect()
    }

    /// Computes the share of the units of each hidden layer that are 0 for all examples.
    pub(crate) fn dead_shares(&self) -> Vec<f64> {
        let hidden = &self.a[..self.a.len() - 1];
        let dead = |a: &Array2<f64>| a.rows().into_iter().filter(|unit| unit.iter().all(|a| *a == 0.0)).count();
        hidden.iter().map(|a| dead(a) as f64 / a.nrows() as f64).collect()
    }
}

fn g(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Relu => z.max(0.0),
        Activation::Tanh => z.tanh(),
        Activation::Identity => z,
        Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
        other => panic!("not by hand: {other:?}"),
    }
}

fn slope(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Relu => f64::from(z > 0.0),
        Activation::Tanh => 1.0 - z.tanh().powi(2),
        Activation::Identity => 1.0,
        other => panic!("not by hand: {other:?}"),
    }
}

/// Computes the binary cross-entropy.
fn cost(a: &Array2<f64>, y: ArrayView2<f64>) -> f64 {
    a.iter().zip(y).map(|(a, y)| -(y * a.ln() + (1.0 - y) * (1.0 - a).ln())).sum::<f64>() / y.len() as f64
}

/// Checks that each number is within `tolerance` max(1, |expected|) of the expected one; NaN is equal only to NaN.
#[track_caller]
pub(crate) fn assert_close<'a>(
    what: &str,
    found: impl IntoIterator<Item = &'a f64>,
    expected: impl IntoIterator<Item = &'a f64>,
    tolerance: f64,
) {
    let (found, expected): (Vec<_>, Vec<_>) = (found.into_iter().collect(), expected.into_iter().collect());
    assert_eq!(found.len(), expected.len(), "{what}: as many numbers");
    for (&found, &expected) in found.into_iter().zip(expected) {
        let close = (found - expected).abs() <= tolerance * expected.abs().max(1.0);
        assert!(close || (found.is_nan() && expected.is_nan()), "{what}: {found:e} must be {expected:e}");
    }
}
