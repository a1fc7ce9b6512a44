//! One layer: its parameters, what its forward pass leaves for the way back, and its gradient.

use kernels::{
    Accumulate, Activation, Real, activation_backward, backward_data, backward_weights, bias_activation, bias_gradient,
    forward, scale,
};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2};

use crate::dropout::Dropout;

/// `W[l]`, `b[l]` and `g[l]`.
#[derive(Clone, Debug)]
pub struct Layer<R> {
    /// `W[l]`, n_out × n_in.
    pub w: Array2<R>,
    /// `b[l]`, n_out.
    pub b: Array1<R>,
    /// `g[l]`.
    pub activation: Activation,
}

/// What the forward pass of a layer leaves: `z[l]` and `a[l]`, n_out × examples each.
#[derive(Clone, Debug)]
pub struct Cache<R> {
    /// `z[l] = W[l] a[l-1] + b[l]`.
    pub z: Array2<R>,
    /// `a[l] = g[l](z[l])`.
    pub a: Array2<R>,
    /// What is dropped of `a[l]` in training.
    pub(crate) dropout: Option<Dropout<R>>,
}

impl<R: Real> Cache<R> {
    /// What the next layer sees: `a[l]`, or what dropout leaves of it.
    pub fn output(&self) -> ArrayView2<'_, R> {
        self.dropout.as_ref().map_or(self.a.view(), Dropout::a)
    }

    /// Makes room for `examples`, and draws the masks of the next step. What stood here is lost.
    pub(crate) fn prepare(&mut self, examples: usize) {
        make_room(&mut self.z, examples);
        make_room(&mut self.a, examples);
        if let Some(dropout) = &mut self.dropout {
            dropout.draw(examples);
        }
    }
}

/// What the way back leaves at a layer.
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
    /// `n[l]`, the number of units.
    pub fn n_out(&self) -> usize {
        self.w.nrows()
    }

    /// `n[l-1]`, the number of inputs.
    pub fn n_in(&self) -> usize {
        self.w.ncols()
    }

    /// `z[l] = W[l] a[l-1] + b[l]` and `a[l] = g[l](z[l])`.
    ///
    /// # Shapes
    /// `a_prev` n_in × examples; `cache` n_out × examples.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn forward(&self, a_prev: ArrayView2<R>, cache: &mut Cache<R>) {
        forward(self.w.view(), a_prev, cache.z.view_mut(), Accumulate::Replace);
        bias_activation(self.activation, self.b.view(), cache.z.view_mut(), cache.a.view_mut());
        if let Some(dropout) = &mut cache.dropout {
            dropout.forward(cache.a.view());
        }
    }

    /// `dz[l] = da[l] · g[l]'(z[l])`, in place in `gradient.dz`; where units are dropped, `da[l]` is masked first.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn backward_activation(&self, cache: &Cache<R>, gradient: &mut Gradient<R>) {
        if let Some(dropout) = &cache.dropout {
            dropout.backward(gradient.dz.view_mut());
        }
        activation_backward(self.activation, cache.z.view(), cache.a.view(), gradient.dz.view_mut());
    }

    /// `dW[l] = (1/m) dz[l] a[l-1]ᵀ` and `db[l] = (1/m) sum over examples of dz[l]`.
    ///
    /// # Shapes
    /// `a_prev` n_in × examples; `gradient.dz` n_out × examples.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn backward_parameters(&self, a_prev: ArrayView2<R>, gradient: &mut Gradient<R>) {
        let Gradient { dz, dw, db } = gradient;
        let one_over_m = R::from_f64(1.0 / a_prev.ncols() as f64);
        backward_weights(dz.view(), a_prev, one_over_m, dw.view_mut(), Accumulate::Replace);
        bias_gradient(dz.view(), one_over_m, db.view_mut());
    }

    /// `W[l] -= rate dW[l]` in one product, without a `dW[l]`: `W[l] += s a[l-1]ᵀ`, where s = (-rate/m) `dz[l]` takes the place of
    /// `dz[l]`. So that every step of every rate is the same product, which has been checked.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub(crate) fn descend_along(&mut self, a_prev: ArrayView2<R>, mut dz: ArrayViewMut2<R>, rate: f64) {
        scale(R::from_f64(-rate / a_prev.ncols() as f64), dz.view_mut());
        backward_weights(dz.view(), a_prev, R::one(), self.w.view_mut(), Accumulate::Add);
    }

    /// `da[l-1] = W[l]ᵀ dz[l]`.
    ///
    /// # Shapes
    /// `dz` n_out × examples, `da_prev` n_in × examples.
    ///
    /// # Panics
    /// If the shapes don't fit.
    #[track_caller]
    pub fn backward_data(&self, dz: ArrayView2<R>, da_prev: ArrayViewMut2<R>) {
        backward_data(self.w.view(), dz, da_prev, Accumulate::Replace);
    }

    /// An empty cache for a forward pass over `examples`.
    pub fn cache(&self, examples: usize) -> Cache<R> {
        let zeros = Array2::zeros((self.n_out(), examples));
        Cache { z: zeros.clone(), a: zeros, dropout: None }
    }

    /// An empty gradient for a way back over `examples`.
    pub fn gradient(&self, examples: usize) -> Gradient<R> {
        Gradient {
            dz: Array2::zeros((self.n_out(), examples)),
            dw: Array2::zeros(self.w.dim()),
            db: Array1::zeros(self.n_out()),
        }
    }
}

/// Gives `matrix` another number of columns; allocates only where it has never had as many elements.
pub(crate) fn make_room<R: Real>(matrix: &mut Array2<R>, columns: usize) {
    let rows = matrix.nrows();
    if matrix.ncols() == columns {
        return;
    }
    let (mut elements, offset) = std::mem::replace(matrix, Array2::zeros((0, 0))).into_raw_vec_and_offset();
    debug_assert!(offset.unwrap_or(0) == 0, "a matrix made here begins where its elements begin");
    elements.resize(rows * columns, R::zero());
    *matrix = Array2::from_shape_vec((rows, columns), elements).expect("as many elements as the shape says");
}
