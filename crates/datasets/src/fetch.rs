//! `runner data fetch`: downloads a known data set whose sizes and SHA-256 are pinned, all of a file or nothing of it.
//!
//! A file is received under a hidden name next to its place, hashed on the way, synced and renamed. Whatever goes wrong, the
//! folder is as it was, and a file that is there already is never written to.

mod error;
#[cfg(test)]
mod loopback;
#[cfg(test)]
mod tests;
mod transfer;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::Files;
use super::catalog::{Known, Origin, Pin};
use super::hashed::hash;
use crate::files::{self, Part, make_folder, missing_folders, put_in_place};
pub use error::Error;

/// What [`fetch`] tells its caller while it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The file is in the folder already, with the right content.
    AlreadyThere {
        /// The file's name.
        file: &'a str,
    },
    /// A part of the file has arrived.
    Received {
        /// The file's name.
        file: &'a str,
        /// Bytes so far.
        bytes: u64,
        /// Bytes of the whole file.
        total: u64,
    },
    /// The file is complete, checked and in its place.
    Saved {
        /// The file's name.
        file: &'a str,
    },
}

/// How long and how far a download may go.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// For the name look-up, and again for the connection.
    connect: Duration,
    /// Between two pieces of data.
    silence: Duration,
    redirects: u32,
}

/// Bytes that are read at a time.
const CHUNK: usize = 64 * 1024;

const LIMITS: Limits = Limits { connect: Duration::from_secs(15), silence: Duration::from_secs(30), redirects: 5 };

/// Downloads the files of `known` from `base_url` (http or https; the file's name is appended) into `folder`, which is made if
/// need be. A file that is there with the right content is not downloaded again.
///
/// # Errors
/// See [`Error`]. None leaves a part of a file or a new empty folder behind; a file that was complete before the error stays.
pub fn fetch(known: &Known, folder: &Path, base_url: &str, progress: impl FnMut(Progress<'_>)) -> Result<Files, Error> {
    fetch_within(LIMITS, known, folder, base_url, progress)
}

fn fetch_within(
    limits: Limits,
    known: &Known,
    folder: &Path,
    base_url: &str,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Files, Error> {
    let Origin::Published { train, test, .. } = known.origin else {
        return Err(Error::NotPublished { name: known.name, command: known.command() });
    };
    let files = known.files_in(folder);
    let mut missing = Vec::new();
    for (file, path, pin) in [(known.train, &files.train, train), (known.test, &files.test, test)] {
        if is_complete(path, pin)? {
            progress(Progress::AlreadyThere { file });
        } else {
            missing.push((file, path, pin));
        }
    }
    if missing.is_empty() {
        return Ok(files);
    }

    let base_url = base_url.trim_end_matches('/');
    let agent = transfer::agent(base_url, limits);
    let _folder = NewFolder::create(folder)?;
    for (file, path, pin) in missing {
        let mut part = Part::new(path)?;
        let total = pin.bytes;
        transfer::Transfer { url: &format!("{base_url}/{file}"), limits, pin, path }.receive(
            &agent,
            part.file(),
            |bytes| {
                progress(Progress::Received { file, bytes, total });
            },
        )?;
        settle(part, path, pin)?;
        progress(Progress::Saved { file });
    }
    Ok(files)
}

/// Whether `path` holds what `pin` says (`true`) or nothing (`false`).
///
/// # Errors
/// [`Error::Occupied`] if something else is there, [`Error::Unreadable`] if it cannot be read.
fn is_complete(path: &Path, pin: Pin) -> Result<bool, Error> {
    let unreadable = |reason| Error::Unreadable { path: path.to_owned(), reason };
    let occupied = |found, expected| Error::Occupied { path: path.to_owned(), found, expected };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unreadable(error)),
    };
    // Before it is opened: a named pipe would wait for a writer, and a size is cheaper to compare than a hash.
    if !metadata.is_file() {
        return Err(occupied("no regular file".to_owned(), "a file or nothing".to_owned()));
    }
    if metadata.len() != pin.bytes {
        return Err(occupied(format!("{} bytes", metadata.len()), format!("{} bytes", pin.bytes)));
    }
    let found = File::open(path).and_then(|mut file| hash(&mut file)).map_err(unreadable)?;
    if found != pin.sha256 {
        return Err(occupied(format!("SHA-256 {found}"), format!("SHA-256 {}", pin.sha256)));
    }
    Ok(true)
}

fn hexadecimal(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a received file back and gives it its name, without ever replacing a file.
fn settle(part: Part, path: &Path, pin: Pin) -> Result<(), Error> {
    let found = hash(&mut part.reopen()?).map_err(|reason| files::Error::system(path, reason))?;
    if found != pin.sha256 {
        return Err(files::Error::Differs { path: path.to_owned(), place: "the content".to_owned() }.into());
    }
    match put_in_place([part], false) {
        Err(files::Error::Appeared(_)) if is_complete(path, pin)? => Ok(()),
        settled => Ok(settled?),
    }
}

/// A folder that is removed again when dropped, with those above it that were made for it, unless something is in it by then.
struct NewFolder {
    /// The folders that were not there before, the innermost first.
    made: Vec<PathBuf>,
}

impl NewFolder {
    fn create(folder: &Path) -> Result<Self, Error> {
        // Before the folders are made: they may be made in part.
        let new = Self { made: missing_folders(folder) };
        make_folder(folder)?;
        Ok(new)
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        for folder in &self.made {
            // Refused by the system for a folder with a file in it, which is the wish.
            let _ = fs::remove_dir(folder);
        }
    }
}
