//! The drawing of the parameters of one net, layer after layer.

use kernels::Real;
use kernels::lapack::Qr;
use ndarray::{Array1, Array2};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Open01, StandardNormal};

use super::scheme::{Initialisation, Law, Place};
use crate::architecture::Architecture;
use crate::chain::Chain;
use crate::layer::Layer;
use crate::numpy_stream::NumpyStream;

/// A draw of the parameters of one net of which `W[1]` has been taken. It has two parts because nets of different depths can share
/// `W[1]` and its product with X: in no scheme does the first layer depend on the layers above it.
///
/// The weights of layer l come from the ChaCha8 stream (seed, l - 1), its biases from the stream (seed, 2⁶³ + l - 1).
#[derive(Clone)]
pub struct Draw {
    initialisation: Initialisation,
    seed: u32,
    first: Place,
    /// NumPy's stream, after `W[1]`.
    numpy: NumpyStream,
}

impl Draw {
    /// Draws `W[1]`, n_out × n_in, and returns it with the draw of all other parameters.
    pub fn first_weights(initialisation: &Initialisation, seed: u32, n_out: usize, n_in: usize) -> (Array2<f64>, Draw) {
        let first = Place { n_out, n_in, reads_out: false };
        let mut draw = Draw { initialisation: initialisation.clone(), seed, first, numpy: NumpyStream::new(seed) };
        (draw.weights(0, first), draw)
    }

    /// Draws all parameters of `architecture` but `W[1]`, which has no columns, rounded to `R`, the same at every call.
    ///
    /// # Panics
    /// If `architecture` isn't one that [`Architecture::new`] makes, its first layer doesn't have the shape of the `W[1]`
    /// that was drawn, the number of scales is neither 0 nor 1 nor L, or the base width of muP is 0.
    #[track_caller]
    pub fn rest<R: Real>(&self, architecture: &Architecture) -> Chain<R> {
        self.initialisation.check(architecture);
        let Place { n_out, n_in, .. } = self.first;
        let Architecture { widths, activations } = architecture;
        assert_eq!(widths[..2], [n_in, n_out], "W[1] was drawn for these widths n[0] and n[1], of {widths:?}");
        let mut draw = self.clone();
        let layers = (0..architecture.depth()).map(|i| {
            let place = Place { n_out: widths[i + 1], n_in: widths[i], reads_out: i + 1 == architecture.depth() };
            let w = if i == 0 { Array2::zeros((n_out, 0)) } else { draw.weights(i, place).mapv(R::from_f64) };
            Layer { w, b: draw.biases(i, place).mapv(R::from_f64), activation: activations[i] }
        });
        Chain { layers: layers.collect(), rates: self.initialisation.rates(architecture) }
    }

    fn weights(&mut self, i: usize, place: Place) -> Array2<f64> {
        let shape = (place.n_out, place.n_in);
        let mut stream = stream(self.seed, i as u64);
        let w = match self.initialisation.scheme.weight_law(place) {
            Law::Zero => Array2::zeros(shape),
            Law::Randn { factor } => {
                let mut numbers = vec![0.0; place.n_out * place.n_in];
                self.numpy.randn(&mut numbers);
                Array2::from_shape_vec(shape, numbers).expect("as many numbers as elements") * factor
            }
            Law::Normal { deviation } => normal(&mut stream, shape, deviation),
            Law::Uniform { bound } => Array2::from_shape_simple_fn(shape, || uniform(&mut stream, bound)),
            Law::Orthogonal { gain } => orthogonal(&mut stream, shape, gain),
        };
        w * self.initialisation.scale(i)
    }

    fn biases(&self, i: usize, place: Place) -> Array1<f64> {
        let Some(bound) = self.initialisation.scheme.bias_bound(place.n_in) else {
            return Array1::zeros(place.n_out);
        };
        let mut stream = stream(self.seed, BIASES | i as u64);
        Array1::from_shape_simple_fn(place.n_out, || uniform(&mut stream, bound))
    }
}

/// The number of the first stream of biases, beyond the streams of the weights.
const BIASES: u64 = 1 << 63;

fn stream(seed: u32, number: u64) -> ChaCha8Rng {
    let mut stream = ChaCha8Rng::seed_from_u64(seed.into());
    stream.set_stream(number);
    stream
}

fn normal(stream: &mut ChaCha8Rng, shape: (usize, usize), deviation: f64) -> Array2<f64> {
    let mut draw = || -> f64 { StandardNormal.sample(stream) };
    Array2::from_shape_simple_fn(shape, || deviation * draw())
}

/// Draws `bound` times one of the 2⁵² odd multiples of 2⁻⁵² between -1 and 1, all equally likely: half of them above zero,
/// and none at ±`bound`.
fn uniform(stream: &mut ChaCha8Rng, bound: f64) -> f64 {
    // `Open01` draws odd multiples of 2⁻⁵³, so that twice it less 1 is exact.
    let between_0_and_1: f64 = Open01.sample(stream);
    bound * (2.0 * between_0_and_1 - 1.0)
}

fn orthogonal(stream: &mut ChaCha8Rng, (n_out, n_in): (usize, usize), gain: f64) -> Array2<f64> {
    let tall = normal(stream, (n_out.max(n_in), n_out.min(n_in)), 1.0);
    let qr = Qr::new(tall.view());
    let r = qr.r();
    let mut q_transposed = qr.into_q_transposed();
    for (mut row, &diagonal) in q_transposed.rows_mut().into_iter().zip(r.diag()) {
        // LAPACK fixes the signs of R's diagonal in its own way; without this Q is not uniform.
        row *= f64::signum(diagonal) * gain;
    }
    if n_out < n_in { q_transposed } else { q_transposed.t().as_standard_layout().into_owned() }
}
