//! Files that are whole or not there.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter, IntoInnerError, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::Builder;

/// How the name of a file begins that isn't whole yet.
pub(crate) const UNFINISHED: &str = ".unfinished-";

/// Writes a file by way of a temporary one in the same directory: synced, renamed, and the directory synced, so that
/// after a crash the file is the old one or the new one.
///
/// # Errors
/// Whatever the system says; the temporary file is removed.
pub(crate) fn write_atomically(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A temporary file is private by default; a result is for everyone whom the umask allows.
    let everyone = Permissions::from_mode(0o666);
    let file = Builder::new().prefix(UNFINISHED).permissions(everyone).tempfile_in(folder)?;
    let mut buffered = BufWriter::new(file);
    write(&mut buffered)?;
    let file = buffered.into_inner().map_err(IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}
