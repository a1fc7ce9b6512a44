//! Output on stdout, and the files that a command is asked to write.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use datasets::Files;
use datasets::files::{folder_of, regular_file};

use super::failure::Failure;
use crate::model;
use crate::record::folder::is_of_a_record;
use crate::terminal::with_painted_marks;
use crate::text::visible;

/// Writes to stdout, with control characters made visible. A reader that stops early (`| head`) is no error.
pub(super) fn print(text: &str) -> Result<()> {
    write(&visible(text)).map_err(|error| Failure::Unanswered(error).into())
}

/// Writes to stdout as [`print()`] does, with marks in colour.
pub(super) fn print_with_marks(text: &str) -> Result<()> {
    write(&with_painted_marks(&visible(text))).map_err(|error| Failure::Unanswered(error).into())
}

/// Returns the mark of a line of a report: right, wrong, or neither.
pub(super) fn mark(right: Option<bool>) -> &'static str {
    right.map_or("·", |right| if right { "✓" } else { "✗" })
}

/// Writes the names of the files that are now on the disk to stdout, one per line.
pub(super) fn print_names(paths: &[&Path]) -> Result<()> {
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    let lines = names.join("\n") + "\n";
    write(&visible(&lines)).map_err(|error| Failure::Unnamed { names: names.join(", "), error }.into())
}

/// Writes the names of both files of a data set to stdout.
pub(super) fn print_files(files: &Files) -> Result<ExitCode> {
    print_names(&[&files.train, &files.test])?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the help or the version that was asked for to stdout.
pub(super) fn print_help(help: &clap::Error) -> Result<ExitCode> {
    let result = help.print().and_then(|()| io::stdout().flush());
    but_for_a_closed_pipe(result).map_err(Failure::Unanswered)?;
    Ok(ExitCode::SUCCESS)
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    but_for_a_closed_pipe(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

fn but_for_a_closed_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Refuses the files that a command is asked to write if two of them are one, one is a file that the command `reads` or that a sweep keeps,
/// or something else than a file is there, or, without `force`, a file.
pub(super) fn may_be_written<P: AsRef<Path>>(
    written: impl IntoIterator<Item = P>,
    reads: &[impl AsRef<Path>],
    force: bool,
) -> Result<()> {
    let mut places = Vec::new();
    for path in written {
        let path = path.as_ref();
        let is_there = regular_file::is_at(path)?;
        let place = place_of(path);
        if reads
            .iter()
            .map(AsRef::as_ref)
            .any(|read| [place_of(read), fs::canonicalize(read).unwrap_or_default()].contains(&place))
        {
            bail!("{}: this command reads that file, and can't write to it; choose another name", path.display());
        }
        if is_of_a_record(&place) {
            bail!("{}: this is a file of a sweep's results; choose another name", path.display());
        }
        if places.contains(&place) {
            bail!("{}: named twice for what is to be written; choose two names", path.display());
        }
        if is_there && !force {
            bail!(model::Error::Exists(path.to_owned()));
        }
        places.push(place);
    }
    Ok(())
}

/// Returns the same for every name of an entry of a folder; a link is an entry itself.
fn place_of(path: &Path) -> PathBuf {
    let folder = folder_of(path);
    let folder = fs::canonicalize(folder).or_else(|_| std::path::absolute(folder)).unwrap_or_default();
    path.file_name().map_or_else(|| path.to_owned(), |name| folder.join(name))
}
