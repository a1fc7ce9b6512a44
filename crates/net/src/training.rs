//! How one net is trained: its optimiser and learning rates, what ends it early, and what is recorded.

use std::fmt;

use crate::optimiser::Optimiser;
use crate::schedule::Schedule;

/// How a net is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// The optimiser.
    pub optimiser: Optimiser,
    /// The learning rate of each step.
    pub schedule: Schedule,
    /// The number of updates.
    pub iterations: usize,
    /// The cost is recorded at iterations 0, `record_every`, 2 `record_every`, … and at the last one.
    pub record_every: usize,
    /// The metrics that are recorded beside the cost.
    pub metrics: Vec<Metric>,
    /// The conditions that end it early.
    pub stopping: Stopping,
    /// The share of units of each hidden layer that is dropped in a step; empty for no dropout.
    pub dropout: Vec<f64>,
    /// The seed of the masks of dropout.
    pub dropout_seed: u64,
}

impl Training {
    /// Makes a training by gradient descent at a constant rate.
    pub fn descent(learning_rate: f64, iterations: usize, record_every: usize) -> Self {
        Training {
            optimiser: Optimiser::DESCENT,
            schedule: Schedule::constant(learning_rate),
            iterations,
            record_every,
            metrics: Vec::new(),
            stopping: Stopping::default(),
            dropout: Vec::new(),
            dropout_seed: 0,
        }
    }

    /// Returns whether nothing asks for dW, so that a step is one product W += s aᵀ with s = (-η/m) dz.
    pub fn is_plain(&self) -> bool {
        self.optimiser.is_plain() && !self.metrics.contains(&Metric::GradientNorm)
    }

    /// Returns whether the cost of iteration `iteration` is recorded.
    pub(crate) fn records(&self, iteration: usize) -> bool {
        iteration.is_multiple_of(self.record_every) || iteration + 1 == self.iterations
    }
}

/// The conditions that end a training before its last iteration. It ends before the update of the iteration whose cost is recorded
/// last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stopping {
    /// The cost below which a training ends, at any step.
    pub cost_below: Option<f64>,
    /// The number of records in a row after which it ends without a cost that is lower than the lowest one by [`Self::min_delta`]: the
    /// cost of the validation examples if there are any, else the recorded one.
    pub patience: Option<usize>,
    /// The difference that counts for [`Self::patience`].
    pub min_delta: f64,
    /// The seconds after which it ends. The record then depends on the machine.
    pub seconds: Option<f64>,
    /// The cost above which a net has diverged, at any step.
    pub diverge_above: Option<f64>,
}

impl Stopping {
    /// Returns whether the cost of every step is needed, not only of the recorded ones.
    pub(crate) fn watches_every_cost(&self) -> bool {
        self.cost_below.is_some() || self.diverge_above.is_some()
    }
}

/// A quantity that can be recorded beside the cost, at the parameters before the update of the iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// The share of all training examples in their right class.
    TrainAccuracy,
    /// The share of all test examples in their right class.
    TestAccuracy,
    /// J of the test examples.
    TestCost,
    /// The share of the validation examples in their right class.
    ValidationAccuracy,
    /// J of the validation examples.
    ValidationCost,
    /// The Euclidean norm of the gradient of each layer's parameters, on the examples of the step, before clipping.
    GradientNorm,
    /// The Euclidean norm of each layer's weights.
    WeightNorm,
    /// The share of units of each hidden relu layer that are 0 for every example of the step.
    DeadRelu,
}

impl Metric {
    /// Every metric with its name in experiments.
    pub const ALL: [(&'static str, Metric); 8] = [
        ("train_accuracy", Metric::TrainAccuracy),
        ("test_accuracy", Metric::TestAccuracy),
        ("test_cost", Metric::TestCost),
        ("validation_accuracy", Metric::ValidationAccuracy),
        ("validation_cost", Metric::ValidationCost),
        ("gradient_norm", Metric::GradientNorm),
        ("weight_norm", Metric::WeightNorm),
        ("dead_relu", Metric::DeadRelu),
    ];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, metric)| *metric == self).map_or("", |(name, _)| name)
    }

    /// Returns the names of its values in a net of `layers` layers, such as `gradient_norm_1`.
    pub fn columns(self, layers: usize) -> Vec<String> {
        let layers = match self {
            Metric::GradientNorm | Metric::WeightNorm => layers,
            Metric::DeadRelu => layers - 1,
            _ => return vec![self.name().to_owned()],
        };
        (1..=layers).map(|l| format!("{}_{l}", self.name())).collect()
    }
}

/// How training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All iterations were made.
    Completed,
    /// It ended early.
    Stopped {
        /// The number of updates.
        iteration: usize,
        /// The reason.
        reason: Reason,
    },
    /// It diverged.
    Diverged {
        /// The first iteration beyond the bound.
        iteration: usize,
        /// The bound.
        bound: Bound,
    },
}

/// A bound that a diverging training breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The range of finite numbers: an output or the cost was infinite or NaN.
    Finite,
    /// [`Stopping::diverge_above`].
    Cost,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Bound::Finite => "an output or the cost is not finite",
            Bound::Cost => "cost above diverge_above",
        })
    }
}

/// The reason of a training's early end, see [`Stopping`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The cost was below its mark.
    CostBelow,
    /// The recorded cost no longer fell.
    Plateau,
    /// The cost of the validation examples no longer fell.
    ValidationPlateau,
    /// Its time was up.
    Time,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Reason::CostBelow => "cost below stop_cost",
            Reason::Plateau => "cost no longer falls",
            Reason::ValidationPlateau => "validation cost no longer falls",
            Reason::Time => "stop_seconds are over",
        })
    }
}
