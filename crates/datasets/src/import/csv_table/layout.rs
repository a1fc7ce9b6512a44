//! How a table is to be read.

use crate::import::columns::Column;
use crate::import::request::{Categorical, Missing};

/// The layout of a table.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) label: Column,
    /// Columns of values, instead of the label.
    pub(super) targets: Vec<Column>,
    /// Columns that are left out.
    pub(super) ignored: Vec<Column>,
    /// Whether the first line names the columns; `None`: if one of its features is no number.
    pub(super) header: Option<bool>,
    /// `None`: the most frequent in the first line of comma, semicolon and tab.
    pub(super) delimiter: Option<u8>,
    /// `(height, width)`, where the features are the bytes of pictures, row by row and channels last.
    pub(super) picture: Option<(usize, usize)>,
    /// What becomes of cells without a value.
    pub(super) missing: Missing,
    /// Which columns are of texts.
    pub(super) categorical: Categorical,
}
