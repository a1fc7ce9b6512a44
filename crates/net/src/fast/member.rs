//! One net of a fleet: a chain whose `W[1]` is kept by the engine, which feeds it with `z[1]`.

mod records;
mod resuming;

use std::ops::Range;

use kernels::{Accumulate, Activation, Real, Step, all_finite, backward_weights, bias_gradient, scale, square_sum};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

use crate::chain::{self, Chain};
use crate::cost::Cost;
use crate::dropout::Dropout;
use crate::fast::chunks::CHUNK;
use crate::fast::first_layers::FirstLayers;
use crate::fast::initial_net::InitialNet;
use crate::fast::moments::FirstMoments;
use crate::fast::recorder::Recorder;
use crate::layer::{Cache, Gradient, Layer};
use crate::matrix::{make_room, row, row_mut};
use crate::optimiser::OptimiserState;
use crate::score::{Score, Tally};
use crate::training::{Bound, Training};

/// A net in training. Its `z[1]`, `a[1]` and `dz[1]` are rows of the fleet's matrices, and `W[1]` is kept by the engine.
pub(crate) struct Member<R: 'static> {
    /// Its index in the list of nets that the fleet was made from.
    pub(crate) place: usize,
    /// Its rows in the fleet's matrices.
    pub(crate) rows: Range<usize>,
    pub(crate) training: Training,
    pub(crate) recorder: Recorder<R>,
    /// J on the examples of the step, if it was needed.
    pub(crate) cost_now: Option<f64>,
    pub(crate) drift: Option<f64>,
    cost: Cost,
    /// The net; its `W[1]` has no columns.
    chain: Chain<R>,
    /// The caches; of the first one only the dropout is used.
    caches: Vec<Cache<R>>,
    /// The gradients; of the first one only `db[1]` is used.
    gradients: Vec<Gradient<R>>,
    optimiser: OptimiserState<R>,
    /// The moments of `W[1]` in the engine's coordinates.
    first_moments: FirstMoments<R>,
}

