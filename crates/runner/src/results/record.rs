//! The record of a sweep, `results.db`: SQLite in WAL mode, finished fleets in one transaction, whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, params};
use serde_json::{Map, Value, json};

use super::stored::{Recorded, Summary};
use crate::atomic_file::UNFINISHED;
use crate::machine::Machine;
use crate::sweep::plan::{Plan, Trial};
use crate::sweep::trial::Outcome;

/// The layout of the tables in record.sql; a record of another one is refused rather than guessed at.
const SCHEMA: i64 = 3;
const DATABASE: &str = "results.db";
/// "LayC": marks the file as ours in SQLite's header.
const APPLICATION: i64 = 0x4c61_7943;

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
    /// The file is no record, or no longer.
    #[error("{}: {reason}; --fresh sets the directory aside, --out chooses another", path.display())]
    NotARecord {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// What is stored of a trial is not what was stored.
    #[error("{}: trial {trial} is damaged in the record; run the sweep again to train it anew", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// The trial's id.
        trial: String,
    },
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
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    /// Held while the record is open for writing; the kernel frees it when the process ends, however it ends.
    _lock: Option<File>,
}

impl Record {
    /// Opens the record of `folder` for writing, and makes both if they aren't there.
    ///
    /// # Errors
    /// If the directory can't be made or written, is in use, or holds something else or a damaged record.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|error| Error::io(folder, &error))?;
        let lock = lock(folder)?;
        remove_unfinished(folder)?;
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
        if !path.try_exists().map_err(|error| Error::io(&path, &error))? {
            return Err(Error::Missing(folder.to_owned()));
        }
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(at(&path))?;
        let record = Record { path, connection, _lock: None };
        if record.number("SELECT COUNT(*) FROM sqlite_master")? > 0 {
            record.is_ours()?;
        }
        match record.number("PRAGMA user_version")? {
            SCHEMA => Ok(record),
            0 => Err(Error::Missing(folder.to_owned())),
            found => Err(Error::Schema { path: record.path, found }),
        }
    }

    /// A single number that the database answers with.
    fn number(&self, select: &str) -> Result<i64, Error> {
        self.connection.query_row(select, [], |row| row.get(0)).map_err(at(&self.path))
    }

    fn prepare(&mut self) -> Result<(), Error> {
        self.connection.busy_timeout(Duration::from_secs(30)).map_err(at(&self.path))?;
        let fresh = self.number("SELECT COUNT(*) FROM sqlite_master")? == 0;
        if !fresh {
            self.recognise()?;
        }
        let set_up = |connection: &mut Connection| {
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // Every commit is on the disk before it is believed.
            connection.pragma_update(None, "synchronous", "FULL")?;
            if fresh {
                let transaction = connection.transaction()?;
                transaction.execute_batch(include_str!("record.sql"))?;
                transaction.pragma_update(None, "application_id", APPLICATION)?;
                transaction.pragma_update(None, "user_version", SCHEMA)?;
                transaction.commit()?;
            }
            Ok(())
        };
        set_up(&mut self.connection).map_err(at(&self.path))
    }

    /// Refuses a database that is another program's, of another schema, or damaged.
    fn recognise(&self) -> Result<(), Error> {
        self.is_ours()?;
        let found = self.number("PRAGMA user_version")?;
        if found != SCHEMA {
            return Err(Error::Schema { path: self.path.clone(), found });
        }
        let check = self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
        match check.map_err(at(&self.path))?.as_str() {
            "ok" => Ok(()),
            problem => {
                let reason = format!("the record is damaged ({})", problem.replace('\n', " "));
                Err(Error::NotARecord { path: self.path.clone(), reason })
            }
        }
    }

    fn is_ours(&self) -> Result<(), Error> {
        if self.number("PRAGMA application_id")? == APPLICATION {
            return Ok(());
        }
        let reason = "this is another program's database".to_owned();
        Err(Error::NotARecord { path: self.path.clone(), reason })
    }

    /// Ends writing: afterwards one file holds everything, and can be read where nothing can be written.
    ///
    /// # Errors
    /// If the database can't be written.
    pub fn close(self) -> Result<(), Error> {
        self.connection.pragma_update(None, "journal_mode", "DELETE").map_err(at(&self.path))
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
                let factor = axis.factor.map(|factor| factor as i64);
                let row = params![position as i64, axis.key, axis.scale.name(), factor];
                transaction.execute("INSERT INTO axis VALUES (?1, ?2, ?3, ?4)", row)?;
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

    /// Enters finished trials with their histories, durably, in one transaction. One that failed before, or was damaged,
    /// is replaced.
    ///
    /// # Errors
    /// If the database can't be written; then nothing of these trials is in it.
    pub fn insert(&mut self, finished: &[(&Trial, Outcome)], machine: i64) -> Result<(), Error> {
        let write = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            for (trial, outcome) in finished {
                insert_one(&transaction, trial, outcome, machine)?;
            }
            transaction.commit()
        };
        write(&mut self.connection).map_err(at(&self.path))
    }
}

