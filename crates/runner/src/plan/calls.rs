//! The calls of products that the engines of `net` make in a sweep. The BLAS is checked at each of them before it is
//! trusted.

use std::collections::{BTreeMap, BTreeSet};

use kernels::Accumulate::Replace;
use kernels::{Call, LayerShape, WrongProduct, self_check};
use net::{DataSizes, ProductCall, StackedStep, chunk_sizes, weights_call};

use super::Plan;
use super::prepared::InputForm;
use super::trial::Trial;
use crate::spec::data::DataShape;
use crate::spec::trial::Dtype;

/// Calls by element type and layer shape.
#[derive(Clone, Debug, Default)]
pub struct Calls(BTreeMap<(Dtype, LayerShape), BTreeSet<Call>>);

impl Calls {
    /// Adds a call.
    pub fn add(&mut self, dtype: Dtype, shape: LayerShape, call: Call) {
        self.0.entry((dtype, shape)).or_default().insert(call);
    }

    /// Lists the calls at each element type and layer shape.
    pub fn by_shape(&self) -> Vec<(Dtype, LayerShape, Vec<Call>)> {
        self.0.iter().map(|(&(dtype, shape), calls)| (dtype, shape, calls.iter().copied().collect())).collect()
    }
}

impl Plan {
    /// Returns every call that whole fleets make in their steps and when their nets are evaluated. A fleet that some
    /// nets have left goes on with fewer rows; the products of its next step are inspected instead. XᵀX and W(0) X are
    /// checked when they are computed.
    pub fn calls(&self) -> Calls {
        let mut calls = Calls::default();
        for fleet in &self.fleets {
            let Trial { config, .. } = &self.trials[fleet[0]];
            let batches = config.batches(self.data.train);
            for examples in [batches.size(), batches.last_size()] {
                self.step_calls(fleet, examples, &mut |shape, call| calls.add(config.dtype, shape, call));
            }
        }
        for trial in self.own_trials() {
            self.evaluation_calls(trial, &mut calls);
        }
        calls
    }

    /// Passes every call of one step of a fleet on a number of `examples` to `add`; calls above the first layer once
    /// for each net.
    pub(super) fn step_calls(&self, fleet: &[usize], examples: usize, add: &mut impl FnMut(LayerShape, Call)) {
        let trials = self.trials_of(fleet);
        let InputForm { engine, mini_batches: column_major } = self.input_form(&self.trials[fleet[0]]);
        let rows = trials.clone().map(|trial| self.widths(&trial.config)[1]).sum();
        let is_plain = trials.clone().all(|trial| self.is_plain(trial));
        let step = StackedStep { rows, examples, is_plain, column_major };
        for ProductCall { shape, call, .. } in engine.step_calls(&self.data_sizes(), step) {
            add(shape, call);
        }
        for trial in trials {
            let weights = weights_call(self.is_plain(trial), examples);
            for n in self.widths(&trial.config)[1..].windows(2) {
                let shape = LayerShape { n_out: n[1], n_in: n[0], examples };
                [Call::forward(Replace), Call::backward_data(), weights].into_iter().for_each(|call| add(shape, call));
            }
        }
    }

    fn is_plain(&self, trial: &Trial) -> bool {
        trial.config.training(self.data.train).is_plain()
    }

    /// Returns the sizes that the engines' products depend on.
    pub(super) fn data_sizes(&self) -> DataSizes {
        let DataShape { features, train, test, validation, .. } = self.data;
        DataSizes { features, train, test, validation, rank: self.rank }
    }

    /// Adds the calls that are made net by net: to evaluate a net, or to compute its first layer anew.
    fn evaluation_calls(&self, trial: &Trial, calls: &mut Calls) {
        let (widths, dtype) = (self.widths(&trial.config), trial.config.dtype);
        let InputForm { engine, mini_batches: column_major } = self.input_form(trial);
        for ProductCall { in_f64, shape, call } in engine.evaluation_calls(&self.data_sizes(), widths[1], column_major)
        {
            calls.add(if in_f64 { Dtype::F64 } else { dtype }, shape, call);
        }
        let DataShape { train, test, validation, .. } = self.data;
        for examples in [train, test, validation].into_iter().flat_map(chunk_sizes) {
            for n in widths[1..].windows(2) {
                calls.add(dtype, LayerShape { n_out: n[1], n_in: n[0], examples }, Call::forward(Replace));
            }
        }
    }
}

/// Checks `calls` of one element type and layer shape against the reference.
///
/// # Errors
/// The first product that is wrong.
pub fn self_check_of(dtype: Dtype, shape: LayerShape, calls: &[Call]) -> Result<(), WrongProduct> {
    match dtype {
        Dtype::F32 => self_check::<f32>(shape, calls),
        Dtype::F64 => self_check::<f64>(shape, calls),
    }
}
