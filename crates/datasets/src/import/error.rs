//! What can be wrong with an import, each said in one line: file, place, what was found, what is allowed.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::files::{self, OfTheDisk};

/// Why nothing was imported.
#[derive(Debug, Error)]
pub enum Error {
    /// What was asked for cannot be.
    #[error("{0}")]
    Request(String),
    /// A file that was to be read is not as it should be.
    #[error("{}: {at}{problem}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// Where in it.
        at: At,
        /// What was found, and what is allowed.
        problem: String,
    },
    /// A file or folder could not be written.
    #[error(transparent)]
    Write(#[from] files::Error),
    /// The caller no longer wants it.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The file as a whole.
    File,
    /// A line of text, from 1.
    Line(u64),
    /// A byte, from 0.
    Byte(u64),
    /// An example and one of its values, from 0.
    Value(usize, usize),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::File => Ok(()),
            At::Line(line) => write!(f, "line {line}: "),
            At::Byte(byte) => write!(f, "byte {byte}: "),
            At::Value(row, column) => write!(f, "row {row}, column {column}: "),
        }
    }
}

impl Error {
    /// `problem` of the file at `path` as a whole.
    pub(super) fn file(path: &Path, problem: impl Into<String>) -> Self {
        Self::at(path, At::File, problem)
    }

    pub(super) fn at(path: &Path, at: At, problem: impl Into<String>) -> Self {
        Error::Input { path: path.to_owned(), at, problem: problem.into() }
    }

    /// The system's reason not to open or read `path`.
    pub(super) fn read(path: &Path, reason: &io::Error) -> Self {
        Self::file(path, format!("cannot read it: {}", one_line(&reason.to_string())))
    }

    pub(super) fn write(path: &Path, reason: io::Error) -> Self {
        files::Error::system(path, reason).into()
    }
}

impl OfTheDisk for Error {
    fn is_of_the_disk(&self) -> bool {
        matches!(self, Error::Write(error) if error.is_of_the_disk())
    }
}

/// Text of a file or a library, short and without anything that a terminal obeys.
pub(super) fn one_line(text: &str) -> String {
    const LONGEST: usize = 200;
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

/// A cell of a table or a name as it is shown in a message.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 40;
    let cut: String = text.chars().take(LONGEST).collect();
    let more = if cut.len() < text.len() { "..." } else { "" };
    let escaped = cut.escape_debug().to_string().replace("\\'", "'");
    format!("\"{escaped}{more}\"")
}
