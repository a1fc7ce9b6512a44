//! The files beside the record, whose hashes the record keeps.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use rusqlite::params;
use sha2::{Digest, Sha256};

use super::Record;
use super::error::{Error, at};
use crate::machine::sha256;
use crate::text::hex;
use datasets::files::write_whole;

/// The state of a file beside the record.
#[derive(Debug)]
pub enum FileState {
    /// It is as it was written.
    AsWritten,
    /// It has other bytes.
    Edited,
    /// The system's reason.
    Unreadable(io::Error),
    /// The last run has not come to write it.
    NotWritten,
}

impl FileState {
    /// Returns whether the file is what was written; `None` if nothing was written that it could be compared with.
    pub fn is_right(&self) -> Option<bool> {
        match self {
            FileState::AsWritten => Some(true),
            FileState::Edited | FileState::Unreadable(_) => Some(false),
            FileState::NotWritten => None,
        }
    }
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            FileState::AsWritten => f.write_str("as it was written"),
            FileState::Edited => f.write_str("edited since it was written; the next sweep here writes it anew"),
            FileState::Unreadable(reason) => reason.fmt(f),
            FileState::NotWritten => f.write_str("not written to the end by the last run; run the sweep again"),
        }
    }
}

impl Record {
    /// Compares the file `name` of `folder` with its hash in the record.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn compare_file(&self, folder: &Path, name: &str) -> Result<FileState, Error> {
        let stored = self.files()?.remove(name);
        Ok(match (stored, sha256(&folder.join(name))) {
            (Some(stored), Ok(found)) if stored == found => FileState::AsWritten,
            (Some(_), Ok(_)) => FileState::Edited,
            (Some(_), Err(reason)) => FileState::Unreadable(reason),
            (None, _) => FileState::NotWritten,
        })
    }

    /// Writes a file into `folder`, whole or not at all, and then its hash into the record.
    ///
    /// # Errors
    /// If either can't be written.
    pub fn write_file(
        &self,
        folder: &Path,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        let path = folder.join(name);
        let mut digest = Sha256::new();
        write_whole(&path, true, |out| write(&mut Hashed { out, sha256: &mut digest }))?;
        let insert = "INSERT OR REPLACE INTO file (name, sha256) VALUES (?1, ?2)";
        let entered = self.connection.execute(insert, params![name, hex(&digest.finalize())]);
        entered.map(drop).map_err(at(&self.path))
    }

    /// Reads the names and hashes of the files that the last run wrote.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn files(&self) -> Result<BTreeMap<String, String>, Error> {
        let rows = self.rows("SELECT name, sha256 FROM file", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.into_iter().collect())
    }
}

/// A writer that hashes what passes through.
struct Hashed<'w> {
    out: &'w mut dyn Write,
    sha256: &'w mut Sha256,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
