//! The chain of layers: left to right, and back.

use kernels::Real;
use ndarray::{ArrayView2, ArrayViewMut2};

use crate::cost::{Cost, Score, Tally};
use crate::dropout::Dropout;
use crate::layer::{Cache, CacheView, Gradient, Layer};
use crate::rates::LayerRates;

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
        Cost::of_output(self.layers.last().expect("a chain has at least one layer").activation)
    }

    /// Runs the forward pass: fills `caches` from the inputs `x` (`n[0]` × examples) and returns the output layer's cache.
    ///
    /// # Panics
    /// If the chain is empty, or the shapes don't fit.
    #[track_caller]
    pub fn forward<'c>(&self, x: ArrayView2<R>, caches: &'c mut [Cache<R>]) -> &'c Cache<R> {
        assert_eq!(caches.len(), self.layers.len(), "one cache a layer");
        let (first, above) = caches.split_first_mut().expect("a chain has at least one layer");
        self.layers[0].forward(x, first);
        self.forward_above(first.output(), above);
        caches.last().expect("a chain has at least one layer")
    }

    /// Runs the forward pass from layer 2 on: fills `caches`, the first of which is layer 2's, from `a_1` = `a[1]`.
    #[track_caller]
    pub(crate) fn forward_above(&self, a_1: ArrayView2<R>, caches: &mut [Cache<R>]) {
        for (at, layer) in self.layers[1..].iter().enumerate() {
            let (before, from_here) = caches.split_at_mut(at);
            layer.forward(before.last().map_or(a_1, Cache::output), &mut from_here[0]);
        }
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
        assert_eq!((caches.len(), gradients.len()), (self.layers.len(), self.layers.len()), "one of each a layer");
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
        let (first, above) = gradients.split_first_mut().expect("a chain has at least one layer");
        self.backward_to_first(caches[0].view(), &caches[1..], above, first.dz.view_mut());
        self.layers[0].backward_parameters(x, first);
        self.backward_parameters_above(caches[0].output(), &caches[1..], above);
    }

    /// Computes `dz[L-1]` to `dz[1]` from `dz[L]` by `da[l-1] = W[l]ᵀ dz[l]` and `dz[l-1] = da[l-1] · g[l-1]'(z[l-1])`.
    ///
    /// `caches` and `gradients` belong to layers 2 to L, `first` and `dz_1` to layer 1.
    #[track_caller]
    pub(crate) fn backward_to_first<'c>(
        &self,
        first: CacheView<'c, R>,
        caches: &'c [Cache<R>],
        gradients: &mut [Gradient<R>],
        mut dz_1: ArrayViewMut2<R>,
    ) {
        // `caches[at]` and `gradients[at]` belong to layer at + 2, which is `self.layers[at + 1]`.
        for at in (0..caches.len()).rev() {
            let (before, from_here) = gradients.split_at_mut(at);
            let (cache_prev, mut dz_prev) = match before.last_mut() {
                Some(gradient) => (caches[at - 1].view(), gradient.dz.view_mut()),
                None => (first, dz_1.view_mut()),
            };
            self.layers[at + 1].backward_data(from_here[0].dz.view(), dz_prev.view_mut());
            self.layers[at].backward_activation_at(cache_prev, dz_prev);
        }
    }

    /// Computes `dW[l]` and `db[l]` of layers 2 to L, whose caches and gradients these are.
    #[track_caller]
    pub(crate) fn backward_parameters_above(
        &self,
        a_1: ArrayView2<R>,
        caches: &[Cache<R>],
        gradients: &mut [Gradient<R>],
    ) {
        for (at, (layer, gradient)) in self.layers[1..].iter().zip(gradients).enumerate() {
            layer.backward_parameters(input_of(at, a_1, caches), gradient);
        }
    }

    /// Makes caches of zeros for forward passes over `examples`.
    pub fn caches(&self, examples: usize) -> Vec<Cache<R>> {
        self.layers.iter().map(|layer| layer.cache(examples)).collect()
    }

    /// Makes caches with the dropout masks of the first step of training: hidden layer l drops the share `rates[l - 1]` of its units,
    /// drawn from `seed`; nothing is dropped if `rates` is empty.
    pub fn dropout_caches(&self, examples: usize, rates: &[f64], seed: u64) -> Vec<Cache<R>> {
        let mut caches = self.caches(examples);
        let hidden = caches.len() - 1;
        for (l, cache) in caches[..hidden].iter_mut().enumerate() {
            cache.dropout = Dropout::new(rates, seed, l, cache.z.nrows());
            cache.prepare(examples);
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

/// Returns the input of layer `at` + 2: `a_1`, or the output of the layer below among the `caches` of layers 2 to L.
pub(crate) fn input_of<'c, R: Real>(at: usize, a_1: ArrayView2<'c, R>, caches: &'c [Cache<R>]) -> ArrayView2<'c, R> {
    at.checked_sub(1).map_or(a_1, |prev| caches[prev].output())
}
