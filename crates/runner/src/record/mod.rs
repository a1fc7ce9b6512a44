//! The record of a sweep, `results.db`: SQLite in WAL mode, finished fleets in one transaction, whole.

pub mod entries;
pub mod export;
pub mod files;
pub mod folder;
pub mod halving;
mod journal;
pub mod machines;
pub mod plan;
pub mod seal;
pub mod stored;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use self::folder::{lock, refuse_files, refuse_foreign};
use datasets::files::{OfTheDisk, folder_of, make_folder, sync_folder};

/// The layout of the tables in record.sql; a record of another one is refused rather than guessed at.
const SCHEMA: i64 = 4;
/// How long to wait for another process that has the database.
const BUSY: Duration = Duration::from_secs(30);
/// The file of the record.
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
        reason: io::Error,
    },
    /// A file or directory could not be written.
    #[error(transparent)]
    Write(#[from] datasets::files::Error),
    /// The disk refused SQLite.
    #[error("{}: {reason}", path.display())]
    Disk {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// There is no record, but there are files that it would write over.
    #[error(
        "{}: no record of a sweep is here, but {names}, which a sweep would write over; move that away, or choose another \
         directory with --out", folder.display()
    )]
    Foreign {
        /// The directory.
        folder: PathBuf,
        /// The files.
        names: String,
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
    /// What is stored of the plan is not what was stored.
    #[error(
        "{}: the experiment, its axes or its plan are not what was stored; run the sweep again to write them anew, or \
         `runner verify` to see what else differs",
        .0.display()
    )]
    DamagedPlan(PathBuf),
    /// The record has another layout.
    #[error(
        "{}: the record has schema {found}, this runner reads {SCHEMA}: another release wrote it; use --fresh or another --out",
        path.display()
    )]
    Schema {
        /// The database.
        path: PathBuf,
        /// Its schema number.
        found: i64,
    },
}

impl Error {
    /// An error of the system at `path`.
    pub fn io(path: &Path, reason: io::Error) -> Self {
        Error::Io { path: path.to_owned(), reason }
    }
}

impl OfTheDisk for Error {
    fn is_of_the_disk(&self) -> bool {
        match self {
            Error::Io { reason, .. } => reason.is_of_the_disk(),
            Error::Write(error) => error.is_of_the_disk(),
            Error::Disk { .. } => true,
            _ => false,
        }
    }
}

/// An open record.
pub struct Record {
    path: PathBuf,
    connection: Connection,
    /// Held while the record is open for writing; the kernel frees it when the process ends, however it ends.
    lock: Option<File>,
}

impl Record {
    /// Opens the record of `folder` for writing, and makes both if they aren't there.
    ///
    /// # Errors
    /// If the directory can't be made or written, is in use, or holds something else or a damaged record.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        refuse_foreign(folder)?;
        make_folder(folder)?;
        let lock = lock(folder)?;
        let path = folder.join(DATABASE);
        // The directory may be reached by a link, the record may not be one.
        let place = fs::canonicalize(folder).map_err(|error| Error::io(folder, error))?.join(DATABASE);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = Connection::open_with_flags(place, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
        let connection = connection.map_err(at(&path))?;
        let mut record = Record { path, connection, lock: Some(lock) };
        record.prepare(folder)?;
        Ok(record)
    }

    /// Opens the record of `folder` for reading, as it is now: what a sweep adds meanwhile is not seen.
    ///
    /// # Errors
    /// If there is none, or it has another schema, or its plan is not what was stored.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let record = Record::read_unproven(folder)?;
        record.prove_plan()?;
        Ok(record)
    }

    /// [`Record::read`], where the plan may be damaged.
    ///
    /// # Errors
    /// If there is none, or it has another schema, or the database itself is damaged.
    pub fn read_unproven(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(DATABASE);
        if !path.try_exists().map_err(|error| Error::io(&path, error))? {
            return Err(Error::Missing(folder.to_owned()));
        }
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(at(&path))?;
        connection.busy_timeout(BUSY).map_err(at(&path))?;
        let record = Record { path, connection, lock: None };
        record.connection.execute_batch("BEGIN").map_err(at(&record.path))?;
        // A sweep makes the file first and its tables in one transaction.
        if record.number("SELECT COUNT(*) FROM sqlite_master")? == 0 {
            return Err(Error::Missing(folder.to_owned()));
        }
        record.recognise()?;
        Ok(record)
    }

    /// A single number that the database answers with.
    fn number(&self, select: &str) -> Result<i64, Error> {
        self.connection.query_row(select, [], |row| row.get(0)).map_err(at(&self.path))
    }

    fn prepare(&mut self, folder: &Path) -> Result<(), Error> {
        self.connection.busy_timeout(BUSY).map_err(at(&self.path))?;
        let fresh = self.number("SELECT COUNT(*) FROM sqlite_master")? == 0;
        if fresh {
            refuse_files(folder)?;
        } else {
            self.recognise()?;
        }
        self.set_up_journal()?;
        let set_up = |connection: &mut Connection| {
            if fresh {
                let transaction = connection.transaction()?;
                transaction.execute_batch(include_str!("record.sql"))?;
                transaction.pragma_update(None, "application_id", APPLICATION)?;
                transaction.pragma_update(None, "user_version", SCHEMA)?;
                transaction.commit()?;
            }
            Ok(())
        };
        set_up(&mut self.connection).map_err(at(&self.path))?;
        // SQLite passes over it if the names of its files don't reach the disk.
        Ok(sync_folder(folder)?)
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
}

/// SQLite's message without the statement.
fn at(path: &Path) -> impl Fn(rusqlite::Error) -> Error {
    let path = path.to_owned();
    move |error| {
        if let rusqlite::Error::SqliteFailure(code, _) = &error
            && code.code == ErrorCode::CannotOpen
            && let Err(reason) = tempfile::tempfile_in(folder_of(&path))
        {
            // The system says why.
            return Error::io(&path, reason);
        }
        let reason = match &error {
            rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
            rusqlite::Error::SqliteFailure(code, Some(message)) => format!("{message} (SQLite {})", code.extended_code),
            other => other.to_string(),
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => Error::Disk { path: path.clone(), reason },
            _ => Error::Database { path: path.clone(), reason },
        }
    }
}
