//! Finished trials read from the record and compared with their digests.

use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension, Row};
use serde_json::{Map, Value};

use super::Record;
use super::error::{Error, at};
use super::seal::Seal;
use super::summary::{Recorded, Summary};
use crate::plan::trial::trial_id;
use crate::run::outcome::Status;
use crate::spec::sweep_keys::Objective;

/// A finished trial of the record.
#[derive(Clone, Debug)]
pub struct FinishedTrial {
    /// Its results.
    pub summary: Summary,
    /// The number of the machine in the record.
    pub machine: i64,
    /// Its key in the history table.
    pub(super) number: i64,
    digest: String,
    /// The seal of everything but the history.
    seal: Seal,
    /// Whether its id is the hash of its configuration and data.
    is_itself: bool,
}

/// Everything that is needed to train a finished trial again.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Its canonical configuration.
    pub config: String,
    /// The description of the data that is hashed into its id.
    pub data: String,
    /// The ids of the trials of its fleet, in their order.
    pub fleet: Vec<String>,
    /// The number of its machine in the record.
    pub machine: i64,
    /// The trial as it is recorded.
    pub trial: FinishedTrial,
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

/// A swept key as the record has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedAxis {
    /// The key, such as `train.learning_rate`.
    pub key: String,
    /// The name of its [`crate::spec::axis::Scale`].
    pub scale: String,
}

/// The columns that [`FinishedTrial::from_row`] reads, in its order: those without a seal, then the sealed ones.
const COLUMNS: &str = "trial.number, trial.digest, trial.machine, trial.id, trial.config, trial.engine, trial.status, \
                       trial.reason, trial.ended_at, trial.final_cost, trial.train_cost, trial.train_accuracy, \
                       trial.test_accuracy, trial.test_cost, trial.validation_accuracy, trial.validation_cost, trial.drift, \
                       trial.seconds, trial.metrics, machine.fingerprint, machine.toml, data.said, fleet.trials";
/// The number of columns that are not sealed.
const NOT_SEALED: usize = 3;
/// The tables that a trial refers to.
const REFERENCES: &str = "LEFT JOIN machine ON machine.number = trial.machine LEFT JOIN data ON data.number = trial.data \
                          LEFT JOIN fleet ON fleet.number = trial.fleet";

impl FinishedTrial {
    /// Reads [`COLUMNS`], which begin at column `first` and end the row.
    fn from_row(row: &Row, first: usize) -> rusqlite::Result<Self> {
        let first_sealed = first + NOT_SEALED;
        let (id, config, said): (String, String, Option<String>) =
            (row.get(first_sealed)?, row.get(first_sealed + 1)?, row.get(first_sealed + 18)?);
        let of = first_sealed + 2;
        let summary = Summary {
            engine: row.get(of)?,
            // An unknown status was not written by this program, so that the seal fails too.
            status: Status::from_name(&row.get::<_, String>(of + 1)?).unwrap_or_default(),
            reason: row.get(of + 2)?,
            ended_at: row.get(of + 3)?,
            final_cost: row.get(of + 4)?,
            train_cost: row.get(of + 5)?,
            train_accuracy: row.get(of + 6)?,
            test_accuracy: row.get(of + 7)?,
            test_cost: row.get(of + 8)?,
            validation_accuracy: row.get(of + 9)?,
            validation_cost: row.get(of + 10)?,
            drift: row.get(of + 11)?,
            seconds: row.get(of + 12)?,
            metrics: serde_json::from_str(&row.get::<_, String>(of + 13)?).unwrap_or_default(),
        };
        let mut seal = Seal::of("trial");
        seal.add_row(row, first_sealed)?;
        let is_itself = said.is_some_and(|said| trial_id(&config, &said) == id);
        let (number, digest, machine) = (row.get(first)?, row.get(first + 1)?, row.get(first + 2)?);
        Ok(FinishedTrial { summary, machine, number, digest, seal, is_itself })
    }
}

impl RecordedPoint {
    /// Returns the loss of the point, see [`Summary::loss`].
    pub fn loss(&self, objective: Objective) -> Option<f64> {
        self.finished.as_ref()?.summary.loss(objective)
    }
}