impl<R: Real> Member<R> {
    pub(crate) fn new(place: usize, first_row: usize, net: InitialNet<R>, engine: &dyn FirstLayers<R>) -> Self {
        let InitialNet { first_weights: _, chain, training } = net;
        let rows = chain.layers[0].n_out();
        Member {
            place,
            rows: first_row..first_row + rows,
            recorder: Recorder::new(&training, chain.layers.len()),
            cost_now: None,
            drift: None,
            cost: chain.cost(),
            caches: chain.dropout_caches(0, &training.dropout, training.dropout_seed),
            gradients: chain.gradients(0),
            optimiser: OptimiserState::new(training.optimiser, &chain),
            first_moments: engine.moments(&training.optimiser, rows),
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
        let (first, upper) = self.chain.layers.split_at(1);
        let (first_cache, caches) = self.caches.split_at_mut(1);
        let dropout = &mut first_cache[0].dropout;
        first[0].activate(z, a.view_mut(), dropout.as_mut());
        chain::forward(upper, Dropout::output(dropout.as_ref(), a.view()), caches);
    }

    /// Computes [`Member::cost_now`] if `iteration` needs it, and returns the bound that the net has broken, if any; `z` is `z[1]`.
    pub(crate) fn check_bounds(&mut self, z: ArrayView2<R>, y: ArrayView2<R>, iteration: usize) -> Option<Bound> {
        if !all_finite(self.output(z)) {
            return Some(Bound::Finite);
        }
        // Even if z[L] is finite, J can overflow f64.
        self.cost_now = self.training.needs_cost(iteration).then(|| self.cost.mean(self.output(z), y));
        self.cost_now.and_then(|cost| self.training.stopping.bound_broken_by(cost))
    }

    /// Returns `z[L]`, given `z[1]`.
    fn output<'z>(&'z self, z: ArrayView2<'z, R>) -> ArrayView2<'z, R> {
        if let [_, .., output] = &self.caches[..] { output.z.view() } else { z }
    }

    /// Returns whether its steps need no gradient of their own, see [`Training::is_plain`].
    pub(crate) fn is_plain(&self) -> bool {
        self.training.is_plain()
    }

    /// Runs the backward pass to `dz` = `dz[1]` and `db[1]`, and computes the gradients of layers 2 to L if the steps aren't plain.
    pub(crate) fn backward(&mut self, z: ArrayView2<R>, a: ArrayView2<R>, y: ArrayView2<R>, mut dz: ArrayViewMut2<R>) {
        let is_plain = self.is_plain();
        let Member { cost, chain, caches, gradients, .. } = self;
        let (layers, dropout) = (&chain.layers, caches[0].dropout.as_ref());
        if let [_, .., output] = &caches[..] {
            let last = layers.len() - 1;
            cost.dz_output(output.a.view(), y, gradients[last].dz.view_mut());
            chain.backward_dz(2..layers.len(), caches, gradients); // dz[L-1] to dz[2]
            layers[1].backward_da_prev(gradients[1].dz.view(), dz.view_mut()); // da[1]
            layers[0].backward_activation_on_views(z, a, dropout, dz.view_mut());
        } else {
            cost.dz_output(a, y, dz.view_mut());
        }
        if !is_plain {
            chain::backward_parameters(&layers[1..], Dropout::output(dropout, a), &caches[1..], &mut gradients[1..]);
        }
        bias_gradient(dz.view(), R::from_f64(1.0 / y.ncols() as f64), gradients[0].db.view_mut());
    }

    /// Returns |(`dW[l]`, `db[l]`)|² of each layer, given |`dW[1]`|².
    pub(crate) fn gradient_squares(&self, dw_1_square: f64) -> impl Iterator<Item = f64> {
        gradient_squares(dw_1_square, &self.gradients)
    }

    /// Returns whether all parameters but `W[1]` are finite.
    pub(crate) fn has_finite_parameters(&self) -> bool {
        self.chain.layers.iter().all(Layer::is_finite) // `W[1]` has no columns here
    }

    /// Returns whether all moments are finite.
    pub(crate) fn has_finite_moments(&self) -> bool {
        self.first_moments.are_finite() && self.optimiser.has_finite_moments()
    }

    /// Returns |`W[l]`|² of layers 2 to L.
    pub(crate) fn upper_weights_squares(&self) -> impl Iterator<Item = f64> {
        self.chain.layers[1..].iter().map(|layer| square_sum(layer.w.view()))
    }

    /// Returns, for each hidden layer, the share of its units whose a is 0 for all examples of the step if it is a relu layer, else NaN;
    /// `a` is `a[1]`.
    pub(crate) fn dead_shares(&self, a: ArrayView2<R>) -> Vec<f64> {
        let hidden = &self.chain.layers[..self.chain.layers.len() - 1];
        let a_by_layer = std::iter::once(a).chain(self.caches[1..].iter().map(|cache| cache.a.view()));
        let share = |(layer, a): (&Layer<R>, ArrayView2<R>)| {
            let dead = a.rows().into_iter().filter(|row| row.iter().all(|&a| a == R::zero())).count();
            if layer.activation == Activation::Relu { dead as f64 / a.nrows() as f64 } else { f64::NAN }
        };
        hidden.iter().zip(a_by_layer).map(share).collect()
    }

    /// Begins a step at the learning rate η; `dw_1_square` computes |`dW[1]`|², for clipping.
    pub(crate) fn begin_step(&mut self, learning_rate: f64, dw_1_square: impl FnOnce() -> f64) -> Step {
        let Member { optimiser, gradients, .. } = self;
        let norm = || gradient_squares(dw_1_square(), gradients).sum::<f64>().sqrt();
        optimiser.begin_step(learning_rate, norm)
    }

    /// Returns the factor -η/m that makes dz\[1\] the s of a plain step, see [`descend_along`].
    pub(crate) fn plain_factor(&self, step: Step, examples: usize) -> R {
        let [step, _] = self.optimiser.tensor_steps(0, step);
        plain_factor(step, examples)
    }

    /// Makes the step of `W[1]`, by the engine.
    pub(crate) fn descend_first(&mut self, step: Step, engine: &mut dyn FirstLayers<R>) {
        let [step, _] = self.optimiser.tensor_steps(0, step);
        engine.descend(self.rows.clone(), self.training.optimiser.algorithm, step, &mut self.first_moments);
    }

    /// Makes the step of all other parameters; `a` is `a[1]`.
    pub(crate) fn descend(&mut self, step: Step, a: ArrayView2<R>) {
        let (is_plain, algorithm) = (self.is_plain(), self.training.optimiser.algorithm);
        let Member { chain, caches, gradients, optimiser, .. } = self;
        let a_1 = Dropout::output(caches[0].dropout.as_ref(), a);
        for (i, (layer, gradient)) in chain.layers.iter_mut().zip(gradients).enumerate() {
            let [w_step, b_step] = optimiser.tensor_steps(i, step);
            let [w_moments, b_moments] = &mut optimiser.moments[i];
            if i > 0 && is_plain {
                let Gradient { dz, db, .. } = gradient;
                bias_gradient(dz.view(), R::from_f64(1.0 / dz.ncols() as f64), db.view_mut());
                let (a_prev, factor) = (chain::input(i - 1, a_1, &caches[1..]), plain_factor(w_step, dz.ncols()));
                descend_along(layer, a_prev, dz.view_mut(), factor);
            } else if i > 0 {
                algorithm.apply(w_step, layer.w.view_mut(), gradient.dw.view(), w_moments);
            }
            algorithm.apply(b_step, row_mut(&mut layer.b), row(&gradient.db), b_moments);
        }
    }

    /// Recomputes the engine's z of its rows, and keeps the largest drift.
    pub(crate) fn refresh(&mut self, engine: &mut dyn FirstLayers<R>) {
        let drift = engine.refresh(self.rows.clone());
        self.drift = self.drift.into_iter().chain(drift).max_by(f64::total_cmp);
    }

    /// Evaluates the net on the examples `range` of a set with the targets `y`, whose `W[1] X` is computed by `wx`; `None` if an output or
    /// J is not finite.
    pub(crate) fn score(
        &self,
        y: ArrayView2<R>,
        range: Range<usize>,
        wx: impl Fn(Range<usize>) -> Array2<R>,
    ) -> Option<Score> {
        let mut tally = Tally::new(self.cost);
        for from in range.clone().step_by(CHUNK) {
            let examples = from..range.end.min(from + CHUNK);
            let Cache { z, a, .. } = self.predict(wx(examples.clone()));
            tally.add(z.view(), a.view(), y.slice_axis(Axis(1), examples.into()));
        }
        tally.score()
    }

    /// Computes `z[L]` and `a[L]` for any examples, from `z` = `W[1] X`, without dropout.
    pub(crate) fn predict(&self, mut z: Array2<R>) -> Cache<R> {
        let (first, upper) = self.chain.layers.split_at(1);
        let mut a = Array2::zeros(z.dim());
        first[0].activate(z.view_mut(), a.view_mut(), None);
        let mut caches: Vec<_> = upper.iter().map(|layer| layer.cache(z.ncols())).collect();
        chain::forward(upper, a.view(), &mut caches);
        caches.pop().unwrap_or(Cache { z, a, dropout: None })
    }

    /// Returns the whole net with its present parameters, of which `engine` has a part; `w_0` is its W(0).
    pub(crate) fn chain(&self, engine: &dyn FirstLayers<R>, w_0: ArrayView2<f64>) -> Chain<R> {
        let (rows, mut chain) = (self.rows.clone(), self.chain.clone());
        chain.layers[0].w = engine.weights(rows.clone(), &engine.state(rows), w_0).mapv(R::from_f64);
        chain
    }
}

/// Makes the step `W[l] -= η dW[l]` in one product, without a `dW[l]`: `W[l] += s a[l-1]ᵀ`, where s = `factor` · `dz[l]` takes the place of
/// `dz[l]`. η is in s and not in the factor of the product, because the self-check checks each factor of a product by itself.
fn descend_along<R: Real>(layer: &mut Layer<R>, a_prev: ArrayView2<R>, mut dz: ArrayViewMut2<R>, factor: R) {
    scale(factor, dz.view_mut());
    backward_weights(dz.view(), a_prev, R::one(), layer.w.view_mut(), Accumulate::Add);
}

/// Returns -η/m, with the η of a tensor's step.
fn plain_factor<R: Real>(step: Step, examples: usize) -> R {
    R::from_f64(-step.learning_rate / examples as f64)
}

/// Returns |(`dW[l]`, `db[l]`)|² of each layer, given |`dW[1]`|².
fn gradient_squares<R: Real>(dw_1_square: f64, gradients: &[Gradient<R>]) -> impl Iterator<Item = f64> {
    let (first, upper) = (&gradients[0], &gradients[1..]);
    std::iter::once(dw_1_square + square_sum(row(&first.db))).chain(upper.iter().map(Gradient::squared_norm))
}
