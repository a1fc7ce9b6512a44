//! The chain of layers: left to right, and back.

use kernels::Real;
use ndarray::ArrayView2;

use crate::cost::Cost;
use crate::dropout::Dropout;
use crate::layer::{Cache, Gradient, Layer};
use crate::rates::LayerRates;
use crate::score::{Score, Tally};

/// Layers 1 to L. The last one's activation is a sigmoid, a softmax or the identity, see [`Cost`].
///
/// The net of the lecture, relu-relu-sigmoid, on one example:
///
/// ```
/// use net::ndarray::array;
/// use net::{Activation, Architecture, Scheme, initialise};
///
/// let architecture = Architecture::classifier(2, &[4, 3], Activation::Relu); // n[0] = 2, n[1] = 4, n[2] = 3, n[3] = 1
/// let chain = initialise::chain::<f64>(&architecture, &Scheme::HeNormal.into(), 1);
/// let (x, y) = (array![[1.0], [-2.0]], array![[1.0]]);
///
/// let (mut caches, mut gradients) = (chain.caches(1), chain.gradients(1));
/// let y_hat = chain.forward(x.view(), &mut caches).a[[0, 0]];
/// chain.backward(x.view(), y.view(), &caches, &mut gradients);
/// assert_eq!(gradients[2].dz[[0, 0]], y_hat - 1.0); // dz[3] = a[3] - y
/// assert_eq!(gradients[0].dw.dim(), (4, 2)); // dW[1]
/// ```
#[derive(Clone, Debug)]
pub struct Chain<R> {
    /// Layer l is at index l - 1.
    pub layers: Vec<Layer<R>>,
    /// The factors on the learning rates of the layers; the default is 1 for all.
    pub rates: LayerRates,
}

impl<R: Real> Chain<R> {
    /// Makes a chain of these layers, with one learning rate for all of them.
    pub fn new(layers: Vec<Layer<R>>) -> Self {
        Chain { layers, rates: LayerRates::default() }
    }

    /// Returns the cost that its output layer is made for.
    ///
    /// # Panics
    /// If the chain is empty, or its last activation is not a sigmoid, a softmax or the identity.
    #[track_caller]
    pub fn cost(&self) -> Cost {
        Cost::for_output(self.layers.last().expect("a chain has at least one layer").activation)
    }

    /// Runs the forward pass: fills `caches` from the inputs `x` (`n[0]` × examples) and returns the output layer's cache.
    ///
    /// # Panics
    /// If the chain is empty, or the shapes don't fit.
    #[track_caller]
    pub fn forward<'c>(&self, x: ArrayView2<R>, caches: &'c mut [Cache<R>]) -> &'c Cache<R> {
        forward(&self.layers, x, caches);
        caches.last().expect("a chain has at least one layer")
    }

    /// Runs the backward pass: fills `gradients` from the caches that [`Chain::forward`] left. `da[0]` is not needed, and not computed.
    ///
    /// # Shapes
    /// `x` is `n[0]` × examples, `y` as the cost takes it.
    ///
    /// # Panics
    /// If the chain is empty, or the shapes don't fit.
    #[track_caller]
    pub fn backward(&self, x: ArrayView2<R>, y: ArrayView2<R>, caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
        assert_eq!((caches.len(), gradients.len()), (self.layers.len(), self.layers.len()), "one for each layer");
        let last = self.layers.len() - 1;
        self.cost().dz_output(caches[last].a.view(), y, gradients[last].dz.view_mut());
        self.backward_from_dz(x, caches, gradients);
    }

    /// Runs the backward pass from `dz[L]`, which is in the last of the `gradients`.
    ///
    /// # Panics
    /// If the chain is empty, or the shapes don't fit.
    #[track_caller]
    pub fn backward_from_dz(&self, x: ArrayView2<R>, caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
        // First every dz, from the last layer down, then dW and db, which need nothing else: a fleet's plain steps go without dW.
        backward_dz(&self.layers, caches, gradients);
        backward_parameters(&self.layers, x, caches, gradients);
    }

    /// Makes caches of zeros for forward passes over `examples`.
    pub fn caches(&self, examples: usize) -> Vec<Cache<R>> {
        self.layers.iter().map(|layer| layer.cache(examples)).collect()
    }

    /// Makes caches with the dropout masks of the first step of training: hidden layer l drops the share `dropout_rates[l - 1]` of its units,
    /// drawn from `seed`; nothing is dropped if `dropout_rates` is empty. [`Cache::prepare`] draws the masks of each later step.
    pub fn dropout_caches(&self, examples: usize, dropout_rates: &[f64], seed: u64) -> Vec<Cache<R>> {
        let mut caches = self.caches(examples);
        let hidden = caches.len() - 1;
        for (index, cache) in caches[..hidden].iter_mut().enumerate() {
            cache.dropout = Dropout::new(dropout_rates, seed, index, cache.z.nrows());
            cache.prepare(examples); // draws the mask
        }
        caches
    }

    /// Makes gradients of zeros for backward passes over `examples`.
    pub fn gradients(&self, examples: usize) -> Vec<Gradient<R>> {
        self.layers.iter().map(|layer| layer.gradient(examples)).collect()
    }

    /// Evaluates the net on the examples `x`; `None` if an output is not finite.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn score(&self, x: ArrayView2<R>, y: ArrayView2<R>) -> Option<Score> {
        let mut caches = self.caches(x.ncols());
        let Cache { z, a, .. } = self.forward(x, &mut caches);
        let mut tally = Tally::new(self.cost());
        tally.add(z.view(), a.view(), y);
        tally.score()
    }
}

