//! Reads a copy of a record that another machine may be writing, or whose writer was killed.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use rusqlite::OpenFlags;

use super::Record;
use super::copy_folder::CopyFolder;
use super::error::Error;
use super::names::{DATABASE, JOURNAL, LOG};

/// The bytes at the start of the log, and of the journal, that change whenever SQLite begins it anew: two numbers there are random.
const HEADER: u64 = 32;
/// The bytes that are copied at once.
const AT_ONCE: u64 = 1 << 20;
/// The most copies that are made of a record whose log is begun anew while it is copied.
const ATTEMPTS: usize = 5;

impl Record {
    /// Opens a record for reading, and leaves its files alone: if it is open for writing, maybe on another machine, a copy is read.
    /// SQLite's readers write into the memory that they share with the writer, which a network file system does not share between machines.
    ///
    /// # Errors
    /// If there is no record, it can't be read, or its log begins anew faster than it can be copied.
    pub fn read_apart(folder: &Path) -> Result<Record, Error> {
        let record = Record::read_apart_unproven(folder)?;
        record.prove_plan()?;
        Ok(record)
    }

    /// Opens a record as [`Record::read_apart`] does; `None` if there is none.
    ///
    /// # Errors
    /// As [`Record::read_apart`] has them, but for a missing record.
    pub fn find_apart(folder: &Path) -> Result<Option<Record>, Error> {
        if_there(Record::read_apart(folder))
    }

    /// Opens a record as [`Record::find_apart`] does, but accepts a damaged plan: each trial has a proof of its own.
    ///
    /// # Errors
    /// As [`Record::find_apart`] has them, but for a damaged plan.
    pub fn find_apart_unproven(folder: &Path) -> Result<Option<Record>, Error> {
        if_there(Record::read_apart_unproven(folder))
    }

    /// Reads which trials of the record in `folder` need not run again, see [`Record::finished`]; none if there is no record.
    ///
    /// # Errors
    /// As [`Record::find_apart`] has them.
    pub fn finished_in(folder: &Path) -> Result<HashSet<String>, Error> {
        Ok(match Record::find_apart(folder)? {
            Some(record) => record.finished()?.intact,
            None => HashSet::new(),
        })
    }

    /// Opens a record as [`Record::read_apart`] does, but accepts a damaged plan.
    ///
    /// # Errors
    /// As [`Record::read_apart`] has them, but for a damaged plan.
    pub fn read_apart_unproven(folder: &Path) -> Result<Record, Error> {
        let io = |error| Error::io(folder, error);
        let no_room = |reason| Error::NoRoomToCopy { folder: folder.to_owned(), reason };
        for _ in 0..ATTEMPTS {
            let before = headers(folder).map_err(io)?;
            if before.iter().all(Option::is_none) {
                return Record::read_file(&folder.join(DATABASE), folder, OpenFlags::SQLITE_OPEN_READ_ONLY);
            }
            let copy = CopyFolder::new().map_err(no_room)?;
            let is_whole = copied(folder, copy.folder.path(), &before)?;
            if is_whole && headers(folder).map_err(io)? == before {
                // What a killed writer had begun is undone, or done, by writing.
                let file = copy.folder.path().join(DATABASE);
                let record = Record::read_file(&file, folder, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
                return Ok(Record { _copy: Some(copy), ..record });
            }
        }
        Err(io(io::Error::other("the record changes faster than it can be copied; try again")))
    }
}

/// Takes a missing record for no error.
fn if_there(read: Result<Record, Error>) -> Result<Option<Record>, Error> {
    match read {
        Ok(record) => Ok(Some(record)),
        Err(Error::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the beginnings of the log and of the journal, which are empty until something is written; `None` for one that is not there.
fn headers(folder: &Path) -> io::Result<[Option<Vec<u8>>; 2]> {
    let header = |name| {
        let mut header = Vec::new();
        match File::open(folder.join(name)) {
            Ok(log) => log.take(HEADER).read_to_end(&mut header).map(|_| Some(header)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    };
    Ok([header(LOG)?, header(JOURNAL)?])
}

/// Copies the database and then those of its log and its journal that are there: until they begin anew they have all that the
/// database may still lack. Returns `false` if the writer has just removed one.
fn copied(folder: &Path, copy: &Path, logs: &[Option<Vec<u8>>; 2]) -> Result<bool, Error> {
    let logs = [LOG, JOURNAL].into_iter().zip(logs).filter(|(_, there)| there.is_some()).map(|(name, _)| name);
    for name in [DATABASE].into_iter().chain(logs) {
        let from = match File::open(folder.join(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            from => from.map_err(|error| Error::io(folder, error))?,
        };
        let no_room = |reason| Error::NoRoomToCopy { folder: folder.to_owned(), reason };
        let mut to = File::create(copy.join(name)).map_err(no_room)?;
        let mut bytes = Vec::new();
        loop {
            let read = (&from).take(AT_ONCE).read_to_end(&mut bytes);
            if read.map_err(|error| Error::io(&folder.join(name), error))? == 0 {
                break;
            }
            to.write_all(&bytes).map_err(no_room)?;
            bytes.clear();
        }
    }
    Ok(true)
}
