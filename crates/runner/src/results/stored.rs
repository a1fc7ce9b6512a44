//! What the record holds of finished trials, read back and compared with its digest.

use std::collections::HashSet;

use net::Engine;
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
    /// Why it failed.
    pub reason: Option<String>,
    /// Where it diverged.
    pub diverged_at: Option<i64>,
    /// The last recorded cost.
    pub final_cost: Option<f64>,
    /// After the last update.
    pub train_accuracy: Option<f64>,
    /// After the last update.
    pub test_accuracy: Option<f64>,
    /// J of the test examples after the last update.
    pub test_cost: Option<f64>,
    /// The most that the dual engine's z\[1\] was off, see [`net::Trained::drift`].
    pub drift: Option<f64>,
    /// Its share of its fleet's wall time.
    pub seconds: f64,
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
const COLUMNS: &str = "number, digest, engine, status, reason, diverged_at, final_cost, train_accuracy, test_accuracy, \
                       test_cost, drift, seconds";

impl FinishedTrial {
    /// From [`COLUMNS`], which begin at column `first`.
    fn from_row(row: &Row, first: usize) -> rusqlite::Result<Self> {
        let summary = Summary {
            engine: row.get(first + 2)?,
            status: row.get(first + 3)?,
            reason: row.get(first + 4)?,
            diverged_at: row.get(first + 5)?,
            final_cost: row.get(first + 6)?,
            train_accuracy: row.get(first + 7)?,
            test_accuracy: row.get(first + 8)?,
            test_cost: row.get(first + 9)?,
            drift: row.get(first + 10)?,
            seconds: row.get(first + 11)?,
        };
        Ok(FinishedTrial { summary, number: row.get(first)?, digest: row.get(first + 1)? })
    }
}

impl Summary {
    /// Of a trial that has just ended.
    pub fn of(engine: Engine, outcome: &Outcome) -> Self {
        let (reason, diverged_at) = match &outcome.status {
            Status::Completed => (None, None),
            Status::Diverged { iteration } => (None, Some(*iteration as i64)),
            Status::Failed { reason } => (Some(reason.clone()), None),
        };
        Summary {
            engine: engine.name().to_owned(),
            status: outcome.status.name().to_owned(),
            reason,
            diverged_at,
            final_cost: outcome.history.last().map(|record| record.cost),
            train_accuracy: outcome.train_accuracy,
            test_accuracy: outcome.test_accuracy,
            test_cost: outcome.test_cost,
            drift: outcome.drift,
            seconds: outcome.seconds,
        }
    }

    /// SHA-256 over the results that are stored of trial `id`, itself a hash of its configuration: SQLite keeps no
    /// checksum of its pages, and a flipped bit must not become a result.
    pub fn digest(&self, id: &str, history: &[(i64, f64)]) -> String {
        let mut sha256 = Sha256::new();
        sha256.update(json!([id, self]).to_string());
        for (iteration, cost) in history {
            sha256.update(iteration.to_le_bytes());
            sha256.update(cost.to_bits().to_le_bytes());
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

    /// The history of trial `id`: iterations and costs.
    ///
    /// # Errors
    /// If the database can't be read, or the trial is not what was stored.
    pub fn history(&self, id: &str, trial: &FinishedTrial) -> Result<Vec<(i64, f64)>, Error> {
        let select = "SELECT iteration, cost FROM history WHERE trial = ?1 ORDER BY iteration";
        let history = self.rows(select, [trial.number], |row| Ok((row.get(0)?, row.get(1)?)))?;
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
