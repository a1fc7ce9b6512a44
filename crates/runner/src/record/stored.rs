//! Finished trials as the record has them: their results, recipes and histories, and whether they are what was stored.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use rusqlite::{OptionalExtension, Row};

use super::Record;
use super::columns::STORED;
use super::error::{Error, at};
use super::seal::Seal;
use super::summary::{Recorded, Summary};
use crate::plan::trial::trial_id;
use crate::run::outcome::Status;

/// A finished trial of the record.
#[derive(Clone, Debug)]
pub struct FinishedTrial {
    /// Its results.
    pub summary: Summary,
    /// Its canonical configuration.
    pub config: String,
    /// The number of the machine in the record.
    pub machine: i64,
    /// Its key in the history table.
    pub(super) number: i64,
    pub(super) digest: String,
    /// Over all but the history.
    pub(super) seal: Seal,
    /// True if the id is the hash of the configuration and the data.
    is_itself: bool,
}

/// The key with which a clock may end a training, as a canonical configuration has it.
pub(super) const CLOCK: &str = "\"train.stop_seconds\"";

/// Everything that is needed to train a finished trial again.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The description of the data in its id.
    pub data: String,
    /// The ids of the trials of its fleet, in their order.
    pub fleet: Vec<String>,
    /// The trial.
    pub trial: FinishedTrial,
}

/// The columns that [`FinishedTrial::from_row`] reads, in its order: those without a seal, then the sealed ones.
pub(super) static COLUMNS: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<_> = STORED.iter().map(|column| format!("trial.{}", column.name)).collect();
    format!(
        "trial.number, trial.digest, trial.machine, trial.id, trial.config, {}, trial.metrics, machine.fingerprint, \
         machine.toml, data.said, fleet.trials",
        names.join(", ")
    )
});
/// The number of columns that are not sealed.
pub(super) const NOT_SEALED: usize = 3;
/// The tables that a trial refers to.
pub(super) const REFERENCES: &str = "LEFT JOIN machine ON machine.number = trial.machine LEFT JOIN data ON data.number = trial.data \
                          LEFT JOIN fleet ON fleet.number = trial.fleet";

/// The sealed columns of a trial's history.
pub(super) const HISTORY: &str = "SELECT iteration, cost, metrics FROM history WHERE trial = ?1 ORDER BY iteration";

impl FinishedTrial {
    /// Reads [`COLUMNS`], which begin at column `first` and end the row.
    pub(super) fn from_row(row: &Row, first: usize) -> rusqlite::Result<Self> {
        let first_sealed = first + NOT_SEALED;
        let (id, config): (String, String) = (row.get(first_sealed)?, row.get(first_sealed + 1)?);
        let first_column = first_sealed + 2;
        let mut summary = Summary::default();
        for (place, column) in STORED.iter().enumerate() {
            column.restore(&mut summary, row.get(first_column + place)?);
        }
        let metrics = first_column + STORED.len();
        summary.metrics = serde_json::from_str(&row.get::<_, String>(metrics)?).unwrap_or_default();
        let said: Option<String> = row.get(metrics + 3)?;
        let mut seal = Seal::of("trial");
        seal.add_row(row, first_sealed)?;
        let is_itself = said.is_some_and(|said| trial_id(&config, &said) == id);
        let (number, digest, machine) = (row.get(first)?, row.get(first + 1)?, row.get(first + 2)?);
        Ok(FinishedTrial { summary, config, machine, number, digest, seal, is_itself })
    }

    /// Returns whether a clock may have ended the trial, which then doesn't repeat.
    pub fn is_timed(&self) -> bool {
        self.config.contains(CLOCK)
    }

    /// Makes a trial of these results, for tests.
    #[cfg(test)]
    pub(crate) fn of(summary: Summary) -> Self {
        let (config, digest, seal) = ("{}".to_owned(), String::new(), Seal::of("trial"));
        FinishedTrial { summary, config, machine: 1, number: 1, digest, seal, is_itself: true }
    }

    /// Returns whether the trial is what was stored, by its seal with its history in it.
    pub(super) fn is_sound(&self, with_history: &Seal) -> bool {
        self.is_itself && with_history.hex() == self.digest
    }
}

/// The ids of finished trials.
#[derive(Debug)]
pub struct Finished {
    /// The trials that need not run again: completed or diverged, and as they were stored.
    pub intact: HashSet<String>,
    /// The trials that are not what was stored, in the order of the record.
    pub damaged: Vec<String>,
}

impl Recipe {
    /// Reads an id with its recipe: the data, the fleet, and [`COLUMNS`] after them; `None` if the data or the fleet is lost.
    fn from_row(row: &Row) -> rusqlite::Result<Option<(String, Self)>> {
        let (Some(data), Some(fleet)) = (row.get(1)?, row.get::<_, Option<String>>(2)?) else { return Ok(None) };
        let fleet = serde_json::from_str(&fleet).unwrap_or_default();
        Ok(Some((row.get(0)?, Recipe { data, fleet, trial: FinishedTrial::from_row(row, 3)? })))
    }
}

impl Record {
    /// Proves every finished trial, of whatever plan.
    pub fn finished(&self) -> Result<Finished, Error> {
        let trials = self.finished_trials()?;
        let damaged = self.damaged(trials.iter().map(|(id, trial)| (&**id, trial)))?;
        let repeats = |(_, trial): &&(String, FinishedTrial)| trial.summary.status != Status::Failed;
        let intact = trials.iter().filter(|(id, _)| !damaged.contains(id)).filter(repeats).map(|(id, _)| id.clone());
        let in_order = trials.iter().map(|(id, _)| id).filter(|id| damaged.contains(*id));
        Ok(Finished { intact: intact.collect(), damaged: in_order.cloned().collect() })
    }

