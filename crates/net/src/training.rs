//! What one net's training is: its optimiser, its rates, when it ends and what is recorded on the way.

use std::fmt;

use crate::optimiser::Optimiser;
use crate::schedule::Schedule;

/// How a net is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// What a step does with the gradient.
    pub optimiser: Optimiser,
    /// How large it is.
    pub schedule: Schedule,
    /// The number of updates.
    pub iterations: usize,
    /// The cost is recorded at iterations 0, `record_every`, 2 `record_every`, … and at the last one.
    pub record_every: usize,
    /// What is recorded beside it.
    pub metrics: Vec<Metric>,
    /// What ends it before.
    pub stopping: Stopping,
    /// The share of units of each hidden layer that is dropped in a step; none where it is empty.
    pub dropout: Vec<f64>,
    /// What the masks of dropout are drawn from.
    pub dropout_seed: u64,
}

impl Training {
    /// Gradient descent at a constant rate, with nothing else.
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

    /// Whether a step is made without a dW of its own, in one product W += s aᵀ with s = (-η/m) dz: nothing asks for one.
    pub fn is_plain(&self) -> bool {
        self.optimiser.is_plain() && !self.metrics.contains(&Metric::GradientNorm)
    }

    /// Whether the cost of iteration `iteration` is recorded.
    pub(crate) fn records(&self, iteration: usize) -> bool {
        iteration.is_multiple_of(self.record_every) || iteration + 1 == self.iterations
    }
}

/// What ends a training before its last iteration: before the update of the iteration at which it ends, whose cost is the last
/// one recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stopping {
    /// Ends it at the first step whose cost is below.
    pub cost_below: Option<f64>,
    /// Ends it after so many records in a row without a cost lower than the lowest one by [`Self::min_delta`]. The cost of
    /// the validation examples counts where there are any, else the recorded one.
    pub patience: Option<usize>,
    /// See [`Self::patience`].
    pub min_delta: f64,
    /// Ends it after so many seconds. What is recorded then depends on the machine.
    pub seconds: Option<f64>,
    /// A cost above it is a divergence, at any step.
    pub diverge_above: Option<f64>,
}

impl Stopping {
    /// Whether the cost of every step is looked at, and not of the recorded ones alone.
    pub(crate) fn watches_every_cost(&self) -> bool {
        self.cost_below.is_some() || self.diverge_above.is_some()
    }
}

/// What can be recorded beside the cost, at the parameters before the update of the iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// The share of all training examples in their right class.
    TrainAccuracy,
    /// The same of the test examples.
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

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, metric)| *metric == self).map_or("", |(name, _)| name)
    }

    /// The names of its values in a net of `layers` layers, such as `gradient_norm_1`.
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
    /// It ended before.
    Stopped {
        /// The updates made.
        iteration: usize,
        /// Why.
        reason: Reason,
    },
    /// It went beyond all bounds.
    Diverged {
        /// The first such iteration.
        iteration: usize,
        /// Which bound.
        bound: Bound,
    },
}

/// What a diverging training breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The largest number: an output, or the cost, was infinite or NaN.
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

/// Why a training ended before its last iteration, see [`Stopping`].
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
