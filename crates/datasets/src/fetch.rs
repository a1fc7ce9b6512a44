//! `runner data fetch`: downloads a known data set whose sizes and SHA-256 are pinned, each file whole or not at all.
//!
//! A file is received under a hidden name beside its place, hashed on the way, synced and renamed. Whatever goes wrong, the
//! folder is as it was, and a file that is there already is never written to.

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::http::Uri;
use ureq::{Agent, Proxy};

use crate::catalog::{Known, Origin, Pin};
use crate::dataset::Files;
use crate::files::{
    self, DiskFailure, Part, hash, hexadecimal, make_folder, missing_folders, put_in_place, regular_file,
};

/// The number of bytes that are read at a time.
const CHUNK: usize = 1 << 16;
/// The number of redirects that are followed.
const REDIRECTS: u32 = 5;

/// The longest times to wait for a server.
#[derive(Debug, Clone, Copy)]
struct Timeouts {
    /// For the name look-up, and again for the connection.
    connect: Duration,
    /// Between two pieces of data.
    silence: Duration,
}

const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(15), silence: Duration::from_secs(30) };

/// A stage of [`fetch`], as reported to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The file is in the folder already, with the right content.
    AlreadyThere {
        /// The file's name.
        file: &'a str,
    },
    /// A piece of the file has arrived.
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

/// The reason why a data set could not be fetched, in one line. No error leaves a part of a file behind.
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

/// Downloads the files of `known` from `base_url` (http or https; the file's name is appended) into `folder`, which is made if
/// need be. A file that is there with the right content is not downloaded again.
///
/// # Errors
/// See [`Error`]. None leaves a part of a file or a new empty folder behind; a file that was complete before the error stays.
pub fn fetch(known: &Known, folder: &Path, base_url: &str, progress: impl FnMut(Progress<'_>)) -> Result<Files, Error> {
    fetch_within(TIMEOUTS, known, folder, base_url, progress)
}

fn fetch_within(
    timeouts: Timeouts,
    known: &Known,
    folder: &Path,
    base_url: &str,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Files, Error> {
    let Origin::Published { train, test, .. } = known.origin else {
        let problem = format!("data set {} is not downloaded but made: use `{}`", known.name, known.command());
        return Err(Error::Refused(problem));
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
    // Before the folders are made: they may be made in part.
    let new_folders = missing_folders(folder);
    let agent = agent(base_url, timeouts);
    let downloaded = missing.into_iter().try_for_each(|(file, path, pin)| {
        make_folder(folder)?;
        let mut part = Part::new(path)?;
        let url = format!("{}/{file}", base_url.trim_end_matches('/'));
        receive(&agent, &url, &mut part, pin, |bytes| progress(Progress::Received { file, bytes, total: pin.bytes }))?;
        verify_and_place(part, path, pin)?;
        progress(Progress::Saved { file });
        Ok(())
    });
    if downloaded.is_err() {
        // A folder with a file in it stays: the system refuses to remove it.
        new_folders.iter().for_each(|folder| drop(fs::remove_dir(folder)));
    }
    downloaded.map(|()| files)
}

/// Makes the HTTP client for files below `base_url`.
fn agent(base_url: &str, timeouts: Timeouts) -> Agent {
    // An address that cannot be parsed is refused by the request itself, which says why.
    let base = base_url.parse::<Uri>().unwrap_or_default();
    // No proxy can reach this machine itself.
    let is_here = base.host().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host));
    Agent::config_builder()
        .https_only(base.scheme_str() == Some("https"))
        .proxy(if is_here { None } else { Proxy::try_from_env() })
        .max_redirects(REDIRECTS)
        // The size is pinned, so it must be the size of what is sent.
        .accept_encoding("identity")
        .user_agent(concat!("layerchain/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(timeouts.connect))
        .timeout_connect(Some(timeouts.connect))
        .timeout_per_read(Some(timeouts.silence))
        .timeout_per_write(Some(timeouts.silence))
        .build()
        .new_agent()
}

/// Downloads `url` into `part`, unless it sends anything but the pinned bytes. `on_bytes` is told the bytes so far after each piece.
fn receive(agent: &Agent, url: &str, part: &mut Part, pin: Pin, mut on_bytes: impl FnMut(u64)) -> Result<(), Error> {
    let refused = |problem: String| Err(Error::Refused(format!("{url}: {problem}")));
    let mut response = match agent.get(url).call() {
        Ok(response) => response,
        Err(error) => return refused(unanswered(&error)),
    };
    let expected = pin.bytes;
    if let Some(announced) = response.body().content_length().filter(|&announced| announced != expected) {
        return refused(format!(
            "the server offers {announced} bytes, the file has {expected}: not the same file (is there a log-in page in between?)"
        ));
    }
    let mut body = response.body_mut().as_reader();
    let (mut chunk, mut sha256, mut received) = (vec![0; CHUNK], Sha256::new(), 0);
    loop {
        let count = match body.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) => {
                return refused(format!("broken off after {received} of {expected} bytes: {error}; try again"));
            }
        };
        received += count as u64;
        if received > expected {
            return refused(format!("more than the {expected} bytes of the file: stopped"));
        }
        sha256.update(&chunk[..count]);
        part.file().write_all(&chunk[..count]).map_err(|reason| files::Error::system(part.path(), reason))?;
        on_bytes(received);
    }
    if received < expected {
        return refused(format!("ended after {received} of {expected} bytes; try again"));
    }
    match hexadecimal(&sha256.finalize()) {
        found if found == pin.sha256 => Ok(()),
        found => refused(format!("wrong content: found SHA-256 {found}, expected {}", pin.sha256)),
    }
}

/// Describes why there was no answer to a request.
fn unanswered(error: &ureq::Error) -> String {
    match error {
        ureq::Error::StatusCode(status) => format!("the server answers with HTTP status {status}"),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            format!("not an address to download from: {error} (allowed: http:// or https://)")
        }
        ureq::Error::RequireHttpsOnly(_) => "redirects from https to an address that is not: refused".to_owned(),
        // The handshake is driven by reads and writes, which hand on what TLS has against the server as this kind.
        ureq::Error::Io(reason) if reason.kind() == io::ErrorKind::InvalidData => {
            format!("no secure connection: {reason}")
        }
        ureq::Error::Io(_)
        | ureq::Error::Timeout(_)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::ConnectProxyFailed(_) => {
            format!("cannot be reached: {error}; is there a network, or a proxy to name in HTTPS_PROXY?")
        }
        _ => error.to_string(),
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
