//! Files of bytes: tables, settings, pictures.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::error::Error;
use super::part::{Part, put_in_place};

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
