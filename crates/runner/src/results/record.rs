//! The record of a sweep, `results.db`: SQLite in WAL mode, one transaction a finished trial.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use serde_json::{Map, Value, json};

use crate::machine::Machine;
use crate::sweep::plan::{Plan, Trial};
use crate::sweep::trial::{Outcome, Status};

/// The layout of the tables in record.sql; a record of another one is refused rather than guessed at.
const SCHEMA: i64 = 1;
const DATABASE: &str = "results.db";

/// What can go wrong with a results directory.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused a file or directory.
    #[error("{}: {reason}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// SQLite refused.
    #[error("{}: {reason}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// Another process writes here.
    #[error("{}: another runner is at work here; wait for it, or choose another directory with --out", .0.display())]
    Locked(PathBuf),
    /// There is no record.
    #[error("{}: no results here (there is no {DATABASE}); run a sweep first", .0.display())]
    Missing(PathBuf),
    /// The record has another layout.
    #[error("{}: the record has schema {found}, this runner reads {SCHEMA}; use --fresh or another --out", path.display())]
    Schema {
        /// The database.
        path: PathBuf,
        /// Its schema number.
        found: i64,
    },
}

impl Error {
    /// An error of the system at `path`.
    pub fn io(path: &Path, error: &std::io::Error) -> Self {
        Error::Io { path: path.to_owned(), reason: error.to_string() }
    }
}

/// An open record.
pub struct Record {
    path: PathBuf,
    connection: Connection,
    /// Held while the record is open for writing; the kernel frees it when the process ends, however it ends.
    _lock: Option<File>,
}

/// A finished trial as the record has it.
#[derive(Clone, Debug)]
pub struct FinishedTrial {
    /// Its key in the history table.
    pub number: i64,
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
    /// Wall time.
    pub seconds: f64,
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

impl Record {
    /// Opens the record of `folder` for writing, and makes both if they aren't there.
    ///
    /// # Errors
    /// If the directory can't be made or written, is in use, or holds a record of another schema.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|error| Error::io(folder, &error))?;
        let lock_path = folder.join(".lock");
        let lock = File::create(&lock_path).map_err(|error| Error::io(&lock_path, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked(folder.to_owned())),
            Err(TryLockError::Error(error)) => return Err(Error::io(&lock_path, &error)),
        }
        let path = folder.join(DATABASE);
        let connection = Connection::open(&path).map_err(at(&path))?;
        let mut record = Record { path, connection, _lock: Some(lock) };
        record.prepare()?;
        Ok(record)
    }