    /// Reads all finished trials by their ids, of whatever plan.
    pub fn finished_trials(&self) -> Result<Vec<(String, FinishedTrial)>, Error> {
        let select = format!("SELECT trial.id, {} FROM trial {REFERENCES}", *COLUMNS);
        self.rows(&select, [], |row| Ok((row.get(0)?, FinishedTrial::from_row(row, 1)?)))
    }

    /// Reads the finished trial with this id; `None` if there is none.
    pub fn finished_trial(&self, id: &str) -> Result<Option<FinishedTrial>, Error> {
        let select = format!("SELECT {} FROM trial {REFERENCES} WHERE trial.id = ?1", *COLUMNS);
        self.row(&select, [id], |row| FinishedTrial::from_row(row, 0))
    }

    /// Reads the recipes of all finished trials by their ids, of whatever plan; without those whose data or fleet is lost.
    pub fn recipes(&self) -> Result<HashMap<String, Recipe>, Error> {
        let select = format!("SELECT trial.id, data.said, fleet.trials, {} FROM trial {REFERENCES}", *COLUMNS);
        Ok(self.rows(&select, [], Recipe::from_row)?.into_iter().flatten().collect())
    }

    /// Reads the recipe of the finished trial with this id; `None` if there is none, or its data or fleet is lost.
    pub fn recipe(&self, id: &str) -> Result<Option<Recipe>, Error> {
        let select = format!(
            "SELECT trial.id, data.said, fleet.trials, {} FROM trial {REFERENCES} WHERE trial.id = ?1",
            *COLUMNS
        );
        Ok(self.row(&select, [id], Recipe::from_row)?.flatten().map(|(_, recipe)| recipe))
    }

    /// Counts the rows that refer to a missing row.
    pub fn lost_references(&self) -> Result<usize, Error> {
        Ok(self.rows("PRAGMA foreign_key_check", [], |_| Ok(()))?.len())
    }

    /// Reads the history of trial `id`.
    ///
    /// # Errors
    /// If the database can't be read, or the trial differs from what was stored.
    pub fn history(&self, id: &str, trial: &FinishedTrial) -> Result<Vec<Recorded>, Error> {
        let mut seal = trial.seal.clone();
        let history = self.rows(HISTORY, [trial.number], |row| {
            seal.add_row(row, 0)?;
            let metrics = row.get::<_, Option<String>>(2)?.map(|list| serde_json::from_str(&list).unwrap_or_default());
            Ok(Recorded { iteration: row.get(0)?, cost: row.get(1)?, metrics: metrics.unwrap_or_default() })
        });
        if trial.is_sound(&seal) {
            history
        } else {
            Err(Error::Damaged { path: self.path.clone(), trial: id.to_owned() })
        }
    }

    /// Reads the first row that `select` returns; `None` if it returns none.
    pub(super) fn row<T>(
        &self,
        select: &str,
        parameters: impl rusqlite::Params,
        row: impl FnOnce(&rusqlite::Row) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        let read = || self.connection.prepare_cached(select)?.query_row(parameters, row).optional();
        read().map_err(at(&self.path))
    }

    /// Returns whether the record has a table of this name.
    pub(super) fn has_table(&self, name: &str) -> Result<bool, Error> {
        let select = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1";
        Ok(self.row(select, [name], |_| Ok(()))?.is_some())
    }

    /// Reads all rows that `select` returns.
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

impl Record {
    /// Finds the ids of those of `trials` that are not what was stored, their histories included.
    pub fn damaged<'t>(
        &self,
        trials: impl Iterator<Item = (&'t str, &'t FinishedTrial)>,
    ) -> Result<HashSet<String>, Error> {
        let mut trials: Vec<_> = trials.collect();
        trials.sort_by_key(|(_, trial)| trial.number);
        trials.dedup_by_key(|(_, trial)| trial.number);
        let read = || {
            let mut damaged = HashSet::new();
            let mut select = self
                .connection
                .prepare("SELECT trial, iteration, cost, metrics FROM history ORDER BY trial, iteration")?;
            let mut rows = select.query([])?;
            let mut row = rows.next()?;
            for (id, trial) in trials {
                let mut seal = trial.seal.clone();
                while let Some(found) = row {
                    let number: i64 = found.get(0)?;
                    if number > trial.number {
                        break;
                    }
                    if number == trial.number {
                        seal.add_row(found, 1)?;
                    }
                    row = rows.next()?;
                }
                if !trial.is_sound(&seal) {
                    damaged.insert(id.to_owned());
                }
            }
            Ok(damaged)
        };
        read().map_err(at(&self.path))
    }

    /// Reads the recorded costs of a trial, which [`Record::damaged`] has proved.
    pub fn costs(&self, trial: &FinishedTrial) -> Result<Vec<f64>, Error> {
        let select = "SELECT cost FROM history WHERE trial = ?1 ORDER BY iteration";
        let costs = self.rows(select, [trial.number], |row| row.get::<_, Option<f64>>(0))?;
        Ok(costs.into_iter().map(|cost| cost.unwrap_or(f64::NAN)).collect())
    }
}
