//! The choice of a trial's first-layer engine.

use kernels::WrongSum;
use net::{Engine, Workload};

use super::prepared::LazyGramSpace;
use crate::spec::data::DataShape;
use crate::spec::experiment::Misfit;
use crate::spec::trial::{Dtype, TrialConfig};

/// An error of the choice of an engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The BLAS computes a product of the examples wrongly.
    #[error(transparent)]
    WrongSum(#[from] WrongSum),
    /// A trial does not fit the data.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// The engine that was asked for is not exact for the optimiser or the batches.
    #[error("run.engine: {engine} is not exact {what}; use {instead}")]
    NotExact {
        /// Its name.
        engine: &'static str,
        /// The use for which it is not exact.
        what: &'static str,
        /// The engines that are exact.
        instead: &'static str,
    },
    /// The engine that was asked for would not be exact.
    #[error(
        "run.engine: {engine} is not exact in {dtype} for these examples, which are too many, too large or too small for it, \
         differ too much in size, or lie too far from 0; use \"auto\" or \"direct\", or scale the examples (data.scale)"
    )]
    OutOfRange {
        /// Its name.
        engine: &'static str,
        /// The element type's name.
        dtype: &'static str,
    },
}

/// The chooser of a sweep's engines.
pub(super) struct Chooser<'s> {
    data: DataShape,
    gram_space: &'s LazyGramSpace,
    /// Whether an engine is exact on the examples, by element type and engine.
    is_exact: [[Option<bool>; Engine::ALL.len()]; Dtype::ALL.len()],
}

impl<'s> Chooser<'s> {
    pub(super) fn new(data: DataShape, gram_space: &'s LazyGramSpace) -> Self {
        Chooser { data, gram_space, is_exact: Default::default() }
    }

    /// Returns the engine that the trial asks for, or else the cheapest one that is exact.
    pub(super) fn choose(&mut self, config: &TrialConfig) -> Result<Engine, Error> {
        let Some(engine) = config.engine else {
            return Ok(self.cheapest(config)?);
        };
        let full_batch = config.batches(self.data.train).is_full();
        if !engine.is_exact_for(&config.optimiser, full_batch) {
            let engine = engine.name();
            return Err(if config.optimiser.is_linear() {
                Error::NotExact { engine, what: "on mini-batches", instead: "\"reduced\", \"direct\" or \"auto\"" }
            } else {
                let what = "for an optimiser that scales each weight by itself, as RMSProp and Adam do";
                Error::NotExact { engine, what, instead: "\"direct\" or \"auto\"" }
            });
        }
        if engine == Engine::Direct || self.is_exact_on_examples(config.dtype, engine) {
            Ok(engine)
        } else {
            Err(Error::OutOfRange { engine: engine.name(), dtype: config.dtype.name() })
        }
    }

    fn cheapest(&mut self, config: &TrialConfig) -> Result<Engine, WrongSum> {
        let (workload, gram_space) = (workload(config, self.data), self.gram_space);
        let is_exact_on = |engine| self.is_exact_on_examples(config.dtype, engine);
        Engine::cheapest(workload, &config.optimiser, is_exact_on, || gram_space.rank())
    }

    fn is_exact_on_examples(&mut self, dtype: Dtype, engine: Engine) -> bool {
        *self.is_exact[dtype as usize][engine as usize].get_or_insert_with(|| match dtype {
            Dtype::F32 => engine.is_exact_on::<f32>(self.gram_space.get()),
            Dtype::F64 => engine.is_exact_on::<f64>(self.gram_space.get()),
        })
    }
}

/// Returns the dimensions that the cost of a trial's first layer depends on.
pub(super) fn workload(config: &TrialConfig, data: DataShape) -> Workload {
    Workload {
        features: data.features,
        examples: data.train,
        batch: config.batches(data.train).size(),
        rows: config.first_width(data.task),
        iterations: config.iterations(data.train),
    }
}
