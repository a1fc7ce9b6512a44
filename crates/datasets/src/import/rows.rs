//! The rows of a table, read one at a time, and the places of its columns.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder};

use super::error::{Error, one_line, quoted};
use super::open::{open, read_up_to};

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
        let more = read.map_err(|error| Error::line(&self.path, line, one_line(&error.to_string())))?;
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

/// Returns whether `column` names a column in the header; else it is `first`, `last` or a number from 1.
pub(super) fn is_name(column: &str) -> bool {
    !matches!(column, "first" | "last") && column.parse::<usize>().is_err()
}

/// Returns the index of `column` (`first`, `last`, a number from 1, or a name) in a table that begins with the row `first`.
pub(super) fn position(column: &str, first: &ByteRecord, may_be_header: bool) -> Result<usize, String> {
    const SHOWN: usize = 8;
    let width = first.len();
    match (column, column.parse()) {
        ("first", _) => return Ok(0),
        ("last", _) => return Ok(width - 1),
        (_, Ok(number)) if (1..=width).contains(&number) => return Ok(number - 1),
        (_, Ok(number)) => return Err(format!("there is no column {number}; there are {width}")),
        _ if !may_be_header => return Err(format!("no header names a column {}", quoted(column))),
        _ => {}
    }
    let mut called = (0..width).filter(|&index| &first[index] == column.as_bytes());
    match (called.next(), called.next()) {
        (Some(index), None) => Ok(index),
        (Some(_), Some(_)) => Err(format!("two columns are called {}", quoted(column))),
        (None, _) => {
            let names = first.iter().take(SHOWN).map(|name| quoted(&String::from_utf8_lossy(name)));
            let names = names.collect::<Vec<_>>().join(", ");
            let more = if width > SHOWN { ", ..." } else { "" };
            Err(format!("no column is called {}; there are {names}{more}", quoted(column)))
        }
    }
}

/// Returns the most frequent of comma, semicolon and tab in the first line.
pub(super) fn sniffed(path: &Path) -> Result<u8, Error> {
    let start = read_up_to(&mut open(path)?, 1 << 16).map_err(|reason| Error::read(path, &reason))?;
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|&&byte| byte == delimiter).count();
    // Among equals the last is taken: a comma if the line has no delimiter.
    Ok(*b"\t;,".iter().max_by_key(|&&delimiter| count(delimiter)).expect("three candidates"))
}
