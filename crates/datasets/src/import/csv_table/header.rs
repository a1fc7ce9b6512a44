//! The first line of a table: whether it names the columns, or is an example.

use std::path::Path;

use csv::ByteRecord;

use super::place::{by_place, is_name};
use crate::import::cell::{is_missing, number};
use crate::import::error::Error;
use crate::import::request::{Categorical, Request};
use crate::import::rows::Rows;

/// The role of the first line of a table.
pub(super) struct Header {
    /// True if it names the columns.
    pub(super) is_there: bool,
    /// True if the request says so.
    pub(super) is_declared: bool,
    /// True if it might as well be an example, so that the person who imports is told how it was taken.
    pub(super) is_doubtful: bool,
}

impl Header {
    /// Takes the word of the request; or else guesses from the cells of the line `first`, and from those below the targets.
    ///
    /// # Errors
    /// If the table can't be read, or the line may as well be names that are numbers.
    pub(super) fn find(path: &Path, delimiter: u8, request: &Request, first: &ByteRecord) -> Result<Self, Error> {
        if let Some(is_there) = request.header {
            return Ok(Header { is_there, is_declared: true, is_doubtful: false });
        }
        let texts: &[String] = if let Categorical::Columns(columns) = &request.categorical { columns } else { &[] };
        let targets = || request.label.iter().chain(&request.targets);
        if targets().chain(&request.ignored).chain(texts).any(|column| is_name(column)) {
            return Ok(Header { is_there: true, is_declared: false, is_doubtful: false });
        }
        let width = first.len();
        let is_text = |column: &usize| number(&first[*column]).is_none() && !is_missing(&first[*column]);
        let mut targets: Vec<usize> = targets().filter_map(|column| by_place(column, width)).collect();
        if request.label.is_none() && request.targets.is_empty() {
            targets.push(width - 1);
        }
        let ignored: Vec<usize> = request.ignored.iter().filter_map(|column| by_place(column, width)).collect();
        let features: Vec<usize> =
            (0..width).filter(|column| !targets.contains(column) && !ignored.contains(column)).collect();
        let is_there = features.iter().any(is_text) || {
            targets.retain(is_text);
            any_is_number_below(path, delimiter, &targets)?
        };
        let of_features: Vec<&[u8]> = features.iter().map(|&column| &first[column]).collect();
        // Few whole numbers from 1 are as likely to be an example.
        let are_counted = counted(&of_features, 0) >= 2 || counted(&first.iter().collect::<Vec<_>>(), 1) >= 5;
        if !is_there && are_counted {
            let problem = "the cells of its features count up: they may be an example, or the names that pandas gives columns \
                           without names; --header yes or --header no says which";
            return Err(Error::line(path, 1, problem));
        }
        let is_partly_numbers = first.iter().any(|cell| number(cell).is_some());
        let is_doubtful = is_there && (is_partly_numbers || request.categorical != Categorical::Refuse);
        Ok(Header { is_there, is_declared: false, is_doubtful })
    }
}

/// Returns the number of `cells` if they count up from `start`, as the names that are given to columns without names; else 0.
fn counted(cells: &[&[u8]], start: usize) -> usize {
    let is_next = |(cell, number): (&&[u8], usize)| *cell == number.to_string().as_bytes();
    if cells.iter().zip(start..).all(is_next) { cells.len() } else { 0 }
}

/// Returns whether one of `columns` holds numbers alone below the first line. The reading ends as soon as none of them can.
fn any_is_number_below(path: &Path, delimiter: u8, columns: &[usize]) -> Result<bool, Error> {
    let mut rows = Rows::open(path, delimiter)?;
    rows.advance()?;
    let mut numbers = vec![0usize; columns.len()];
    let mut left: Vec<usize> = (0..columns.len()).collect();
    while !left.is_empty() && rows.advance()? {
        left.retain(|&index| {
            let cell = rows.record.get(columns[index]).unwrap_or_default();
            numbers[index] += usize::from(number(cell).is_some());
            number(cell).is_some() || is_missing(cell)
        });
    }
    Ok(left.iter().any(|&index| numbers[index] > 0))
}
