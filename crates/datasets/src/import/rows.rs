//! The rows of a table, read one at a time.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder};

use super::error::{Error, one_line};
use super::open::{open, read_up_to};
use super::quotes::Quotes;

/// The longest row, in bytes.
const LONGEST_ROW: usize = 1 << 26;

/// The rows of a table, one at a time.
pub(super) struct Rows {
    path: PathBuf,
    reader: csv::Reader<WholeRows<Box<dyn Read>>>,
    /// The current row.
    pub(super) record: ByteRecord,
}

impl Rows {
    pub(super) fn open(path: &Path, delimiter: u8) -> Result<Self, Error> {
        let rows = WholeRows { reader: open(path)?, has_zero: false, length: 0, quotes: Quotes::new([delimiter]) };
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(rows);
        Ok(Rows { path: path.to_owned(), reader, record: ByteRecord::new() })
    }

    /// Goes to the next row, and returns whether there is one.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        let line = self.reader.position().line();
        let read = self.reader.read_byte_record(&mut self.record);
        self.reader.get_mut().length = 0;
        let more = read.map_err(|error| Error::line(&self.path, line, one_line(&error.to_string())))?;
        if more {
            self.trim();
        }
        Ok(more)
    }

    /// Trims each cell, also of the no-break spaces that spreadsheets and pages of the web leave.
    fn trim(&mut self) {
        self.record.trim();
        let has_edge = |cell: &[u8]| [cell.first(), cell.last()].into_iter().flatten().any(|byte| !byte.is_ascii());
        if self.record.iter().any(has_edge) {
            let trimmed = |cell| str::from_utf8(cell).map_or(cell, |text| text.trim().as_bytes());
            let mut record: ByteRecord = self.record.iter().map(trimmed).collect();
            record.set_position(self.record.position().cloned());
            self.record = record;
        }
    }

    /// Returns the line of the current row in the file, from 1.
    pub(super) fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }
}

/// A reader that refuses a row that would fill the memory, one with a quote that isn't closed (all rows after it would be its last cell),
/// and UTF-16, whose digits have a byte of zero each.
struct WholeRows<R> {
    reader: R,
    /// True if the next byte is a zero.
    has_zero: bool,
    /// Bytes since the last row.
    length: usize,
    quotes: Quotes<[u8; 1]>,
}

impl<R: Read> Read for WholeRows<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.has_zero {
            return Err(io::Error::other(
                "a byte of zero; a table is text in UTF-8 (Excel's \"Unicode Text\" is UTF-16)",
            ));
        }
        let mut count = self.reader.read(buffer)?;
        if count == 0 && !buffer.is_empty() && self.quotes.are_open() {
            return Err(io::Error::other("a quote opens in this row and is never closed"));
        }
        if let Some(place) = buffer[..count].iter().position(|&byte| byte == 0) {
            // The rows before it are read first, so that the error names its line; an empty read would be the end.
            self.has_zero = true;
            if place == 0 {
                return self.read(buffer);
            }
            count = place;
        }
        buffer[..count].iter().for_each(|&byte| self.quotes.pass(byte));
        self.length += count;
        if self.length > LONGEST_ROW {
            let limit = LONGEST_ROW >> 20;
            return Err(io::Error::other(format!("a row of more than {limit} MiB (a quote without its second?)")));
        }
        Ok(count)
    }
}

/// Returns the most frequent of comma, semicolon and tab in the first line that is not empty, outside quotes; a semicolon rather than a
/// comma, which may be a decimal one.
pub(super) fn sniffed(path: &Path) -> Result<u8, Error> {
    const CANDIDATES: [u8; 3] = *b"\t,;";
    let start = read_up_to(&mut open(path)?, 1 << 16).map_err(|reason| Error::read(path, &reason))?;
    let (mut counts, mut quotes) = ([0; 3], Quotes::new(CANDIDATES));
    let lines = start.iter().skip_while(|&&byte| matches!(byte, b'\n' | b'\r'));
    for &byte in lines.take_while(|&&byte| byte != b'\n') {
        if !quotes.are_open() {
            counts.iter_mut().zip(CANDIDATES).for_each(|(count, candidate)| *count += usize::from(candidate == byte));
        }
        quotes.pass(byte);
    }
    // Among equals the last is taken.
    let found = counts.into_iter().zip(CANDIDATES).filter(|&(count, _)| count > 0).max_by_key(|&(count, _)| count);
    Ok(found.map_or(b',', |(_, delimiter)| delimiter))
}
