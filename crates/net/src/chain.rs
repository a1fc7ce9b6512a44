//! The chain of layers.

use std::ops::Range;

use kernels::Real;
use ndarray::ArrayView2;

use crate::cost::Cost;
use crate::layer::{Cache, Gradient, Layer};
use crate::rates::LayerRates;

/// Layers 1 to L. The last one is a sigmoid, a softmax or linear, as in [`Cost`]'s table.
///
/// A net of three layers, relu, relu and sigmoid, on one example:
///
/// ```
/// use net::ndarray::array;
/// use net::{Activation, Architecture, Scheme, initialise};
///
/// let architecture = Architecture::classifier(2, &[4, 3], Activation::Relu); // n[0] = 2, n[1] = 4, n[2] = 3, n[3] = 1
/// let chain = initialise::chain::<f64>(&architecture, &Scheme::HeNormal.into(), 1); // seed 1
/// let (x, y) = (array![[1.0], [-2.0]], array![[1.0]]);
///
/// let (mut caches, mut gradients) = (chain.caches(1), chain.gradients(1)); // for one example
/// let y_hat = chain.forward(x.view(), &mut caches).a[[0, 0]];
/// chain.backward(x.view(), y.view(), &caches, &mut gradients);
/// assert_eq!(gradients[2].dz[[0, 0]], y_hat - 1.0); // dz[3] = a[3] - y
/// assert_eq!(gradients[0].dw.dim(), (4, 2)); // dW[1]
/// ```
///
/// In all methods, `x` = `a[0]` is `n[0]` × examples and `y` as in the table. Shapes that don't fit each other are a panic; so are an
/// empty chain, in `cost`, `forward` and `backward`, and an output that is not in the table, in `cost` and `backward`.
#[derive(Clone, Debug)]
pub struct Chain<R> {
    /// layers\[i\] is layer l = i + 1; its cache and its gradient have the same index.
    pub layers: Vec<Layer<R>>,
    /// The factors on the learning rates of the layers: 1, unless the initialisation is muP's (`rates.rs`).
    pub rates: LayerRates,
}

impl<R: Real> Chain<R> {
    /// Makes a chain of these layers, with one learning rate for all of them.
    pub fn new(layers: Vec<Layer<R>>) -> Self {
        Chain { layers, rates: LayerRates::default() }
    }

    /// Returns the cost that its output layer is made for.
    #[track_caller]
    pub fn cost(&self) -> Cost {
        Cost::for_output(self.layers.last().expect("a chain has at least one layer").activation)
    }

    /// Runs the forward pass: fills `caches`, and returns the output layer's.
    #[track_caller]
    pub fn forward<'c>(&self, x: ArrayView2<R>, caches: &'c mut [Cache<R>]) -> &'c Cache<R> {
        assert_eq!(caches.len(), self.layers.len(), "one cache for each layer");
        for (i, layer) in self.layers.iter().enumerate() {
            let (below, from_here) = caches.split_at_mut(i); // those of the layers below, and of this one
            layer.forward(input(i, x, below), &mut from_here[0]);
        }
        caches.last().expect("a chain has at least one layer")
    }

    /// Runs the backward pass: fills `gradients` from the caches that [`Chain::forward`] left.
    #[track_caller]
    pub fn backward(&self, x: ArrayView2<R>, y: ArrayView2<R>, caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
        let last = self.layers.len() - 1;
        self.cost().dz_output(caches[last].a.view(), y, gradients[last].dz.view_mut()); // dz[L]; this layer never has dropout
        self.backward_from_dz(x, caches, gradients);
    }

    /// Runs the backward pass from any `dz[L]`, which is in the last of the `gradients`.
    #[track_caller]
    pub fn backward_from_dz(&self, x: ArrayView2<R>, caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
        assert_eq!((caches.len(), gradients.len()), (self.layers.len(), self.layers.len()), "one for each layer");
        // The course computes dz, dW and db layer by layer. Here all dz come first, because `fast/` needs the first loop alone, too.
        self.backward_dz(1..self.layers.len(), caches, gradients); // layers L to 2
        self.backward_parameters(x, caches, gradients);
    }

    /// For i from the last of `indices` to the first, goes from `dz[l]`, l = i + 1, to the layer below: `da[l-1] = W[l]ᵀ dz[l]`, then
    /// `dz[l-1]` as [`Layer::backward_activation`].
    #[track_caller]
    pub(crate) fn backward_dz(&self, indices: Range<usize>, caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
        for i in indices.rev() {
            let (below, from_here) = gradients.split_at_mut(i);
            let (dz, da_to_dz) = (&from_here[0].dz, &mut below[i - 1].dz); // dz[l]; da[l-1], and then dz[l-1]
            self.layers[i].backward_da_prev(dz.view(), da_to_dz.view_mut());
            self.layers[i - 1].backward_activation(&caches[i - 1], da_to_dz.view_mut());
        }
    }

    /// Computes `dW[l]` and `db[l]` of each layer from its `dz[l]`.
    #[track_caller]
    pub(crate) fn backward_parameters(&self, x: ArrayView2<R>, caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
        for (i, (layer, gradient)) in self.layers.iter().zip(gradients).enumerate() {
            layer.backward_parameters(input(i, x, caches), gradient);
        }
    }
}

/// Returns the input of the layer at index `i`: `x`, or the output of the layer before.
pub(crate) fn input<'c, R: Real>(i: usize, x: ArrayView2<'c, R>, caches: &'c [Cache<R>]) -> ArrayView2<'c, R> {
    if i == 0 { x } else { caches[i - 1].output() }
}
