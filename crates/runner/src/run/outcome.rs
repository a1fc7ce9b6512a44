//! What becomes of a trial.

use net::{CostAt, Score};

use crate::spec::trial::Dtype;

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// All iterations were made.
    Completed,
    /// It was told to end before: a result as good as a completed one.
    Stopped {
        /// The updates made.
        iteration: usize,
        /// Why.
        reason: String,
    },
    /// An output or the cost was no longer finite, or the cost above its bound.
    Diverged {
        /// The first such iteration.
        iteration: usize,
        /// Which of them.
        reason: String,
    },
    /// It could not be trained.
    Failed {
        /// Why not.
        reason: String,
    },
}

impl Status {
    /// The word in the record.
    pub fn name(&self) -> &'static str {
        match self {
            Status::Completed | Status::Stopped { .. } => "completed",
            Status::Diverged { .. } => "diverged",
            Status::Failed { .. } => "failed",
        }
    }
}

/// What a trial leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Its costs.
    pub history: Vec<CostAt>,
    /// What was recorded beside them.
    pub metrics: Metrics,
    /// How it does on the training examples after its last update, if it is completed.
    pub train: Option<Score>,
    /// The same on the test examples, if there are any.
    pub test: Option<Score>,
    /// The same on the validation examples, if there are any.
    pub validation: Option<Score>,
    /// Its share of its fleet's wall time, by floating-point operations.
    pub seconds: f64,
    /// The most that the dual engine's z\[1\] was off, see [`net::Trained::drift`].
    pub drift: Option<f64>,
}

/// A table of one row a recorded cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Row by row.
    pub values: Vec<f64>,
}

impl Outcome {
    /// Of a trial that could not be trained.
    pub fn failed(reason: String) -> Self {
        let (status, metrics) = (Status::Failed { reason }, Metrics::default());
        let (train, test, validation) = (None, None, None);
        Outcome { status, history: Vec::new(), metrics, train, test, validation, seconds: 0.0, drift: None }
    }
}

/// A drift above it is more than rounding explains: a factor of some hundred above what is seen in long trainings.
pub fn drift_bound(dtype: Dtype) -> f64 {
    match dtype {
        Dtype::F32 => 1e-3,
        Dtype::F64 => 1e-11,
    }
}
