//! Output on stdout, and the files that a command is asked to write.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use datasets::Files;

use super::failure::Failure;
use crate::model;
use crate::terminal::{visible, with_painted_marks};

/// Writes to stdout, with control characters made visible. A reader that stops early (`| head`) is no error.
pub(super) fn print(text: &str) -> Result<()> {
    put_out(text).map_err(|error| Failure::Unanswered(error).into())
}

/// Writes to stdout as [`print()`] does, with marks in colour.
pub(super) fn print_with_marks(text: &str) -> Result<()> {
    write(&with_painted_marks(&visible(text))).map_err(|error| Failure::Unanswered(error).into())
}

/// Writes the names of the files that are now on the disk to stdout, one per line.
pub(super) fn print_names(paths: &[&Path]) -> Result<()> {
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    put_out(&(names.join("\n") + "\n")).map_err(|error| Failure::Unnamed { names: names.join(", "), error }.into())
}

/// Writes the names of both files of a data set to stdout.
pub(super) fn print_files(files: &Files) -> Result<ExitCode> {
    print_names(&[&files.train, &files.test])?;
    Ok(ExitCode::SUCCESS)
}

fn put_out(text: &str) -> io::Result<()> {
    write(&visible(text))
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

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
