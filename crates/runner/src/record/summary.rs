//! The results and the history of a trial, as the record keeps them.

use net::{Engine, Score};
use rusqlite::types;
use serde::Serialize;
use serde_json::json;

use super::seal::real;
use crate::run::outcome::{End, Outcome, Status};

/// The results of a trial, as the record keeps them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// `direct`, `reduced` or `dual`.
    pub engine: String,
    /// Its status.
    pub status: Status,
    /// The reason why it failed, diverged, or stopped before its last iteration.
    pub reason: Option<String>,
    /// The iteration at which it diverged or stopped.
    pub ended_at: Option<i64>,
    /// The last recorded cost, or that of the record whose parameters it has in the end.
    pub final_cost: Option<f64>,
    /// J of the training examples at the end.
    pub train_cost: Option<f64>,
    /// The share of the training examples in their right class at the end.
    pub train_accuracy: Option<f64>,
    /// The accuracy on the test examples at the end.
    pub test_accuracy: Option<f64>,
    /// J of the test examples at the end.
    pub test_cost: Option<f64>,
    /// The accuracy on the validation examples at the end.
    pub validation_accuracy: Option<f64>,
    /// J of the validation examples at the end.
    pub validation_cost: Option<f64>,
    /// The largest relative error of the dual engine's z\[1\], see [`net::Trained::drift`].
    pub drift: Option<f64>,
    /// Its share of its fleet's wall time.
    pub seconds: f64,
    /// The names of the [`Recorded::metrics`].
    pub metrics: Vec<String>,
}

/// One row of a trial's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The number of updates before it.
    pub iteration: i64,
    /// J.
    pub cost: f64,
    /// The metrics beside the cost; `None` if NaN or infinite.
    pub metrics: Vec<Option<f64>>,
}

impl Recorded {
    /// Makes the history of an outcome.
    pub fn all_of(outcome: &Outcome) -> Vec<Self> {
        let columns = outcome.metrics.columns.len();
        let row = |place: usize| &outcome.metrics.values[place * columns..(place + 1) * columns];
        let records = outcome.history.iter().enumerate().map(|(place, record)| Recorded {
            iteration: record.iteration as i64,
            cost: record.cost,
            metrics: row(place).iter().map(|value| Some(*value).filter(|value| value.is_finite())).collect(),
        });
        records.collect()
    }

    /// Returns the values to store: iteration, cost, and the metrics as JSON if there are any.
    pub(super) fn values(&self) -> [types::Value; 3] {
        let Recorded { iteration, cost, metrics } = self;
        let metrics = (!metrics.is_empty()).then(|| json!(metrics).to_string());
        [(*iteration).into(), real(*cost), metrics.into()]
    }
}

impl Summary {
    /// Returns whether all is the same but the seconds.
    pub fn is_repeated_by(&self, other: &Summary) -> bool {
        *self == Summary { seconds: self.seconds, ..other.clone() }
    }

    /// Summarises the outcome of a trial.
    pub fn of(engine: Engine, outcome: &Outcome) -> Self {
        let (reason, ended_at) = match &outcome.end {
            End::Completed => (Some(outcome.reason("all iterations were made")), None),
            End::Stopped { iteration, reason } | End::Diverged { iteration, reason } => {
                (Some(outcome.reason(reason)), Some(*iteration as i64))
            }
            End::Failed { reason } => (Some(reason.clone()), None),
        };
        // Tables hold only finite numbers, and a cost may have overflowed.
        let cost = |score: Option<Score>| score.map(|score| score.cost).filter(|cost| cost.is_finite());
        let accuracy = |score: Option<Score>| score.and_then(|score| score.accuracy);
        Summary {
            engine: engine.name().to_owned(),
            status: outcome.end.status(),
            reason,
            ended_at,
            final_cost: outcome.final_record().map(|record| record.cost),
            train_cost: cost(outcome.train),
            train_accuracy: accuracy(outcome.train),
            test_accuracy: accuracy(outcome.test),
            test_cost: cost(outcome.test),
            validation_accuracy: accuracy(outcome.validation),
            validation_cost: cost(outcome.validation),
            drift: outcome.drift,
            seconds: outcome.seconds,
            metrics: outcome.metrics.columns.clone(),
        }
    }
}