impl Record {
    /// Returns the trials that need not run again, which are completed or diverged and as they were stored, and the
    /// trials that are damaged.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn finished(&self) -> Result<(HashSet<String>, Vec<String>), Error> {
        let select = format!("SELECT trial.id, {COLUMNS} FROM trial {REFERENCES}");
        let trials = self.rows(&select, [], |row| Ok((row.get::<_, String>(0)?, FinishedTrial::from_row(row, 1)?)))?;
        let (mut intact, mut damaged) = (HashSet::new(), Vec::new());
        for (id, trial) in trials {
            match self.history(&id, &trial) {
                Ok(_) if trial.summary.status == Status::Failed => {}
                Ok(_) => drop(intact.insert(id)),
                Err(Error::Damaged { .. }) => damaged.push(id),
                Err(error) => return Err(error),
            }
        }
        Ok((intact, damaged))
    }

    /// Reads the recipes of the trials with these ids.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn recipes(&self, ids: &HashSet<String>) -> Result<HashMap<String, Recipe>, Error> {
        let select =
            format!("SELECT trial.id, trial.config, data.said, fleet.trials, {COLUMNS} FROM trial {REFERENCES}");
        let recipes = self.rows(&select, [], |row| {
            let trial = FinishedTrial::from_row(row, 4)?;
            let fleet = serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default();
            let recipe = Recipe { config: row.get(1)?, data: row.get(2)?, fleet, machine: trial.machine, trial };
            Ok((row.get::<_, String>(0)?, recipe))
        })?;
        Ok(recipes.into_iter().filter(|(id, _)| ids.contains(id)).collect())
    }

    /// Counts the rows that refer to a missing row.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn lost_references(&self) -> Result<usize, Error> {
        Ok(self.rows("PRAGMA foreign_key_check", [], |_| Ok(()))?.len())
    }

    /// Reads the name and description of the experiment; `None` if none was planned here.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn experiment(&self) -> Result<Option<(String, String)>, Error> {
        let select = "SELECT name, description FROM experiment";
        let row = self.connection.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?)));
        row.optional().map_err(at(&self.path))
    }

    /// Reads the swept keys in order.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn axes(&self) -> Result<Vec<String>, Error> {
        self.rows("SELECT key FROM axis ORDER BY position", [], |row| row.get(0))
    }

    /// The swept keys in order, with how they were given.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn recorded_axes(&self) -> Result<Vec<RecordedAxis>, Error> {
        let select = "SELECT key, scale FROM axis ORDER BY position";
        self.rows(select, [], |row| Ok(RecordedAxis { key: row.get(0)?, scale: row.get(1)? }))
    }

    /// Every point of the plan in order.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn points(&self) -> Result<Vec<RecordedPoint>, Error> {
        let select = format!(
            "SELECT plan.trial, plan.point, {COLUMNS} FROM plan LEFT JOIN trial ON trial.id = plan.trial {REFERENCES} \
             ORDER BY position"
        );
        self.rows(&select, [], |row| {
            let values = serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default();
            let is_finished = row.get::<_, Option<i64>>(2)?.is_some();
            let finished = is_finished.then(|| FinishedTrial::from_row(row, 2)).transpose()?;
            Ok(RecordedPoint { trial: row.get(0)?, values, finished })
        })
    }

    /// Reads the history of trial `id`.
    ///
    /// # Errors
    /// If the database can't be read, or the trial differs from what was stored.
    pub fn history(&self, id: &str, trial: &FinishedTrial) -> Result<Vec<Recorded>, Error> {
        let select = "SELECT iteration, cost, metrics FROM history WHERE trial = ?1 ORDER BY iteration";
        let mut seal = trial.seal.clone();
        let history = self.rows(select, [trial.number], |row| {
            seal.add_row(row, 0)?;
            let metrics = row.get::<_, Option<String>>(2)?.map(|list| serde_json::from_str(&list).unwrap_or_default());
            Ok(Recorded { iteration: row.get(0)?, cost: row.get(1)?, metrics: metrics.unwrap_or_default() })
        });
        if trial.is_itself && seal.hex() == trial.digest {
            history
        } else {
            Err(Error::Damaged { path: self.path.clone(), trial: id.to_owned() })
        }
    }

    pub(super) fn rows<T>(
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
