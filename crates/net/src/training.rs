//! The training of one net: its optimiser and learning rates, what ends it early, and what is recorded.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::optimiser::{Algorithm, Optimiser};
use crate::schedule::Schedule;
use crate::score::Set;

/// The training of one net. Every function that trains panics if [`Self::record_every`], the [`Stopping::patience`] or the length of a
/// [`Curve`](crate::Curve) is 0, or a constant of the [`Optimiser`], the learning rate or a number of [`Stopping`] is out of its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// The optimiser.
    pub optimiser: Optimiser,
    /// The schedule of the learning rate.
    pub schedule: Schedule,
    /// The number of steps.
    pub iterations: usize,
    /// The number of steps from one record to the next: the cost is recorded at iterations 0, `record_every`, 2 `record_every`, … and at
    /// the last one.
    pub record_every: usize,
    /// The metrics that are recorded beside the cost.
    pub metrics: Vec<Metric>,
    /// The conditions that end it early.
    pub stopping: Stopping,
    /// The share of the units of each hidden layer that are dropped in a step, in [0, 1); layers
    /// beyond the list have no dropout, and rates beyond the hidden layers no effect.
    pub dropout: Vec<f64>,
    /// The seed of the dropout masks.
    pub dropout_seed: u64,
}

impl Training {
    /// Makes a training by plain gradient descent at a constant learning rate.
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

    /// Returns whether neither the optimiser nor a metric needs dW, so that a step is one product W += s aᵀ with s = (-η/m) dz.
    pub fn is_plain(&self) -> bool {
        let Optimiser { algorithm, decay, clip_norm } = &self.optimiser;
        let is_descent = *algorithm == Algorithm::Descent && decay.lambda == 0.0 && clip_norm.is_none();
        is_descent && !self.metrics.contains(&Metric::GradientNorm)
    }

    /// Asserts that the settings are valid.
    #[track_caller]
    pub(crate) fn check(&self) {
        assert!(self.record_every > 0, "record_every is 0: record every step, or every few");
        assert!(self.stopping.patience != Some(0), "a patience of 0 records ends a training before it begins");
        let min_delta = self.stopping.min_delta;
        assert!(
            min_delta >= 0.0 && min_delta.is_finite(),
            "min_delta is {min_delta}: it must be finite and at least 0"
        );
        let Stopping { cost_below, seconds, diverge_above, .. } = self.stopping;
        for (name, bound) in [("cost_below", cost_below), ("seconds", seconds), ("diverge_above", diverge_above)] {
            assert!(!bound.is_some_and(f64::is_nan), "{name} is NaN: a training would never end by it");
        }
        self.optimiser.check();
        self.schedule.check();
    }

    /// Returns whether the cost of iteration `iteration` is recorded.
    pub(crate) fn records(&self, iteration: usize) -> bool {
        iteration.is_multiple_of(self.record_every) || iteration + 1 == self.iterations
    }

    /// Returns whether the cost of iteration `iteration` is needed: it is recorded, or may end the training, or the clock may, which
    /// records it.
    pub(crate) fn needs_cost(&self, iteration: usize) -> bool {
        self.records(iteration) || self.stopping.watches_every_cost() || self.stopping.seconds.is_some()
    }
}

/// The conditions under which a training ends before its last iteration. Its last recorded cost is then that of the parameters at which it
/// ends: the update of that iteration is not made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stopping {
    /// The cost below which a training ends, at any step.
    pub cost_below: Option<f64>,
    /// The number of consecutive records without an improvement after which it ends. What must improve is the cost on the validation
    /// examples if there are any, else the recorded cost: a record is an improvement if it is lower by more than [`Self::min_delta`] than
    /// the last record that was one, at first than infinity.
    pub patience: Option<usize>,
    /// The least improvement that [`Self::patience`] counts as one.
    pub min_delta: f64,
    /// Whether a training that does not diverge ends with the parameters of the record with the lowest of the costs that
    /// [`Self::patience`] watches, the first of equals, instead of its last parameters.
    pub restore_best: bool,
    /// The seconds after which it ends. The results then depend on the machine.
    pub seconds: Option<f64>,
    /// The cost above which a net has diverged, at any step.
    pub diverge_above: Option<f64>,
}

