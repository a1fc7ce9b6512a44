//! The folder of a copy of a record, in the folder of temporary files.

use std::env;
use std::fs::{self, DirEntry, File};
use std::io;
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use tempfile::TempDir;

use super::lock::locked;
use super::names::LOCK;

/// The beginning of its name.
const PREFIX: &str = "layerchain-record-";

/// A process locks its folder within this time.
const YOUNG: Duration = Duration::from_secs(60);

/// A folder that is deleted with this, or, after a process that was killed, by the next one that makes one.
pub(super) struct CopyFolder {
    pub(super) folder: TempDir,
    /// The kernel frees it when the process ends, however it ends.
    _lock: File,
}

impl CopyFolder {
    /// Makes the folder, and deletes those that processes have left.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn new() -> io::Result<Self> {
        static LEFT: Once = Once::new();
        LEFT.call_once(|| delete_left(&env::temp_dir()));
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        let lock = locked(&folder.path().join(LOCK))?;
        Ok(CopyFolder { folder, _lock: lock })
    }
}

/// Deletes the copies in `temporary` that no process has locked; not the youngest, which may be about to be.
fn delete_left(temporary: &Path) {
    let is_ours = |entry: &DirEntry| entry.file_name().to_string_lossy().starts_with(PREFIX);
    for entry in fs::read_dir(temporary).into_iter().flatten().flatten().filter(is_ours) {
        let made = entry.metadata().and_then(|found| found.modified());
        // Another machine's clock may have given it a time that is yet to come.
        let is_young = made.is_ok_and(|made| !made.elapsed().is_ok_and(|age| age >= YOUNG));
        let lock = File::open(entry.path().join(LOCK));
        let is_in_use = lock.as_ref().is_ok_and(|lock| lock.try_lock().is_err());
        if !is_young && !is_in_use {
            // What can't be deleted is another user's.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn copies_of_processes_that_were_killed_are_deleted_and_those_in_use_are_not() {
        let temporary = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let make = |name: &str, made: SystemTime| {
            let folder = temporary.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join(LOCK), "").unwrap();
            File::open(&folder).unwrap().set_modified(made).unwrap();
            folder
        };
        let [left, used] = ["left", "used"].map(|name| make(&format!("{PREFIX}{name}"), now - 2 * YOUNG));
        let [young, ahead] = [("young", now - YOUNG / 2), ("ahead", now + 2 * YOUNG)]
            .map(|(name, made)| make(&format!("{PREFIX}{name}"), made));
        let other = make("other", now - 2 * YOUNG);
        let lock = locked(&used.join(LOCK)).unwrap();
        delete_left(temporary.path());
        assert!(!left.exists() && [&used, &young, &ahead, &other].iter().all(|folder| folder.exists()));
        drop(lock);
        delete_left(temporary.path());
        assert!(!used.exists());
    }
}
