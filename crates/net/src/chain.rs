//! The chain of layers.

use std::ops::Range;

use kernels::Real;
use ndarray::ArrayView2;

use crate::cost::Cost;
use crate::layer::{Cache, Gradient, Layer};
use crate::rates::LayerRates;

/// Layers 1 to L. The last one is sigmoid, softmax or identity, as in the table of [`cost`](crate::cost).
///
/// Relu, relu and sigmoid, on one example:
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
/// In all methods, `x` = `a[0]` is `n[0]` × examples and `y` as in that table. They panic if shapes don't fit. So do `cost`, `forward` and
/// `backward` for an empty chain, and `cost` and `backward` for an output not in the table.
#[derive(Clone, Debug)]
pub struct Chain<R> {
    /// layers\[i\] is layer l = i + 1; its cache and its gradient have the same index.
    pub layers: Vec<Layer<R>>,
    /// The factors of the layers' learning rates: 1, except with muP (`rates.rs`).
    pub rates: LayerRates,
}

impl<R: Real> Chain<R> {
    /// Makes a chain of these layers, with the same learning rate for all.
    pub fn new(layers: Vec<Layer<R>>) -> Self {
        Chain { layers, rates: LayerRates::default() }
    }

    /// Returns the cost that belongs to the output layer.
    #[track_caller]
    pub fn cost(&self) -> Cost {
        Cost::for_output(self.layers.last().expect("a chain has at least one layer").activation)
    }

    /// Runs the forward pass: fills `caches`, and returns the last.
    #[track_caller]
    pub fn forward<'c>(&self, x: ArrayView2<R>, caches: &'c mut [Cache<R>]) -> &'c Cache<R> {
        assert_eq!(caches.len(), self.layers.len(), "one cache for each layer");
        forward(&self.layers, x, caches);
        caches.last().expect("a chain has at least one layer")
    }

    /// Runs the backward pass: fills `gradients` from the caches that [`Chain::forward`] left.
    #[track_caller]
    pub fn backward(&self, x: ArrayView2<R>, y: ArrayView2<R>, caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
        let cost = self.cost();
        let last = self.layers.len() - 1;
        cost.dz_output(caches[last].a.view(), y, gradients[last].dz.view_mut()); // dz[L], from a: layer L has no dropout
        self.backward_from_dz(x, caches, gradients);
    }

    /// Runs the backward pass from any `dz[L]`, which is in the last of the `gradients`.
    #[track_caller]
    pub fn backward_from_dz(&self, x: ArrayView2<R>, caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
        assert_eq!((caches.len(), gradients.len()), (self.layers.len(), self.layers.len()), "one for each layer");
        // The course goes layer by layer. Here all dz come first: `fast/` also calls `backward_dz` by itself.
        self.backward_dz(1..self.layers.len(), caches, gradients); // dz[l-1], l = L to 2
        backward_parameters(&self.layers, x, caches, gradients); // dW[l] and db[l]
    }

    /// Computes `da[l-1] = W[l]ᵀ dz[l]`, then `dz[l-1]` in its place, for the layers at these `indices`, from the last to the first.
    #[track_caller]
    pub(crate) fn backward_dz(&self, indices: Range<usize>, caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
        for i in indices.rev() {
            let (below, this_and_above) = gradients.split_at_mut(i);
            let (dz, da_to_dz) = (&this_and_above[0].dz, &mut below[i - 1].dz); // dz[l]; da[l-1], and then dz[l-1]
            self.layers[i].backward_da_prev(dz.view(), da_to_dz.view_mut());
            self.layers[i - 1].backward_activation(&caches[i - 1], da_to_dz.view_mut());
        }
    }
}

/// Runs the forward pass of consecutive `layers` on their input `x`.
#[track_caller]
pub(crate) fn forward<R: Real>(layers: &[Layer<R>], x: ArrayView2<R>, caches: &mut [Cache<R>]) {
    for (i, layer) in layers.iter().enumerate() {
        let (below, this_and_above) = caches.split_at_mut(i);
        layer.forward(input(i, x, below), &mut this_and_above[0]);
    }
}

/// Computes `dW[l]` and `db[l]` of each of consecutive `layers` from its `dz[l]`; `x` is their input.
#[track_caller]
pub(crate) fn backward_parameters<R: Real>(
    layers: &[Layer<R>],
    x: ArrayView2<R>,
    caches: &[Cache<R>],
    gradients: &mut [Gradient<R>],
) {
    for (i, (layer, gradient)) in layers.iter().zip(gradients).enumerate() {
        layer.backward_parameters(input(i, x, caches), gradient);
    }
}

/// Asserts that the `layers` form a chain on `n_in` inputs: each W is row-major and has a column for each unit below,
/// and each b has as many elements as its W has rows.
#[track_caller]
pub(crate) fn assert_chained<R: Real>(layers: &[Layer<R>], n_in: usize) {
    let mut below = n_in;
    for (l, Layer { w, b, .. }) in (1..).zip(layers) {
        let fits = (w.ncols(), b.len()) == (below, w.nrows());
        assert!(
            fits,
            "W[{l}] is {} x {}, with {below} inputs, and b[{l}] has {} elements",
            w.nrows(),
            w.ncols(),
            b.len()
        );
        assert!(w.is_standard_layout(), "W[{l}] is not row-major: its strides are {:?}", w.strides());
        below = w.nrows();
    }
}

/// Returns the input of the layer at index `i`: `x`, or the output of the layer before it.
pub(crate) fn input<'c, R: Real>(i: usize, x: ArrayView2<'c, R>, caches: &'c [Cache<R>]) -> ArrayView2<'c, R> {
    if i == 0 { x } else { caches[i - 1].output() }
}
