//! The outcome of a trial.

use net::{HistoryPoint, Score};
use serde::Serialize;

use crate::spec::trial::Dtype;

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
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

impl End {
    /// The status of a trial that ended so.
    pub fn status(&self) -> Status {
        match self {
            End::Completed | End::Stopped { .. } => Status::Completed,
            End::Diverged { .. } => Status::Diverged,
            End::Failed { .. } => Status::Failed,
        }
    }
}

/// The status of a finished trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It has a trained net.
    Completed,
    /// It has none, which is a result.
    Diverged,
    /// It could not be trained.
    #[default]
    Failed,
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 3] = [Status::Completed, Status::Diverged, Status::Failed];

    /// Its name in the record and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Status::Completed => "completed",
            Status::Diverged => "diverged",
            Status::Failed => "failed",
        }
    }

    /// The status of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// The results of a finished trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Its costs.
    pub history: Vec<HistoryPoint>,
    /// The metrics that were recorded beside them.
    pub metrics: Metrics,
    /// Its score on the training examples after its last update, if it is completed.
    pub train: Option<Score>,
    /// Its score on the test examples, if there are any.
    pub test: Option<Score>,
    /// Its score on the validation examples, if there are any.
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
    /// The outcome of a trial that could not be trained.
    pub fn failed(reason: String) -> Self {
        let (end, metrics) = (End::Failed { reason }, Metrics::default());
        let (train, test, validation) = (None, None, None);
        Outcome { end, history: Vec::new(), metrics, train, test, validation, seconds: 0.0, drift: None }
    }
}

/// A drift above it is more than rounding explains: a factor of some hundred above what is seen in long trainings.
pub fn drift_bound(dtype: Dtype) -> f64 {
    match dtype {
        Dtype::F32 => 1e-3,
        Dtype::F64 => 1e-11,
    }
}