    /// Opens the record of `folder` for reading.
    ///
    /// # Errors
    /// If there is none, or it has another schema.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(DATABASE);
        if !path.is_file() {
            return Err(Error::Missing(folder.to_owned()));
        }
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(at(&path))?;
        let record = Record { path, connection, _lock: None };
        match record.schema()? {
            SCHEMA => Ok(record),
            found => Err(Error::Schema { path: record.path, found }),
        }
    }

    fn schema(&self) -> Result<i64, Error> {
        self.connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(at(&self.path))
    }

    fn prepare(&mut self) -> Result<(), Error> {
        let path = self.path.clone();
        let found = self.schema()?;
        let fresh = found == 0;
        if !fresh && found != SCHEMA {
            return Err(Error::Schema { path, found });
        }
        let set_up = |connection: &mut Connection| {
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // Every commit is on the disk before it is believed.
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            if fresh {
                let transaction = connection.transaction()?;
                transaction.execute_batch(include_str!("record.sql"))?;
                transaction.pragma_update(None, "user_version", SCHEMA)?;
                transaction.commit()?;
            }
            Ok(())
        };
        set_up(&mut self.connection).map_err(at(&path))
    }

    /// Puts down what is about to run, in place of what was planned before. Finished trials stay.
    ///
    /// # Errors
    /// If the database can't be written.
    pub fn plan(&mut self, name: &str, description: &str, toml: &str, data: &str, plan: &Plan) -> Result<(), Error> {
        let write = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            transaction.execute_batch("DELETE FROM experiment; DELETE FROM axis; DELETE FROM plan;")?;
            transaction.execute("INSERT INTO experiment VALUES (?1, ?2, ?3, ?4)", [name, description, toml, data])?;
            for (position, axis) in plan.axes.iter().enumerate() {
                let row = params![position as i64, axis.key, axis.scale.name()];
                transaction.execute("INSERT INTO axis VALUES (?1, ?2, ?3)", row)?;
            }
            let mut insert = transaction.prepare("INSERT INTO plan VALUES (?1, ?2, ?3)")?;
            for (position, point) in plan.points.iter().enumerate() {
                let keys = plan.axes.iter().map(|axis| axis.key.clone());
                let values: Map<String, Value> = keys.zip(point.values.iter().cloned()).collect();
                insert.execute(params![position as i64, plan.trials[point.trial].id, json!(values).to_string()])?;
            }
            drop(insert);
            transaction.commit()
        };
        write(&mut self.connection).map_err(at(&self.path))
    }

    /// The number of `machine` in the record, entered if it is new.
    ///
    /// # Errors
    /// If the database can't be written.
    pub fn machine(&mut self, machine: &Machine) -> Result<i64, Error> {
        let enter = |connection: &Connection| {
            let insert = "INSERT INTO machine (fingerprint, toml) VALUES (?1, ?2) ON CONFLICT (fingerprint) DO NOTHING";
            connection.execute(insert, [machine.fingerprint(), machine.to_toml()])?;
            let find = "SELECT number FROM machine WHERE fingerprint = ?1";
            connection.query_row(find, [machine.fingerprint()], |row| row.get(0))
        };
        enter(&self.connection).map_err(at(&self.path))
    }

    /// Ids of the trials that need not run again: the completed and the diverged ones.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn finished(&self) -> Result<HashSet<String>, Error> {
        let ids = self.rows("SELECT id FROM trial WHERE status <> 'failed'", [], |row| row.get(0))?;
        Ok(ids.into_iter().collect())
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

    /// Enters a finished trial with its history, durably, in one transaction. A failed one is replaced.
    ///
    /// # Errors
    /// If the database can't be written; then nothing of the trial is in it.
    pub fn insert(&mut self, trial: &Trial, outcome: &Outcome, machine: i64) -> Result<(), Error> {
        let (reason, diverged_at) = match &outcome.status {
            Status::Completed => (None, None),
            Status::Diverged { iteration } => (None, Some(*iteration as i64)),
            Status::Failed { reason } => (Some(reason), None),
        };
        let final_cost = outcome.history.last().map(|record| record.cost);
        let write = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            transaction.execute("DELETE FROM trial WHERE id = ?1 AND status = 'failed'", [&trial.id])?;
            transaction.execute(
                "INSERT INTO trial (id, config, status, reason, diverged_at, final_cost, train_accuracy, \
                 test_accuracy, seconds, machine) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    trial.id,
                    trial.config.canonical().to_string(),
                    outcome.status.name(),
                    reason,
                    diverged_at,
                    final_cost,
                    outcome.train_accuracy,
                    outcome.test_accuracy,
                    outcome.seconds,
                    machine
                ],
            )?;
            let number = transaction.last_insert_rowid();
            let mut insert = transaction.prepare_cached("INSERT INTO history VALUES (?1, ?2, ?3)")?;
            for record in &outcome.history {
                insert.execute(params![number, record.iteration as i64, record.cost])?;
            }
            drop(insert);
            transaction.commit()
        };
        write(&mut self.connection).map_err(at(&self.path))
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
        let select = "SELECT plan.trial, plan.point, number, status, reason, diverged_at, final_cost, train_accuracy, \
                      test_accuracy, seconds FROM plan LEFT JOIN trial ON trial.id = plan.trial ORDER BY position";
        self.rows(select, [], |row| {
            let finished = |number| {
                Ok::<_, rusqlite::Error>(FinishedTrial {
                    number,
                    status: row.get(3)?,
                    reason: row.get(4)?,
                    diverged_at: row.get(5)?,
                    final_cost: row.get(6)?,
                    train_accuracy: row.get(7)?,
                    test_accuracy: row.get(8)?,
                    seconds: row.get(9)?,
                })
            };
            let values = serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default();
            let number: Option<i64> = row.get(2)?;
            Ok(RecordedPoint { trial: row.get(0)?, values, finished: number.map(finished).transpose()? })
        })
    }

    /// The history of one trial: iterations and costs.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn history(&self, number: i64) -> Result<Vec<(i64, f64)>, Error> {
        let select = "SELECT iteration, cost FROM history WHERE trial = ?1 ORDER BY iteration";
        self.rows(select, [number], |row| Ok((row.get(0)?, row.get(1)?)))
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

fn at(path: &Path) -> impl Fn(rusqlite::Error) -> Error {
    let path = path.to_owned();
    move |error| Error::Database { path: path.clone(), reason: error.to_string() }
}
