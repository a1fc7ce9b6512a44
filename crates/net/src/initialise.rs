//! Initial weights. Biases start at zero.

use kernels::{Activation, Real};
use ndarray::{Array1, Array2};
use ndarray_linalg::QR;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::numpy_stream::NumpyStream;
use crate::{Chain, Layer};

/// How `W[l]` (n_out × n_in) is drawn.
///
/// `Course` and `ScaledNormal` take NumPy's `RandomState(seed).randn` stream, drawn layer by layer and row by row, so
/// that they give the course's own weights. The others draw layer l from the counter-based stream (seed, l).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initialisation {
    /// randn / √n_in, as the course's L-layer net.
    Course,
    /// randn · factor; the course's 2-layer net uses 0.01.
    ScaledNormal {
        /// The factor.
        factor: f64,
    },
    /// Normal with variance 2 / n_in (He et al. 2015), made for relu.
    He,
    /// Normal with variance 2 / (n_in + n_out) (Glorot and Bengio 2010), made for tanh.
    Xavier,
    /// Rows (or columns, where there are fewer) orthonormal: Q of a normal matrix, uniform over all such
    /// (Saxe et al. 2013; Mezzadri 2007 for the signs).
    Orthogonal,
    /// All zero: every unit of a layer stays equal to its neighbours.
    Zeros,
}

/// Draws the weights of one net, layer after layer.
#[derive(Clone)]
pub struct Draw {
    initialisation: Initialisation,
    seed: u32,
    layer: usize,
    numpy: NumpyStream,
}

impl Draw {
    /// From the beginning.
    pub fn new(initialisation: Initialisation, seed: u32) -> Self {
        Draw { initialisation, seed, layer: 0, numpy: NumpyStream::new(seed) }
    }

    /// `W[l]` of the next layer, n_out × n_in.
    pub fn weights(&mut self, n_out: usize, n_in: usize) -> Array2<f64> {
        let (seed, l) = (self.seed, self.layer);
        self.layer += 1;
        match self.initialisation {
            Initialisation::Course => scaled_randn(&mut self.numpy, n_out, n_in, 1.0 / (n_in as f64).sqrt()),
            Initialisation::ScaledNormal { factor } => scaled_randn(&mut self.numpy, n_out, n_in, factor),
            Initialisation::He => normal(seed, l, n_out, n_in, (2.0 / n_in as f64).sqrt()),
            Initialisation::Xavier => normal(seed, l, n_out, n_in, (2.0 / (n_in + n_out) as f64).sqrt()),
            Initialisation::Orthogonal => orthogonal(seed, l, n_out, n_in),
            Initialisation::Zeros => Array2::zeros((n_out, n_in)),
        }
    }

    /// The layers behind `n_in` units: over the `hidden` widths to one sigmoid unit, their weights rounded to `R`.
    fn layers<R: Real>(&mut self, n_in: usize, hidden: &[usize], activation: Activation) -> Chain<R> {
        let widths: Vec<usize> = [n_in].iter().chain(hidden).copied().chain([1]).collect();
        let layers = widths.windows(2).enumerate().map(|(l, n)| Layer {
            w: self.weights(n[1], n[0]).mapv(R::from_f64),
            b: Array1::zeros(n[1]),
            activation: if l == hidden.len() { Activation::Sigmoid } else { activation },
        });
        Chain { layers: layers.collect() }
    }

    /// The rest of a net whose `W[1]` has been drawn: the first layer's activation, and the layers above it. `hidden` are
    /// `n[1]` to `n[L-1]`; a net without any is its first layer alone.
    pub fn rest<R: Real>(&mut self, hidden: &[usize], activation: Activation) -> (Activation, Chain<R>) {
        match hidden {
            [] => (Activation::Sigmoid, Chain { layers: Vec::new() }),
            [first, others @ ..] => (activation, self.layers(*first, others, activation)),
        }
    }
}

/// The chain with `widths` `n[0]`, `n[1]`, …, `n[L]` = 1, `hidden` activations and a sigmoid output, its weights drawn in
/// f64 and rounded to `R`.
///
/// # Panics
/// If there are fewer than two widths, one is zero, or the last isn't 1.
pub fn chain<R: Real>(widths: &[usize], hidden: Activation, initialisation: Initialisation, seed: u32) -> Chain<R> {
    assert!(widths.len() >= 2 && !widths.contains(&0), "a chain needs widths of at least 1 from n[0] to n[L]");
    assert!(widths.ends_with(&[1]), "the output is one unit");
    Draw::new(initialisation, seed).layers(widths[0], &widths[1..widths.len() - 1], hidden)
}

