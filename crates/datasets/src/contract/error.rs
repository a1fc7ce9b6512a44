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
    /// The file as a whole can't be used.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// A description of what was found and what is allowed.
        problem: String,
    },
    /// The file is not HDF5.
    #[error("{}: {}; runner data import converts CSV, NPY, NPZ, IDX and pictures", path.display(), not_hdf5(*bytes))]
    NotHdf5 {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] files::Error),
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
}

/// Describes a file of this size that is not HDF5.
pub fn not_hdf5(bytes: u64) -> String {
    format!("not an HDF5 file ({bytes} bytes, and the first 8 are not the HDF5 signature)")
}

impl Error {
    /// Describes a problem of the file at `path` as a whole.
    pub(crate) fn file(path: &Path, problem: impl Into<String>) -> Self {
        Error::File { path: path.to_owned(), problem: problem.into() }
    }

    /// Wraps the system's reason not to `action` (open, read) the file at `path`.
    pub(crate) fn system(path: &Path, action: &str, reason: &io::Error) -> Self {
        Self::file(path, format!("cannot {action}: {reason}"))
    }

    /// Describes a file that has none of the datasets `wanted`, which could hold examples, but those `present`.
    pub(crate) fn no_split(path: &Path, wanted: &[String], present: &[String]) -> Self {
        let names = ticked(wanted);
        let none =
            if names.len() == 1 { format!("no {}", names[0]) } else { format!("neither {}", names.join(" nor ")) };
        Self::file(path, format!("holds {none}; {}", holds(present)))
    }
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
