//! The directory and the file of a record that is open for writing: either may be moved, removed or replaced meanwhile.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Record;
use super::error::{DATABASE, Error, at};
use datasets::files::{OpenFolder, first_free, folder_of};

/// The lock of the directory, the directory, and the identity of the database in it. The kernel frees the lock when the process ends,
/// however it ends.
pub(super) struct Held {
    _lock: File,
    folder: OpenFolder,
    database: Option<(u64, u64)>,
}

impl Held {
    /// Holds a directory that is locked, and the database that is there now.
    pub(super) fn new(lock: File, folder: OpenFolder, path: &Path) -> Self {
        Held { _lock: lock, folder, database: identity(path) }
    }

    /// Returns whether the directory is still at `folder`.
    pub(super) fn is_at(&self, folder: &Path) -> bool {
        self.folder.is_at(folder)
    }

    /// Returns whether the database is still in the directory, whatever name that has now.
    fn has_its_database(&self, folder: &Path) -> bool {
        identity(&self.folder.path(folder).join(DATABASE)) == self.database
    }
}

/// Returns the device and the number of a file.
fn identity(path: &Path) -> Option<(u64, u64)> {
    // A handle of the file would release SQLite's locks when it is closed.
    let found = fs::symlink_metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

impl Record {
    /// Checks that what was written is in a file that can be found, and copies the record if it isn't.
    ///
    /// # Errors
    /// [`Error::Nameless`] if the file was removed or replaced.
    pub(super) fn prove_place(&self) -> Result<(), Error> {
        let folder = folder_of(&self.path);
        let Some(held) = self.held.as_ref().filter(|held| !held.has_its_database(folder)) else { return Ok(()) };
        let copy = if held.is_at(folder) { self.copied_beside(folder).ok() } else { None };
        Err(Error::Nameless { path: self.path.clone(), copy })
    }

    /// Copies the record, which SQLite still has open, to a free name in its directory.
    fn copied_beside(&self, folder: &Path) -> Result<PathBuf, Error> {
        let copy = first_free(|number| folder.join(format!("{DATABASE}.{number}")));
        let copied = self.connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()]);
        copied.map_err(at(&copy))?;
        File::open(&copy).and_then(|file| file.sync_all()).map_err(|error| Error::io(&copy, error))?;
        Ok(copy)
    }
}
