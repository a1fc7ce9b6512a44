//! Files of bytes: tables, settings, pictures.

use std::fs;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use super::error::Error;
use super::folder::{folder_of, sync_folder};
use super::part::{Part, put_in_place, remove_orphans};

/// Writes the file at `path`: after a crash it is the old one or the new one. A file that is there already is replaced only with
/// `replace`.
///
/// # Errors
/// If `write` fails or the system refuses; then the old file is still there.
pub fn write_whole(
    path: &Path,
    replace: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let mut part = Part::new(path)?;
    let mut buffered = BufWriter::new(part.file());
    write(&mut buffered).and_then(|()| buffered.flush()).map_err(|reason| Error::system(path, reason))?;
    drop(buffered);
    put_in_place([part], replace)
}

/// Removes the file at `path`, if it is there, and the parts that killed runs left of it.
///
/// # Errors
/// If the system refuses.
pub fn remove_whole(path: &Path) -> Result<(), Error> {
    if let Some(name) = path.file_name() {
        remove_orphans(folder_of(path), name);
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(|reason| Error::system(path, reason)).and_then(|()| sync_folder(folder_of(path))),
    }
}
