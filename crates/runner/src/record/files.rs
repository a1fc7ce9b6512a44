//! The files beside the record, whose hashes the record keeps.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use rusqlite::params;

use super::Record;
use super::error::{Error, at};
use super::names::{EXPERIMENT, MACHINE};
use crate::machine::Machine;
use datasets::files::{Hashed, hash_file, hexadecimal, write_whole};

/// The state of a file beside the record.
#[derive(Debug)]
pub enum FileState {
    /// It is as it was written.
    AsWritten,
    /// It has other bytes.
    Edited,
    /// The system's reason.
    Unreadable(io::Error),
    /// The last run ended before it wrote the file.
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
    pub fn compare_file(&self, folder: &Path, name: &str) -> Result<FileState, Error> {
        let stored = self.files()?.remove(name);
        Ok(match (stored, hash_file(&folder.join(name))) {
            (Some(stored), Ok(found)) if stored == found => FileState::AsWritten,
            (Some(_), Ok(_)) => FileState::Edited,
            (Some(_), Err(reason)) => FileState::Unreadable(reason),
            (None, _) => FileState::NotWritten,
        })
    }

    /// Writes a file into `folder`, whole or not at all, and then its hash into the record.
    ///
    /// # Errors
    /// If either can't be written, or the folder or the record was moved away while that was open.
    pub fn write_file(
        &self,
        folder: &Path,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        self.prove_place()?;
        if self.held.as_ref().is_some_and(|held| !held.is_at(folder)) {
            return Err(Error::MovedAway(folder.to_owned()));
        }
        let path = folder.join(name);
        let mut sha256 = [0; 32];
        write_whole(&path, true, |out| {
            let mut hashed = Hashed::new(out);
            write(&mut hashed)?;
            sha256 = hashed.sha256();
            Ok(())
        })?;
        let insert = "INSERT OR REPLACE INTO file (name, sha256) VALUES (?1, ?2)";
        let entered = self.connection.execute(insert, params![name, hexadecimal(&sha256)]);
        entered.map(drop).map_err(at(&self.path))
    }

    /// Writes the experiment and the machine of a sweep into `folder`, as [`Self::write_file`] and [`Self::write_machine`] do.
    ///
    /// # Errors
    /// If one of them can't be written, or the record can't be read.
    pub fn write_origin(&self, folder: &Path, experiment: &str, here: Option<&Machine>) -> Result<(), Error> {
        self.write_file(folder, EXPERIMENT, |out| out.write_all(experiment.as_bytes()))?;
        self.write_machine(folder, here)
    }

    /// Writes the machine into `folder` that has trained most trials of the plan, as [`Self::write_file`] does; the one `here` if none is
    /// trained.
    ///
    /// # Errors
    /// If the record can't be read, or the file can't be written.
    pub fn write_machine(&self, folder: &Path, here: Option<&Machine>) -> Result<(), Error> {
        let most = self.trials_by_machine()?.into_iter().max_by_key(|(_, trials)| *trials);
        let most = most.and_then(|(toml, _)| Machine::from_toml(&toml));
        let toml = most.as_ref().or(here).map_or_else(String::new, Machine::to_toml);
        self.write_file(folder, MACHINE, |out| out.write_all(toml.as_bytes()))
    }

    /// Reads the names and hashes of the files that the last run wrote.
    pub fn files(&self) -> Result<BTreeMap<String, String>, Error> {
        let rows = self.rows("SELECT name, sha256 FROM file", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.into_iter().collect())
    }
}
