//! The lock of a training: two with one model file would write and remove each other's checkpoints.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::record::lock::locked;
use crate::terminal::warn;

/// The lock on the file of a model, for as long as this process trains to it.
pub(super) struct ModelLock {
    path: PathBuf,
    /// `None` where the file system has no locks.
    file: Option<File>,
}

impl ModelLock {
    /// Locks the file `model`, whose folder can be written.
    ///
    /// # Errors
    /// If another runner trains to it.
    pub(super) fn take(model: &Path) -> Result<Self> {
        let path = model.with_added_extension("lock");
        match locked(&path) {
            Ok(file) => Ok(ModelLock { path, file: Some(file) }),
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "{}: another runner trains to this file; wait for it, or choose another with --out",
                    model.display()
                )
            }
            Err(TryLockError::Error(error)) => {
                warn(&format!(
                    "{}: {error}, so that no other runner would see that this one trains to {}",
                    path.display(),
                    model.display()
                ));
                Ok(ModelLock { path, file: None })
            }
        }
    }
}

impl Drop for ModelLock {
    fn drop(&mut self) {
        // A file with something in it is somebody else's.
        let is_own = |file: &File| file.metadata().is_ok_and(|found| found.len() == 0);
        if self.file.as_ref().is_some_and(is_own) {
            // One that is left is of no harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}
