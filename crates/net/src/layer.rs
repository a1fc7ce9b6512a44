//! One layer: its parameters, the cache that its forward pass leaves for its backward pass, and its gradient.

use kernels::{Accumulate, Activation, Real, activation_backward, backward_weights, bias_activation, bias_gradient};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use crate::dropout::Dropout;

/// The parameters of a layer, and its passes.
///
/// z, a, da and dz are n_out × examples; `a_prev` = `a[l-1]` and `da_prev` = `da[l-1]` are n_in × examples. Shapes that don't fit are a
/// panic. · multiplies element by element.
#[derive(Clone, Debug)]
pub struct Layer<R> {
    /// `W[l]`, n_out × n_in.
    pub w: Array2<R>,
    /// `b[l]`, n_out.
    pub b: Array1<R>,
    /// `g[l]`.
    pub activation: Activation,
}

/// The cache of a layer's forward pass.
#[derive(Clone, Debug)]
pub struct Cache<R> {
    /// `z[l] = W[l] a[l-1] + b[l]`.
    pub z: Array2<R>,
    /// `a[l] = g[l](z[l])`.
    pub a: Array2<R>,
    /// The mask, which [`Cache::prepare`] draws (0 with probability 1 - keep_prob, else 1/keep_prob), and the product
    /// `a[l]` · mask; `None` without dropout.
    pub(crate) dropout: Option<Dropout<R>>,
}

/// The gradient of a layer.
#[derive(Clone, Debug)]
pub struct Gradient<R> {
    /// `dz[l]`, n_out × examples. `da[l]` arrives in this buffer and becomes `dz[l]` in place.
    pub dz: Array2<R>,
    /// `dW[l]`, n_out × n_in.
    pub dw: Array2<R>,
    /// `db[l]`, n_out.
    pub db: Array1<R>,
}

impl<R: Real> Layer<R> {
    /// Computes `z[l] = W[l] a[l-1] + b[l]` and `a[l] = g[l](z[l])`.
    #[track_caller]
    pub fn forward(&self, a_prev: ArrayView2<R>, cache: &mut Cache<R>) {
        let Cache { z, a, dropout } = cache;
        kernels::forward(self.w.view(), a_prev, z.view_mut(), Accumulate::Replace); // z = W a_prev
        self.activate(z.view_mut(), a.view_mut(), dropout.as_mut()); // z += b, a = g(z); beside it a · mask
    }

    /// Computes `dz[l] = da[l] · g[l]'(z[l])` in place of `da[l]`. With dropout, the incoming da is the derivative with respect to a · mask, so
    /// it is multiplied by the mask first.
    #[track_caller]
    pub fn backward_activation(&self, cache: &Cache<R>, da_to_dz: ArrayViewMut2<R>) {
        self.backward_activation_at(cache.z.view(), cache.a.view(), cache.dropout.as_ref(), da_to_dz);
    }

    /// Computes `dW[l] = (1/m) dz[l] a[l-1]ᵀ` and `db[l] = (1/m) sum over examples of dz[l]`.
    #[track_caller]
    pub fn backward_parameters(&self, a_prev: ArrayView2<R>, gradient: &mut Gradient<R>) {
        let (Gradient { dz, dw, db }, m) = (gradient, a_prev.ncols());
        parameter_gradients(dz.view(), a_prev, m, dw.view_mut(), db.view_mut());
    }

    /// Computes `da[l-1] = W[l]ᵀ dz[l]`.
    #[track_caller]
    pub fn backward_da_prev(&self, dz: ArrayView2<R>, da_prev: ArrayViewMut2<R>) {
        kernels::backward_data(self.w.view(), dz, da_prev, Accumulate::Replace);
    }

    /// Returns `n[l]`, the number of units.
    pub fn n_out(&self) -> usize {
        self.w.nrows()
    }

    /// Returns `n[l-1]`, the number of inputs.
    pub fn n_in(&self) -> usize {
        self.w.ncols()
    }
}

// `activate`, and `backward_activation` on views: in `fast/`, z and a of a layer are rows of larger matrices.
impl<R: Real> Layer<R> {
    /// Computes `z[l] += b[l]`, from `z` = `W[l] a[l-1]`, and `a[l] = g[l](z[l])`; with dropout a · mask, too.
    #[track_caller]
    pub(crate) fn activate(&self, z: ArrayViewMut2<R>, mut a: ArrayViewMut2<R>, dropout: Option<&mut Dropout<R>>) {
        bias_activation(self.activation, self.b.view(), z, a.view_mut());
        if let Some(dropout) = dropout {
            dropout.forward(a.view()); // stores a · mask beside the mask
        }
    }

    /// Computes `dz[l]` in place of `da[l]`, as [`Layer::backward_activation`].
    #[track_caller]
    pub(crate) fn backward_activation_at(
        &self,
        z: ArrayView2<R>,
        a: ArrayView2<R>,
        dropout: Option<&Dropout<R>>,
        mut da_to_dz: ArrayViewMut2<R>,
    ) {
        if let Some(dropout) = dropout {
            dropout.backward(da_to_dz.view_mut()); // da · mask
        }
        activation_backward(self.activation, z, a, da_to_dz); // da · g'(z)
    }
}

/// Computes what some examples of a batch of `m` contribute to `dW[l]` and `db[l]`.
#[track_caller]
pub(crate) fn parameter_gradients<R: Real>(
    dz: ArrayView2<R>,
    a_prev: ArrayView2<R>,
    m: usize,
    dw: ArrayViewMut2<R>,
    db: ArrayViewMut1<R>,
) {
    let one_over_m = R::from_f64(1.0 / m as f64);
    backward_weights(dz, a_prev, one_over_m, dw, Accumulate::Replace);
    bias_gradient(dz, one_over_m, db);
}

impl<R: Real> Cache<R> {
    /// Returns the next layer's input: `a[l]`, or `a[l]` · mask with dropout.
    pub fn output(&self) -> ArrayView2<'_, R> {
        Dropout::output(self.dropout.as_ref(), self.a.view())
    }
}
