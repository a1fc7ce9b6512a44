//! One net of a fleet: its first layer's bias and activation, and the chain of its other layers, whose input is a\[1\].

use std::ops::Range;
use std::sync::Arc;

use kernels::{
    Activation, Real, WrongSum, activation_backward, all_finite, bias_activation, bias_gradient, square_sum,
};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis};

use crate::cost::{Cost, Score, Tally};
use crate::dropout::Dropout;
use crate::first_layer::{FirstLayers, FirstMemory};
use crate::layer::make_room;
use crate::optimiser::{Memory, Update, row};
use crate::progress::Progress;
use crate::training::{Bound, Training};
use crate::{Cache, Chain, Examples, Gradient, Layer, LayerRate, Origin};

/// Examples that are evaluated at once: what they take of memory doesn't grow with their number.
const CHUNK: usize = 2048;

/// How many of `examples` a net sees at once when it is evaluated: one or two numbers.
pub fn evaluated_at_once(examples: usize) -> impl Iterator<Item = usize> {
    [examples.min(CHUNK), examples % CHUNK].into_iter().filter(|&count| count > 0)
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
    /// What the learning rate is multiplied by, layer by layer; empty for 1.
    pub rates: Vec<LayerRate>,
    /// How it is trained.
    pub training: Training,
}

impl<R: Real> Start<R> {
    /// A whole chain, to be trained on `examples`.
    ///
    /// # Errors
    /// If the BLAS computes W(0) X wrongly.
    ///
    /// # Panics
    /// If the chain has no layer, or a shape doesn't fit.
    #[track_caller]
    pub fn new(examples: &Examples<R>, chain: Chain<R>, training: Training) -> Result<Self, WrongSum> {
        let mut layers = chain.layers.into_iter();
        let Layer { w, b, activation } = layers.next().expect("a net has at least one layer");
        let origin = Arc::new(examples.origin(w.mapv(R::as_f64))?);
        Ok(Start { origin, b, activation, rest: Chain { layers: layers.collect() }, rates: Vec::new(), training })
    }

    /// L.
    pub fn layers(&self) -> usize {
        self.rest.layers.len() + 1
    }

    /// The cost of its output layer.
    pub fn cost(&self) -> Cost {
        Cost::of_output(self.rest.layers.last().map_or(self.activation, |layer| layer.activation))
    }

    /// `n[L]`.
    pub fn outputs(&self) -> usize {
        self.rest.layers.last().map_or(self.b.len(), Layer::n_out)
    }
}

/// A net in training. Its z\[1\], a\[1\] and dz\[1\] are rows of the fleet's.
pub(crate) struct Member<R> {
    /// Its place in the list that the fleet was made of.
    pub(crate) place: usize,
    /// Its rows in the fleet's matrices.
    pub(crate) rows: Range<usize>,
    pub(crate) training: Training,
    pub(crate) progress: Progress,
    pub(crate) cost: Cost,
    /// J on the examples of the step, where it was due.
    pub(crate) cost_now: Option<f64>,
    pub(crate) drift: Option<f64>,
    rates: Vec<LayerRate>,
    first: FirstMemory<R>,
    b: Array1<R>,
    db: Array1<R>,
    memory_of_b: Memory<R>,
    activation: Activation,
    dropout: Option<Dropout<R>>,
    rest: Chain<R>,
    caches: Vec<Cache<R>>,
    gradients: Vec<Gradient<R>>,
    memories: Vec<[Memory<R>; 2]>,
}

impl<R: Real> Member<R> {
    pub(crate) fn new(place: usize, first_row: usize, start: Start<R>, first: &dyn FirstLayers<R>) -> Self {
        let (cost, layers) = (start.cost(), start.layers());
        let Start { origin: _, b, activation, rest, mut rates, training } = start;
        rates.resize(layers, LayerRate::default());
        let mut caches = rest.caches(0);
        for (l, cache) in caches.iter_mut().enumerate() {
            cache.dropout = Dropout::of(&training, l + 1, cache.z.nrows());
        }
        let optimiser = &training.optimiser;
        let memories = rest.layers.iter();
        let memories = memories.map(|layer| [layer.w.dim(), (1, layer.n_out())].map(|dim| Memory::new(optimiser, dim)));
        Member {
            place,
            rows: first_row..first_row + b.len(),
            progress: Progress::new(&training, layers),
            cost,
            cost_now: None,
            drift: None,
            rates,
            first: first.memory(optimiser, b.len()),
            db: Array1::zeros(b.len()),
            memory_of_b: Memory::new(optimiser, (1, b.len())),
            dropout: Dropout::of(&training, 0, b.len()),
            b,
            activation,
            memories: memories.collect(),
            gradients: rest.gradients(0),
            caches,
            rest,
            training,
        }
    }

