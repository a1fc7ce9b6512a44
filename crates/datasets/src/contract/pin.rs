//! Pins: the content that a data file must have.

use std::fmt;
use std::path::PathBuf;

/// A data file and, if it is pinned, the content that it must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// The file.
    pub path: PathBuf,
    /// The pinned content; `None` if any content is right.
    pub expected: Option<Expected>,
}

/// The content that a pinned file must have, and the place of the pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The place of the pin.
    pub source: PinSource,
}

/// The place where a SHA-256 is pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinSource {
    /// This program, for a published set of this name.
    Set(&'static str),
    /// This key of an experiment.
    Key(&'static str),
}

impl Pinned {
    /// Describes a file of any content.
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
