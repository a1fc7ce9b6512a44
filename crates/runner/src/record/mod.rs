//! The record of a sweep, `results.db`: SQLite with a write-ahead log, and finished fleets entered whole, in one
//! transaction.

mod adopt;
mod apart;
pub mod columns;
mod copy_folder;
pub mod entries;
pub mod error;
pub mod export;
pub mod files;
pub mod folder;
pub mod former;
mod held;
mod journal;
pub mod lock;
pub mod machines;
pub mod names;
pub mod notes;
pub mod plan;
pub mod planned;
pub mod seal;
pub mod shard_names;
pub mod shards;
pub mod stored;
pub mod summary;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction};

use self::copy_folder::CopyFolder;
use self::error::{Error, SCHEMA, at};
use self::folder::{lock, needs_writing, refuse_files, refuse_foreign};
use self::held::Held;
use self::names::DATABASE;
use datasets::files::{OpenFolder, make_folder, sync_folder};

/// The longest wait for another process that holds the database.
const BUSY: Duration = Duration::from_secs(30);
/// "LayC", which marks the file as ours in SQLite's header.
const APPLICATION: i64 = 0x4c61_7943;

/// An open record. Each method returns an error if the database can't be read or written; a method with further reasons names them.
pub struct Record {
    path: PathBuf,
    connection: Connection,
    /// The copy that is read in its place, which is deleted after the connection is closed.
    _copy: Option<CopyFolder>,
    /// Its directory and its file, while the record is open for writing.
    held: Option<Held>,
}

impl Record {
    /// Opens the record of `folder` for writing, and makes either if it is missing.
    ///
    /// # Errors
    /// If the directory can't be made or written, is in use, holds other files, or holds a damaged record.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        refuse_foreign(folder)?;
        make_folder(folder)?;
        let (locked, held) = (lock(folder)?, OpenFolder::open(folder).map_err(|error| Error::io(folder, error))?);
        let path = folder.join(DATABASE);
        // The path of the directory may contain links, but the record itself may not be one.
        let place = fs::canonicalize(folder).map_err(|error| Error::io(folder, error))?.join(DATABASE);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = Connection::open_with_flags(&place, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
        let connection = connection.map_err(at(&path))?;
        let held = Some(Held::new(locked, held, &place));
        let mut record = Record { path, connection, _copy: None, held };
        record.prepare(folder)?;
        if let Some(held) = &mut record.held {
            held.hold_logs(&place);
        }
        Ok(record)
    }

    /// Returns whether `folder` has a record.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(DATABASE).exists()
    }

    /// Opens the record of `folder` for reading, as it is now: it does not see what a sweep adds meanwhile.
    ///
    /// # Errors
    /// If there is no record, it has another schema, or its plan differs from what was stored.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let record = Record::read_unproven(folder)?;
        record.prove_plan()?;
        Ok(record)
    }

    /// Opens the record as [`Record::read`] does, but accepts a damaged plan.
    ///
    /// # Errors
    /// If there is no record, it has another schema, or the database itself is damaged.
    pub fn read_unproven(folder: &Path) -> Result<Self, Error> {
        if needs_writing(folder) {
            return Record::read_apart_unproven(folder);
        }
        Record::read_file(&folder.join(DATABASE), folder, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// Opens `file` for reading, which is the record of `folder` or a copy of it. Errors name the record.
    fn read_file(file: &Path, folder: &Path, flags: OpenFlags) -> Result<Self, Error> {
        let path = folder.join(DATABASE);
        if folder.is_file() {
            return Err(Error::NoFolder(folder.to_owned()));
        }
        if !file.try_exists().map_err(|error| Error::io(&path, error))? {
            return Err(Error::Missing(folder.to_owned()));
        }
        let connection = Connection::open_with_flags(file, flags).map_err(at(&path))?;
        connection.busy_timeout(BUSY).map_err(at(&path))?;
        let record = Record { path, connection, _copy: None, held: None };
        record.connection.execute_batch("BEGIN").map_err(at(&record.path))?;
        // A sweep makes the file first and its tables later, so that there may be no table yet.
        if record.number("SELECT COUNT(*) FROM sqlite_master")? == 0 {
            return Err(Error::Missing(folder.to_owned()));
        }
        record.recognise()?;
        Ok(record)
    }

    /// Does all of `work`, or none of it.
    fn in_transaction(&mut self, work: impl FnOnce(&Transaction) -> rusqlite::Result<()>) -> Result<(), Error> {
        let all = self.connection.transaction().and_then(|transaction| {
            work(&transaction)?;
            transaction.commit()
        });
        all.map_err(at(&self.path))
    }

    /// Checks that what was written is in a file that can be found.
    ///
    /// # Errors
    /// [`Error::Nameless`] if the file was removed or replaced.
    fn prove_place(&self) -> Result<(), Error> {
        self.held.as_ref().map_or(Ok(()), |held| held.prove_place(&self.path, &self.connection))
    }

    /// Reads the single number that `select` returns.
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
        self.in_transaction(|transaction| {
            if fresh {
                transaction.execute_batch(include_str!("record.sql"))?;
                transaction.pragma_update(None, "application_id", APPLICATION)?;
                transaction.pragma_update(None, "user_version", SCHEMA)?;
            }
            transaction.execute_batch(include_str!("additions.sql"))
        })?;
        // SQLite ignores a failure to sync the names of its files.
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
