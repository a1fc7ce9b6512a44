//! A web server on this machine that gives each connection the answer it was told to, right or wrong.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// An address where nobody listens: a port that was just free could be another test's by now, and this one (tcpmux) is given
/// to nobody who does not ask for it as root.
pub(super) const CLOSED: &str = "http://127.0.0.1:1/";

/// The bytes that one connection gets, and whether it then stays open and silent.
#[derive(Clone)]
pub(super) struct Answer(Vec<u8>, bool);

impl Answer {
    /// A status line and headers, each but the last with its line's end, and a body.
    pub(super) fn new(head: &str, body: &[u8]) -> Self {
        Answer([format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").as_bytes(), body].concat(), false)
    }

    /// A header that promises `length` bytes, and `body`.
    pub(super) fn announced(length: usize, body: &[u8]) -> Self {
        Self::new(&format!("200 OK\r\nContent-Length: {length}"), body)
    }

    pub(super) fn file(body: &[u8]) -> Self {
        Self::announced(body.len(), body)
    }

    pub(super) fn redirect(to: &str) -> Self {
        Self::new(&format!("302 Found\r\nLocation: {to}\r\nContent-Length: 0"), b"")
    }

    pub(super) fn raw(bytes: &[u8]) -> Self {
        Answer(bytes.to_vec(), false)
    }

    pub(super) fn then_silence(self) -> Self {
        Answer(self.0, true)
    }
}

/// A server, and the first lines of the requests that it has had.
pub(super) struct Server {
    pub(super) base_url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Gives these answers, one a connection, in this order; its thread waits for as many.
    pub(super) fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let base_url = format!("http://{}/datasets/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (heard, answers): (_, Vec<Answer>) = (Arc::clone(&requests), answers.into_iter().collect());
        thread::spawn(move || answers.iter().for_each(|answer| give(listener.accept().unwrap().0, answer, &heard)));
        Server { base_url, requests }
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn give(mut stream: TcpStream, Answer(bytes, silent): &Answer, heard: &Mutex<Vec<String>>) {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        request.push(byte[0]);
    }
    heard.lock().unwrap().push(String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned());
    // The client hangs up as soon as it has seen enough.
    let _ = stream.write_all(bytes);
    if *silent {
        let _ = stream.read(&mut byte);
    }
}
