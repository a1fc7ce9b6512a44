//! A checked experiment and its points.

use datasets::{Names, ScalingChoice, TargetsChoice};
use kernels::blas::Request;
use serde_json::Value;

use super::axis::Axis;
use super::budget;
use super::data::{DataShape, DataSource, Pins, ValidationSplit};
use super::halving::Halving;
use super::trial::TrialConfig;

/// An experiment that can be run.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Names the results directory.
    pub name: String,
    /// The question that it asks.
    pub description: String,
    /// Where the pictures come from.
    pub source: DataSource,
    /// The content that the files must have.
    pub pins: Pins,
    /// The datasets in the files.
    pub names: Names,
    /// The meaning of their targets.
    pub targets: TargetsChoice,
    /// The most bytes that a picture dataset may take in memory.
    pub max_bytes: u64,
    /// How features are scaled.
    pub scaling: ScalingChoice,
    /// The part of the training examples that is set aside for validation.
    pub validation: Option<ValidationSplit>,
    /// The swept keys, in declared order; then those that only single points set.
    pub axes: Vec<Axis>,
    /// Every point: the last axis varies fastest, and included points stand at the end.
    pub points: Vec<Point>,
    /// Whether only the best of them are trained to the end.
    pub halving: Option<Halving>,
    /// Fleets at once; `None` if as many as there are cores for [`Self::threads`] each.
    pub jobs: Option<usize>,
    /// Threads that share a fleet.
    pub threads: usize,
    /// The BLAS to multiply with; `None` if the command line, the environment or the rule chooses it.
    pub blas: Option<Request>,
    /// The file with overrides and defaults, as it can be run again.
    pub resolved: String,
}

/// One point of the sweep.
#[derive(Clone, Debug)]
pub struct Point {
    /// The values of the axes, in their order.
    pub values: Vec<Value>,
    /// The trial there; where there is a budget, with a width of 1 in place of the one that [`Point::sized`] finds.
    pub config: TrialConfig,
    /// The number of weights and biases that gives the net its width.
    pub budget: Option<usize>,
}

impl Point {
    /// The trial on data of this shape: the widest net within the budget, if there is one.
    ///
    /// # Panics
    /// If the trial's cost is not one for the data.
    pub fn sized(&self, data: DataShape) -> TrialConfig {
        let mut config = self.config.clone();
        if let (Some(budget), hidden @ 1..) = (self.budget, config.hidden.len()) {
            let n_out = config.outputs(data.task);
            config.hidden = vec![budget::width(budget, data.features, hidden, n_out); hidden];
        }
        config
    }

    /// A key of its values, the same for equal values.
    pub(super) fn place(&self) -> Vec<String> {
        let plain = |value: &Value| value.as_f64().map_or_else(|| value.to_string(), |number| number.to_string());
        self.values.iter().map(plain).collect()
    }
}
