//! One file over HTTP: received, counted and hashed in one pass.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::path::Path;

use sha2::{Digest, Sha256};
use ureq::http::Uri;
use ureq::{Agent, Proxy, Timeout};

use super::{CHUNK, Error, Limits, hexadecimal};
use crate::catalog::Pin;
use crate::files;

/// The HTTP client for files below `base_url`.
pub(super) fn agent(base_url: &str, limits: Limits) -> Agent {
    // An address that cannot be parsed is refused by the request itself, which says why.
    let base = base_url.parse::<Uri>().unwrap_or_default();
    let proxy = if is_loopback(&base) { None } else { Proxy::try_from_env() };
    Agent::config_builder()
        .https_only(base.scheme_str() == Some("https"))
        .proxy(proxy)
        .max_redirects(limits.redirects)
        // The size is pinned, so it must be the size of what is sent.
        .accept_encoding("identity")
        .user_agent(concat!("layerchain/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .timeout_per_read(Some(limits.silence))
        .timeout_per_write(Some(limits.silence))
        .build()
        .new_agent()
}

/// Whether the host is this machine itself, which no proxy can reach.
pub(super) fn is_loopback(uri: &Uri) -> bool {
    uri.host().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    })
}

/// A file on its way.
pub(super) struct Transfer<'a> {
    /// Where it comes from.
    pub(super) url: &'a str,
    pub(super) limits: Limits,
    /// What it must be.
    pub(super) pin: Pin,
    /// Where it will be, for messages.
    pub(super) path: &'a Path,
}

impl Transfer<'_> {
    /// Receives the file into `part`. `on_bytes` is told the bytes so far after each piece.
    ///
    /// # Errors
    /// If anything but the pinned bytes arrives, or they don't arrive within the limits, or they can't be written.
    pub(super) fn receive(&self, agent: &Agent, part: &mut File, mut on_bytes: impl FnMut(u64)) -> Result<(), Error> {
        let expected = self.pin.bytes;
        let mut response = agent.get(self.url).call().map_err(|error| self.unanswered(error))?;
        if let Some(announced) = response.body().content_length()
            && announced != expected
        {
            return Err(Error::OtherSize { url: self.url.to_owned(), announced, expected });
        }
        let mut body = response.body_mut().as_reader();
        let mut chunk = vec![0; CHUNK];
        let mut hasher = Sha256::new();
        let mut received = 0;
        loop {
            let count = match body.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) => return Err(self.broken(received, error.into())),
            };
            received += count as u64;
            if received > expected {
                return Err(Error::TooLong { url: self.url.to_owned(), expected });
            }
            hasher.update(&chunk[..count]);
            part.write_all(&chunk[..count]).map_err(|reason| files::Error::system(self.path, reason))?;
            on_bytes(received);
        }
        if received < expected {
            return Err(self.short(received));
        }
        let found = hexadecimal(hasher);
        if found != self.pin.sha256 {
            return Err(Error::WrongHash { url: self.url.to_owned(), found, expected: self.pin.sha256 });
        }
        Ok(())
    }

    /// What went wrong before the first byte of the file.
    fn unanswered(&self, error: ureq::Error) -> Error {
        let url = self.url.to_owned();
        match error {
            ureq::Error::StatusCode(status) => Error::Status { url, status },
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                Error::Unreachable { url, reason: format!("nobody answers within {:?}", self.limits.connect) }
            }
            ureq::Error::Timeout(_) => self.stalled(0),
            ureq::Error::TooManyRedirects => Error::Redirects { url, allowed: self.limits.redirects },
            ureq::Error::RequireHttpsOnly(_) => Error::Downgrade { url },
            ureq::Error::BadUri(reason) => Error::BadUrl { url, reason },
            ureq::Error::Http(reason) => Error::BadUrl { url, reason: reason.to_string() },
            ureq::Error::Tls(reason) => Error::Tls { url, reason: reason.to_owned() },
            ureq::Error::Rustls(reason) => Error::Tls { url, reason: reason.to_string() },
            // The handshake is driven by reads and writes, which hand on what TLS has against the server as this kind.
            ureq::Error::Io(reason) if reason.kind() == io::ErrorKind::InvalidData => {
                Error::Tls { url, reason: reason.to_string() }
            }
            ureq::Error::Io(reason) => Error::Unreachable { url, reason: reason.to_string() },
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::ConnectProxyFailed(_) => {
                Error::Unreachable { url, reason: error.to_string() }
            }
            _ => Error::Protocol { url, reason: error.to_string() },
        }
    }

    /// What went wrong after `received` bytes of the file.
    fn broken(&self, received: u64, error: ureq::Error) -> Error {
        match error {
            ureq::Error::Timeout(_) => self.stalled(received),
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => self.short(received),
            error => Error::Broken {
                url: self.url.to_owned(),
                received,
                expected: self.pin.bytes,
                reason: error.to_string(),
            },
        }
    }

    fn short(&self, received: u64) -> Error {
        Error::Short { url: self.url.to_owned(), received, expected: self.pin.bytes }
    }

    fn stalled(&self, received: u64) -> Error {
        Error::Stalled { url: self.url.to_owned(), silence: self.limits.silence, received, expected: self.pin.bytes }
    }
}
