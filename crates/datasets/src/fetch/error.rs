//! What can go wrong in a download, each in one line.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::files::{self, OfTheDisk};

/// Why a data set could not be fetched. None leaves a part of a file behind.
///
/// The reasons given by the system or the HTTP library are part of the line, so they are no `source()` as well.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The data set is made on this machine, not downloaded.
    #[error("data set {name} is not downloaded but made: use `{command}`")]
    NotPublished {
        /// The data set.
        name: &'static str,
        /// The command that makes it.
        command: String,
    },
    /// Something else has the name of a file; it is not overwritten.
    #[error(
        "{}: is there already but is not the file that is known: found {found}, expected {expected}; \
         remove it or fetch into another folder", .path.display()
    )]
    Occupied {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// The address is none that can be downloaded from.
    #[error("{url:?}: not an address to download from: {reason} (allowed: http:// or https://)")]
    BadUrl {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection: no network, no such host, refused, nobody answers.
    #[error("{url}: cannot be reached: {reason}; is there a network, or a proxy to name in HTTPS_PROXY?")]
    Unreachable {
        /// The address.
        url: String,
        /// What the system says.
        reason: String,
    },
    /// There is a server, but no secure connection with it.
    #[error("{url}: no secure connection: {reason}")]
    Tls {
        /// The address.
        url: String,
        /// What TLS says.
        reason: String,
    },
    /// An https address redirects to one without encryption.
    #[error("{url}: redirects from https to an address that is not: refused")]
    Downgrade {
        /// The address.
        url: String,
    },
    /// More redirects than are followed.
    #[error("{url}: more than {allowed} redirects")]
    Redirects {
        /// The address.
        url: String,
        /// How many are followed.
        allowed: u32,
    },
    /// The server answers, but not with the file.
    #[error("{url}: the server answers with HTTP status {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server says beforehand that it has something of another size.
    #[error(
        "{url}: the server offers {announced} bytes, the file has {expected}: not the same file \
         (is there a log-in page in between?)"
    )]
    OtherSize {
        /// The address.
        url: String,
        /// Size in bytes, by the server's header.
        announced: u64,
        /// Size in bytes of the file.
        expected: u64,
    },
    /// No data for too long.
    #[error("{url}: no data for {silence:?} after {received} of {expected} bytes; try again later")]
    Stalled {
        /// The address.
        url: String,
        /// How long was waited.
        silence: Duration,
        /// Bytes that had arrived.
        received: u64,
        /// Size in bytes of the file.
        expected: u64,
    },
    /// The server ended too early.
    #[error("{url}: ended after {received} of {expected} bytes; try again")]
    Short {
        /// The address.
        url: String,
        /// Bytes that had arrived.
        received: u64,
        /// Size in bytes of the file.
        expected: u64,
    },
    /// The connection failed on the way.
    #[error("{url}: broken off after {received} of {expected} bytes: {reason}; try again")]
    Broken {
        /// The address.
        url: String,
        /// Bytes that had arrived.
        received: u64,
        /// Size in bytes of the file.
        expected: u64,
        /// What the system or the protocol says.
        reason: String,
    },
    /// The server sends on and on.
    #[error("{url}: more than the {expected} bytes of the file: stopped")]
    TooLong {
        /// The address.
        url: String,
        /// Size in bytes of the file.
        expected: u64,
    },
    /// The right size, but not the right content.
    #[error("{url}: wrong content: found SHA-256 {found}, expected {expected}")]
    WrongHash {
        /// The address.
        url: String,
        /// SHA-256 of what arrived.
        found: String,
        /// SHA-256 of the file.
        expected: &'static str,
    },
    /// The answer is not HTTP as it should be, or the request failed in a way that has no name here.
    #[error("{url}: {reason}")]
    Protocol {
        /// The address.
        url: String,
        /// What the HTTP library says.
        reason: String,
    },
    /// A file or folder could not be written.
    #[error(transparent)]
    Write(#[from] files::Error),
    /// What is there already can't be looked at.
    #[error("{}: cannot read it: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

impl OfTheDisk for Error {
    fn is_of_the_disk(&self) -> bool {
        match self {
            Error::Write(error) => error.is_of_the_disk(),
            Error::Unreadable { reason, .. } => reason.is_of_the_disk(),
            _ => false,
        }
    }
}
