//! Errors of model files, each a line with the file, the place in it, what was found and what is allowed.

use std::path::PathBuf;

use datasets::contract::error::not_hdf5;
use datasets::files;

/// An error of reading or writing a model.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no HDF5 file.
    #[error("{}: {}; a model is a file that runner train writes", path.display(), not_hdf5(*bytes))]
    NotHdf5 {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// It, or one of its datasets, can't be read.
    #[error(transparent)]
    File(Box<datasets::Error>),
    /// Its content breaks the format.
    #[error("{}: {place}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The attribute, dataset or group.
        place: String,
        /// The value that was found, and the allowed ones.
        problem: String,
    },
    /// There is a file already.
    #[error("{}: there is a file already; --force replaces it, or choose another name", .0.display())]
    Exists(PathBuf),
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] files::Error),
}

impl From<datasets::Error> for Error {
    fn from(error: datasets::Error) -> Self {
        match error {
            datasets::Error::NotHdf5 { path, bytes } => Error::NotHdf5 { path, bytes },
            error => Error::File(Box::new(error)),
        }
    }
}
