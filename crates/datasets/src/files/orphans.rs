//! The removal of parts that killed runs left behind.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{Dir, Mode, OFlags};

/// The number of random letters and digits in the name of a part.
pub(super) const RANDOM: usize = 6;
/// The end of the name of a part.
pub(super) const SUFFIX: &str = ".part";

/// Returns the start of the names of parts of the file `name`.
pub(super) fn prefix(name: &OsStr) -> Vec<u8> {
    [b".", name.as_bytes(), b"."].concat()
}

/// Removes the parts of the file `name` that killed runs left in `folder`. The kernel frees a lock with its process, so that a
/// part that can be locked belongs to no run. Errors are ignored, because nothing depends on the removal.
pub(super) fn remove_orphans(folder: &Path, name: &OsStr) {
    // Not std's listing, which panics where the folder can't be closed.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(entries) = rustix::fs::open(folder, flags, Mode::empty()).and_then(Dir::new) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name().to_bytes();
        if is_part(found, name) {
            remove_if_orphan(&folder.join(OsStr::from_bytes(found)));
        }
    }
}

/// Returns whether `found` has exactly the form of a part's name: files of others may look like it.
fn is_part(found: &[u8], name: &OsStr) -> bool {
    let random = found.strip_prefix(&prefix(name)[..]).and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

fn remove_if_orphan(path: &Path) {
    // Neither a link is followed nor a pipe waited for. A network file system locks only what is open for writing.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let Ok(part) = OpenOptions::new().write(true).custom_flags(flags.bits().cast_signed()).open(path) else { return };
    if part.metadata().is_ok_and(|part| part.is_file()) && part.try_lock().is_ok() {
        let _ = fs::remove_file(path);
    }
}
