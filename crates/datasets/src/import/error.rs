//! Errors of an import, each in one line: file, place, what was found, what is allowed.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::files::{self, DiskFailure};

/// The reason why nothing was imported.
#[derive(Debug, Error)]
pub enum Error {
    /// The request can't be fulfilled.
    #[error("{0}")]
    Request(String),
    /// A file to be read is not as it should be.
    #[error("{}: {problem}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// The place in it, the value that was found, and the allowed ones.
        problem: String,
    },
    /// A file or folder could not be written.
    #[error(transparent)]
    Write(#[from] files::Error),
    /// The caller has stopped the import.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

impl Error {
    /// Describes a problem of the file at `path` as a whole.
    pub(super) fn file(path: &Path, problem: impl Into<String>) -> Self {
        Error::Input { path: path.to_owned(), problem: problem.into() }
    }

    /// Describes a problem of a line of text, from 1.
    pub(super) fn line(path: &Path, line: u64, problem: impl Display) -> Self {
        Self::file(path, format!("line {line}: {problem}"))
    }

    /// Describes a problem of a byte, from 0.
    pub(super) fn byte(path: &Path, byte: u64, problem: impl Display) -> Self {
        Self::file(path, format!("byte {byte}: {problem}"))
    }

    /// Describes a problem of an example and one of its values, from 0.
    pub(super) fn value(path: &Path, row: usize, column: usize, problem: impl Display) -> Self {
        Self::file(path, format!("row {row}, column {column}: {problem}"))
    }

    /// Wraps the system's reason not to open or read `path`.
    pub(super) fn read(path: &Path, reason: &io::Error) -> Self {
        Self::file(path, format!("cannot read it: {}", one_line(&reason.to_string())))
    }
}

impl DiskFailure for Error {
    fn is_disk_failure(&self) -> bool {
        matches!(self, Error::Write(error) if error.is_disk_failure())
    }
}

/// Shortens text of a file or a library, and removes control characters.
pub(super) fn one_line(text: &str) -> String {
    const LONGEST: usize = 200;
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

/// Quotes a cell of a table or a name for a message.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 40;
    let cut: String = text.chars().take(LONGEST).collect();
    let more = if cut.len() < text.len() { "..." } else { "" };
    let escaped = cut.escape_debug().to_string().replace("\\'", "'");
    format!("\"{escaped}{more}\"")
}
