//! What the record holds of finished trials, read back and compared with its digest.

use std::collections::HashSet;

use net::{Engine, Score};
use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::record::{Error, Record, at};
use crate::sweep::plan::hex;
use crate::sweep::trial::{Outcome, Status};

/// How a trial ended, in the record's words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// `direct`, `reduced` or `dual`.
    pub engine: String,
    /// `completed`, `diverged` or `failed`.
    pub status: String,
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
    /// The same of the test examples.
    pub test_accuracy: Option<f64>,
    /// J of the test examples after the last update.
    pub test_cost: Option<f64>,
    /// The same of the validation examples.
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
    /// What was recorded beside it; `None` for NaN and infinity.
    pub metrics: Vec<Option<f64>>,
}

/// A finished trial as the record has it.
#[derive(Clone, Debug)]
pub struct FinishedTrial {
    /// How it ended.
    pub summary: Summary,
    /// Its key in the history table.
    number: i64,
    digest: String,
}

/// A point of the plan, with its trial if that has finished.
#[derive(Clone, Debug)]
pub struct RecordedPoint {
    /// The trial's id.
    pub trial: String,
    /// Swept key -> value.
    pub values: Map<String, Value>,
    /// The trial.
    pub finished: Option<FinishedTrial>,
}

/// What [`FinishedTrial::from_row`] reads, in its order.
const COLUMNS: &str = "number, digest, engine, status, reason, ended_at, final_cost, train_cost, train_accuracy, \
                       test_accuracy, test_cost, validation_accuracy, validation_cost, drift, seconds, metrics";

impl FinishedTrial {
    /// From [`COLUMNS`], which begin at column `first`.
    fn from_row(row: &Row, first: usize) -> rusqlite::Result<Self> {
        let summary = Summary {
            engine: row.get(first + 2)?,
            status: row.get(first + 3)?,
            reason: row.get(first + 4)?,
            ended_at: row.get(first + 5)?,
            final_cost: row.get(first + 6)?,
            train_cost: row.get(first + 7)?,
            train_accuracy: row.get(first + 8)?,
            test_accuracy: row.get(first + 9)?,
            test_cost: row.get(first + 10)?,
            validation_accuracy: row.get(first + 11)?,
            validation_cost: row.get(first + 12)?,
            drift: row.get(first + 13)?,
            seconds: row.get(first + 14)?,
            metrics: serde_json::from_str(&row.get::<_, String>(first + 15)?).unwrap_or_default(),
        };
        Ok(FinishedTrial { summary, number: row.get(first)?, digest: row.get(first + 1)? })
    }
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
}

impl Summary {
    /// Of a trial that has just ended.
    pub fn of(engine: Engine, outcome: &Outcome) -> Self {
        let (reason, ended_at) = match &outcome.status {
            Status::Completed => (Some("all iterations were made".to_owned()), None),
            Status::Stopped { iteration, reason } | Status::Diverged { iteration, reason } => {
                (Some(reason.clone()), Some(*iteration as i64))
            }
            Status::Failed { reason } => (Some(reason.clone()), None),
        };
        // A cost that has overflowed is no number for a table.
        let cost = |score: Option<Score>| score.map(|score| score.cost).filter(|cost| cost.is_finite());
        let accuracy = |score: Option<Score>| score.and_then(|score| score.accuracy);
        Summary {
            engine: engine.name().to_owned(),
            status: outcome.status.name().to_owned(),
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

    /// SHA-256 over the results that are stored of trial `id`, itself a hash of its configuration: SQLite keeps no
    /// checksum of its pages, and a flipped bit must not become a result.
    pub fn digest(&self, id: &str, history: &[Recorded]) -> String {
        let mut sha256 = Sha256::new();
        sha256.update(json!([id, self]).to_string());
        for Recorded { iteration, cost, metrics } in history {
            sha256.update(iteration.to_le_bytes());
            sha256.update(cost.to_bits().to_le_bytes());
            for value in metrics {
                sha256.update(value.unwrap_or(f64::NAN).to_bits().to_le_bytes());
            }
        }
        hex(&sha256.finalize())
    }
}

impl Record {
    /// Ids of the trials that need not run again: the completed and the diverged ones that are as they were stored.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn finished(&self) -> Result<HashSet<String>, Error> {
        let select = format!("SELECT id, {COLUMNS} FROM trial WHERE status <> 'failed'");
        let trials = self.rows(&select, [], |row| Ok((row.get::<_, String>(0)?, FinishedTrial::from_row(row, 1)?)))?;
        let mut intact = HashSet::new();
        for (id, trial) in trials {
            match self.history(&id, &trial) {
                Ok(_) => drop(intact.insert(id)),
                Err(Error::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(intact)
    }

    /// How many planned trials came from a machine other than `number`.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn from_other_machines(&self, number: i64) -> Result<usize, Error> {
        let count = "SELECT COUNT(*) FROM trial WHERE machine <> ?1 AND id IN (SELECT trial FROM plan)";
        let count: i64 = self.connection.query_row(count, [number], |row| row.get(0)).map_err(at(&self.path))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// The name and description of the experiment, if one was planned here.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn experiment(&self) -> Result<Option<(String, String)>, Error> {
        let select = "SELECT name, description FROM experiment";
        let row = self.connection.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?)));
        row.optional().map_err(at(&self.path))
    }

    /// The swept keys in order.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn axes(&self) -> Result<Vec<String>, Error> {
        self.rows("SELECT key FROM axis ORDER BY position", [], |row| row.get(0))
    }

    /// Every point of the plan in order.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn points(&self) -> Result<Vec<RecordedPoint>, Error> {
        let select = format!(
            "SELECT plan.trial, plan.point, {COLUMNS} FROM plan LEFT JOIN trial ON trial.id = plan.trial \
             ORDER BY position"
        );
        self.rows(&select, [], |row| {
            let values = serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default();
            let is_finished = row.get::<_, Option<i64>>(2)?.is_some();
            let finished = is_finished.then(|| FinishedTrial::from_row(row, 2)).transpose()?;
            Ok(RecordedPoint { trial: row.get(0)?, values, finished })
        })
    }

    /// The history of trial `id`.
    ///
    /// # Errors
    /// If the database can't be read, or the trial is not what was stored.
    pub fn history(&self, id: &str, trial: &FinishedTrial) -> Result<Vec<Recorded>, Error> {
        let select = "SELECT iteration, cost, metrics FROM history WHERE trial = ?1 ORDER BY iteration";
        let history = self.rows(select, [trial.number], |row| {
            let metrics = row.get::<_, Option<String>>(2)?.map(|list| serde_json::from_str(&list).unwrap_or_default());
            Ok(Recorded { iteration: row.get(0)?, cost: row.get(1)?, metrics: metrics.unwrap_or_default() })
        })?;
        if trial.summary.digest(id, &history) == trial.digest {
            Ok(history)
        } else {
            Err(Error::Damaged { path: self.path.clone(), trial: id.to_owned() })
        }
    }

    fn rows<T>(
        &self,
        select: &str,
        parameters: impl rusqlite::Params,
        row: impl FnMut(&rusqlite::Row) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let read =
            || self.connection.prepare_cached(select)?.query_map(parameters, row)?.collect::<Result<Vec<T>, _>>();
        read().map_err(at(&self.path))
    }
}
