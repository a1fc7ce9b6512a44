//! The columns of a table: which are targets, which are features, and which of these are texts.

use csv::ByteRecord;

use super::header::Header;
use super::place::{by_place, is_name};
use crate::import::error::quoted;
use crate::import::request::{Categorical, Request};
use crate::text::count;

/// The columns of a table, from 0, by what they are for.
pub(super) struct Columns {
    pub(super) targets: Vec<usize>,
    pub(super) features: Vec<usize>,
    /// The features that the request says are texts, even if they hold numbers.
    pub(super) texts: Vec<usize>,
}

impl Columns {
    /// Finds the columns that `request` names in a table that begins with the line `first`.
    ///
    /// # Errors
    /// If there is no such column, one is named twice or for two purposes, or none is a feature.
    pub(super) fn find(request: &Request, header: &Header, first: &ByteRecord) -> Result<Self, String> {
        let found = |option: &str, columns: &[String]| {
            let mut places = Vec::new();
            for column in columns {
                let place = position(column, first, header)?;
                if places.contains(&place) {
                    return Err(format!("{} is named twice by {option}", described(place, first, header)));
                }
                places.push(place);
            }
            Ok(places)
        };
        let width = first.len();
        if let (None, []) = (&request.label, &request.targets[..]) {
            check_last_is_label(first, header)?;
        }
        let (targets, role) = match (&request.label, &request.targets[..]) {
            (None, []) => (vec![width - 1], "the label (the last column, unless --label names another)"),
            (Some(label), []) => (found("--label", std::slice::from_ref(label))?, "the label"),
            (_, targets) => (found("--target", targets)?, "a target"),
        };
        let ignored = found("--ignore", &request.ignored)?;
        let texts = match &request.categorical {
            Categorical::Columns(columns) => found("--categorical", columns)?,
            _ => Vec::new(),
        };
        if let Some(&column) = targets.iter().find(|column| ignored.contains(column)) {
            return Err(format!("{} is both {role} and ignored", described(column, first, header)));
        }
        let features: Vec<usize> =
            (0..width).filter(|column| !targets.contains(column) && !ignored.contains(column)).collect();
        if features.is_empty() {
            return Err(format!("{}, and none is a feature (--delimiter?)", count(width, "column")));
        }
        if let Some(&column) = texts.iter().find(|column| !features.contains(column)) {
            let column = described(column, first, header);
            return Err(format!("{column} is not a feature; --categorical is for features"));
        }
        Ok(Columns { targets, features, texts })
    }
}

/// Refuses to take the last column for the label if another one is called as labels usually are, and it isn't.
fn check_last_is_label(first: &ByteRecord, header: &Header) -> Result<(), String> {
    const USUAL: [&str; 5] = ["label", "class", "target", "y", "species"];
    let is_usual = |column: &usize| USUAL.iter().any(|name| first[*column].eq_ignore_ascii_case(name.as_bytes()));
    let last = first.len() - 1;
    match (0..last).find(is_usual).filter(|_| header.is_there && !is_usual(&last)) {
        None => Ok(()),
        Some(other) => {
            let [last, other] = [last, other].map(|column| described(column, first, header));
            Err(format!(
                "{last}, the last one, would be the label, but {other} is called so; --label or --target says which"
            ))
        }
    }
}

/// Returns the index of `column` (a name, `first`, `last` or a number from 1) in a table that begins with the line `first`.
fn position(column: &str, first: &ByteRecord, header: &Header) -> Result<usize, String> {
    const SHOWN: usize = 8;
    let width = first.len();
    let called: Vec<usize> = match header.is_there {
        true => (0..width).filter(|&index| &first[index] == column.as_bytes()).collect(),
        false => Vec::new(),
    };
    match (by_place(column, width), &called[..]) {
        (Some(place), []) => Ok(place),
        (Some(place), [only]) if place == *only => Ok(place),
        (Some(place), [other, ..]) if !header.is_declared => Err(format!(
            "{} may be column {} by its place, or column {} by its name; --header yes takes it for the name",
            quoted(column),
            place + 1,
            other + 1
        )),
        (_, [only]) => Ok(*only),
        (_, [_, _, ..]) => Err(format!("two columns are called {}", quoted(column))),
        (None, []) if !is_name(column) => Err(format!("there is no column {column}; there are {width}")),
        (None, []) if !header.is_there => Err(format!("no header names a column {}", quoted(column))),
        (None, []) => {
            let names = first.iter().take(SHOWN).map(|name| quoted(&String::from_utf8_lossy(name)));
            let names = names.collect::<Vec<_>>().join(", ");
            let more = if width > SHOWN { ", ..." } else { "" };
            // A list is split at its commas.
            let help = if first.iter().any(|name| name.contains(&b',')) {
                "; a name with a comma can't be given in a list, the column's number can (1 for the first)"
            } else {
                ""
            };
            Err(format!("no column is called {}; there are {names}{more}{help}", quoted(column)))
        }
    }
}

/// Describes a column by its number from 1, and its name if it has one.
fn described(column: usize, first: &ByteRecord, header: &Header) -> String {
    match &first[column] {
        name if header.is_there && !name.is_empty() => {
            format!("column {} ({})", column + 1, quoted(&String::from_utf8_lossy(name)))
        }
        _ => format!("column {}", column + 1),
    }
}
