//! The examples of a sweep in the element types and forms that its trials take.

use std::collections::BTreeMap;

use kernels::{Real, WrongSum};
use net::{Engine, Examples};

use super::first_layers::FirstLayers;
use crate::plan::Plan;
use crate::plan::prepared::{InputForm, LazyGramSpace, PreparedData};
use crate::spec::trial::Dtype;

/// The examples in every element type and form that the trials of a plan take, shared by all trials.
pub struct Inputs {
    f32: BTreeMap<InputForm, Examples<f32>>,
    f64: BTreeMap<InputForm, Examples<f64>>,
    /// The initial first layers of the trials.
    pub(super) first_layers: FirstLayers,
}

impl Inputs {
    /// Flattens and scales the examples for the trials of `plan`.
    ///
    /// # Errors
    /// If the BLAS computes the examples' inner products wrongly.
    pub fn new(data: &PreparedData, gram_space: &LazyGramSpace, plan: &Plan) -> Result<Self, WrongSum> {
        Ok(Inputs {
            f32: examples(data, gram_space, plan, Dtype::F32)?,
            f64: examples(data, gram_space, plan, Dtype::F64)?,
            first_layers: FirstLayers::default(),
        })
    }

    /// Returns the examples in f32.
    ///
    /// # Panics
    /// If the plan had no such trial.
    pub(crate) fn f32(&self, form: InputForm) -> &Examples<f32> {
        self.f32.get(&form).expect(UNPREPARED)
    }

    /// Returns the examples in f64.
    ///
    /// # Panics
    /// If the plan had no such trial.
    pub(crate) fn f64(&self, form: InputForm) -> &Examples<f64> {
        self.f64.get(&form).expect(UNPREPARED)
    }
}

const UNPREPARED: &str = "inputs are prepared for every trial of the plan";

fn examples<R: Real>(
    data: &PreparedData,
    gram_space: &LazyGramSpace,
    plan: &Plan,
    dtype: Dtype,
) -> Result<BTreeMap<InputForm, Examples<R>>, WrongSum> {
    let PreparedData { train, scaling, .. } = data;
    let of = |InputForm { engine, mini_batches }| -> Result<_, WrongSum> {
        let (y, y_held_out) = (train.y(), data.y_held_out());
        let examples = match (engine, mini_batches) {
            (Engine::Direct, false) => Examples::direct(train.columns(scaling), y, data.x_held_out(), y_held_out),
            // The features of each example are adjacent, since a batch is copied example by example.
            (Engine::Direct, true) => {
                Examples::direct(train.rows(scaling).reversed_axes(), y, data.x_held_out(), y_held_out)
            }
            (Engine::Reduced, true) => Examples::for_engine(engine, gram_space.get(), y, y_held_out)?.column_major(),
            _ => Examples::for_engine(engine, gram_space.get(), y, y_held_out)?,
        };
        Ok(examples.validating_on(data.shape().validation))
    };
    plan.input_forms(dtype).into_iter().map(|form| Ok((form, of(form)?))).collect()
}
