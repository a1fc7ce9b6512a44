//! A checked experiment and its points.

use datasets::{Names, ScalingChoice, TargetsChoice};
use kernels::blas::Request;
use serde_json::Value;

use super::axis::Axis;
use super::budget;
use super::checkpoint_every::CheckpointEvery;
use super::data::{DataShape, DataSource, Pins, ValidationSplit};
use super::halving::Halving;
use super::trial::TrialConfig;

/// An experiment that can be run.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// The name, which is also that of the results directory.
    pub name: String,
    /// The question that it asks.
    pub description: String,
    /// The source of the examples.
    pub source: DataSource,
    /// The hashes that the files must have.
    pub pins: Pins,
    /// The names of the datasets in the files.
    pub names: Names,
    /// The meaning of their targets.
    pub targets: TargetsChoice,
    /// The most bytes that the examples may take in memory, each number counted as 8.
    pub max_bytes: u64,
    /// The scaling of the features.
    pub scaling: ScalingChoice,
    /// The part of the training examples that is set aside for validation.
    pub validation: Option<ValidationSplit>,
    /// The swept keys, in declared order; then those that only single points set.
    pub axes: Vec<Axis>,
    /// Every point: the last axis varies fastest, and included points stand at the end.
    pub points: Vec<Point>,
    /// Successive halving; `None` if every point is trained to the end.
    pub halving: Option<Halving>,
    /// The number of fleets that are trained at once; `None` if as many as the cores allow with [`Self::threads`] for
    /// each.
    pub jobs: Option<usize>,
    /// Threads that share a fleet.
    pub threads: usize,
    /// How often a training in progress is written to the disk.
    pub checkpoint_every: CheckpointEvery,
    /// The BLAS; `None` if the command line, the environment or the default chooses it.
    pub blas: Option<Request>,
    /// The text of the experiment with overrides and defaults filled in, which can be run again.
    pub resolved: String,
}

/// One point of the sweep.
#[derive(Clone, Debug)]
pub struct Point {
    /// The values of the axes, in their order.
    pub values: Vec<Value>,
    /// Its trial. If there is a budget, the hidden layers have width 1 here, and [`Point::sized`] finds the real one.
    pub config: TrialConfig,
    /// The most weights and biases, if they determine the width.
    pub budget: Option<usize>,
}

impl Point {
    /// Returns the trial on data of this shape: the widest net within the budget, if there is one.
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

    /// Returns the values in a form that is the same for equal values: 1 and 1.0 are one number.
    pub(super) fn place(&self) -> Vec<String> {
        let plain = |value: &Value| value.as_f64().map_or_else(|| value.to_string(), |number| number.to_string());
        self.values.iter().map(plain).collect()
    }
}
