//! One layer: its parameters, the cache that its forward pass leaves for its backward pass, and its gradient.

mod on_views; // the activation, forward and backward, on views of z and a

use kernels::{Accumulate, Activation, Real, all_finite, backward_weights, bias_gradient, square_sum};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use crate::dropout::Dropout;
use crate::matrix::row;

/// The parameters of a layer, and its passes.
///
/// z, a, da and dz are n_out × examples; `a_prev` = `a[l-1]` after dropout and its gradient `da_prev` are n_in × examples. The methods
/// panic if shapes don't fit. · multiplies element by element.
#[derive(Clone, Debug)]
pub struct Layer<R> {
    /// `W[l]`, n_out × n_in, row-major.
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
    /// The mask (1/keep_prob with probability keep_prob, else 0; [`Cache::prepare`] draws it for each step) and `a[l]` · mask. `None`
    /// without dropout.
    pub(crate) dropout: Option<Dropout<R>>,
}

/// The gradient of a layer.
#[derive(Clone, Debug)]
pub struct Gradient<R> {
    /// `da[l]`, then `dz[l]` in its place, n_out × examples.
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
        self.activate(z.view_mut(), a.view_mut(), dropout.as_mut()); // z += b, a = g(z), and dropout's a · mask
    }

    /// Computes `dz[l] = da[l] · g[l]'(z[l])` in place of `da[l]` (for softmax, its Jacobian times da).
    /// With dropout, da is multiplied by the mask first.
    #[track_caller]
    pub fn backward_activation(&self, cache: &Cache<R>, da_to_dz: ArrayViewMut2<R>) {
        self.backward_activation_on_views(cache.z.view(), cache.a.view(), cache.dropout.as_ref(), da_to_dz);
    }

    /// Computes `dW[l] = (1/m) dz[l] a[l-1]ᵀ` and `db[l] = (1/m) sum over examples of dz[l]`.
    #[track_caller]
    pub fn backward_parameters(&self, a_prev: ArrayView2<R>, gradient: &mut Gradient<R>) {
        let Gradient { dz, dw, db } = gradient;
        parameter_gradients(dz.view(), a_prev, a_prev.ncols(), dw.view_mut(), db.view_mut());
    }

    /// Computes `da[l-1] = W[l]ᵀ dz[l]`.
    #[track_caller]
    pub fn backward_da_prev(&self, dz: ArrayView2<R>, da_prev: ArrayViewMut2<R>) {
        kernels::backward_data(self.w.view(), dz, da_prev, Accumulate::Replace);
    }

    /// Returns whether all parameters are finite.
    pub(crate) fn is_finite(&self) -> bool {
        all_finite(self.w.view()) && all_finite(row(&self.b))
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

/// Computes these examples' part of `dW[l]` and `db[l]`; the batch has `m` examples.
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
    /// Returns the mask of dropout of this step: 0 or 1/keep_prob for each unit and example. `None` without dropout.
    pub fn mask(&self) -> Option<ArrayView2<'_, R>> {
        self.dropout.as_ref().map(Dropout::mask)
    }

    /// Returns the next layer's input: `a[l]`, or `a[l]` · mask with dropout.
    pub fn output(&self) -> ArrayView2<'_, R> {
        Dropout::output(self.dropout.as_ref(), self.a.view())
    }
}

impl<R: Real> Gradient<R> {
    /// Computes the Euclidean norm of all dW and db together.
    pub fn norm(gradients: &[Self]) -> f64 {
        gradients.iter().map(Gradient::squared_norm).sum::<f64>().sqrt()
    }

    /// Returns |dW|² + |db|².
    pub(crate) fn squared_norm(&self) -> f64 {
        square_sum(self.dw.view()) + square_sum(row(&self.db))
    }
}
