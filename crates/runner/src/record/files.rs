//! The files beside the record, whose hashes the record keeps.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use rusqlite::params;
use sha2::{Digest, Sha256};

use super::Record;
use super::error::{Error, at};
use crate::text::hex;
use datasets::files::write_whole;

impl Record {
    /// Writes a file to `folder`, whole or not at all, and then its hash to the record.
    ///
    /// # Errors
    /// If either can't be written.
    pub fn write_file(
        &self,
        folder: &Path,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        let path = folder.join(name);
        let mut sha256 = Sha256::new();
        write_whole(&path, true, |out| write(&mut Hashed { out, sha256: &mut sha256 }))?;
        let insert = "INSERT OR REPLACE INTO file (name, sha256) VALUES (?1, ?2)";
        let entered = self.connection.execute(insert, params![name, hex(&sha256.finalize())]);
        entered.map(drop).map_err(at(&self.path))
    }

    /// Reads the names and hashes of the files that the last run wrote.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn files(&self) -> Result<BTreeMap<String, String>, Error> {
        let rows = self.rows("SELECT name, sha256 FROM file", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.into_iter().collect())
    }
}

/// A writer that hashes what passes through.
struct Hashed<'w> {
    out: &'w mut dyn Write,
    sha256: &'w mut Sha256,
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