    /// L.
    pub(crate) fn layers(&self) -> usize {
        self.rest.layers.len() + 1
    }

    /// Makes room for the examples of the next step, and draws its masks.
    pub(crate) fn prepare(&mut self, examples: usize) {
        self.caches.iter_mut().for_each(|cache| cache.prepare(examples));
        self.gradients.iter_mut().for_each(|gradient| make_room(&mut gradient.dz, examples));
        if let Some(dropout) = &mut self.dropout {
            dropout.draw(examples);
        }
    }

    /// From z\[1\] without its bias to z\[L\] and a\[L\].
    pub(crate) fn forward(&mut self, mut z: ArrayViewMut2<R>, mut a: ArrayViewMut2<R>) {
        bias_activation(self.activation, self.b.view(), z.view_mut(), a.view_mut());
        if let Some(dropout) = &mut self.dropout {
            dropout.forward(a.view());
        }
        if !self.rest.layers.is_empty() {
            let a = self.dropout.as_ref().map_or(a.view(), Dropout::a);
            self.rest.forward(a, &mut self.caches);
        }
    }

    /// J on the examples of the step; `z` is z\[1\]. Finite logits can still add up to more than f64 holds.
    pub(crate) fn cost(&self, z: ArrayView2<R>, y: ArrayView2<R>) -> f64 {
        self.cost.of(self.output(z), y)
    }

    /// Puts J down where it is due at `iteration`, and says which bound is broken, if one is; `z` is z\[1\].
    pub(crate) fn broken_bound(&mut self, z: ArrayView2<R>, y: ArrayView2<R>, iteration: usize) -> Option<Bound> {
        if !all_finite(self.output(z)) {
            return Some(Bound::Finite);
        }
        let Training { stopping, .. } = &self.training;
        let is_due = self.training.records(iteration) || stopping.watches_every_cost();
        let most = stopping.diverge_above.unwrap_or(f64::INFINITY);
        self.cost_now = is_due.then(|| self.cost(z, y));
        self.cost_now.and_then(|cost| match cost {
            _ if !cost.is_finite() => Some(Bound::Finite),
            _ => (cost > most).then_some(Bound::Cost),
        })
    }

    /// z\[L\], given z\[1\].
    fn output<'z>(&'z self, z: ArrayView2<'z, R>) -> ArrayView2<'z, R> {
        self.caches.last().map_or(z, |output| output.z.view())
    }

    /// See [`Training::is_plain`].
    pub(crate) fn is_plain(&self) -> bool {
        self.training.is_plain()
    }

    /// From dz\[L\] back to `dz` = dz\[1\], and, where they are needed, the gradients of everything but `W[1]`.
    pub(crate) fn backward(&mut self, z: ArrayView2<R>, a: ArrayView2<R>, y: ArrayView2<R>, mut dz: ArrayViewMut2<R>) {
        let is_plain = self.is_plain();
        match (self.caches.last(), self.gradients.last_mut()) {
            (Some(output), Some(gradient)) => {
                self.cost.dz_output(output.a.view(), y, gradient.dz.view_mut());
                let a_1 = self.dropout.as_ref().map_or(a, Dropout::a);
                self.rest.backward_dz(&self.caches, &mut self.gradients, Some(dz.view_mut()));
                if !is_plain {
                    self.rest.backward_parameters(a_1, &self.caches, &mut self.gradients);
                }
                if let Some(dropout) = &self.dropout {
                    dropout.backward(dz.view_mut());
                }
                activation_backward(self.activation, z, a, dz.view_mut());
            }
            _ => self.cost.dz_output(a, y, dz.view_mut()),
        }
        bias_gradient(dz.view(), R::from_f64(1.0 / y.ncols() as f64), self.db.view_mut());
    }

    /// |gradient|² of the parameters of each layer, given that of `W[1]`.
    pub(crate) fn gradient_squares(&self, of_w_1: f64) -> impl Iterator<Item = f64> {
        let bias = |db: &Array1<R>| square_sum(db.view().insert_axis(Axis(0)));
        let upper = self.gradients.iter().map(move |gradient| square_sum(gradient.dw.view()) + bias(&gradient.db));
        std::iter::once(of_w_1 + bias(&self.db)).chain(upper)
    }

