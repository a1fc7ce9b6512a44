//! The reading of a record that another machine may be writing.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use tempfile::TempDir;

use super::Record;
use super::error::{DATABASE, Error};

/// The log that SQLite has beside a database that is open for writing, or was when its writer was killed.
const LOG: &str = "results.db-wal";
/// How often a record is read anew that has changed while it was copied.
const ATTEMPTS: usize = 5;

impl Record {
    /// Reads a record with `read`, and leaves its files alone: if it is open for writing, maybe on another machine, a copy is read. SQLite's
    /// readers write into the memory that they share with the writer, which a network file system does not share between machines.
    ///
    /// # Errors
    /// If there is no record, it can't be read, or it changes faster than it can be copied.
    pub fn read_apart<T>(folder: &Path, read: impl Fn(&Record) -> Result<T, Error>) -> Result<T, Error> {
        let mut attempt = 1;
        loop {
            if !folder.join(LOG).exists() {
                return read(&Record::read(folder)?);
            }
            let copy = copy(folder).map_err(|reason| Error::io(folder, reason))?;
            match Record::read(copy.path()).and_then(|record| read(&record)) {
                // The log may have begun anew between the two copies.
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                Err(Error::Missing(_)) => return Err(Error::Missing(folder.to_owned())),
                result => return result,
            }
        }
    }
}

/// Copies the database and then its log, which has at least what the database lacks.
fn copy(folder: &Path) -> io::Result<TempDir> {
    let copy = tempfile::tempdir()?;
    for name in [DATABASE, LOG] {
        match fs::copy(folder.join(name), copy.path().join(name)) {
            // The writer has just closed it.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            copied => drop(copied?),
        }
    }
    Ok(copy)
}
