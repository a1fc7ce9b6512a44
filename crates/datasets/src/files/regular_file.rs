//! Regular files: opened to be read, and the only ones that a new file may replace.

use std::fs::{self, File, FileType};
use std::io;
use std::path::Path;

use super::error::Error;

/// Opens the file at `path`. A pipe, a device or a folder is refused before it is opened: to open a pipe would wait for its writer.
///
/// # Errors
/// If the system refuses, or it is not a regular file.
pub fn open(path: &Path) -> io::Result<File> {
    let found = fs::metadata(path)?.file_type();
    if !found.is_file() {
        return Err(io::Error::other(format!("{}, not a regular file", in_words(found))));
    }
    File::open(path)
}

/// Returns whether a regular file, or a link to one, is at `path`, where a file is to be written.
///
/// # Errors
/// If something else is there, which a new file must not replace: a folder, a pipe, a device, a link to one of these or to nothing,
/// or a link such as `/dev/stdout` to what a process has open.
pub fn is_at(path: &Path) -> Result<bool, Error> {
    let irregular = |found| Err(Error::Irregular { path: path.to_owned(), found });
    match (fs::symlink_metadata(path), fs::metadata(path)) {
        // A folder that is missing is said when the file is made.
        (Err(_), _) => Ok(false),
        (Ok(_), Err(_)) => irregular("a link to nothing"),
        (Ok(_), Ok(there)) if !there.is_file() => irregular(in_words(there.file_type())),
        (Ok(_), Ok(_)) if fs::read_link(path).is_ok_and(|target| target.starts_with("/proc")) => {
            irregular("a link to what a process has open")
        }
        (Ok(_), Ok(_)) => Ok(true),
    }
}

fn in_words(found: FileType) -> &'static str {
    if found.is_dir() { "a folder" } else { "a pipe or a device" }
}
