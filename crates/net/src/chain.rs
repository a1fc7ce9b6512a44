//! The chain of layers: left to right, and back.

use kernels::Real;
use ndarray::{ArrayView2, ArrayViewMut2};

use crate::{Cache, Gradient, Layer, cost};

/// Layers 1 to L. The last one's activation is a sigmoid: one output, the probability of class 1.
#[derive(Clone, Debug)]
pub struct Chain<R> {
    /// Layer l stands at index l - 1.
    pub layers: Vec<Layer<R>>,
}

impl<R: Real> Chain<R> {
    /// Forward: fills `caches` from the inputs `x` (`n[0]` × examples) and returns the output layer's cache.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn forward<'c>(&self, x: ArrayView2<R>, caches: &'c mut [Cache<R>]) -> &'c Cache<R> {
        assert_eq!(caches.len(), self.layers.len(), "one cache a layer");
        for (l, layer) in self.layers.iter().enumerate() {
            let (before, from_here) = caches.split_at_mut(l);
            let a_prev = before.last().map_or(x, |cache| cache.a.view());
            layer.forward(a_prev, &mut from_here[0]);
        }
        caches.last().expect("a chain has at least one layer")
    }

    /// Back, from `dz[L] = a[L] - y`: fills `gradients` from the caches that [`Chain::forward`] left.
    ///
    /// # Shapes
    /// `x` is `n[0]` × examples, `y` 1 × examples with values 0 and 1.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn backward(&self, x: ArrayView2<R>, y: ArrayView2<R>, caches: &[Cache<R>], gradients: &mut [Gradient<R>]) {
        assert_eq!((caches.len(), gradients.len()), (self.layers.len(), self.layers.len()), "one of each a layer");
        let last = self.layers.len() - 1;
        cost::dz_output(caches[last].a.view(), y, gradients[last].dz.view_mut());
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
        mut da_0: Option<ArrayViewMut2<R>>,
    ) {
        for (l, layer) in self.layers.iter().enumerate().rev() {
            let (before, from_here) = gradients.split_at_mut(l);
            let gradient = &mut from_here[0];
            let Some(l_prev) = l.checked_sub(1) else {
                layer.backward_parameters(x, gradient);
                if let Some(da_0) = da_0.take() {
                    layer.backward_data(gradient.dz.view(), da_0);
                }
                break;
            };
            layer.backward_parameters(caches[l_prev].a.view(), gradient);
            layer.backward_data(gradient.dz.view(), before[l_prev].dz.view_mut());
            self.layers[l_prev].backward_activation(&caches[l_prev], &mut before[l_prev]);
        }
    }

    /// `W[l]` -= learning_rate `dW[l]`, `b[l]` -= learning_rate `db[l]`.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn descend(&mut self, gradients: &[Gradient<R>], learning_rate: R) {
        assert_eq!(gradients.len(), self.layers.len(), "descend: one gradient a layer");
        for (layer, gradient) in self.layers.iter_mut().zip(gradients) {
            assert_eq!(layer.w.dim(), gradient.dw.dim(), "descend: W and dW must have one shape");
            assert_eq!(layer.b.dim(), gradient.db.dim(), "descend: b and db must have one shape");
            layer.w.scaled_add(-learning_rate, &gradient.dw);
            layer.b.scaled_add(-learning_rate, &gradient.db);
        }
    }

    /// Empty caches for forward passes over `examples`.
    pub fn caches(&self, examples: usize) -> Vec<Cache<R>> {
        self.layers.iter().map(|layer| layer.cache(examples)).collect()
    }

    /// Empty gradients for ways back over `examples`.
    pub fn gradients(&self, examples: usize) -> Vec<Gradient<R>> {
        self.layers.iter().map(|layer| layer.gradient(examples)).collect()
    }

    /// The share of `x`'s examples that are put in the class that `y` says, see [`cost::accuracy`].
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn accuracy(&self, x: ArrayView2<R>, y: ArrayView2<R>) -> Option<f64> {
        let mut caches = self.caches(x.ncols());
        let Cache { z, a } = self.forward(x, &mut caches);
        cost::accuracy(z.view(), a.view(), y)
    }
}
