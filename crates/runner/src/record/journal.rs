//! The write-ahead log of the record: each commit is on the disk before it counts, and closing merges the log into the
//! file.

use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use super::Record;
use super::error::{Error, at};
use crate::terminal::warn;
use datasets::files::{folder_of, sync_folder};

/// The value of `PRAGMA synchronous` with which each commit waits for the disk.
const FULL: i64 = 2;

/// The time that a reader of a whole record has to end before the log is left beside it.
const READING: Duration = Duration::from_secs(2);

impl Record {
    /// Sets up the write-ahead log, with commits that wait for the disk.
    pub(super) fn set_up_journal(&self) -> Result<(), Error> {
        let journal = self.ask_for_journal("wal")?;
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

    /// Ends writing: afterwards one file holds everything, and can be read from a read-only directory.
    pub fn close(self) -> Result<(), Error> {
        let is_one_file = match self.leave_log() {
            Err(Error::Busy(_)) => false,
            journal => journal? == "delete",
        };
        if !is_one_file {
            // Either another process is reading the record, or the disk refuses, which this statement reports.
            self.number("PRAGMA wal_checkpoint(PASSIVE)")?;
            warn(&format!(
                "{} keeps its write-ahead log beside it, since another program has it open; the next sweep here puts it in",
                self.path.display()
            ));
        }
        let Record { path, connection, held, .. } = self;
        connection.close().map_err(|(_, error)| at(&path)(error))?;
        // Only after SQLite has closed the file: closing another handle of it would release SQLite's locks.
        File::open(&path).and_then(|file| file.sync_all()).map_err(|error| Error::io(&path, error))?;
        sync_folder(folder_of(&path))?;
        drop(held);
        Ok(())
    }

    /// Asks for the journal mode without a log, and returns the mode in effect. Asks again for a time while another program has the record
    /// open: for leaving the log, SQLite itself doesn't wait.
    fn leave_log(&self) -> Result<String, Error> {
        let end = Instant::now() + READING;
        loop {
            match self.ask_for_journal("delete") {
                Err(Error::Busy(_)) if Instant::now() < end => thread::sleep(Duration::from_millis(20)),
                journal => return journal,
            }
        }
    }

    /// Asks for a journal mode, and returns the mode in effect: the old one if the disk refused.
    fn ask_for_journal(&self, wanted: &str) -> Result<String, Error> {
        let mut found = String::new();
        // Reads to the last row: only there does SQLite say whether the change was written.
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
