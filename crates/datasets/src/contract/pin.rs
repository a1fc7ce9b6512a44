//! The content that a data file must have, where someone has said so.

use std::fmt;
use std::path::PathBuf;

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
    pub source: PinSource,
}

/// Where a pinned SHA-256 stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinSource {
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
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sha256 = &self.sha256;
        match self.source {
            PinSource::Set(name) => write!(
                f,
                "but that of {name} is {sha256}; remove the file and run `runner data fetch {name}`, or give this one as \
                 data.train or data.test"
            ),
            PinSource::Key(key) => {
                write!(f, "but {key} says {sha256}; use the file that was meant, or give {key} what was found")
            }
        }
    }
}
