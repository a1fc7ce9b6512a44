//! What a sweep will do, before it does it: its trials in declared order, with ids, flops and memory.

use std::collections::{BTreeSet, HashMap};

use kernels::LayerShape;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::experiment::Experiment;
use crate::experiment::axis::Axis;
use crate::experiment::trial::{Dtype, TrialConfig};
use crate::results::export::plain;

/// The sides of the data that a trial's cost depends on.
#[derive(Clone, Copy, Debug)]
pub struct DataShape {
    /// `n[0]`, features an example.
    pub features: usize,
    /// Training examples.
    pub train: usize,
    /// Test examples.
    pub test: usize,
}

/// A trial with its id.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The first 12 hex digits of SHA-256 over the canonical config and the data's hash.
    pub id: String,
    /// What it is.
    pub config: TrialConfig,
}

/// A point of the sweep: its values on the axes, and which trial stands there.
#[derive(Clone, Debug)]
pub struct PlannedPoint {
    /// The values of the axes, in their order.
    pub values: Vec<Value>,
    /// Index into [`Plan::trials`]. Points that differ only in what their net doesn't have (the width of a net
    /// without hidden layers) share a trial.
    pub trial: usize,
}

/// All of a sweep.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The swept keys.
    pub axes: Vec<Axis>,
    /// Every point in declared order.
    pub points: Vec<PlannedPoint>,
    /// The distinct trials in order of their first point.
    pub trials: Vec<Trial>,
    /// The shape of the data.
    pub data: DataShape,
    first_points: HashMap<String, usize>,
}

/// What OpenBLAS 0.3 maps for each caller to pack its operands in.
const OPENBLAS_BUFFER: f64 = 128.0 * 1024.0 * 1024.0;

impl Plan {
    /// Plans `experiment` on data of the given shape and hash.
    pub fn new(experiment: &Experiment, data: DataShape, data_hash: &str) -> Self {
        let mut trials: Vec<Trial> = Vec::new();
        let (mut known, mut first_points) = (HashMap::new(), HashMap::new());
        let mut points = Vec::with_capacity(experiment.points.len());
        for point in &experiment.points {
            let id = trial_id(&point.config, data_hash);
            let trial = *known.entry(id.clone()).or_insert_with(|| {
                first_points.insert(id.clone(), points.len());
                trials.push(Trial { id, config: point.config.clone() });
                trials.len() - 1
            });
            let values = point.values.iter().map(|value| serde_json::to_value(value).unwrap_or(Value::Null));
            points.push(PlannedPoint { values: values.collect(), trial });
        }
        Plan { axes: experiment.axes.clone(), points, trials, data, first_points }
    }

    /// Floating-point operations of all products of a trial's training step: 2 for each multiply-add, three
    /// products a layer but for the first, whose `da[0]` is not computed.
    pub fn flops_a_step(&self, config: &TrialConfig) -> f64 {
        let widths = config.widths(self.data.features);
        let products = |l: usize| if l == 0 { 2.0 } else { 3.0 };
        let layers = widths.windows(2).enumerate();
        layers.map(|(l, n)| products(l) * 2.0 * n[0] as f64 * n[1] as f64 * self.data.train as f64).sum()
    }

    /// Floating-point operations of a trial.
    pub fn flops(&self, config: &TrialConfig) -> f64 {
        self.flops_a_step(config) * config.descent.iterations as f64
    }

    /// Weights and biases of a trial.
    pub fn parameters(&self, config: &TrialConfig) -> f64 {
        config.widths(self.data.features).windows(2).map(|n| (n[0] as f64 + 1.0) * n[1] as f64).sum()
    }

    /// Bytes that a trial holds while it runs: parameters and their gradients, z, a and dz of the training set, z and
    /// a of both sets at the end, the draw of the largest layer in f64, and its history.
    pub fn bytes(&self, config: &TrialConfig) -> f64 {
        let widths = config.widths(self.data.features);
        let units: f64 = widths[1..].iter().map(|&n| n as f64).sum();
        let activations = units * (5.0 * self.data.train as f64).max(2.0 * self.data.test as f64);
        let largest_draw = widths.windows(2).map(|n| n[0] as f64 * n[1] as f64).fold(0.0, f64::max) * 8.0;
        let records = config.descent.iterations.div_ceil(config.descent.record_every) as f64 + 1.0;
        let elements = 2.0 * self.parameters(config) + activations;
        elements * config.dtype.bytes() as f64 + largest_draw + 16.0 * records
    }

    /// Bytes of the data in the element types that the trials use.
    pub fn data_bytes(&self) -> f64 {
        let elements = (self.data.features + 1) as f64 * (self.data.train + self.data.test) as f64;
        self.dtypes().iter().map(|dtype| elements * dtype.bytes() as f64).sum()
    }

    /// Bytes that the sweep holds while `jobs` of its largest trials run: theirs, the data's and OpenBLAS's own.
    pub fn peak_bytes(&self, jobs: usize) -> f64 {
        let largest = self.trials.iter().map(|trial| self.bytes(&trial.config)).fold(0.0, f64::max);
        self.data_bytes() + (largest + OPENBLAS_BUFFER) * jobs as f64
    }

    /// What tells a trial from its neighbours: its first point's values.
    pub fn label(&self, trial: &Trial) -> String {
        let point = self.first_points.get(&trial.id).map(|&point| &self.points[point]);
        let short = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
        let values = point.into_iter().flat_map(|point| self.axes.iter().zip(&point.values));
        let swept: Vec<_> = values.map(|(axis, value)| format!("{}={}", short(&axis.key), plain(value))).collect();
        if swept.is_empty() { trial.id.clone() } else { swept.join(" ") }
    }

    /// The element types that the trials use.
    pub fn dtypes(&self) -> BTreeSet<Dtype> {
        self.trials.iter().map(|trial| trial.config.dtype).collect()
    }

    /// Every layer shape that the trials multiply at, on the training and on the test set.
    pub fn layer_shapes(&self) -> BTreeSet<(Dtype, LayerShape)> {
        let shapes = |trial: &Trial| {
            let widths = trial.config.widths(self.data.features);
            let sides: Vec<_> = widths.windows(2).map(|n| (n[0], n[1])).collect();
            let dtype = trial.config.dtype;
            let both = [self.data.train, self.data.test];
            both.into_iter().flat_map(move |examples| {
                let shape = move |&(n_in, n_out): &(usize, usize)| (dtype, LayerShape { n_out, n_in, examples });
                sides.iter().map(shape).collect::<Vec<_>>()
            })
        };
        self.trials.iter().flat_map(shapes).collect()
    }
}

fn trial_id(config: &TrialConfig, data_hash: &str) -> String {
    hex(&Sha256::digest(format!("{}\n{data_hash}", config.canonical())))[..12].to_owned()
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
