//! SHA-256 of files, while they are written or of their whole content.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// A writer that hashes what passes through.
pub struct Hashed<'w> {
    out: &'w mut dyn Write,
    sha256: Sha256,
}

impl<'w> Hashed<'w> {
    /// Hashes what is written to `out` from now on.
    pub fn new(out: &'w mut dyn Write) -> Self {
        Hashed { out, sha256: Sha256::new() }
    }

    /// Returns the SHA-256 of all that has passed through.
    pub fn sha256(self) -> [u8; 32] {
        self.sha256.finalize().into()
    }
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Hashes all of `file` as a stream: SHA-256 in hexadecimal.
pub(crate) fn hash(file: &mut (impl Read + Seek)) -> io::Result<String> {
    file.rewind()?;
    let mut nothing = io::sink();
    let mut hashed = Hashed::new(&mut nothing);
    io::copy(&mut BufReader::with_capacity(1 << 16, file), &mut hashed)?;
    Ok(hexadecimal(&hashed.sha256()))
}

/// Hashes the file at `path` as a stream: SHA-256 in hexadecimal.
///
/// # Errors
/// If the file can't be read.
pub fn hash_file(path: &Path) -> io::Result<String> {
    hash(&mut File::open(path)?)
}

/// Returns the hexadecimal digits of a hash.
pub fn hexadecimal(sha256: &[u8]) -> String {
    sha256.iter().map(|byte| format!("{byte:02x}")).collect()
}
