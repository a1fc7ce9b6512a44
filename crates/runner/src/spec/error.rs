//! Errors of experiments: each a line that names the file, the key, what was found and what is allowed.

use std::fmt;
use std::path::PathBuf;

use super::role::Role;

/// The place where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file, at a line counted from 1.
    Line(PathBuf, usize),
    /// In the file as a whole, which lacks a key.
    File(PathBuf),
    /// As `key=value` after the file.
    CommandLine,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Place::Line(path, line) => write!(f, "{}:{line}", path.display()),
            Place::File(path) => write!(f, "{}", path.display()),
            Place::CommandLine => f.write_str("command line"),
        }
    }
}

/// An experiment that can't be run as written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error("{}: can't read the experiment: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's message.
        reason: String,
    },
    /// The file is not TOML.
    #[error("{place}: not valid TOML: {reason}")]
    Syntax {
        /// The line.
        place: Place,
        /// The parser's message.
        reason: String,
    },
    /// A word after the file is not `key=value`.
    #[error("command line: {0:?} is not of the form key=value")]
    NotAnOverride(String),
    /// No key has this name.
    #[error("{place}: unknown key {key}{}", suggestion(nearest))]
    UnknownKey {
        /// Its place.
        place: Place,
        /// The key.
        key: String,
        /// The known key that is spelt most like it, if one is close enough.
        nearest: Option<String>,
    },
    /// A key's value is of the wrong type or out of range, or it contradicts another key.
    #[error("{place}: {key}: {problem}")]
    Setting {
        /// Its place.
        place: Place,
        /// The key.
        key: String,
        /// The value that was found, and the allowed ones.
        problem: String,
    },
    /// A conditional key applies at no point.
    #[error("{place}: {}: only applies with {with}, which no point has", role.name_of(key))]
    Idle {
        /// Its place.
        place: Place,
        /// Its role: fixed, an axis (the columns of zips are meant too), or of an included point.
        role: Role,
        /// The key.
        key: &'static str,
        /// The condition on which it applies.
        with: &'static str,
    },
}

impl Error {
    /// Makes the error of a setting: the `problem` of `key`, written at `place`.
    pub(super) fn setting(place: &Place, key: &str, problem: impl Into<String>) -> Self {
        Error::Setting { place: place.clone(), key: key.to_owned(), problem: problem.into() }
    }
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |key| format!(" (did you mean {key}?)"))
}