    /// |`W[l]`|² of layers 2 to L.
    pub(crate) fn upper_weights_squares(&self) -> impl Iterator<Item = f64> {
        self.rest.layers.iter().map(|layer| square_sum(layer.w.view()))
    }

    /// The share of units of each hidden relu layer that are 0 for all examples of the step, NaN of another layer; `a` is a\[1\].
    pub(crate) fn dead_shares(&self, a: ArrayView2<R>) -> impl Iterator<Item = f64> {
        let hidden = self.layers() - 1;
        let upper = self.rest.layers.iter().zip(&self.caches).map(|(layer, cache)| (layer.activation, cache.a.view()));
        let share = |(activation, a): (Activation, ArrayView2<R>)| {
            let dead = a.rows().into_iter().filter(|row| row.iter().all(|&a| a == R::zero())).count();
            if activation == Activation::Relu { dead as f64 / a.nrows() as f64 } else { f64::NAN }
        };
        let all: Vec<f64> = std::iter::once((self.activation, a)).chain(upper).map(share).take(hidden).collect();
        all.into_iter()
    }

    /// -η/m of `W[1]`, of a step that is plain.
    pub(crate) fn first_step(&self, rate: f64, examples: usize) -> R {
        R::from_f64(-rate * self.rates[0].w / examples as f64)
    }

    /// `W[1]` takes its step.
    pub(crate) fn descend_first(&mut self, update: Update, first: &mut dyn FirstLayers<R>) {
        first.descend(self.rows.clone(), update.of_weights(self.rates[0]), &mut self.first);
    }

    /// All other parameters take theirs; `a` is a\[1\].
    pub(crate) fn descend(&mut self, update: Update, a: ArrayView2<R>) {
        let is_plain = self.is_plain();
        update.of_bias(self.rates[0]).apply(row(&mut self.b), column_sums(&self.db), &mut self.memory_of_b);
        for (l, layer) in self.rest.layers.iter_mut().enumerate() {
            let (Gradient { dz, dw, db }, [of_w, of_b]) = (&mut self.gradients[l], &mut self.memories[l]);
            let rate = self.rates[l + 1];
            if is_plain {
                let a_1 = self.dropout.as_ref().map_or(a, Dropout::a);
                let a_prev = l.checked_sub(1).map_or(a_1, |l_prev| self.caches[l_prev].output());
                bias_gradient(dz.view(), R::from_f64(1.0 / dz.ncols() as f64), db.view_mut());
                layer.descend_along(a_prev, dz.view_mut(), update.rate * rate.w);
            } else {
                update.of_weights(rate).apply(layer.w.view_mut(), dw.view(), of_w);
            }
            update.of_bias(rate).apply(row(&mut layer.b), column_sums(db), of_b);
        }
    }

    /// How the net does on the examples of `range`, of which y is `y` and `outputs` gives z\[1\] without its bias; `None` if an
    /// output is not finite.
    pub(crate) fn score(
        &self,
        y: ArrayView2<R>,
        range: Range<usize>,
        outputs: impl Fn(Range<usize>) -> Array2<R>,
    ) -> Option<Score> {
        let mut tally = Tally::new(self.cost);
        for from in range.clone().step_by(CHUNK) {
            let examples = from..range.end.min(from + CHUNK);
            let Cache { z, a, .. } = self.predict(outputs(examples.clone()));
            tally.add(z.view(), a.view(), y.slice_axis(Axis(1), examples.into()));
        }
        tally.score()
    }

    /// z\[L\] and a\[L\] of other examples, of which `z` holds z\[1\] without its bias.
    pub(crate) fn predict(&self, mut z: Array2<R>) -> Cache<R> {
        let mut a = Array2::zeros(z.dim());
        bias_activation(self.activation, self.b.view(), z.view_mut(), a.view_mut());
        if self.rest.layers.is_empty() {
            return Cache { z, a, dropout: None };
        }
        let mut caches = self.rest.caches(z.ncols());
        self.rest.forward(a.view(), &mut caches);
        caches.pop().expect("one cache a layer")
    }

    /// The whole net, with `w` for `W[1]`.
    pub(crate) fn chain(&self, w: &Array2<f64>) -> Chain<R> {
        let first = Layer { w: w.mapv(R::from_f64), b: self.b.clone(), activation: self.activation };
        Chain { layers: std::iter::once(first).chain(self.rest.layers.iter().cloned()).collect() }
    }
}

/// A db, as a matrix of one row.
fn column_sums<R>(db: &Array1<R>) -> ArrayView2<'_, R> {
    db.view().insert_axis(Axis(0))
}
