//! The files that a command is asked to write.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::model;

/// Refuses a place where a file can't be, or, without `force`, where one is.
pub(super) fn may_be_written(path: &Path, force: bool) -> Result<()> {
    if path.is_dir() {
        bail!("{}: this is a folder; a file's name is required", path.display());
    }
    if !force && fs::symlink_metadata(path).is_ok() {
        bail!(model::Error::Exists(path.to_owned()));
    }
    Ok(())
}
