//! The examples of a sweep in the element types and forms that its trials train on.

use std::collections::BTreeMap;

use kernels::{Real, WrongSum};
use net::{Engine, Examples};

use super::origins::Origins;
use crate::plan::Plan;
use crate::plan::prepared::{Form, LazyGramSpace, Prepared};
use crate::spec::trial::Dtype;

/// The data as the nets take it, in the element types and forms of a sweep; shared by all its trials.
pub struct Inputs {
    f32: BTreeMap<Form, Examples<f32>>,
    f64: BTreeMap<Form, Examples<f64>>,
    /// The first layers that the trials start with.
    pub(super) origins: Origins,
}

impl Inputs {
    /// Flattens and scales the examples for the trials of `plan`.
    ///
    /// # Errors
    /// If the BLAS computes the examples' inner products wrongly.
    pub fn new(data: &Prepared, span: &LazyGramSpace, plan: &Plan) -> Result<Self, WrongSum> {
        Ok(Inputs {
            f32: examples(data, span, plan, Dtype::F32)?,
            f64: examples(data, span, plan, Dtype::F64)?,
            origins: Origins::default(),
        })
    }

    /// In f32.
    ///
    /// # Panics
    /// If the plan had no such trial.
    pub(super) fn f32(&self, form: Form) -> &Examples<f32> {
        self.f32.get(&form).expect(UNPREPARED)
    }

    /// In f64.
    ///
    /// # Panics
    /// If the plan had no such trial.
    pub(super) fn f64(&self, form: Form) -> &Examples<f64> {
        self.f64.get(&form).expect(UNPREPARED)
    }
}

const UNPREPARED: &str = "inputs are prepared for every trial of the plan";

fn examples<R: Real>(
    data: &Prepared,
    span: &LazyGramSpace,
    plan: &Plan,
    dtype: Dtype,
) -> Result<BTreeMap<Form, Examples<R>>, WrongSum> {
    let Prepared { train, scaling, .. } = data;
    let of = |(engine, mini_batches)| -> Result<_, WrongSum> {
        let (y, y_held_out) = (train.y(), data.y_held_out());
        let examples = match (engine, mini_batches) {
            (Engine::Direct, false) => Examples::direct(train.columns(scaling), y, data.x_held_out(), y_held_out),
            // The features of each example side by side: a batch is copied example by example.
            (Engine::Direct, true) => {
                Examples::direct(train.rows(scaling).reversed_axes(), y, data.x_held_out(), y_held_out)
            }
            (Engine::Reduced, true) => Examples::for_engine(engine, span.get(), y, y_held_out)?.column_major(),
            _ => Examples::for_engine(engine, span.get(), y, y_held_out)?,
        };
        Ok(examples.validating_on(data.shape().validation))
    };
    plan.forms(dtype).into_iter().map(|form| Ok((form, of(form)?))).collect()
}
