//! Errors of writing files, each in one line, and the trait that tells failures of the disk from mistakes of a user.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// The reason why there is no new file. A file that had its name before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of this name has appeared meanwhile.
    #[error("{}: a file of this name has appeared meanwhile; it is left as it is", .0.display())]
    Appeared(PathBuf),
    /// Something is there that is no regular file.
    #[error("{}: this is {found}, which no file replaces; choose another name", path.display())]
    Irregular {
        /// The place of the file.
        path: PathBuf,
        /// The kind of thing that is there, such as a folder.
        found: &'static str,
    },
    /// HDF5 can't open a file of this path.
    #[error("{}: this path is not UTF-8, and HDF5 opens no other; choose another folder", .0.display())]
    NotUtf8(PathBuf),
    /// The system refuses.
    #[error("cannot write {}: {reason}", path.display())]
    System {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// HDF5 could not write, though the folder still takes bytes.
    #[error("cannot write {place} of {}: {reason}", path.display())]
    Hdf5 {
        /// The file that was to be written.
        path: PathBuf,
        /// The dataset or attribute, or `the start` or `the end`.
        place: String,
        /// HDF5's reason, on one line.
        reason: String,
    },
    /// The file reads back as something else than was written.
    #[error("cannot write {}: {place} reads back as something else than was written; the disk is not to be trusted", path.display())]
    Differs {
        /// The file that was to be written.
        path: PathBuf,
        /// The dataset or attribute, or `the content`.
        place: String,
    },
}

impl Error {
    /// Wraps the system's reason about `path`.
    pub fn system(path: &Path, reason: impl Into<io::Error>) -> Self {
        Error::System { path: path.to_owned(), reason: reason.into() }
    }

    /// Names `path` as the file in place of another path to it.
    #[must_use]
    pub fn at(self, path: &Path) -> Self {
        let path = path.to_owned();
        match self {
            Error::Appeared(_) => Error::Appeared(path),
            Error::Irregular { found, .. } => Error::Irregular { path, found },
            Error::NotUtf8(_) => Error::NotUtf8(path),
            Error::System { reason, .. } => Error::System { path, reason },
            Error::Hdf5 { place, reason, .. } => Error::Hdf5 { path, place, reason },
            Error::Differs { place, .. } => Error::Differs { path, place },
        }
    }
}

/// An error that is either a failure of the disk (exit code 1) or a user's mistake (exit code 2).
pub trait DiskFailure {
    /// Returns whether the disk is full or broken, or the file has reached its largest size.
    fn is_disk_failure(&self) -> bool;
}

impl DiskFailure for io::Error {
    fn is_disk_failure(&self) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        // An I/O error of the device has no kind of its own.
        matches!(self.kind(), FileTooLarge | QuotaExceeded | StorageFull)
            || self.raw_os_error() == Some(Errno::IO.raw_os_error())
    }
}

impl DiskFailure for Error {
    fn is_disk_failure(&self) -> bool {
        match self {
            Error::Appeared(_) | Error::Irregular { .. } | Error::NotUtf8(_) => false,
            Error::System { reason, .. } => reason.is_disk_failure(),
            Error::Hdf5 { .. } | Error::Differs { .. } => true,
        }
    }
}
