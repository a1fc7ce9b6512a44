//! One net of a fleet: its first layer's bias and activation, and the chain of its other layers, whose input is a\[1\].

use std::ops::Range;
use std::sync::Arc;

use kernels::{Activation, Real, WrongSum, activation_backward, all_finite, bias_activation, bias_gradient};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2};

use crate::{Cache, Chain, Examples, Gradient, Layer, Origin, cost};

/// Full-batch gradient descent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    /// The step: W -= learning_rate dW.
    pub learning_rate: f64,
    /// The number of updates.
    pub iterations: usize,
    /// The cost is recorded at iterations 0, `record_every`, 2 `record_every`, … and at the last one.
    pub record_every: usize,
}

/// One point of a history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostAt {
    /// The updates made before this point.
    pub iteration: usize,
    /// J, before the update of this iteration.
    pub cost: f64,
}

/// A net before its training.
#[derive(Clone, Debug)]
pub struct Start<R> {
    /// Where `W[1]` starts.
    pub origin: Arc<Origin>,
    /// `b[1]`.
    pub b: Array1<R>,
    /// `g[1]`.
    pub activation: Activation,
    /// Layers 2 to L; none in a net of one layer.
    pub rest: Chain<R>,
    /// How it is trained.
    pub descent: Descent,
}

impl<R: Real> Start<R> {
    /// A whole chain, to be trained on `examples`.
    ///
    /// # Errors
    /// If OpenBLAS computes W(0) X wrongly.
    ///
    /// # Panics
    /// If the chain has no layer, or a shape doesn't fit.
    #[track_caller]
    pub fn new(examples: &Examples<R>, chain: Chain<R>, descent: Descent) -> Result<Self, WrongSum> {
        let mut layers = chain.layers.into_iter();
        let Layer { w, b, activation } = layers.next().expect("a net has at least one layer");
        let origin = Arc::new(examples.origin(w.mapv(R::as_f64))?);
        Ok(Start { origin, b, activation, rest: Chain { layers: layers.collect() }, descent })
    }
}

/// A net in training. Its z\[1\], a\[1\] and dz\[1\] are rows of the fleet's.
pub(crate) struct Member<R> {
    /// Its place in the list that the fleet was made of.
    pub(crate) place: usize,
    /// Its rows in the fleet's matrices.
    pub(crate) rows: Range<usize>,
    pub(crate) descent: Descent,
    pub(crate) history: Vec<CostAt>,
    pub(crate) drift: Option<f64>,
    b: Array1<R>,
    db: Array1<R>,
    activation: Activation,
    rest: Chain<R>,
    caches: Vec<Cache<R>>,
    gradients: Vec<Gradient<R>>,
}

impl<R: Real> Member<R> {
    pub(crate) fn new(place: usize, first_row: usize, start: Start<R>, examples: usize) -> Self {
        let Start { origin: _, b, activation, rest, descent } = start;
        let records = descent.iterations.div_ceil(descent.record_every) + 1;
        Member {
            place,
            rows: first_row..first_row + b.len(),
            descent,
            history: Vec::with_capacity(records),
            drift: None,
            db: Array1::zeros(b.len()),
            b,
            activation,
            caches: rest.caches(examples),
            gradients: rest.gradients(examples),
            rest,
        }
    }

    /// From z\[1\] without its bias to z\[L\] and a\[L\].
    pub(crate) fn forward(&mut self, mut z: ArrayViewMut2<R>, mut a: ArrayViewMut2<R>) {
        bias_activation(self.activation, self.b.view(), z.view_mut(), a.view_mut());
        if !self.rest.layers.is_empty() {
            self.rest.forward(a.view(), &mut self.caches);
        }
    }

    /// z\[L\] and a\[L\] of other examples, of which `z` holds z\[1\] without its bias.
    pub(crate) fn predict(&self, mut z: Array2<R>) -> Cache<R> {
        let mut a = Array2::zeros(z.dim());
        bias_activation(self.activation, self.b.view(), z.view_mut(), a.view_mut());
        if self.rest.layers.is_empty() {
            return Cache { z, a };
        }
        let mut caches = self.rest.caches(z.ncols());
        self.rest.forward(a.view(), &mut caches);
        caches.pop().expect("one cache a layer")
    }

    /// Records J if it is due; `false` if the net has diverged. `z` is z\[1\].
    pub(crate) fn record(&mut self, iteration: usize, z: ArrayView2<R>, y: ArrayView2<R>) -> bool {
        let z = self.caches.last().map_or(z, |output| output.z.view());
        if !all_finite(z) {
            return false;
        }
        let Descent { iterations, record_every, .. } = self.descent;
        if iteration.is_multiple_of(record_every) || iteration + 1 == iterations {
            let cost = cost::binary_cross_entropy(z, y);
            // Finite logits can still add up to more than f64 holds.
            if !cost.is_finite() {
                return false;
            }
            self.history.push(CostAt { iteration, cost });
        }
        true
    }

    /// From dz\[L\] = a\[L\] - y back to `dz` = dz\[1\], and the descent of everything but `W[1]`.
    pub(crate) fn backward(&mut self, z: ArrayView2<R>, a: ArrayView2<R>, y: ArrayView2<R>, mut dz: ArrayViewMut2<R>) {
        match (self.caches.last(), self.gradients.last_mut()) {
            (Some(output), Some(gradient)) => {
                cost::dz_output(output.a.view(), y, gradient.dz.view_mut());
                self.rest.backward_from_dz(a, &self.caches, &mut self.gradients, Some(dz.view_mut()));
                activation_backward(self.activation, z, a, dz.view_mut());
            }
            _ => cost::dz_output(a, y, dz.view_mut()),
        }
        let learning_rate = R::from_f64(self.descent.learning_rate);
        bias_gradient(dz.view(), R::from_f64(1.0 / y.len() as f64), self.db.view_mut());
        self.b.scaled_add(-learning_rate, &self.db);
        self.rest.descend(&self.gradients, learning_rate);
    }

    /// -learning_rate / m.
    pub(crate) fn step_factor(&self, examples: usize) -> R {
        R::from_f64(-self.descent.learning_rate / examples as f64)
    }

    /// The whole net, with `w` for `W[1]`.
    pub(crate) fn chain(&self, w: &Array2<f64>) -> Chain<R> {
        let first = Layer { w: w.mapv(R::from_f64), b: self.b.clone(), activation: self.activation };
        Chain { layers: std::iter::once(first).chain(self.rest.layers.iter().cloned()).collect() }
    }
}