impl Stopping {
    /// Returns whether the cost of every step is needed, not only of the recorded ones.
    pub(crate) fn watches_every_cost(&self) -> bool {
        self.cost_below.is_some() || self.diverge_above.is_some()
    }

    /// Returns the bound that a cost breaks, if any.
    pub(crate) fn bound_broken_by(&self, cost: f64) -> Option<Bound> {
        match self.diverge_above {
            _ if !cost.is_finite() => Some(Bound::Finite),
            Some(most) if cost > most => Some(Bound::Cost),
            _ => None,
        }
    }

    /// Returns whether records are compared with the lowest one so far.
    pub(crate) fn looks_back(&self) -> bool {
        self.patience.is_some() || self.restore_best
    }
}

/// A quantity that can be recorded beside the cost, at the parameters before the update of the iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// The share of the examples of a whole set that are classified correctly; NaN if there are none.
    Accuracy(Set),
    /// J on a whole set; NaN if it has no examples.
    Cost(Set),
    /// The Euclidean norm of the gradient of each layer's parameters, on the examples of the step, before clipping.
    GradientNorm,
    /// The Euclidean norm of each layer's weights.
    WeightNorm,
    /// The share of the units of each hidden relu layer whose a is 0 for every example of the step.
    DeadRelu,
}

impl Metric {
    /// Every metric with its name in experiments.
    pub const ALL: [(&'static str, Metric); 9] = [
        ("train_accuracy", Metric::Accuracy(Set::Train)),
        ("train_cost", Metric::Cost(Set::Train)),
        ("test_accuracy", Metric::Accuracy(Set::Test)),
        ("test_cost", Metric::Cost(Set::Test)),
        ("validation_accuracy", Metric::Accuracy(Set::Validation)),
        ("validation_cost", Metric::Cost(Set::Validation)),
        ("gradient_norm", Metric::GradientNorm),
        ("weight_norm", Metric::WeightNorm),
        ("dead_relu", Metric::DeadRelu),
    ];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, metric)| *metric == self).map_or("", |(name, _)| name)
    }

    /// Lists the names of its values in a net of `layers` layers: its own, or one for each layer, such as `gradient_norm_1`.
    pub fn columns(self, layers: usize) -> Vec<String> {
        let layers = match self {
            Metric::GradientNorm | Metric::WeightNorm => layers,
            Metric::DeadRelu => layers.saturating_sub(1),
            _ => return vec![self.name().to_owned()],
        };
        (1..=layers).map(|l| format!("{}_{l}", self.name())).collect()
    }
}

/// The way in which a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// All iterations were made.
    Completed,
    /// It ended early.
    Stopped {
        /// The number of updates that were made.
        iteration: usize,
        /// The reason.
        reason: StopReason,
    },
    /// It diverged.
    Diverged {
        /// The first iteration at which the bound was seen to be broken: that of the outputs is looked at in every step, those of the cost
        /// only where it is recorded or may end the training.
        iteration: usize,
        /// The bound.
        bound: Bound,
    },
}

/// A bound that a diverged training has broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bound {
    /// The range of finite numbers: an output or the cost was infinite or NaN.
    Finite,
    /// [`Stopping::diverge_above`].
    Cost,
    /// The range of finite numbers: a moment of the optimiser was infinite or NaN at the end.
    Moments,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Bound::Finite => "an output or the cost is not finite",
            Bound::Cost => "cost above diverge_above",
            Bound::Moments => "a moment of the optimizer is not finite",
        })
    }
}

/// The condition of [`Stopping`] that ended a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopReason {
    /// The cost fell below [`Stopping::cost_below`].
    CostBelow,
    /// The recorded cost ran out of [`Stopping::patience`].
    Plateau,
    /// The cost on the validation examples ran out of [`Stopping::patience`].
    ValidationPlateau,
    /// [`Stopping::seconds`] were over.
    Time,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            StopReason::CostBelow => "cost below stop_cost",
            StopReason::Plateau => "cost no longer falls",
            StopReason::ValidationPlateau => "validation cost no longer falls",
            StopReason::Time => "stop_seconds are over",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_layer_has_no_columns() {
        assert!([Metric::GradientNorm, Metric::DeadRelu].iter().all(|metric| metric.columns(0).is_empty()));
        assert_eq!(Metric::DeadRelu.columns(3), ["dead_relu_1", "dead_relu_2"]);
    }
}
