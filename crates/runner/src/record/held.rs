//! The directory and the file of a record that is open for writing: either may be moved, removed or replaced meanwhile.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::{Error, at};
use super::names::{DATABASE, LOGS_WHILE_OPEN};
use datasets::files::{OpenFolder, first_free, folder_of};

/// The device and the number of a file; `None` if it is not there.
type Identity = Option<(u64, u64)>;

/// The lock of the directory, the directory, and the identities of the database and of its logs in it. The kernel frees the lock when the
/// process ends, however it ends.
pub(super) struct Held {
    _lock: File,
    folder: OpenFolder,
    database: Identity,
    logs: [Identity; 2],
}

impl Held {
    /// Holds a directory that is locked, and the database that is there now.
    pub(super) fn new(lock: File, folder: OpenFolder, path: &Path) -> Self {
        Held { _lock: lock, folder, database: identity(path), logs: [None; 2] }
    }

    /// Notes which logs SQLite has made beside the database at `path`.
    pub(super) fn hold_logs(&mut self, path: &Path) {
        self.logs = LOGS_WHILE_OPEN.map(|name| identity(&path.with_file_name(name)));
    }

    /// Returns whether the directory is still at `folder`.
    pub(super) fn is_at(&self, folder: &Path) -> bool {
        self.folder.is_at(folder)
    }

    /// Checks that what is written through `connection` is in the file of the directory, whatever name that has now; copies the database at
    /// `path` otherwise.
    ///
    /// # Errors
    /// [`Error::Nameless`] if the file was removed or replaced.
    pub(super) fn prove_place(&self, path: &Path, connection: &Connection) -> Result<(), Error> {
        let folder = folder_of(path);
        if identity(&self.folder.path(folder).join(DATABASE)) == self.database {
            return Ok(());
        }
        let copy = if self.is_at(folder) { copied_beside(folder, connection).ok() } else { None };
        if copy.is_some() {
            self.remove_logs(folder);
        }
        Err(Error::Nameless { path: path.to_owned(), copy })
    }

    /// Removes the logs of the database without a name, which SQLite would take for those of another database of its former name. Logs
    /// that came with another database are left alone.
    fn remove_logs(&self, folder: &Path) {
        for (name, held) in LOGS_WHILE_OPEN.into_iter().zip(self.logs) {
            let log = folder.join(name);
            if held.is_some() && identity(&log) == held {
                let _ = fs::remove_file(log);
            }
        }
    }
}

/// Copies the database, which SQLite still has open, to a free name in `folder`.
fn copied_beside(folder: &Path, connection: &Connection) -> Result<PathBuf, Error> {
    let copy = first_free(|number| folder.join(format!("{DATABASE}.{number}")));
    connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()]).map_err(at(&copy))?;
    File::open(&copy).and_then(|file| file.sync_all()).map_err(|error| Error::io(&copy, error))?;
    Ok(copy)
}

/// Finds the identity of a file.
fn identity(path: &Path) -> Identity {
    // A handle of the file would release SQLite's locks when it is closed.
    let found = fs::symlink_metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}
