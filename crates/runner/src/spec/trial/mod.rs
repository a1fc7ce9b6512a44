//! The configuration of a trial: its keys by subject, and its canonical form.

pub mod applied;
pub mod check;
mod initialisation;
pub mod keys;
pub(super) mod model;
mod optimiser;
mod schedule;
mod training;

use kernels::Activation;
use net::{
    Architecture, Batches, Cost, Curve, Engine, Initialisation, Metric, Optimiser, Schedule, Stopping, Training,
};
use serde::{Deserialize, Serialize};

use super::names::name_of;
use datasets::Task;

/// The element type that a net is trained in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// 32-bit floating point.
    F32,
    /// 64-bit floating point.
    F64,
}

impl Dtype {
    /// `f32` or `f64`.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F32 => "f32",
            Dtype::F64 => "f64",
        }
    }

    /// Bytes an element.
    pub fn bytes(self) -> u64 {
        match self {
            Dtype::F32 => 4,
            Dtype::F64 => 8,
        }
    }
}

/// How long a net is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Length {
    /// A number of updates.
    Iterations(usize),
    /// A number of passes through the training examples.
    Epochs(usize),
}

impl Length {
    /// The number of iterations, or of epochs.
    pub fn amount(self) -> usize {
        match self {
            Length::Iterations(amount) | Length::Epochs(amount) => amount,
        }
    }

    /// Another number of the same.
    pub fn of(self, amount: usize) -> Self {
        match self {
            Length::Iterations(_) => Length::Iterations(amount),
            Length::Epochs(_) => Length::Epochs(amount),
        }
    }
}

/// Which examples a step sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchChoice {
    /// Examples a step; `None` if all.
    pub size: Option<usize>,
    /// The seed of the order of each epoch; `None` if it is the order of the file.
    pub shuffle: Option<u64>,
}

/// A trial, every value checked.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialConfig {
    /// Widths of the hidden layers, `n[1]` to `n[L-1]`.
    pub hidden: Vec<usize>,
    /// g of each hidden layer.
    pub activations: Vec<Activation>,
    /// The share of units of each hidden layer that a step leaves out; empty for none.
    pub dropout: Vec<f64>,
    /// The cost, and with it the output layer; `None` if the data decide.
    pub cost: Option<Cost>,
    /// How the parameters are drawn.
    pub initialisation: Initialisation,
    /// The element type.
    pub dtype: Dtype,
    /// The optimiser.
    pub optimiser: Optimiser,
    /// The learning rate of each step. A cosine `over` 0 steps takes all steps after the warm-up.
    pub schedule: Schedule,
    /// The batches.
    pub batch: BatchChoice,
    /// How long it is trained.
    pub length: Length,
    /// Iterations from one record of the cost to the next.
    pub record_every: usize,
    /// The metrics that are recorded beside it.
    pub metrics: Vec<Metric>,
    /// The conditions that end it early.
    pub stopping: Stopping,
    /// The seed of the weights and of the masks of dropout.
    pub seed: u32,
    /// The engine of the first layer; `None` if it is the cheapest one, which is chosen when the data are known.
    pub engine: Option<Engine>,
    /// Whether subnormal numbers are taken as zero.
    pub flush_subnormals: bool,
}

impl TrialConfig {
    /// The cost for data of this task, if it can be one.
    ///
    /// # Errors
    /// The mismatch.
    pub fn cost_for(&self, task: Task) -> Result<Cost, String> {
        match (self.cost, task) {
            (None, Task::Classes(2)) => Ok(Cost::BinaryCrossEntropy),
            (None, Task::Classes(_)) => Ok(Cost::SoftmaxCrossEntropy),
            (None, Task::Values(_)) => Ok(Cost::MeanSquaredError),
            (Some(Cost::BinaryCrossEntropy), Task::Classes(classes)) if classes > 2 => {
                Err(format!("binary-cross-entropy tells 2 classes apart, the data has {classes}"))
            }
            (Some(Cost::MeanSquaredError), Task::Classes(classes)) if classes > 2 => {
                Err(format!("mean-squared-error is for values, the targets are {classes} classes"))
            }
            (Some(cost @ (Cost::BinaryCrossEntropy | Cost::SoftmaxCrossEntropy)), Task::Values(_)) => {
                Err(format!("{} is for classes, the targets of the data are values", name_of(&Cost::ALL, cost)))
            }
            (Some(cost), _) => Ok(cost),
        }
    }

    /// `n[L]` for data of this task.
    ///
    /// # Panics
    /// If [`Self::cost_for`] has an error.
    pub fn outputs(&self, task: Task) -> usize {
        match (self.cost_for(task), task) {
            (Ok(Cost::SoftmaxCrossEntropy), Task::Classes(classes)) => classes,
            (Ok(_), Task::Values(values)) => values,
            (Ok(_), Task::Classes(_)) => 1,
            (Err(problem), _) => panic!("{problem}"),
        }
    }

    /// `n[0]` to `n[L]` for inputs of `n_in` features.
    pub fn widths(&self, n_in: usize, task: Task) -> Vec<usize> {
        std::iter::once(n_in).chain(self.hidden.iter().copied()).chain([self.outputs(task)]).collect()
    }

    /// `n[1]`.
    pub fn first_width(&self, task: Task) -> usize {
        self.hidden.first().copied().unwrap_or_else(|| self.outputs(task))
    }

    /// The net for inputs of `n_in` features.
    ///
    /// # Panics
    /// If [`Self::cost_for`] has an error.
    pub fn architecture(&self, n_in: usize, task: Task) -> Architecture {
        let output = self.cost_for(task).unwrap_or_else(|problem| panic!("{problem}")).output_activation();
        let activations = self.activations.iter().copied().chain([output]).collect();
        Architecture::new(self.widths(n_in, task), activations)
    }

    /// The batches of `examples`.
    pub fn batches(&self, examples: usize) -> Batches {
        let BatchChoice { size, shuffle } = self.batch;
        Batches::new(examples, size.unwrap_or(examples), shuffle)
    }

    /// The number of updates on `examples`.
    pub fn iterations(&self, examples: usize) -> usize {
        match self.length {
            Length::Iterations(iterations) => iterations,
            Length::Epochs(epochs) => epochs.saturating_mul(self.batches(examples).steps_per_epoch()),
        }
    }

    /// How it is trained on `examples`.
    pub fn training(&self, examples: usize) -> Training {
        let iterations = self.iterations(examples);
        let mut schedule = self.schedule;
        if let Curve::Cosine { over: over @ 0, .. } = &mut schedule.curve {
            *over = iterations.saturating_sub(schedule.warmup).max(1);
        }
        Training {
            optimiser: self.optimiser,
            schedule,
            iterations,
            record_every: self.record_every,
            metrics: self.metrics.clone(),
            stopping: self.stopping.clone(),
            dropout: self.dropout.clone(),
            dropout_seed: self.seed.into(),
        }
    }
}
