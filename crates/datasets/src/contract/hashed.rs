//! A data file whose whole content is hashed, before libhdf5 opens it and once more when it has been read.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;

use crate::contract::error::Error;
use crate::contract::file::{DataFile, open_regular};
use crate::contract::pin::Pinned;
use crate::files::hash;

/// An HDF5 file, open for reading, that has the content of its pin.
pub(crate) struct HashedFile {
    file: DataFile,
    bytes: File,
    sha256: String,
}

impl HashedFile {
    /// Opens the file of `pinned` if it has the pinned content.
    pub(crate) fn open(pinned: &Pinned) -> Result<Self, Error> {
        let (bytes, sha256) = pinned.open_hashed()?;
        Ok(HashedFile { file: DataFile::open(&pinned.path)?, bytes, sha256 })
    }

    /// Returns the file to read from.
    pub(crate) fn file(&self) -> &DataFile {
        &self.file
    }

    /// Hashes the whole file once more, and returns its SHA-256 in hexadecimal; to be called after everything has been read.
    ///
    /// The hash is that of a file which this program holds open; that libhdf5 has read the same file is known by its identity.
    ///
    /// # Errors
    /// If the file has changed since it was opened.
    pub(crate) fn sha256(&self) -> Result<String, Error> {
        let path = self.file.path();
        let now = || -> io::Result<_> {
            let mut bytes = &self.bytes;
            Ok((hash(&mut bytes)?, [bytes.metadata()?, fs::metadata(path)?]))
        };
        let (hash, seen) = now().map_err(|reason| Error::system(path, "read", &reason))?;
        let opened = identity(self.file.metadata());
        if hash != self.sha256 || seen.iter().any(|seen| identity(seen) != opened) {
            return Err(Error::Changed { path: path.to_owned() });
        }
        Ok(hash)
    }
}

/// Returns the properties that change if the file is written or replaced: device, inode, size, and the times of its last changes, in
/// seconds and nanoseconds.
fn identity(metadata: &Metadata) -> (u64, u64, u64, [i64; 4]) {
    let times = [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
    (metadata.dev(), metadata.ino(), metadata.len(), times)
}

impl Pinned {
    /// Checks that the file has the pinned content; it is read whole.
    ///
    /// # Errors
    /// If it has another content, can't be read, or isn't a regular file.
    pub fn verify(&self) -> Result<(), Error> {
        self.open_hashed().map(|_| ())
    }

    /// Opens the file, and returns it with its SHA-256, which is checked.
    fn open_hashed(&self) -> Result<(File, String), Error> {
        let mut bytes = open_regular(&self.path)?;
        let found = hash(&mut bytes).map_err(|reason| Error::system(&self.path, "read", &reason))?;
        match &self.expected {
            Some(expected) if expected.sha256 != found => {
                Err(Error::OtherContent { path: self.path.clone(), found, expected: expected.clone() })
            }
            _ => Ok((bytes, found)),
        }
    }
}
