//! One net of a fleet: a chain whose `W[1]` is kept by the engine, which feeds it with `z[1]`.

mod best;
mod resuming;

use std::ops::Range;

use kernels::{Accumulate, Activation, Real, all_finite, backward_weights, bias_gradient, scale, square_sum};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

use crate::chain::{self, Chain};
use crate::dropout::Dropout;
use crate::fast::best::Best;
use crate::fast::chunks::CHUNK;
use crate::fast::first_layers::{FirstLayers, FirstMoments};
use crate::fast::initial_net::InitialNet;
use crate::layer::{Cache, Gradient, Layer};
use crate::matrix::{make_room, row};
use crate::optimiser::{NetStep, OptimiserState, gradient_square};
use crate::progress::Progress;
use crate::rates::LayerRate;
use crate::score::{Score, Tally};
use crate::training::{Bound, Training};

/// A net in training. Its `z[1]`, `a[1]` and `dz[1]` are rows of the fleet's matrices, and `W[1]` is kept by the engine.
pub(crate) struct Member<R: 'static> {
    /// Its index in the list of nets that the fleet was made from.
    pub(crate) place: usize,
    /// Its rows in the fleet's matrices.
    pub(crate) rows: Range<usize>,
    pub(crate) training: Training,
    pub(crate) progress: Progress,
    /// J on the examples of the step, if it was needed.
    pub(crate) cost_now: Option<f64>,
    pub(crate) drift: Option<f64>,
    /// The parameters that it gets back at the end; `None` unless [`crate::Stopping::restore_best`], and before the first record.
    pub(crate) best: Option<Best<'static, R>>,
    /// Layers 1 to L; its `W[1]` has no columns, because the engine keeps it.
    chain: Chain<R>,
    /// The caches of layers 1 to L. In that of layer 1 only the masks are used: z\[1\] and a\[1\] are rows of the fleet's matrices.
    caches: Vec<Cache<R>>,
    /// The gradients of layers 1 to L. In that of layer 1 only `db[1]` is used.
    gradients: Vec<Gradient<R>>,
    optimiser: OptimiserState<R>,
    /// The moments of `W[1]` in the engine's coordinates.
    first_moments: FirstMoments<R>,
}

impl<R: Real> Member<R> {
    pub(crate) fn new(place: usize, first_row: usize, net: InitialNet<R>, first: &dyn FirstLayers<R>) -> Self {
        let InitialNet { first_weights: _, first_biases: b, first_activation: activation, upper, rates, training } =
            net;
        let rows = b.len();
        let first_layer = Layer { w: Array2::zeros((rows, 0)), b, activation };
        let chain = Chain { layers: std::iter::once(first_layer).chain(upper.layers).collect(), rates };
        let mut caches = chain.caches(0);
        let hidden = caches.len() - 1;
        for (l, cache) in caches[..hidden].iter_mut().enumerate() {
            cache.dropout = Dropout::new(&training.dropout, training.dropout_seed, l, cache.z.nrows());
        }
        Member {
            place,
            rows: first_row..first_row + rows,
            progress: Progress::new(&training, chain.layers.len()),
            cost_now: None,
            drift: None,
            best: None,
            caches,
            gradients: chain.gradients(0),
            optimiser: OptimiserState::new(training.optimiser, &chain),
            first_moments: first.moments(&training.optimiser, rows),
            chain,
            training,
        }
    }

    /// Makes room for the next step's number of examples, and draws its dropout masks.
    pub(crate) fn prepare(&mut self, examples: usize) {
        if let Some(dropout) = &mut self.caches[0].dropout {
            dropout.draw(examples);
        }
        self.caches[1..].iter_mut().for_each(|cache| cache.prepare(examples));
        self.gradients[1..].iter_mut().for_each(|gradient| make_room(&mut gradient.dz, examples));
    }

    /// Runs the forward pass from `z` = `W[1] X`, which becomes `z[1]`, through `a` = `a[1]` to layer L.
    pub(crate) fn forward(&mut self, z: ArrayViewMut2<R>, mut a: ArrayViewMut2<R>) {
        let (first, above) = self.caches.split_first_mut().expect("a net has at least one layer");
        self.chain.layers[0].activate(z, a.view_mut(), first.dropout.as_mut());
        let a_1 = first.dropout.as_ref().map_or(a.view(), Dropout::a);
        chain::forward(&self.chain.layers[1..], a_1, above);
    }

    /// Computes J on the examples of the step; `z` is `z[1]`. Even if z\[L\] is finite, J can overflow f64.
    pub(crate) fn cost(&self, z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
        self.chain.cost().mean(self.output(z), y)
    }

