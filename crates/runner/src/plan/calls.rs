//! The calls of products that a sweep makes, as the engines of `net` make them: what the BLAS is checked at before it is trusted.

use std::collections::{BTreeMap, BTreeSet};

use kernels::Accumulate::{Add, Replace};
use kernels::{Call, LayerShape};
use net::{Engine, evaluated_at_once};

use super::Plan;
use super::trial::Trial;
use crate::spec::trial::Dtype;

/// Calls by the type and the shape at which they are made.
#[derive(Clone, Debug, Default)]
pub struct Calls(BTreeMap<(Dtype, LayerShape), BTreeSet<Call>>);

impl Calls {
    /// Adds one.
    pub fn add(&mut self, dtype: Dtype, shape: LayerShape, call: Call) {
        self.0.entry((dtype, shape)).or_default().insert(call);
    }

    /// Type, shape, and all calls there.
    pub fn by_shape(&self) -> Vec<(Dtype, LayerShape, Vec<Call>)> {
        self.0.iter().map(|(&(dtype, shape), calls)| (dtype, shape, calls.iter().copied().collect())).collect()
    }
}

impl Plan {
    /// Every call that the fleets make, in their steps and when their nets are evaluated, as they begin: where nets leave a
    /// fleet, it goes on with fewer rows, and inspects the products of that step instead. XᵀX and W(0) X are checked as they are made.
    pub fn calls(&self) -> Calls {
        let mut calls = Calls::default();
        for fleet in &self.fleets {
            let Trial { config, .. } = &self.trials[fleet[0]];
            let batches = config.batches(self.data.train);
            for examples in [batches.size(), batches.last_size()] {
                self.step_calls(fleet, examples, &mut |shape, call| calls.add(config.dtype, shape, call));
            }
        }
        for trial in &self.trials {
            self.evaluation_calls(trial, &mut calls);
        }
        calls
    }

    /// Lists the calls of one step of a fleet on a number of `examples`: `add` is told of each, once a net.
    pub(super) fn step_calls(&self, fleet: &[usize], examples: usize, add: &mut impl FnMut(LayerShape, Call)) {
        self.first_layer_calls(fleet, examples, add);
        for trial in fleet.iter().map(|&trial| &self.trials[trial]) {
            let step = step_call(self.is_plain(trial), examples);
            for n in self.widths(&trial.config)[1..].windows(2) {
                let shape = LayerShape { n_out: n[1], n_in: n[0], examples };
                [Call::forward(Replace), Call::backward_data(), step].into_iter().for_each(|call| add(shape, call));
            }
        }
    }

    /// Calls for the stacked first layers: a step is added to what is kept of W where every net's is plain.
    fn first_layer_calls(&self, fleet: &[usize], examples: usize, add: &mut impl FnMut(LayerShape, Call)) {
        let trials = fleet.iter().map(|&trial| &self.trials[trial]);
        let n_out = trials.clone().map(|trial| self.widths(&trial.config)[1]).sum();
        let is_plain = trials.clone().all(|trial| self.is_plain(trial));
        let (engine, mini_batches) = self.form(&self.trials[fleet[0]]);
        let shape = LayerShape { n_out, n_in: self.columns(engine), examples };
        let one_over_m = 1.0 / examples as f64;
        let step =
            if is_plain { Call::backward_weights(1.0, Add) } else { Call::backward_weights(one_over_m, Replace) };
        match engine {
            Engine::Dual => add(shape, Call::forward(if is_plain { Add } else { Replace })),
            Engine::Direct => {
                add(shape, Call::forward(Replace).with_inputs(mini_batches));
                add(shape, step.with_inputs(mini_batches));
            }
            // D R is added to W(0) X.
            Engine::Reduced => {
                add(shape, Call::forward(Add).with_inputs(mini_batches));
                add(shape, step.with_inputs(mini_batches));
            }
        }
    }

    fn is_plain(&self, trial: &Trial) -> bool {
        trial.config.training(self.data.train).is_plain()
    }

    /// Columns of what the first layers of an engine are multiplied by.
    fn columns(&self, engine: Engine) -> usize {
        match engine {
            Engine::Direct => self.data.features,
            Engine::Reduced => self.rank(),
            Engine::Dual => self.data.train,
        }
    }

    /// Calls that are made net by net, when a net is evaluated or its first layer computed anew.
    fn evaluation_calls(&self, trial: &Trial, calls: &mut Calls) {
        let (train, widths) = (self.data.train, self.widths(&trial.config));
        let (held_out, dtype) = ([self.data.test, self.data.validation], trial.config.dtype);
        let (engine, mini_batches) = self.form(trial);
        let rank = self.rank();
        let mut first = |dtype, n_in, examples, call| {
            calls.add(dtype, LayerShape { n_out: widths[1], n_in, examples }, call);
        };
        let forward = |accumulate| Call::forward(accumulate);
        for examples in held_out.into_iter().flat_map(evaluated_at_once) {
            match engine {
                Engine::Direct => first(dtype, self.data.features, examples, forward(Replace)),
                // W(0) X_h + T XᵀX_h.
                Engine::Reduced | Engine::Dual => first(Dtype::F64, train, examples, forward(Add)),
            }
        }
        for examples in evaluated_at_once(train) {
            match engine {
                Engine::Direct => {
                    first(dtype, self.data.features, examples, forward(Replace).with_inputs(mini_batches));
                }
                Engine::Reduced => first(dtype, rank, examples, forward(Add).with_inputs(mini_batches)),
                Engine::Dual => {}
            }
        }
        match engine {
            Engine::Direct => {}
            // T = D S⁻¹ Vᵀ.
            Engine::Reduced => first(Dtype::F64, rank, train, forward(Replace)),
            // W(0) X + T XᵀX.
            Engine::Dual => first(Dtype::F64, train, train, forward(Add)),
        }
        for examples in [train].into_iter().chain(held_out).flat_map(evaluated_at_once) {
            for n in widths[1..].windows(2) {
                calls.add(dtype, LayerShape { n_out: n[1], n_in: n[0], examples }, forward(Replace));
            }
        }
    }
}

/// W += s Aᵀ, where a step `is_plain`, else dW = (1/m) dZ Aᵀ.
fn step_call(is_plain: bool, examples: usize) -> Call {
    if is_plain { Call::backward_weights(1.0, Add) } else { Call::backward_weights(1.0 / examples as f64, Replace) }
}