fn scaled_randn(stream: &mut NumpyStream, n_out: usize, n_in: usize, factor: f64) -> Array2<f64> {
    Array2::from_shape_simple_fn((n_out, n_in), || stream.randn() * factor)
}

fn normal(seed: u32, l: usize, rows: usize, columns: usize, factor: f64) -> Array2<f64> {
    let mut stream = ChaCha8Rng::seed_from_u64(seed.into());
    stream.set_stream(l as u64);
    let mut draw = || -> f64 { StandardNormal.sample(&mut stream) };
    Array2::from_shape_simple_fn((rows, columns), || factor * draw())
}

fn orthogonal(seed: u32, l: usize, n_out: usize, n_in: usize) -> Array2<f64> {
    let tall = normal(seed, l, n_out.max(n_in), n_out.min(n_in), 1.0);
    let (mut q, r) = tall.qr().expect("LAPACK factors every finite matrix");
    for (mut column, &diagonal) in q.columns_mut().into_iter().zip(r.diag()) {
        // LAPACK fixes the signs of R's diagonal in its own way; without this Q is not uniform.
        column *= f64::signum(diagonal);
    }
    if n_out < n_in { q.t().as_standard_layout().into_owned() } else { q.as_standard_layout().into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_weights(initialisation: Initialisation, n_out: usize, n_in: usize) -> Array2<f64> {
        chain(&[n_in, n_out, 1], Activation::Relu, initialisation, 3).layers[0].w.clone()
    }

    #[test]
    fn variances_are_those_of_the_papers() {
        let variance = |w: Array2<f64>| w.mapv(|value| value * value).mean().unwrap();
        let close = |found: f64, expected: f64| (found / expected - 1.0).abs() < 0.03;
        assert!(close(variance(first_weights(Initialisation::Course, 50, 400)), 1.0 / 400.0));
        assert!(close(variance(first_weights(Initialisation::ScaledNormal { factor: 0.01 }, 50, 400)), 1e-4));
        assert!(close(variance(first_weights(Initialisation::He, 50, 400)), 2.0 / 400.0));
        assert!(close(variance(first_weights(Initialisation::Xavier, 50, 400)), 2.0 / 450.0));
        assert_eq!(variance(first_weights(Initialisation::Zeros, 50, 400)), 0.0);
    }

    #[test]
    fn orthogonal_weights_have_orthonormal_rows_or_columns() {
        for (n_out, n_in) in [(5, 30), (30, 5), (8, 8)] {
            let w = first_weights(Initialisation::Orthogonal, n_out, n_in);
            assert!(w.is_standard_layout());
            let gram = if n_out < n_in { w.dot(&w.t()) } else { w.t().dot(&w) };
            let off = (gram - Array2::<f64>::eye(n_out.min(n_in))).mapv(f64::abs);
            assert!(off.iter().all(|&value| value < 1e-14), "{n_out}x{n_in}");
        }
    }

    #[test]
    fn another_seed_or_layer_draws_other_weights_and_the_same_seed_the_same() {
        for initialisation in [Initialisation::Course, Initialisation::He, Initialisation::Orthogonal] {
            let draw = |seed| chain::<f64>(&[6, 6, 6, 1], Activation::Tanh, initialisation, seed);
            assert_eq!(draw(1).layers[1].w, draw(1).layers[1].w);
            assert_ne!(draw(1).layers[1].w, draw(2).layers[1].w);
            assert_ne!(draw(1).layers[0].w, draw(1).layers[1].w);
        }
    }

    #[test]
    fn orthogonal_weights_are_drawn_from_both_halves() {
        // Without the signs of R's diagonal, LAPACK's Q has one sign in its corner for every seed.
        let corner =
            |seed| chain::<f64>(&[5, 5, 1], Activation::Tanh, Initialisation::Orthogonal, seed).layers[0].w[[0, 0]];
        let positive = (0..64).filter(|&seed| corner(seed) > 0.0).count();
        assert!((16..48).contains(&positive), "{positive} of 64");
    }
}
