//! The rules that each format of sources states beside its reader.

use super::error::Error;
use super::request::{Progress, Request, SplitName};
use super::source::Source;

/// The rules of a format.
pub(super) struct Rules {
    /// The name in messages.
    pub(super) name: &'static str,
    /// The paths of each split: 1, or 2 for examples and labels.
    pub(super) paths: usize,
    /// The options that apply to this format, but not to all.
    pub(super) options: &'static [&'static str],
    /// Returns whether a file of the format can begin with these 4 bytes.
    pub(super) begins: fn(&[u8]) -> bool,
    /// The endings of file names by which a file is recognised if no format recognises its bytes.
    pub(super) endings: &'static [&'static str],
    /// Whether one source may hold both training and test examples.
    pub(super) holds_both: bool,
    /// Reads all but the features of one split's source.
    pub(super) open: Open,
}

/// A function that opens the source of one split.
type Open = fn(&Request, SplitName, &mut Tell) -> Result<Box<dyn Source>, Error>;

/// A function that passes progress on, and fails when the work is to stop.
pub(super) type Tell<'t> = dyn FnMut(Progress) -> Result<(), Error> + 't;
