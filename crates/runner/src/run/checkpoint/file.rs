//! The file of a checkpoint.
//!
//! Its first line names it and its format, its second one is a [`Header`] in JSON; then come the state of the fleet, by `postcard`, which
//! keeps each number's bits, and the SHA-256 of all before.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use kernels::Real;
use net::FleetState;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use datasets::files::{self, Hashed, regular_file, write_whole};

/// The first line: another format has another number.
const FIRST_LINE: &[u8] = b"Layerchain checkpoint 2\n";
/// The number of bytes of the hash at the end.
const HASH: u64 = 32;
/// The most bytes of a number, which are read at once.
const NUMBER: usize = 16;

/// Numbers that are trained in and kept in files.
pub(crate) trait Number: Real + Serialize + DeserializeOwned {}

impl<T: Real + Serialize + DeserializeOwned> Number for T {}

/// What a checkpoint belongs to, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    /// The ids of the trials of the fleet, in their order. They are hashes of everything that is trained, data included.
    pub(super) trials: Vec<String>,
    /// Everything beside the experiment that bits depend on ([`crate::machine::Machine::fingerprint`]).
    pub(super) machine: String,
    /// The updates that were made.
    pub(super) iteration: usize,
    /// The seconds that they took.
    pub(super) seconds: f64,
}

/// A reason why a file can't be gone on from.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    /// The system can't read it.
    #[error("it can't be read ({0})")]
    Unreadable(#[from] io::Error),
    /// It is something else, or a checkpoint of another release.
    #[error("it is no checkpoint of this release of runner; it is left as it is, and none is written in its place")]
    Foreign,
    /// Its content is not what was written.
    #[error("the checkpoint is damaged")]
    Damaged,
    /// It belongs to other trials.
    #[error("it is the checkpoint of other trials")]
    OtherTrials,
    /// It is further than the iteration at which the net that is asked for stops.
    #[error("the checkpoint is past iteration {0}, at which this net stopped")]
    PastTheStop(usize),
    /// It was trained on another BLAS, core or plans of products, or by another build of the runner.
    #[error("it was trained on another machine or by another build ({0}), whose bits may differ")]
    OtherMachine(String),
}

/// A checkpoint with the right hash, open to be read.
pub(super) struct CheckpointFile {
    pub(super) header: Header,
    /// What follows the header.
    rest: BufReader<File>,
}

impl CheckpointFile {
    /// Opens the file at `path`; `None` if there is none.
    ///
    /// # Errors
    /// If it can't be read, is no checkpoint, or is damaged.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, Unusable> {
        let file = match regular_file::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let length = file.metadata()?.len();
        let mut bytes = BufReader::with_capacity(1 << 16, file);
        let mut first_line = Vec::new();
        bytes.by_ref().take(FIRST_LINE.len() as u64).read_to_end(&mut first_line)?;
        if first_line != FIRST_LINE {
            return Err(Unusable::Foreign);
        }
        bytes.rewind()?;
        let mut nowhere = io::sink();
        let mut hashed = Hashed::new(&mut nowhere);
        io::copy(&mut bytes.by_ref().take(length.saturating_sub(HASH)), &mut hashed)?;
        let mut stored = Vec::new();
        bytes.read_to_end(&mut stored)?;
        if stored != hashed.sha256() {
            return Err(Unusable::Damaged);
        }
        bytes.seek(SeekFrom::Start(FIRST_LINE.len() as u64))?;
        let mut line = Vec::new();
        bytes.read_until(b'\n', &mut line)?;
        let header = serde_json::from_slice(&line).map_err(|_| Unusable::Damaged)?;
        Ok(Some(CheckpointFile { header, rest: bytes }))
    }

    /// Reads the state of the fleet.
    ///
    /// # Errors
    /// If it can't be read.
    pub(super) fn state<R: Number>(self) -> Result<FleetState<'static, R>, Unusable> {
        let mut number = [0; NUMBER];
        postcard::from_io((self.rest, &mut number)).map(|(state, _)| state).map_err(|_| Unusable::Damaged)
    }
}

/// Writes the file at `path`, in place of the one before.
///
/// # Errors
/// If the system refuses; then the one before is still there.
pub(super) fn write<R: Number>(path: &Path, header: &Header, state: &FleetState<R>) -> Result<(), files::Error> {
    write_whole(path, true, |out| {
        let mut hashed = Hashed::new(out);
        let mut content = Remembering { out: BufWriter::with_capacity(1 << 16, &mut hashed), error: None };
        content.write_all(FIRST_LINE)?;
        serde_json::to_writer(&mut content, header)?;
        content.write_all(b"\n")?;
        if let Err(error) = postcard::to_io(state, &mut content) {
            return Err(content.error.unwrap_or_else(|| io::Error::other(error)));
        }
        content.flush()?;
        drop(content);
        let sha256 = hashed.sha256();
        out.write_all(&sha256)
    })
}

/// A writer that remembers the error of the system, which `postcard` does not hand on.
struct Remembering<W> {
    out: W,
    error: Option<io::Error>,
}

impl<W> Remembering<W> {
    /// Keeps the error itself, and returns its kind.
    fn remember<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            self.error = Some(error);
            kind.into()
        })
    }
}

impl<W: Write> Write for Remembering<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.remember(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.remember(flushed)
    }
}
