//! The content that a data file must have, where someone has said so.

use std::fmt;
use std::path::PathBuf;

use super::error::Error;

/// A data file and, where it is known, its one right content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// The file.
    pub path: PathBuf,
    /// The content.
    pub expected: Option<Expected>,
}

/// The one right content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Who says so.
    pub said_by: SaidBy,
}

/// Where a pinned SHA-256 stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidBy {
    /// In this program, for a set that is published.
    Set(&'static str),
    /// At this key of an experiment.
    Key(&'static str),
}

impl Pinned {
    /// A file of any content.
    pub fn any(path: impl Into<PathBuf>) -> Self {
        Pinned { path: path.into(), expected: None }
    }

    /// Whether `sha256` is the right one.
    ///
    /// # Errors
    /// What was found, what was expected and what to do.
    pub fn check(&self, sha256: &str) -> Result<(), Error> {
        match &self.expected {
            Some(expected) if expected.sha256 != sha256 => Err(Error::OtherContent {
                path: self.path.clone(),
                found: sha256.to_owned(),
                expected: expected.clone(),
            }),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sha256 = &self.sha256;
        match self.said_by {
            SaidBy::Set(name) => write!(
                f,
                "but that of {name} is {sha256}; remove the file and run `runner data fetch {name}`, or give this one as \
                 data.train or data.test"
            ),
            SaidBy::Key(key) => {
                write!(f, "but {key} says {sha256}; use the file that was meant, or give {key} what was found")
            }
        }
    }
}
