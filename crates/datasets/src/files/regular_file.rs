//! Regular files, opened to be read.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Opens the file at `path`. A pipe, a device or a folder is refused before it is opened: to open a pipe would wait for its writer.
///
/// # Errors
/// If the system refuses, or it is not a regular file.
pub fn open(path: &Path) -> io::Result<File> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        let found = if metadata.is_dir() { "a folder" } else { "a pipe or a device" };
        return Err(io::Error::other(format!("{found}, not a regular file")));
    }
    File::open(path)
}
