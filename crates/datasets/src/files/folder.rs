//! Folders whose names are on the disk.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::Error;

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The folders that [`make_folder`] would make, the innermost first.
pub fn missing_folders(folder: &Path) -> Vec<PathBuf> {
    let above = folder.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    above.map(Path::to_owned).collect()
}

/// Makes `folder` and those above it where they aren't there, each with its name on the disk.
///
/// # Errors
/// Whatever the system says.
pub fn make_folder(folder: &Path) -> Result<(), Error> {
    let made = missing_folders(folder);
    fs::create_dir_all(folder).map_err(|reason| Error::system(folder, reason))?;
    made.iter().rev().try_for_each(|made| sync_folder(folder_of(made)))
}

/// Waits until the names in `folder` are on the disk, as they are safe from a power cut only then.
///
/// # Errors
/// Whatever the system says.
pub fn sync_folder(folder: &Path) -> Result<(), Error> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // A file system that has no such thing for folders.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced.map_err(|reason| Error::system(folder, reason)),
    }
}
