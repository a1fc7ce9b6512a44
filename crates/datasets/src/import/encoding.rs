//! The encoding of a table's cells as numbers: fitted to its training rows, applied to all.

use std::collections::BTreeMap;

use super::cell::{LONGEST_NAME, canonical, is_missing, number};
use super::error::quoted;

/// The largest number of different texts in a column.
const MOST_LEVELS: usize = 4096;

/// The encoding of all feature columns of a table.
#[derive(Clone, Debug)]
pub(super) struct Encoding {
    pub(super) columns: Vec<ColumnEncoding>,
}

/// The encoding of a column.
#[derive(Clone, Debug)]
pub(super) enum ColumnEncoding {
    /// A number, or `mean` if it is missing.
    Number { mean: f64 },
    /// A number for each level: 1 for the cell's own level, else 0; if the cell is missing, the levels' shares of the training rows. Where
    /// all levels are plain numbers, 1 and 1.0 are the same, as are 1.5 and 1.50.
    Levels { levels: Vec<String>, shares: Vec<f64>, are_plain: bool },
}

/// Returns the level that a text is of: itself, or its canonical form in a column of plain numbers.
fn level_of(text: &str, are_plain: bool) -> String {
    if are_plain { canonical(text) } else { None }.unwrap_or_else(|| text.to_owned())
}

/// Returns the name of column `number`, from 0, without control characters. One that is too long is cut and ends in the number, so that
/// names stay distinct.
pub(super) fn shortened(name: &str, number: usize) -> String {
    let escaped = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    let mut name: String = name.chars().map(escaped).collect();
    if name.len() > LONGEST_NAME {
        let end = format!("...{}", number + 1);
        name.truncate(name.floor_char_boundary(LONGEST_NAME - end.len()));
        name.push_str(&end);
    }
    name
}

impl ColumnEncoding {
    /// Returns the count of numbers that a cell becomes.
    fn width(&self) -> usize {
        match self {
            ColumnEncoding::Number { .. } => 1,
            ColumnEncoding::Levels { levels, .. } => levels.len(),
        }
    }

    /// Appends the numbers of `cell`. Returns `false` for a text that no training row has: all numbers are 0.
    ///
    /// # Errors
    /// If it is neither a number nor missing, and there are no levels.
    pub(super) fn append(&self, cell: &[u8], numbers: &mut Vec<f64>) -> Result<bool, ()> {
        match self {
            ColumnEncoding::Number { mean } if is_missing(cell) => numbers.push(*mean),
            ColumnEncoding::Number { .. } => numbers.push(number(cell).ok_or(())?),
            ColumnEncoding::Levels { shares, .. } if is_missing(cell) => numbers.extend_from_slice(shares),
            ColumnEncoding::Levels { levels, are_plain, .. } => {
                let level = std::str::from_utf8(cell).ok().map(|text| level_of(text, *are_plain));
                let place = level.and_then(|level| levels.binary_search(&level).ok());
                numbers.extend((0..levels.len()).map(|level| f64::from(u8::from(Some(level) == place))));
                return Ok(place.is_some());
            }
        }
        Ok(true)
    }
}

impl Encoding {
    /// Returns the count of numbers that a row becomes.
    pub(super) fn width(&self) -> usize {
        self.columns.iter().map(ColumnEncoding::width).sum()
    }

    /// Returns the number of columns that have levels.
    pub(super) fn with_levels(&self) -> usize {
        self.columns.iter().filter(|coded| matches!(coded, ColumnEncoding::Levels { .. })).count()
    }

    /// Returns a name for each number of a row: its column's, or `column=level`.
    pub(super) fn names(&self, columns: &[String]) -> Vec<String> {
        let of = |(coded, name): (&ColumnEncoding, &String)| match coded {
            ColumnEncoding::Number { .. } => vec![name.clone()],
            ColumnEncoding::Levels { levels, .. } => levels.iter().map(|level| format!("{name}={level}")).collect(),
        };
        let names = self.columns.iter().zip(columns).flat_map(of);
        names.enumerate().map(|(number, name)| shortened(&name, number)).collect()
    }

    /// Returns the replacement of a missing cell, for each number of a row.
    pub(super) fn fillings(&self) -> Vec<f64> {
        let of = |coded: &ColumnEncoding| match coded {
            ColumnEncoding::Number { mean } => vec![*mean],
            ColumnEncoding::Levels { shares, .. } => shares.clone(),
        };
        self.columns.iter().flat_map(of).collect()
    }
}

/// The fit of one column to the training rows seen so far.
pub(super) enum ColumnFit {
    /// The number of values, and their mean.
    Number { count: f64, mean: f64 },
    /// The number of times that each text was seen.
    Levels(BTreeMap<String, usize>),
}

impl ColumnFit {
    pub(super) fn new(is_textual: bool) -> Self {
        if is_textual { ColumnFit::Levels(BTreeMap::new()) } else { ColumnFit::Number { count: 0.0, mean: 0.0 } }
    }

    /// Updates the fit with a cell of a training row.
    ///
    /// # Errors
    /// If the cell can't be a level, or there are too many levels.
    pub(super) fn update(&mut self, cell: &[u8]) -> Result<(), String> {
        if is_missing(cell) {
            return Ok(());
        }
        match self {
            // The running mean stays finite even if the sum would not.
            ColumnFit::Number { count, mean } => {
                let value = number(cell).unwrap_or(*mean);
                *count += 1.0;
                *mean += value / *count - *mean / *count;
            }
            ColumnFit::Levels(seen) => {
                let level = std::str::from_utf8(cell);
                let level = level.map_err(|_| format!("\"{}\", which is not UTF-8", cell.escape_ascii()))?;
                if level.len() > LONGEST_NAME {
                    return Err(format!("a text of {} bytes; at most {LONGEST_NAME} of a level", level.len()));
                }
                *seen.entry(level.to_owned()).or_insert(0) += 1;
                if seen.len() > MOST_LEVELS {
                    let last = quoted(&String::from_utf8_lossy(cell));
                    return Err(format!(
                        "{last}, the {}th different text; at most {MOST_LEVELS} (--ignore)",
                        seen.len()
                    ));
                }
            }
        }
        Ok(())
    }

    /// Returns the encoding of the column.
    ///
    /// # Errors
    /// If no training row has a value in it.
    pub(super) fn finish(self) -> Result<ColumnEncoding, String> {
        let empty = "no training row has a value in it (--ignore leaves it out)";
        match self {
            ColumnFit::Number { count: 0.0, .. } => Err(empty.to_owned()),
            ColumnFit::Number { mean, .. } => Ok(ColumnEncoding::Number { mean }),
            ColumnFit::Levels(seen) if seen.is_empty() => Err(empty.to_owned()),
            ColumnFit::Levels(seen) => {
                let all: usize = seen.values().sum();
                let are_plain = seen.keys().all(|text| canonical(text).is_some());
                let mut counts: BTreeMap<String, usize> = BTreeMap::new();
                seen.iter().for_each(|(text, count)| *counts.entry(level_of(text, are_plain)).or_insert(0) += count);
                let shares = counts.values().map(|&count| count as f64 / all as f64).collect();
                Ok(ColumnEncoding::Levels { levels: counts.into_keys().collect(), shares, are_plain })
            }
        }
    }
}
