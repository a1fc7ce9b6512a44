//! The configuration of a trial: its keys by subject, and its canonical form.

pub mod applied;
pub mod check;
mod initialisation;
pub mod keys;
pub(super) mod model;
pub(crate) mod optimiser;
mod schedule;
mod training;

use std::fmt;

use kernels::Activation;
use net::{
    Architecture, Batches, Cost, Curve, Engine, Initialisation, Metric, Optimiser, Schedule, Stopping, Training,
};
use serde::{Deserialize, Serialize};

use super::names::name_of;
use datasets::Task;
use datasets::text::count;

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
    /// Every element type with its name.
    pub const ALL: [(&'static str, Dtype); 2] = [("f32", Dtype::F32), ("f64", Dtype::F64)];

    /// Returns `f32` or `f64`.
    pub fn name(self) -> &'static str {
        name_of(&Dtype::ALL, self)
    }

    /// Returns the bytes of an element.
    pub fn bytes(self) -> u64 {
        match self {
            Dtype::F32 => 4,
            Dtype::F64 => 8,
        }
    }
}

/// The length of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Length {
    /// A number of updates.
    Iterations(usize),
    /// A number of passes through the training examples.
    Epochs(usize),
}

impl Length {
    /// Returns the number of iterations, or of epochs.
    pub fn amount(self) -> usize {
        match self {
            Length::Iterations(amount) | Length::Epochs(amount) => amount,
        }
    }

    /// Returns a length in the same unit.
    pub fn of(self, amount: usize) -> Self {
        match self {
            Length::Iterations(_) => Length::Iterations(amount),
            Length::Epochs(_) => Length::Epochs(amount),
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&match self {
            Length::Iterations(iterations) => count(*iterations, "iteration"),
            Length::Epochs(epochs) => count(*epochs, "epoch"),
        })
    }
}

/// The batches of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchChoice {
    /// The number of examples of a step; `None` if all.
    pub size: Option<usize>,
    /// The seed that shuffles each epoch; `None` if examples stay in the order of the file.
    pub shuffle: Option<u64>,
}

/// A trial, every value checked.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialConfig {
    /// Widths of the hidden layers, `n[1]` to `n[L-1]`.
    pub hidden: Vec<usize>,
    /// g of each hidden layer.
    pub activations: Vec<Activation>,
    /// The share of units of each hidden layer that a step leaves out; empty without dropout.
    pub dropout: Vec<f64>,
    /// The cost, which determines the output layer; `None` if the data determine it.
    pub cost: Option<Cost>,
    /// The initialisation.
    pub initialisation: Initialisation,
    /// The element type.
    pub dtype: Dtype,
    /// The optimiser.
    pub optimiser: Optimiser,
    /// The learning rate of each step. A cosine `over` 0 steps stands for all steps after the warm-up.
    pub schedule: Schedule,
    /// The batches.
    pub batch: BatchChoice,
    /// The length of the training.
    pub length: Length,
    /// The number of iterations from one record of the cost to the next.
    pub record_every: usize,
    /// The metrics that are recorded beside the cost.
    pub metrics: Vec<Metric>,
    /// The conditions that end the training early.
    pub stopping: Stopping,
    /// The seed of the weights and of the dropout masks.
    pub seed: u32,
    /// The engine of the first layer; `None` if the cheapest one is to be chosen once the data are known.
    pub engine: Option<Engine>,
    /// True if subnormal numbers are replaced by zero.
    pub flush_subnormals: bool,
}

impl TrialConfig {
    /// Returns the cost for data of this task.
    ///
    /// # Errors
    /// If the cost does not fit the task.
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

    /// Returns `n[L]` for data of this task.
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

    /// Returns `n[0]` to `n[L]` for inputs of `n_in` features.
    pub fn widths(&self, n_in: usize, task: Task) -> Vec<usize> {
        std::iter::once(n_in).chain(self.hidden.iter().copied()).chain([self.outputs(task)]).collect()
    }

    /// Returns `n[1]`.
    pub fn first_width(&self, task: Task) -> usize {
        self.hidden.first().copied().unwrap_or_else(|| self.outputs(task))
    }

    /// Returns the architecture for inputs of `n_in` features.
    ///
    /// # Panics
    /// If [`Self::cost_for`] has an error.
    pub fn architecture(&self, n_in: usize, task: Task) -> Architecture {
        let output = self.cost_for(task).unwrap_or_else(|problem| panic!("{problem}")).output_activation();
        let activations = self.activations.iter().copied().chain([output]).collect();
        Architecture::new(self.widths(n_in, task), activations)
    }

    /// Returns the batches of this number of `examples`.
    pub fn batches(&self, examples: usize) -> Batches {
        let BatchChoice { size, shuffle } = self.batch;
        Batches::new(examples, size.unwrap_or(examples), shuffle)
    }

    /// Returns the number of updates on this number of `examples`.
    pub fn iterations(&self, examples: usize) -> usize {
        match self.length {
            Length::Iterations(iterations) => iterations,
            Length::Epochs(epochs) => epochs.saturating_mul(self.batches(examples).steps_per_epoch()),
        }
    }

    /// Returns the settings of its training on this number of `examples`.
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