    /// Computes [`Member::cost_now`] if `iteration` needs it, and returns the bound that the net has broken, if any; `z` is `z[1]`.
    pub(crate) fn check_bounds(&mut self, z: ArrayView2<R>, y: ArrayView2<R>, iteration: usize) -> Option<Bound> {
        if !all_finite(self.output(z)) {
            return Some(Bound::Finite);
        }
        let Training { stopping, .. } = &self.training;
        let is_needed = self.training.records(iteration) || stopping.watches_every_cost();
        let most = stopping.diverge_above.unwrap_or(f64::INFINITY);
        self.cost_now = is_needed.then(|| self.cost(z, y));
        self.cost_now.and_then(|cost| match cost {
            _ if !cost.is_finite() => Some(Bound::Finite),
            _ => (cost > most).then_some(Bound::Cost),
        })
    }

    /// Returns `z[L]`, given `z[1]`.
    fn output<'z>(&'z self, z: ArrayView2<'z, R>) -> ArrayView2<'z, R> {
        self.caches[1..].last().map_or(z, |output| output.z.view())
    }

    /// Returns whether its steps need no gradient of their own, see [`Training::is_plain`].
    pub(crate) fn is_plain(&self) -> bool {
        self.training.is_plain()
    }

    /// Runs the backward pass to `dz` = `dz[1]` and `db[1]`, and computes the gradients of layers 2 to L if the steps aren't plain.
    pub(crate) fn backward(&mut self, z: ArrayView2<R>, a: ArrayView2<R>, y: ArrayView2<R>, mut dz: ArrayViewMut2<R>) {
        let is_plain = self.is_plain();
        let (cost, dropout) = (self.chain.cost(), self.caches[0].dropout.as_ref());
        let (caches, gradients) = (&self.caches[1..], &mut self.gradients[1..]);
        match (caches.last(), gradients.last_mut()) {
            (Some(output), Some(gradient)) => cost.dz_output(output.a.view(), y, gradient.dz.view_mut()),
            _ => cost.dz_output(a, y, dz.view_mut()),
        }
        let (layer_1, above) = self.chain.layers.split_first().expect("a net has at least one layer");
        chain::backward_dz(above, caches, gradients);
        if let (Some(layer_2), Some(gradient)) = (above.first(), gradients.first()) {
            layer_2.backward_data(gradient.dz.view(), dz.view_mut());
            layer_1.backward_activation_at(z, a, dropout, dz.view_mut());
        }
        if !is_plain {
            chain::backward_parameters(above, dropout.map_or(a, Dropout::a), caches, gradients);
        }
        bias_gradient(dz.view(), R::from_f64(1.0 / y.ncols() as f64), self.gradients[0].db.view_mut());
    }

    /// Returns |(`dW[l]`, `db[l]`)|² of each layer, given |`dW[1]`|².
    pub(crate) fn gradient_squares(&self, dw_1_square: f64) -> impl Iterator<Item = f64> {
        let first = dw_1_square + square_sum(row(&self.gradients[0].db));
        std::iter::once(first).chain(self.gradients[1..].iter().map(gradient_square))
    }

    /// Returns |`W[l]`|² of layers 2 to L.
    pub(crate) fn upper_weights_squares(&self) -> impl Iterator<Item = f64> {
        self.chain.layers[1..].iter().map(|layer| square_sum(layer.w.view()))
    }

    /// Returns, for each hidden layer, the share of its units whose a is 0 for all examples of the step if it is a relu layer, else NaN; `a`
    /// is `a[1]`.
    pub(crate) fn dead_shares(&self, a: ArrayView2<R>) -> impl Iterator<Item = f64> {
        let activations = self.chain.layers.iter().map(|layer| layer.activation);
        let a_by_layer = std::iter::once(a).chain(self.caches[1..].iter().map(|cache| cache.a.view()));
        let share = |(activation, a): (Activation, ArrayView2<R>)| {
            let dead = a.rows().into_iter().filter(|row| row.iter().all(|&a| a == R::zero())).count();
            if activation == Activation::Relu { dead as f64 / a.nrows() as f64 } else { f64::NAN }
        };
        let hidden = self.chain.layers.len() - 1;
        activations.zip(a_by_layer).map(share).take(hidden).collect::<Vec<_>>().into_iter()
    }

    /// Begins a step at the learning rate η, for a gradient that is multiplied by `grad_scale`.
    pub(crate) fn begin_step(&mut self, learning_rate: f64, grad_scale: f64) -> NetStep {
        self.optimiser.begin_step(learning_rate, grad_scale)
    }

