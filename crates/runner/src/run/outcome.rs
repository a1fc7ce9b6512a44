//! The outcome of a trial.

use net::{HistoryPoint, Score};
use serde::Serialize;

use crate::spec::trial::Dtype;

/// The end of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All iterations were made.
    Completed,
    /// An early-stopping condition ended it, which is as good a result as a completed one.
    Stopped {
        /// The number of updates made.
        iteration: usize,
        /// The condition.
        reason: String,
    },
    /// An output or the cost was not finite, or the cost was above its bound.
    Diverged {
        /// The first such iteration.
        iteration: usize,
        /// The quantity that was not finite or too large.
        reason: String,
    },
    /// It could not be trained.
    Failed {
        /// The message of the failure.
        reason: String,
    },
}

impl End {
    /// Returns the status of a trial with this end.
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
    /// Its net diverged, which is a result too.
    Diverged,
    /// It could not be trained.
    #[default]
    Failed,
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 3] = [Status::Completed, Status::Diverged, Status::Failed];

    /// Returns its name in the record and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Status::Completed => "completed",
            Status::Diverged => "diverged",
            Status::Failed => "failed",
        }
    }

    /// Finds the status of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// The results of a finished trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its end.
    pub end: End,
    /// Its recorded costs.
    pub history: Vec<HistoryPoint>,
    /// The metrics that were recorded beside the costs.
    pub metrics: Metrics,
    /// The index in its history of the record whose parameters it has in the end; `None` if they are its last ones.
    pub best: Option<usize>,
    /// Its score on the training examples in the end, if it completed.
    pub train: Option<Score>,
    /// Its score on the test examples, if there are any.
    pub test: Option<Score>,
    /// Its score on the validation examples, if there are any.
    pub validation: Option<Score>,
    /// Its share of its fleet's wall time, by floating-point operations.
    pub seconds: f64,
    /// The updates that an earlier run had made, from whose checkpoint the training went on.
    pub resumed_at: usize,
    /// True if its fleet panicked, so that it was trained again without the others.
    pub is_alone: bool,
    /// The largest relative error of the dual engine's z\[1\], see [`net::Trained::drift`].
    pub drift: Option<f64>,
}

/// A table with a row for each recorded cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// The cells, row by row.
    pub values: Vec<f64>,
}

impl Outcome {
    /// Makes the outcome of a trial that could not be trained.
    pub fn failed(reason: String) -> Self {
        let (end, metrics) = (End::Failed { reason }, Metrics::default());
        let (train, test, validation) = (None, None, None);
        let (history, seconds, drift, resumed_at, is_alone) = (Vec::new(), 0.0, None, 0, false);
        Outcome { end, history, metrics, best: None, train, test, validation, seconds, drift, resumed_at, is_alone }
    }

    /// Adds to the reason of its end which parameters it has, if they aren't its last ones.
    pub fn reason(&self, reason: &str) -> String {
        match self.best.and(self.final_record()) {
            Some(HistoryPoint { iteration, .. }) => {
                format!("{reason}; the parameters are those of iteration {iteration}")
            }
            None => reason.to_owned(),
        }
    }

    /// Returns the record whose parameters it has in the end, or the last one if they are later ones.
    pub fn final_record(&self) -> Option<HistoryPoint> {
        let place = self.best.or(self.history.len().checked_sub(1))?;
        self.history.get(place).copied()
    }
}

/// Returns the largest drift that needs no warning, √ε: half of the digits are left.
pub fn drift_bound(dtype: Dtype) -> f64 {
    match dtype {
        Dtype::F32 => f64::from(f32::EPSILON).sqrt(),
        Dtype::F64 => f64::EPSILON.sqrt(),
    }
}
