//! The rows of a table, read one at a time.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder};

use super::error::{At, Error, one_line};
use super::open::open;

/// The longest row, in bytes.
const LONGEST_ROW: usize = 1 << 26;

/// The rows of a table, one at a time.
pub(super) struct Rows {
    path: PathBuf,
    reader: csv::Reader<ShortRows<Box<dyn Read>>>,
    /// The current row.
    pub(super) record: ByteRecord,
}

impl Rows {
    pub(super) fn open(path: &Path, delimiter: u8) -> Result<Self, Error> {
        let rows = ShortRows { reader: open(path)?, length: 0 };
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(rows);
        Ok(Rows { path: path.to_owned(), reader, record: ByteRecord::new() })
    }

    /// Goes to the next row, and returns whether there is one.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        let read = self.reader.read_byte_record(&mut self.record);
        let line = self.reader.position().line();
        self.reader.get_mut().length = 0;
        let more = read.map_err(|error| Error::at(&self.path, At::Line(line), one_line(&error.to_string())))?;
        if more {
            self.record.trim();
        }
        Ok(more)
    }

    /// Returns the line of the current row in the file, from 1.
    pub(super) fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }
}

/// A reader that refuses a row that would fill the memory.
struct ShortRows<R> {
    reader: R,
    /// Bytes since the last row.
    length: usize,
}

impl<R: Read> Read for ShortRows<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.length += count;
        if self.length > LONGEST_ROW {
            let limit = LONGEST_ROW >> 20;
            return Err(io::Error::other(format!("a row of more than {limit} MiB (a quote without its second?)")));
        }
        Ok(count)
    }
}
