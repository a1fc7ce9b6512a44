//! Files that are hashed while they are written.

use std::io::{self, Write};

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
