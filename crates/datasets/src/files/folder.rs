//! Folders, made and synced so that their names are on the disk.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::Error;

/// A folder that is held open, so that it is known again after another has got its name.
#[derive(Debug)]
pub struct OpenFolder(File);

impl OpenFolder {
    /// Opens the folder at `path`.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn open(path: &Path) -> io::Result<Self> {
        File::open(path).map(OpenFolder)
    }

    /// Returns a path to this folder that leads to it whatever its name is now: `/proc/self/fd/N`, or `otherwise` where there is no such
    /// path.
    pub fn path(&self, otherwise: &Path) -> PathBuf {
        let held = PathBuf::from(format!("/proc/self/fd/{}", self.0.as_raw_fd()));
        if held.is_dir() { held } else { otherwise.to_owned() }
    }

    /// Returns whether this folder is still at `path`.
    pub fn is_at(&self, path: &Path) -> bool {
        let identity = |found: Metadata| (found.dev(), found.ino());
        let (there, here) = (fs::metadata(path).map(identity), self.0.metadata().map(identity));
        matches!((there, here), (Ok(there), Ok(here)) if there == here)
    }
}

/// Returns the folder of a file.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Lists the folders that [`make_folder`] would make, the innermost first.
pub fn missing_folders(folder: &Path) -> Vec<PathBuf> {
    let above = folder.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    above.map(Path::to_owned).collect()
}

/// Makes `folder` and those above it where they aren't there, each with its name on the disk.
///
/// # Errors
/// If the system refuses.
pub fn make_folder(folder: &Path) -> Result<(), Error> {
    let made = missing_folders(folder);
    fs::create_dir_all(folder).map_err(|reason| Error::system(folder, reason))?;
    made.iter().rev().try_for_each(|made| sync_folder(folder_of(made)))
}

/// Returns the first of `numbered(1)`, `numbered(2)`, … that no file has.
pub fn first_free(numbered: impl Fn(usize) -> PathBuf) -> PathBuf {
    let is_free = |path: &PathBuf| fs::symlink_metadata(path).is_err();
    (1..).map(&numbered).find(is_free).unwrap_or_else(|| numbered(0))
}

/// Waits until the names in `folder` are on the disk, as they are safe from a power cut only then.
///
/// # Errors
/// If the system refuses.
pub fn sync_folder(folder: &Path) -> Result<(), Error> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some file systems can't sync folders.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced.map_err(|reason| Error::system(folder, reason)),
    }
}
