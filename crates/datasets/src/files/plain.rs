//! Files of bytes: tables, settings, pictures.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::error::Error;
use super::part::{Part, put_in_place};

/// Writes the file at `path`: after a crash it is the old one or the new one. What is there already is replaced only with
/// `replace`.
///
/// # Errors
/// Whatever `write` or the system says; then what was there is there still.
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
