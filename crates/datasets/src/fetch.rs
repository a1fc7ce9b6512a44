//! `runner data fetch`: downloads a known data set whose sizes and SHA-256 are pinned, each file whole or not at all.
//!
//! A file is received under a hidden name beside its place, hashed on the way, synced and renamed. Whatever goes wrong, the
//! folder is as it was, and a file that is there already is never written to.

mod download;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::Agent;

use self::download::{TIMEOUTS, Timeouts, agent, pieces};
use crate::catalog::{Known, Origin, Pin};
use crate::dataset::Files;
use crate::files::{
    self, DiskFailure, Part, hash, hexadecimal, make_folder, missing_folders, put_in_place, regular_file,
};

/// The time from one look at the caller's wish to the next.
const LOOK: Duration = Duration::from_millis(100);

/// A stage of [`fetch`], as reported to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The file is in the folder already, with the right content.
    AlreadyThere {
        /// The file's name.
        file: &'a str,
    },
    /// A part of the file that has arrived; said again while nothing arrives.
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

/// The reason why a data set was not fetched, in one line. No error leaves a part of a file behind.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The set is not downloaded, another file has the name, or the address doesn't send the pinned bytes in time.
    #[error("{0}")]
    Refused(String),
    /// A file or folder could not be written.
    #[error(transparent)]
    Write(#[from] files::Error),
    /// A file that is there already can't be read.
    #[error("{}: cannot read it: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// The caller has stopped it.
    #[error("interrupted; only whole files are kept")]
    Interrupted,
}

impl DiskFailure for Error {
    fn is_disk_failure(&self) -> bool {
        match self {
            Error::Write(error) => error.is_disk_failure(),
            Error::Unreadable { reason, .. } => reason.is_disk_failure(),
            _ => false,
        }
    }
}

/// Downloads the files of `known` from `base_url` (http or https; the file's name is appended) into `folder`, which is made if need be. A
/// file that is there with the right content is not downloaded again. `progress` is called at each stage and ten times a second, and stops
/// the download by returning false.
///
/// # Errors
/// See [`Error`]. None leaves a part of a file or a new empty folder behind; a file that was complete before the error stays.
pub fn fetch(
    known: &Known,
    folder: &Path,
    base_url: &str,
    progress: impl FnMut(Progress<'_>) -> bool,
) -> Result<Files, Error> {
    fetch_within(TIMEOUTS, known, folder, base_url, progress)
}

fn fetch_within(
    timeouts: Timeouts,
    known: &Known,
    folder: &Path,
    base_url: &str,
    mut progress: impl FnMut(Progress<'_>) -> bool,
) -> Result<Files, Error> {
    let mut report = |stage: Progress<'_>| if progress(stage) { Ok(()) } else { Err(Error::Interrupted) };
    let Origin::Published { train, test, .. } = known.origin else {
        let problem = format!("data set {} is not downloaded but made: use `{}`", known.name, known.command());
        return Err(Error::Refused(problem));
    };
    let files = known.files_in(folder);
    let mut missing = Vec::new();
    for (file, path, pin) in [(known.train, &files.train, train), (known.test, &files.test, test)] {
        if is_complete(path, pin)? {
            report(Progress::AlreadyThere { file })?;
        } else {
            missing.push((file, path, pin));
        }
    }
    // Before the folders are made: they may be made in part.
    let new_folders = missing_folders(folder);
    let agent = agent(base_url, timeouts);
    let downloaded = missing.into_iter().try_for_each(|(file, path, pin)| {
        make_folder(folder)?;
        let mut part = Part::new(path)?;
        let url = format!("{}/{file}", base_url.trim_end_matches('/'));
        receive(&agent, &url, &mut part, pin, |bytes| report(Progress::Received { file, bytes, total: pin.bytes }))?;
        verify_and_place(part, path, pin)?;
        report(Progress::Saved { file })
    });
    if downloaded.is_err() {
        // A folder with a file in it stays: the system refuses to remove it.
        new_folders.iter().for_each(|folder| drop(fs::remove_dir(folder)));
    }
    downloaded.map(|()| files)
}

/// Downloads `url` into `part`, unless it sends anything but the pinned bytes. `on_bytes` is told the bytes so far after each piece, and
/// again while none arrives.
fn receive(
    agent: &Agent,
    url: &str,
    part: &mut Part,
    pin: Pin,
    mut on_bytes: impl FnMut(u64) -> Result<(), Error>,
) -> Result<(), Error> {
    let refused = |problem: String| Err(Error::Refused(format!("{url}: {problem}")));
    let expected = pin.bytes;
    let pieces = match pieces(agent.clone(), url.to_owned(), expected) {
        Ok(pieces) => pieces,
        Err(reason) => return refused(format!("cannot start a thread to download it: {reason}")),
    };
    let (mut sha256, mut received) = (Sha256::new(), 0);
    loop {
        match pieces.recv_timeout(LOOK) {
            Ok(Ok(piece)) => {
                received += piece.len() as u64;
                sha256.update(&piece);
                part.file().write_all(&piece).map_err(|reason| files::Error::system(part.path(), reason))?;
            }
            Ok(Err(problem)) => return refused(problem),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        on_bytes(received)?;
    }
    match hexadecimal(&sha256.finalize()) {
        found if found == pin.sha256 => Ok(()),
        found => refused(format!("wrong content: found SHA-256 {found}, expected {}", pin.sha256)),
    }
}

/// Returns whether `path` holds what `pin` says (`true`) or nothing (`false`).
///
/// # Errors
/// If something else is there, or it cannot be read.
fn is_complete(path: &Path, pin: Pin) -> Result<bool, Error> {
    let unreadable = |reason| Error::Unreadable { path: path.to_owned(), reason };
    let occupied = |found: String, expected: String| {
        Err(Error::Refused(format!(
            "{}: is there already but is not the file that is known: found {found}, expected {expected}; \
             remove it or fetch into another folder",
            path.display()
        )))
    };
    regular_file::is_at(path)?;
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unreadable(error)),
    };
    // A size is cheaper to compare than a hash.
    if metadata.len() != pin.bytes {
        return occupied(format!("{} bytes", metadata.len()), format!("{} bytes", pin.bytes));
    }
    match File::open(path).and_then(|mut file| hash(&mut file)).map_err(unreadable)? {
        found if found == pin.sha256 => Ok(true),
        found => occupied(format!("SHA-256 {found}"), format!("SHA-256 {}", pin.sha256)),
    }
}

/// Reads a received file back, and gives it its name unless a file of that name has appeared.
fn verify_and_place(part: Part, path: &Path, pin: Pin) -> Result<(), Error> {
    let found = hash(&mut part.reopen()?).map_err(|reason| files::Error::system(path, reason))?;
    if found != pin.sha256 {
        return Err(files::Error::Differs { path: path.to_owned(), place: "the content".to_owned() }.into());
    }
    match put_in_place([part], false) {
        Err(files::Error::Appeared(_)) if is_complete(path, pin)? => Ok(()),
        placed => Ok(placed?),
    }
}
