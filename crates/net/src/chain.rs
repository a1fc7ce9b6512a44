//! The chain of layers: left to right, and back.

use kernels::Real;
use ndarray::{ArrayView2, ArrayViewMut2};

use crate::cost::{Cost, Score, Tally};
use crate::dropout::Dropout;
use crate::{Cache, Gradient, Layer, Training};

/// Layers 1 to L. The last one's activation is a sigmoid, a softmax or the identity, see [`Cost`].
#[derive(Clone, Debug)]
pub struct Chain<R> {
    /// Layer l stands at index l - 1.
    pub layers: Vec<Layer<R>>,
}

impl<R: Real> Chain<R> {
    /// The cost that its output layer is made for.
    ///
    /// # Panics
    /// If the chain is empty, or ends in another activation.
    #[track_caller]
    pub fn cost(&self) -> Cost {
        Cost::of_output(self.layers.last().expect("a chain has at least one layer").activation)
    }

    /// Forward: fills `caches` from the inputs `x` (`n[0]` × examples) and returns the output layer's cache.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn forward<'c>(&self, x: ArrayView2<R>, caches: &'c mut [Cache<R>]) -> &'c Cache<R> {
        assert_eq!(caches.len(), self.layers.len(), "one cache a layer");
        for (l, layer) in self.layers.iter().enumerate() {
            let (before, from_here) = caches.split_at_mut(l);
            let a_prev = before.last().map_or(x, Cache::output);
            layer.forward(a_prev, &mut from_here[0]);
        }
        caches.last().expect("a chain has at least one layer")
    }

    /// Back, from `dz[L]` as [`Cost::dz_output`] has it: fills `gradients` from the caches that [`Chain::forward`] left.
    ///
    /// # Shapes
    /// `x` is `n[0]` × examples, `y` as the cost takes it.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn backward(&self, x: ArrayView2<R>, y: ArrayView2<R>, caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
        assert_eq!((caches.len(), gradients.len()), (self.layers.len(), self.layers.len()), "one of each a layer");
        let last = self.layers.len() - 1;
        self.cost().dz_output(caches[last].a.view(), y, gradients[last].dz.view_mut());
        self.backward_from_dz(x, caches, gradients, None);
    }

    /// Back, from a `dz[L]` that stands in the last gradient. `da[0]`, which a whole net doesn't need, is computed only
    /// for a `da_0` to hold it: `n[0]` × examples.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn backward_from_dz(
        &self,
        x: ArrayView2<R>,
        caches: &[Cache<R>],
        gradients: &mut [Gradient<R>],
        da_0: Option<ArrayViewMut2<R>>,
    ) {
        self.backward_dz(caches, gradients, da_0);
        self.backward_parameters(x, caches, gradients);
    }

    /// The first half of it: `dz[L-1]` to `dz[1]`, and `da[0]`.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub(crate) fn backward_dz(
        &self,
        caches: &[Cache<R>],
        gradients: &mut [Gradient<R>],
        mut da_0: Option<ArrayViewMut2<R>>,
    ) {
        for (l, layer) in self.layers.iter().enumerate().rev() {
            let (before, from_here) = gradients.split_at_mut(l);
            let dz = from_here[0].dz.view();
            match l.checked_sub(1) {
                Some(l_prev) => {
                    layer.backward_data(dz, before[l_prev].dz.view_mut());
                    self.layers[l_prev].backward_activation(&caches[l_prev], &mut before[l_prev]);
                }
                None => da_0.take().into_iter().for_each(|da_0| layer.backward_data(dz, da_0)),
            }
        }
    }

    /// The second half: every dW and db.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub(crate) fn backward_parameters(&self, x: ArrayView2<R>, caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
        for (l, (layer, gradient)) in self.layers.iter().zip(gradients).enumerate() {
            let a_prev = l.checked_sub(1).map_or(x, |l_prev| caches[l_prev].output());
            layer.backward_parameters(a_prev, gradient);
        }
    }

    /// Empty caches for forward passes over `examples`.
    pub fn caches(&self, examples: usize) -> Vec<Cache<R>> {
        self.layers.iter().map(|layer| layer.cache(examples)).collect()
    }

    /// The same with the masks of dropout of a step of `training`, drawn anew for each of its hidden layers.
    pub fn training_caches(&self, examples: usize, training: &Training) -> Vec<Cache<R>> {
        let mut caches = self.caches(examples);
        let hidden = caches.len() - 1;
        for (l, cache) in caches[..hidden].iter_mut().enumerate() {
            cache.dropout = Dropout::of(training, l, cache.z.nrows());
            cache.prepare(examples);
        }
        caches
    }

    /// Empty gradients for ways back over `examples`.
    pub fn gradients(&self, examples: usize) -> Vec<Gradient<R>> {
        self.layers.iter().map(|layer| layer.gradient(examples)).collect()
    }

    /// How the net does on the examples `x`; `None` if some output is not finite.
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