// The passes through consecutive layers: the whole chain, or layers 2 to L of a fleet's net, whose layer 1 is an engine's. Layer,
// cache and gradient of the same layer have the same index l, so that layers[l] is the course's layer l + 1 in the whole chain.

/// Computes `z[l]` and `a[l]` of one layer after the other; `input` is that of the first.
#[track_caller]
pub(crate) fn forward<R: Real>(layers: &[Layer<R>], input: ArrayView2<R>, caches: &mut [Cache<R>]) {
    assert_eq!(caches.len(), layers.len(), "one cache for each layer");
    for (l, layer) in layers.iter().enumerate() {
        let (before, from_here) = caches.split_at_mut(l);
        layer.forward(before.last().map_or(input, Cache::output), &mut from_here[0]);
    }
}

/// Computes `da[l-1] = W[l]ᵀ dz[l]` and `dz[l-1] = da[l-1] · g[l-1]'(z[l-1])`, from the last layer's dz down to the first one's.
#[track_caller]
pub(crate) fn backward_dz<R: Real>(layers: &[Layer<R>], caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
    for l in (1..layers.len()).rev() {
        let (before, from_here) = gradients.split_at_mut(l);
        let da_to_dz = &mut before[l - 1].dz;
        layers[l].backward_data(from_here[0].dz.view(), da_to_dz.view_mut()); // da of the layer before
        layers[l - 1].backward_activation(&caches[l - 1], da_to_dz.view_mut()); // its dz
    }
}

/// Computes `dW[l]` and `db[l]` of each layer from its `dz[l]`; `input` is that of the first.
#[track_caller]
pub(crate) fn backward_parameters<R: Real>(
    layers: &[Layer<R>],
    input: ArrayView2<R>,
    caches: &[Cache<R>],
    gradients: &mut [Gradient<R>],
) {
    for (l, (layer, gradient)) in layers.iter().zip(gradients).enumerate() {
        layer.backward_parameters(a_prev(l, input, caches), gradient);
    }
}

/// Returns the input of the layer at index `l`: `input`, or the output of the layer before.
pub(crate) fn a_prev<'c, R: Real>(l: usize, input: ArrayView2<'c, R>, caches: &'c [Cache<R>]) -> ArrayView2<'c, R> {
    caches[..l].last().map_or(input, Cache::output)
}
