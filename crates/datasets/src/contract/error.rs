//! Errors about data files, each in one line: file, dataset, what was found, what is allowed.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::contract::pin::Expected;
use crate::contract::problem::{Problem, holds, ticked};
use crate::files::{self, DiskFailure};

/// The reason why a data file was refused or could not be read.
#[derive(Debug, Error)]
pub enum Error {
    /// The operating system refused.
    #[error("{}: cannot {action}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The attempted action, as a verb: `open`, `read`, `write`.
        action: &'static str,
        /// The system's reason.
        reason: io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] files::Error),
    /// The path names something that is not a regular file.
    #[error("{}: this is {found}; a data file must be a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// The kind of thing that it is: a folder, a device, ...
        found: &'static str,
    },
    /// The file does not begin with the HDF5 signature.
    #[error("{}: not an HDF5 file ({bytes} bytes, and the first 8 are not the HDF5 signature)", path.display())]
    NotHdf5 {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        bytes: u64,
    },
    /// libhdf5 cannot open the file.
    #[error("{}: damaged or truncated HDF5 file ({bytes} bytes): {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        bytes: u64,
        /// libhdf5's own reason.
        reason: String,
    },
    /// Size or modification time changed between opening and the end of reading.
    #[error("{}: the file changed while it was being read; try again when nothing writes to it", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file has another content than its pin.
    #[error("{}: its SHA-256 is {found}, {expected}", path.display())]
    OtherContent {
        /// The file.
        path: PathBuf,
        /// Its SHA-256.
        found: String,
        /// The content of the pin, and what to do.
        expected: Expected,
    },
    /// There are too few examples for a share of them to be held out.
    #[error("{}: {problem} (data.test_share)", path.display())]
    Share {
        /// The file.
        path: PathBuf,
        /// The number of examples that the share comes to.
        problem: String,
    },
    /// A dataset breaks the contract.
    #[error("{}: dataset `{dataset}`: {problem}", path.display())]
    Dataset {
        /// The file.
        path: PathBuf,
        /// The dataset's name in it.
        dataset: String,
        /// The breach.
        problem: Problem,
    },
    /// Two datasets that must agree do not.
    #[error("{}: dataset `{dataset}` has {found}, but {other}; {rule}", path.display())]
    Disagree {
        /// The file of the first dataset.
        path: PathBuf,
        /// The first dataset.
        dataset: String,
        /// The shape, type or names in the first dataset.
        found: String,
        /// The second dataset, its file and its shape, type or names.
        other: String,
        /// The rule that both must keep.
        rule: &'static str,
    },
    /// None of the datasets that could hold examples is in the file.
    #[error("{}: holds {}; {}", path.display(), none_of(wanted), holds(present))]
    NoSplit {
        /// The file.
        path: PathBuf,
        /// The names looked for.
        wanted: Vec<String>,
        /// The names in the file's root.
        present: Vec<String>,
    },
    /// A contact sheet cannot be drawn.
    #[error("{}: cannot draw a contact sheet: {reason}", path.display())]
    ContactSheet {
        /// The picture that was to be written.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
}

impl Problem {
    /// Returns the error that `dataset` in the file at `path` has this problem.
    pub fn in_dataset(self, path: &Path, dataset: &str) -> Error {
        Error::Dataset { path: path.to_owned(), dataset: dataset.to_owned(), problem: self }
    }
}

impl DiskFailure for Error {
    fn is_disk_failure(&self) -> bool {
        matches!(self, Error::Write(error) if error.is_disk_failure())
    }
}

fn none_of(wanted: &[String]) -> String {
    let names = ticked(wanted);
    if names.len() == 1 { format!("no {}", names[0]) } else { format!("neither {}", names.join(" nor ")) }
}