    /// Returns the factor -η/m that makes dz\[1\] the s of a plain step, see [`descend_along`].
    pub(crate) fn plain_factor(&self, step: NetStep, examples: usize) -> R {
        plain_factor(step, self.optimiser.rate(0), examples)
    }

    /// Makes the step of `W[1]`, by the engine.
    pub(crate) fn descend_first(&mut self, step: NetStep, first: &mut dyn FirstLayers<R>) {
        first.descend(self.rows.clone(), step.of_weights(self.optimiser.rate(0)), &mut self.first_moments);
    }

    /// Makes the step of all other parameters; `a` is `a[1]`.
    pub(crate) fn descend(&mut self, step: NetStep, a: ArrayView2<R>) {
        let is_plain = self.is_plain();
        let (first, caches) = self.caches.split_first().expect("a net has at least one layer");
        let a_1 = first.dropout.as_ref().map_or(a, Dropout::a);
        for (l, (layer, gradient)) in self.chain.layers.iter_mut().zip(&mut self.gradients).enumerate() {
            if let Some(at) = l.checked_sub(1) {
                if is_plain {
                    let Gradient { dz, db, .. } = gradient;
                    bias_gradient(dz.view(), R::from_f64(1.0 / dz.ncols() as f64), db.view_mut());
                    let factor = plain_factor(step, self.optimiser.rate(l), dz.ncols());
                    descend_along(layer, chain::a_prev(at, a_1, caches), dz.view_mut(), factor);
                } else {
                    self.optimiser.step_weights(l, layer, gradient, step);
                }
            }
            self.optimiser.step_bias(l, layer, gradient, step);
        }
    }

    /// Evaluates the net on the examples `range` of a set with the targets `y`, whose `W[1] X` is computed by `wx`; `None` if an output is
    /// not finite.
    pub(crate) fn score(
        &self,
        y: ArrayView2<R>,
        range: Range<usize>,
        wx: impl Fn(Range<usize>) -> Array2<R>,
    ) -> Option<Score> {
        let mut tally = Tally::new(self.chain.cost());
        for from in range.clone().step_by(CHUNK) {
            let examples = from..range.end.min(from + CHUNK);
            let Cache { z, a, .. } = self.predict(wx(examples.clone()));
            tally.add(z.view(), a.view(), y.slice_axis(Axis(1), examples.into()));
        }
        tally.score()
    }

    /// Computes `z[L]` and `a[L]` for any examples, from `z` = `W[1] X`, without dropout.
    pub(crate) fn predict(&self, mut z: Array2<R>) -> Cache<R> {
        let (first, above) = self.chain.layers.split_first().expect("a net has at least one layer");
        let mut a = Array2::zeros(z.dim());
        first.activate(z.view_mut(), a.view_mut(), None);
        let mut caches: Vec<_> = above.iter().map(|layer| layer.cache(z.ncols())).collect();
        chain::forward(above, a.view(), &mut caches);
        caches.pop().unwrap_or(Cache { z, a, dropout: None })
    }

    /// Returns the whole net with its present parameters, of which `first` has a part; `w_0` is its W(0).
    pub(crate) fn chain(&self, first: &dyn FirstLayers<R>, w_0: ArrayView2<f64>) -> Chain<R> {
        let rows = self.rows.clone();
        with_first(self.chain.clone(), &first.weights(rows.clone(), &first.state(rows), w_0))
    }
}

/// Makes the step `W[l] -= η dW[l]` in one product, without a `dW[l]`: `W[l] += s a[l-1]ᵀ`, where s = `factor` · `dz[l]` takes the place of
/// `dz[l]`. η is in s and not in the factor of the product, because the self-check checks each factor of a product by itself.
fn descend_along<R: Real>(layer: &mut Layer<R>, a_prev: ArrayView2<R>, mut dz: ArrayViewMut2<R>, factor: R) {
    scale(factor, dz.view_mut());
    backward_weights(dz.view(), a_prev, R::one(), layer.w.view_mut(), Accumulate::Add);
}

/// Returns -η/m, with the η of a layer.
fn plain_factor<R: Real>(step: NetStep, rate: LayerRate, examples: usize) -> R {
    R::from_f64(-step.learning_rate * rate.w / examples as f64)
}

/// Returns `chain` with `w` for `W[1]`.
fn with_first<R: Real>(mut chain: Chain<R>, w: &Array2<f64>) -> Chain<R> {
    chain.layers[0].w = w.mapv(R::from_f64);
    chain
}
