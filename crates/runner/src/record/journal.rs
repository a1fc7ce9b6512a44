//! The journal of the record: set up so that each commit is on the disk before it is believed, and given up in the end.

use std::fs::File;

use super::Record;
use super::error::{Error, at};
use crate::terminal::say;
use datasets::files::{folder_of, sync_folder};

/// `PRAGMA synchronous`, where each commit waits for the disk.
const FULL: i64 = 2;

impl Record {
    /// Sets up the write-ahead log, and that each commit waits for the disk.
    pub(super) fn set_up_journal(&self) -> Result<(), Error> {
        let journal = self.journal("wal")?;
        if journal != "wal" {
            return Err(
                self.refused(&format!("SQLite's write-ahead log can't be set up (the journal is \"{journal}\")"))
            );
        }
        self.connection.pragma_update(None, "synchronous", "FULL").map_err(at(&self.path))?;
        if self.number("PRAGMA synchronous")? != FULL {
            return Err(self.refused("SQLite doesn't wait for the disk"));
        }
        Ok(())
    }

    /// Ends writing: afterwards one file holds everything, and can be read where nothing can be written.
    ///
    /// # Errors
    /// If the database can't be written.
    pub fn close(self) -> Result<(), Error> {
        if self.journal("delete")? != "delete" {
            // Somebody reads it, or else the disk refuses, which this says.
            self.number("PRAGMA wal_checkpoint(PASSIVE)")?;
            say(&format!("warning: {} keeps its write-ahead log beside it: is it being read?", self.path.display()));
        }
        let Record { path, connection, lock } = self;
        connection.close().map_err(|(_, error)| at(&path)(error))?;
        // Only now that SQLite has let go of the file: to close it would take SQLite's own locks away.
        File::open(&path).and_then(|file| file.sync_all()).map_err(|error| Error::io(&path, error))?;
        sync_folder(folder_of(&path))?;
        drop(lock);
        Ok(())
    }

    /// Asks for a journal, and returns the one that there is then: where the disk refused, that is the old one.
    fn journal(&self, wanted: &str) -> Result<String, Error> {
        let mut found = String::new();
        // To the last row: only at the end does SQLite say whether the change was written.
        let asked = self.connection.pragma(None, "journal_mode", wanted, |row| {
            found = row.get(0)?;
            Ok(())
        });
        asked.map(|()| found).map_err(at(&self.path))
    }

    fn refused(&self, reason: &str) -> Error {
        Error::Disk { path: self.path.clone(), reason: reason.to_owned() }
    }
}
