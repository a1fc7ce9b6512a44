//! Errors of records, each a line that names the file and what to do.

use std::io;
use std::path::{Path, PathBuf};

use datasets::files::{self, DiskFailure, folder_of};
use rusqlite::ErrorCode;

use super::names::DATABASE;
use super::shard_names::command_of;

/// The version of the tables in record.sql. A record of another version is refused.
pub(super) const SCHEMA: i64 = 4;

/// An error of a results directory.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused a file or directory.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's message.
        reason: io::Error,
    },
    /// The record can only be read as a copy, and there is no room for one.
    #[error(
        "{}: a copy of the record can't be made in {} ({reason}); TMPDIR=DIR names another folder for it",
        folder.display(), std::env::temp_dir().display()
    )]
    NoRoomToCopy {
        /// The directory of the record.
        folder: PathBuf,
        /// The system's message.
        reason: io::Error,
    },
    /// A file or directory could not be written.
    #[error(transparent)]
    Write(#[from] files::Error),
    /// The disk refused SQLite.
    #[error("{}: {reason}", path.display())]
    Disk {
        /// The database.
        path: PathBuf,
        /// SQLite's message.
        reason: String,
    },
    /// There is no record, but there are files that a sweep would write over.
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
    /// SQLite refused, for a reason that may be gone later.
    #[error("{}: {reason}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// SQLite's message.
        reason: String,
    },
    /// Another program holds the database.
    #[error(
        "{}: another program reads or writes this record, such as sqlite3 or runner verify; wait for it or end it, and run this again",
        .0.display()
    )]
    Busy(PathBuf),
    /// Another process writes here.
    #[error("{}: another runner is at work here; wait for it, or choose another directory with --out", .0.display())]
    Locked(PathBuf),
    /// The directory has another name now, or is gone.
    #[error("{}: this directory was moved away during the run, and its record with it, or deleted", .0.display())]
    MovedAway(PathBuf),
    /// The database was removed or replaced while it was open, so that what is written to it can't be found.
    #[error("{} was removed or replaced while the sweep ran{}", path.display(), remains(copy.as_deref()))]
    Nameless {
        /// The database.
        path: PathBuf,
        /// A copy of it as it was; `None` if that could not be made.
        copy: Option<PathBuf>,
    },
    /// A file is where the folder of the results should be.
    #[error("{}: this is a file; give the directory of a sweep's results, such as results/depth", .0.display())]
    NoFolder(PathBuf),
    /// There is no record.
    #[error("{}: no results here (there is no {DATABASE}); run a sweep first", .0.display())]
    Missing(PathBuf),
    /// The file is not a record, or is damaged.
    #[error("{}: {reason}; {}", path.display(), begin_anew(folder_of(path)))]
    NotARecord {
        /// The file.
        path: PathBuf,
        /// The reason why not.
        reason: String,
    },
    /// The directory is somebody else's.
    #[error("{}: this directory holds something other than results, and is not set aside; choose another with --out", .0.display())]
    NotResults(PathBuf),
    /// A trial differs from what was stored.
    #[error("{}: trial {trial} is damaged in the record; {} to train it anew", path.display(), run_again(folder_of(path)))]
    Damaged {
        /// The database.
        path: PathBuf,
        /// The trial's id.
        trial: String,
    },
    /// The plan differs from what was stored.
    #[error(
        "{}: the experiment, its axes or its plan are not what was stored; {} to write them anew, or \
         `runner verify` to see what else differs",
        .0.display(), run_again(folder_of(.0))
    )]
    DamagedPlan(PathBuf),
    /// The record has another layout.
    #[error(
        "{}: the record has schema {found}, this runner reads {SCHEMA}: another release wrote it; {}",
        path.display(), begin_anew(folder_of(path))
    )]
    Schema {
        /// The database.
        path: PathBuf,
        /// Its schema number.
        found: i64,
    },
}

/// Says how the sweep whose record is in `folder` is begun anew.
pub fn begin_anew(folder: &Path) -> String {
    match command_of(folder) {
        Some(command) => format!("{command} --fresh begins this shard anew"),
        None => "runner sweep --fresh sets the directory aside, --out chooses another".to_owned(),
    }
}

/// Says what is left of a database without a name.
fn remains(copy: Option<&Path>) -> String {
    match copy {
        Some(copy) => format!("; all trials so far are in {}: move it back and sweep again", copy.display()),
        None => ", and the trials of this run are lost".to_owned(),
    }
}

fn run_again(folder: &Path) -> String {
    command_of(folder).map_or_else(|| "run the sweep again".to_owned(), |command| format!("run {command}"))
}

impl Error {
    /// Returns whether the content of the record is at fault; the message has the remedy.
    pub fn is_damage(&self) -> bool {
        matches!(self, Error::NotARecord { .. } | Error::Damaged { .. } | Error::DamagedPlan(_) | Error::Schema { .. })
    }

    /// Returns whether other records can be read all the same.
    pub fn is_of_one_record(&self) -> bool {
        !matches!(self, Error::NoRoomToCopy { .. })
    }

    /// Makes the error of a system call at `path`.
    pub fn io(path: &Path, reason: io::Error) -> Self {
        Error::Io { path: path.to_owned(), reason }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::other(error)
    }
}

impl DiskFailure for Error {
    fn is_disk_failure(&self) -> bool {
        match self {
            Error::Io { reason, .. } | Error::NoRoomToCopy { reason, .. } => reason.is_disk_failure(),
            Error::Write(error) => error.is_disk_failure(),
            Error::Disk { .. } => true,
            _ => false,
        }
    }
}

/// Converts SQLite's errors at `path`: without the statement, and told apart by whether the disk, the content or something else is
/// at fault.
pub(super) fn at(path: &Path) -> impl Fn(rusqlite::Error) -> Error {
    let path = path.to_owned();
    move |error| {
        if let rusqlite::Error::SqliteFailure(code, _) = &error
            && code.code == ErrorCode::CannotOpen
            && let Err(reason) = tempfile::tempfile_in(folder_of(&path))
        {
            // SQLite does not say why it can't open a file; the system does.
            return Error::io(&path, reason);
        }
        let reason = match &error {
            rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
            rusqlite::Error::SqliteFailure(code, Some(message)) => format!("{message} (SQLite {})", code.extended_code),
            other => other.to_string(),
        };
        let path = path.clone();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => Error::Disk { path, reason },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Busy(path),
            Some(code)
                if !matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown) =>
            {
                Error::Database { path, reason }
            }
            // Another value, table or column than a record has.
            _ => Error::NotARecord { path, reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn a_database_that_another_program_holds_is_said_to_be_open_there() {
        for code in [ffi::SQLITE_BUSY, ffi::SQLITE_BUSY_SNAPSHOT, ffi::SQLITE_LOCKED] {
            let locked = rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("database is locked".to_owned()));
            let error = at(Path::new("results/depth/results.db"))(locked);
            let said = error.to_string();
            assert!(
                said.starts_with("results/depth/results.db: another program reads or writes this record"),
                "{said}"
            );
            assert!(!error.is_damage() && !error.is_disk_failure());
        }
    }
}
