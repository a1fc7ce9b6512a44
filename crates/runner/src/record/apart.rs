//! The reading of a record that another machine may be writing.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::ops::Deref;
use std::path::Path;

use tempfile::TempDir;

use super::Record;
use super::error::{DATABASE, Error};

/// The log that SQLite has beside a database that is open for writing, or was when its writer was killed.
const LOG: &str = "results.db-wal";
/// The bytes at the log's beginning that change whenever SQLite writes it anew, since two of its numbers are random.
const HEADER: u64 = 32;
/// The most copies that are made of a record whose log is begun anew while it is copied.
const ATTEMPTS: usize = 5;

/// A record that is read, or a copy of it while it is open for writing.
pub struct Apart {
    record: Record,
    /// Deleted after the record is closed.
    _copy: Option<TempDir>,
}

impl Deref for Apart {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.record
    }
}

impl Record {
    /// Opens a record for reading, and leaves its files alone: if it is open for writing, maybe on another machine, a copy is read. SQLite's
    /// readers write into the memory that they share with the writer, which a network file system does not share between machines.
    ///
    /// # Errors
    /// If there is no record, it can't be read, or its log begins anew faster than it can be copied.
    pub fn read_apart(folder: &Path) -> Result<Apart, Error> {
        let io = |error| Error::io(folder, error);
        for _ in 0..ATTEMPTS {
            let Some(before) = log_header(folder).map_err(io)? else {
                return Ok(Apart { record: Record::read(folder)?, _copy: None });
            };
            let copy = tempfile::tempdir().map_err(io)?;
            // The log after the database: until it begins anew it has all that the database may still lack.
            if copied(folder, copy.path()).map_err(io)? && log_header(folder).map_err(io)? == Some(before) {
                let record = Record::read_file(&copy.path().join(DATABASE), folder)?;
                record.prove_plan()?;
                return Ok(Apart { record, _copy: Some(copy) });
            }
        }
        Err(io(io::Error::other("the record changes faster than it can be copied; try again")))
    }

    /// Opens a record as [`Record::read_apart`] does; `None` if there is none.
    ///
    /// # Errors
    /// As [`Record::read_apart`] has them, but for a missing record.
    pub fn find_apart(folder: &Path) -> Result<Option<Apart>, Error> {
        match Record::read_apart(folder) {
            Ok(record) => Ok(Some(record)),
            Err(Error::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads which trials of the record in `folder` need not run again, see [`Record::finished`]; none if there is no record.
    ///
    /// # Errors
    /// As [`Record::find_apart`] has them.
    pub fn finished_in(folder: &Path) -> Result<HashSet<String>, Error> {
        Ok(match Record::find_apart(folder)? {
            Some(record) => record.finished()?.0,
            None => HashSet::new(),
        })
    }
}

/// Reads the beginning of the log, which is empty until something is written; `None` if there is no log.
fn log_header(folder: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut header = Vec::new();
    match File::open(folder.join(LOG)) {
        Ok(log) => log.take(HEADER).read_to_end(&mut header).map(|_| Some(header)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Copies the database and then its log; returns `false` if the writer has just closed it.
fn copied(folder: &Path, copy: &Path) -> io::Result<bool> {
    for name in [DATABASE, LOG] {
        match fs::copy(folder.join(name), copy.join(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            copied => drop(copied?),
        }
    }
    Ok(true)
}