fn insert_one(transaction: &Transaction, trial: &Trial, outcome: &Outcome, machine: i64) -> rusqlite::Result<()> {
    let summary = Summary::of(trial.engine, outcome);
    let history = Recorded::all_of(outcome);
    let digest = summary.digest(&trial.id, &history);
    let old = "DELETE FROM history WHERE trial = (SELECT number FROM trial WHERE id = ?1)";
    transaction.prepare_cached(old)?.execute([&trial.id])?;
    transaction.prepare_cached("DELETE FROM trial WHERE id = ?1")?.execute([&trial.id])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO trial (id, config, engine, status, reason, ended_at, final_cost, train_cost, train_accuracy, \
         test_accuracy, test_cost, validation_accuracy, validation_cost, drift, seconds, metrics, machine, digest) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    )?;
    insert.execute(params![
        trial.id,
        trial.config.canonical().to_string(),
        summary.engine,
        summary.status,
        summary.reason,
        summary.ended_at,
        summary.final_cost,
        summary.train_cost,
        summary.train_accuracy,
        summary.test_accuracy,
        summary.test_cost,
        summary.validation_accuracy,
        summary.validation_cost,
        summary.drift,
        summary.seconds,
        json!(summary.metrics).to_string(),
        machine,
        digest
    ])?;
    let number = transaction.last_insert_rowid();
    let mut insert = transaction.prepare_cached("INSERT INTO history VALUES (?1, ?2, ?3, ?4)")?;
    for Recorded { iteration, cost, metrics } in history {
        let metrics = (!metrics.is_empty()).then(|| json!(metrics).to_string());
        insert.execute(params![number, iteration, cost, metrics])?;
    }
    Ok(())
}

/// Takes the directory for this process. The kernel frees it when the process ends, however it ends.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(".lock");
    let open = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let lock = open.map_err(|error| Error::io(&path, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(Error::io(&path, &error)),
    }
}

/// Removes what a killed run has left half written. Nobody else writes here while the lock is held.
fn remove_unfinished(folder: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(|error| Error::io(folder, &error))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let unfinished = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED));
        if unfinished {
            fs::remove_file(&path).map_err(|error| Error::io(&path, &error))?;
        }
    }
    Ok(())
}

/// Renames `folder`, unless another runner is at work in it, to the first free `folder.1`, `folder.2`, …
///
/// # Errors
/// If it is in use, or can't be renamed.
pub fn set_aside(folder: &Path) -> Result<PathBuf, Error> {
    let is_results =
        folder.join(DATABASE).exists() || fs::read_dir(folder).is_ok_and(|mut files| files.next().is_none());
    if !is_results {
        let reason = "this directory holds something other than results".to_owned();
        return Err(Error::NotARecord { path: folder.to_owned(), reason });
    }
    let _lock = lock(folder)?;
    let numbered = |number: usize| {
        let mut name = folder.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    let free = (1..).map(numbered).find(|path| !path.exists()).unwrap_or_else(|| numbered(0));
    fs::rename(folder, &free).map_err(|error| Error::io(folder, &error))?;
    Ok(free)
}

/// SQLite's message without the statement.
pub(super) fn at(path: &Path) -> impl Fn(rusqlite::Error) -> Error {
    let path = path.to_owned();
    move |error| {
        let reason = match &error {
            rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
            rusqlite::Error::SqliteFailure(code, Some(message)) => format!("{message} (SQLite {})", code.extended_code),
            other => other.to_string(),
        };
        Error::Database { path: path.clone(), reason }
    }
}
