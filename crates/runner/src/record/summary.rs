//! How a trial ended, and its history, as the record keeps them.

use net::{Engine, Score};
use rusqlite::types;
use serde::Serialize;
use serde_json::json;

use super::seal::real;
use crate::run::outcome::{End, Outcome, Status};
use crate::spec::sweep_keys::Objective;

/// How a trial ended, in the record's words.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// `direct`, `reduced` or `dual`.
    pub engine: String,
    /// Its status.
    pub status: Status,
    /// Why it failed, or stopped before its last iteration.
    pub reason: Option<String>,
    /// The iteration at which it diverged or stopped.
    pub ended_at: Option<i64>,
    /// The last recorded cost.
    pub final_cost: Option<f64>,
    /// J of the training examples after the last update.
    pub train_cost: Option<f64>,
    /// The share of the training examples in their right class after the last update.
    pub train_accuracy: Option<f64>,
    /// The same for the test examples.
    pub test_accuracy: Option<f64>,
    /// J of the test examples after the last update.
    pub test_cost: Option<f64>,
    /// The same for the validation examples.
    pub validation_accuracy: Option<f64>,
    /// J of the validation examples after the last update.
    pub validation_cost: Option<f64>,
    /// The most that the dual engine's z\[1\] was off, see [`net::Trained::drift`].
    pub drift: Option<f64>,
    /// Its share of its fleet's wall time.
    pub seconds: f64,
    /// The columns of [`Recorded::metrics`].
    pub metrics: Vec<String>,
}

/// One row of a trial's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The updates made before.
    pub iteration: i64,
    /// J.
    pub cost: f64,
    /// The metrics beside it; `None` if NaN or infinite.
    pub metrics: Vec<Option<f64>>,
}

impl Recorded {
    /// The history that a trial leaves.
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

    /// The values that are stored: iteration, cost and, if there are any, its metrics as JSON.
    pub(super) fn values(&self) -> [types::Value; 3] {
        let Recorded { iteration, cost, metrics } = self;
        let metrics = (!metrics.is_empty()).then(|| json!(metrics).to_string());
        [(*iteration).into(), real(*cost), metrics.into()]
    }
}

impl Summary {
    /// What the trial is judged by, the lower the better; `None` if it did not complete.
    pub fn loss(&self, objective: Objective) -> Option<f64> {
        if self.status != Status::Completed {
            return None;
        }
        match objective {
            Objective::Cost => self.final_cost,
            Objective::TestCost => self.test_cost,
            Objective::ValidationCost => self.validation_cost,
            Objective::TrainAccuracy => self.train_accuracy.map(|accuracy| -accuracy),
            Objective::TestAccuracy => self.test_accuracy.map(|accuracy| -accuracy),
            Objective::ValidationAccuracy => self.validation_accuracy.map(|accuracy| -accuracy),
        }
    }

    /// Summarises a trial that has just ended.
    pub fn of(engine: Engine, outcome: &Outcome) -> Self {
        let (reason, ended_at) = match &outcome.end {
            End::Completed => (Some("all iterations were made".to_owned()), None),
            End::Stopped { iteration, reason } | End::Diverged { iteration, reason } => {
                (Some(reason.clone()), Some(*iteration as i64))
            }
            End::Failed { reason } => (Some(reason.clone()), None),
        };
        // A cost that has overflowed is no number for a table.
        let cost = |score: Option<Score>| score.map(|score| score.cost).filter(|cost| cost.is_finite());
        let accuracy = |score: Option<Score>| score.and_then(|score| score.accuracy);
        Summary {
            engine: engine.name().to_owned(),
            status: outcome.end.status(),
            reason,
            ended_at,
            final_cost: outcome.history.last().map(|record| record.cost),
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
