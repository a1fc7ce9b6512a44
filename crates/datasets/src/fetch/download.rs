//! A file from the network, piece by piece.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use ureq::http::Uri;
use ureq::{Agent, Proxy};

/// The number of bytes that are read at a time.
const CHUNK: usize = 1 << 16;
/// The number of redirects that are followed.
const REDIRECTS: u32 = 5;

/// The longest times to wait for a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    /// For the name look-up, and again for the connection.
    pub(super) connect: Duration,
    /// Between two pieces of data.
    pub(super) silence: Duration,
}

pub(super) const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(15), silence: Duration::from_secs(30) };

/// Makes the HTTP client for files below `base_url`.
pub(super) fn agent(base_url: &str, timeouts: Timeouts) -> Agent {
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

/// Downloads `url` in a thread of its own, so that a silent server keeps nobody from stopping, and returns its pieces; the last one
/// is a problem, if there is any.
///
/// # Errors
/// If there is no thread.
pub(super) fn pieces(agent: Agent, url: String, expected: u64) -> io::Result<Receiver<Result<Vec<u8>, String>>> {
    let (sender, pieces) = sync_channel(1);
    thread::Builder::new().name("download".to_owned()).spawn(move || {
        // Nobody receives the pieces of a download that was stopped.
        let send = |piece| sender.send(piece).is_ok();
        if let Err(problem) = download(&agent, &url, expected, |piece| send(Ok(piece))) {
            send(Err(problem));
        }
    })?;
    Ok(pieces)
}

/// Downloads `url`, which has the `expected` bytes, and hands them to `take` until that returns false.
fn download(agent: &Agent, url: &str, expected: u64, take: impl Fn(Vec<u8>) -> bool) -> Result<(), String> {
    let mut response = agent.get(url).call().map_err(|error| unanswered(&error))?;
    if let Some(announced) = response.body().content_length().filter(|&announced| announced != expected) {
        return Err(format!(
            "the server offers {announced} bytes, the file has {expected}: not the same file (is there a log-in page in between?)"
        ));
    }
    let mut body = response.body_mut().as_reader();
    let (mut chunk, mut received) = (vec![0; CHUNK], 0);
    loop {
        let count = match body.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) => return Err(format!("broken off after {received} of {expected} bytes: {error}; try again")),
        };
        received += count as u64;
        if received > expected {
            return Err(format!("more than the {expected} bytes of the file: stopped"));
        }
        if !take(chunk[..count].to_vec()) {
            return Ok(());
        }
    }
    if received < expected {
        return Err(format!("ended after {received} of {expected} bytes; try again"));
    }
    Ok(())
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
