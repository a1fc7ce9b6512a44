//! A web server on this machine that gives each connection the answer it was told to, right or wrong.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// No server outlives this, whatever a test does.
const LIFETIME: Duration = Duration::from_secs(20);

/// An address where nobody listens: a port that was just free could be another test's by now, and this one (tcpmux) is given
/// to nobody who does not ask for it as root.
pub(super) const CLOSED: &str = "http://127.0.0.1:1/";

/// What one connection gets.
pub(super) struct Answer {
    bytes: Vec<u8>,
    /// Keep the connection open and silent, rather than close it.
    hang: bool,
}

impl Answer {
    /// The file, with its size in the header.
    pub(super) fn file(body: &[u8]) -> Self {
        Self::announced(body.len(), body)
    }

    /// A header that promises `length` bytes, and `body`.
    pub(super) fn announced(length: usize, body: &[u8]) -> Self {
        Self::raw(&format!("200 OK\r\nContent-Length: {length}"), body)
    }

    /// A body without a size, which ends where the connection ends.
    pub(super) fn unannounced(body: &[u8]) -> Self {
        Self::raw("200 OK", body)
    }

    /// A body in pieces (chunked transfer encoding) that sends `body` twice as often as it should.
    pub(super) fn chunked_twice(body: &[u8]) -> Self {
        let mut pieces = Vec::new();
        for _ in 0..2 {
            pieces.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
            pieces.extend_from_slice(body);
            pieces.extend_from_slice(b"\r\n");
        }
        pieces.extend_from_slice(b"0\r\n\r\n");
        Self::raw("200 OK\r\nTransfer-Encoding: chunked", &pieces)
    }

    pub(super) fn status(status: &str) -> Self {
        let page = b"<html>a page about it</html>";
        Self::raw(&format!("{status}\r\nContent-Length: {}", page.len()), page)
    }

    pub(super) fn redirect(to: &str) -> Self {
        Self::raw(&format!("302 Found\r\nLocation: {to}\r\nContent-Length: 0"), b"")
    }

    /// Bytes that are not HTTP.
    pub(super) fn noise() -> Self {
        Self { bytes: b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec(), hang: false }
    }

    /// Nothing at all.
    pub(super) fn silence() -> Self {
        Self { bytes: Vec::new(), hang: true }
    }

    /// The same, but then silent instead of ended.
    pub(super) fn then_hang(self) -> Self {
        Self { hang: true, ..self }
    }

    fn raw(status_and_headers: &str, body: &[u8]) -> Self {
        let mut bytes = format!("HTTP/1.1 {status_and_headers}\r\nConnection: close\r\n\r\n").into_bytes();
        bytes.extend_from_slice(body);
        Self { bytes, hang: false }
    }
}

/// The server; ends when dropped.
pub(super) struct Server {
    port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<String>>>,
}

impl Server {
    /// A server that gives these answers, one a connection, in this order.
    pub(super) fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let answers: Vec<Answer> = answers.into_iter().collect();
        let thread = thread::spawn({
            let stop = Arc::clone(&stop);
            move || serve(&listener, answers, &stop)
        });
        Self { port, stop, thread: Some(thread) }
    }

    /// The address that file names are appended to.
    pub(super) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/datasets/", self.port)
    }

    /// Stops the server. The first lines of the requests that it had.
    pub(super) fn requests(mut self) -> Vec<String> {
        self.end().unwrap_or_default()
    }

    fn end(&mut self) -> Option<Vec<String>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take()?.join().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn serve(listener: &TcpListener, answers: Vec<Answer>, stop: &AtomicBool) -> Vec<String> {
    let end = Instant::now() + LIFETIME;
    let mut requests = Vec::new();
    for answer in answers {
        let stream = loop {
            match listener.accept() {
                Ok((stream, _)) => break stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("the loopback server cannot accept: {error}"),
            }
            if stop.load(Ordering::Relaxed) || Instant::now() > end {
                return requests;
            }
            thread::sleep(Duration::from_millis(2));
        };
        requests.push(give(stream, &answer));
    }
    requests
}

/// Reads a request, gives the answer, and returns the request's first line.
fn give(mut stream: TcpStream, answer: &Answer) -> String {
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(LIFETIME)).unwrap();
    stream.set_write_timeout(Some(LIFETIME)).unwrap();
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        request.push(byte[0]);
    }
    // The client hangs up as soon as it has seen enough.
    let _ = stream.write_all(&answer.bytes);
    if answer.hang {
        let _ = stream.read(&mut byte);
    }
    let request = String::from_utf8_lossy(&request);
    request.lines().next().unwrap_or_default().to_owned()
}
