//! The description of a format of sources, which each format has beside its reader.

use super::error::Error;
use super::request::{Progress, Request, SplitName};
use super::source::Source;

/// The description of a format: how it is recognised, what it takes, and how it is opened.
pub(super) struct Rules {
    /// The name in messages.
    pub(super) name: &'static str,
    /// The paths of each split: 1, or 2 for examples and labels.
    pub(super) paths: usize,
    /// The options that apply to this format, but not to all.
    pub(super) options: &'static [&'static str],
    /// The test of whether a file that begins with these 4 bytes can be of the format.
    pub(super) begins: fn(&[u8]) -> bool,
    /// The endings of file names by which a file is recognised if no format recognises its bytes.
    pub(super) endings: &'static [&'static str],
    /// True if one source may hold both training and test examples.
    pub(super) holds_both: bool,
    /// The function that reads everything but the features from the source of one split.
    pub(super) open: Open,
}

/// A function that opens the source of one split.
type Open = for<'r> fn(&'r Request, SplitName, &mut Report) -> Result<Box<dyn Source + 'r>, Error>;

/// A function that reports progress, and fails if the import is to stop.
pub(super) type Report<'t> = dyn FnMut(Progress) -> Result<(), Error> + 't;
