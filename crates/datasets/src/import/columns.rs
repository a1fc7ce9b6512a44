//! Columns of a table by place, number or name, and their delimiter.

use std::path::Path;

use csv::ByteRecord;

use super::error::{Error, quoted};
use super::open::{open, read_up_to};

/// A reference to a column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// The first.
    First,
    /// The last.
    Last,
    /// The column of this number, from 1.
    Number(usize),
    /// The column of this name in the header.
    Named(String),
}

impl Column {
    /// Parses `first`, `last`, a number from 1, or a name.
    pub(super) fn from_text(text: &str) -> Self {
        match text {
            "first" => Column::First,
            "last" => Column::Last,
            _ => text.parse().map_or_else(|_| Column::Named(text.to_owned()), Column::Number),
        }
    }
}

/// Returns the index of `column` in a table that begins with the row `first`.
pub(super) fn position(column: &Column, first: &ByteRecord, may_be_header: bool) -> Result<usize, String> {
    let width = first.len();
    match column {
        Column::First => Ok(0),
        Column::Last => Ok(width - 1),
        Column::Number(number) if (1..=width).contains(number) => Ok(number - 1),
        Column::Number(number) => Err(format!("there is no column {number}; there are {width}")),
        Column::Named(name) if !may_be_header => Err(format!("no header names a column {}", quoted(name))),
        Column::Named(name) => {
            let mut named = (0..width).filter(|&column| &first[column] == name.as_bytes());
            match (named.next(), named.next()) {
                (Some(column), None) => Ok(column),
                (Some(_), Some(_)) => Err(format!("two columns are called {}", quoted(name))),
                (None, _) => {
                    const SHOWN: usize = 8;
                    let names = first.iter().take(SHOWN).map(|name| quoted(&String::from_utf8_lossy(name)));
                    let more = if width > SHOWN { ", ..." } else { "" };
                    Err(format!(
                        "no column is called {}; there are {}{more}",
                        quoted(name),
                        names.collect::<Vec<_>>().join(", ")
                    ))
                }
            }
        }
    }
}

/// Returns the most frequent of comma, semicolon and tab in the first line.
pub(super) fn sniffed(path: &Path) -> Result<u8, Error> {
    let mut start = Vec::new();
    read_up_to(&mut open(path)?, 1 << 16, &mut start).map_err(|reason| Error::read(path, &reason))?;
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|&&byte| byte == delimiter).count();
    // Among equals the last is taken: a comma if the line has no delimiter.
    Ok(*b"\t;,".iter().max_by_key(|&&delimiter| count(delimiter)).expect("three candidates"))
}
