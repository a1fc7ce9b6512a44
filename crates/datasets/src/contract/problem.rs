//! Breaches of the contract by one dataset, each in one line.

use thiserror::Error;

/// The largest number of classes. Labels are below it.
pub const MOST_CLASSES: usize = 1 << 16;

/// A breach of the contract by one dataset.
#[derive(Debug, Error)]
pub enum Problem {
    /// The file has no such name.
    #[error("not in the file; {}", holds(present))]
    Missing {
        /// The names that are there.
        present: Vec<String>,
    },
    /// The name, or a group on the way to it, is a link.
    #[error("`{component}` is {kind}; only datasets stored in the file itself are read")]
    Link {
        /// The part of the path that is a link.
        component: String,
        /// The kind of link.
        kind: &'static str,
    },
    /// The name is a group or a type.
    #[error("this is not a dataset; a dataset is required")]
    NotADataset,
    /// The element type is not allowed here.
    #[error("its elements are {found}; allowed: {allowed}")]
    Type {
        /// The type found.
        found: String,
        /// The types allowed.
        allowed: &'static str,
    },
    /// The number of dimensions, or one of them, is not allowed here.
    #[error("its shape is {found:?}; allowed: {allowed}")]
    Shape {
        /// The shape found.
        found: Vec<usize>,
        /// The shapes allowed.
        allowed: &'static str,
    },
    /// The decoded data would not fit the limit.
    #[error("its shape {shape:?} needs {needed} bytes as f64; the limit is {limit}")]
    TooLarge {
        /// The declared shape.
        shape: Vec<usize>,
        /// The bytes needed; `more than 2^64` if they do not fit a number.
        needed: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A value is NaN or infinite.
    #[error("the value at row {row}, column {column} is {value}; every value must be finite")]
    NotFinite {
        /// The example, from 0.
        row: usize,
        /// The feature, from 0.
        column: usize,
        /// The value.
        value: f64,
    },
    /// libhdf5 failed.
    #[error("HDF5 cannot read it (damaged file?): {reason}")]
    Library {
        /// libhdf5's own reason.
        reason: String,
    },
    /// Another breach: what was found, and what is allowed.
    #[error("{0}")]
    Breach(String),
}

/// Puts libhdf5's reason into one line: it may quote raw bytes of the file.
pub fn reason(error: &hdf5::Error) -> String {
    const LONGEST: usize = 300;
    let text = error.to_string();
    // The binding builds this string unchecked from C, so its bytes are decoded again.
    let text = String::from_utf8_lossy(text.as_bytes());
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(LONGEST).collect()
}

impl From<hdf5::Error> for Problem {
    fn from(error: hdf5::Error) -> Self {
        Problem::Library { reason: reason(&error) }
    }
}

pub(crate) fn holds(present: &[String]) -> String {
    const SHOWN: usize = 8;
    if present.is_empty() {
        return "the file holds nothing".to_owned();
    }
    let more = if present.len() > SHOWN { ", ..." } else { "" };
    format!("the file holds {}{more}", ticked(&present[..present.len().min(SHOWN)]).join(", "))
}

pub(crate) fn ticked(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("`{}`", name.escape_debug())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_library_are_made_one_short_line() {
        let error = hdf5::Error::from(format!("first\nsecond\u{1b}[2J{}", "x".repeat(1000)));
        let reason = reason(&error);
        assert!(reason.starts_with("first second [2Jxxx"), "{reason}");
        assert_eq!(reason.len(), 300);
    }

    #[test]
    fn a_long_list_of_names_is_cut_short() {
        let names: Vec<String> = (0..20).map(|name| name.to_string()).collect();
        assert_eq!(holds(&names[..2]), "the file holds `0`, `1`");
        assert_eq!(holds(&names), "the file holds `0`, `1`, `2`, `3`, `4`, `5`, `6`, `7`, ...");
        assert_eq!(holds(&[]), "the file holds nothing");
    }
}
