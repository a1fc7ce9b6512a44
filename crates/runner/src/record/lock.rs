//! Locks of files, by which two runners that would write the same files see each other.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::fs::OFlags;

/// The time that a look at a lock takes at most.
const LOOK: Duration = Duration::from_millis(50);

/// Locks the file at `path` for this process, and makes it if it is missing. The kernel frees the lock when the process ends, however it
/// ends.
///
/// # Errors
/// If another process holds the lock, or the system refuses.
pub fn locked(path: &Path) -> Result<File, TryLockError> {
    let no_link = OFlags::NOFOLLOW.bits().cast_signed();
    loop {
        let open = OpenOptions::new().write(true).create(true).truncate(false).custom_flags(no_link).open(path);
        let lock = open.map_err(TryLockError::Error)?;
        lock.try_lock().or_else(|_| {
            // Somebody may be looking whether it is in use, which takes no time.
            thread::sleep(LOOK);
            lock.try_lock()
        })?;
        // Otherwise the file was moved or removed meanwhile, and another one has its name.
        if is_at(path, &lock).map_err(TryLockError::Error)? {
            return Ok(lock);
        }
    }
}

/// Returns whether `path` is the place of the open file.
fn is_at(path: &Path, file: &File) -> io::Result<bool> {
    let identity = |found: Metadata| (found.dev(), found.ino());
    Ok(fs::symlink_metadata(path).map(identity).ok() == Some(identity(file.metadata()?)))
}
