//! The layout of a table: its delimiter, its header and the roles of its columns.

use crate::import::columns::Column;
use crate::import::request::{Categorical, Missing};

/// The layout of a table.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The column of labels, unless `targets` are named.
    pub(super) label: Column,
    /// The columns of values, instead of labels.
    pub(super) targets: Vec<Column>,
    /// The columns that are left out.
    pub(super) ignored: Vec<Column>,
    /// True if the first line names the columns. If `None`, it does if one of its features is not a number.
    pub(super) header: Option<bool>,
    /// The delimiter. If `None`, it is the most frequent of comma, semicolon and tab in the first line.
    pub(super) delimiter: Option<u8>,
    /// `(height, width)` if the features are the bytes of pictures, row by row and channels last.
    pub(super) picture: Option<(usize, usize)>,
    /// The treatment of cells without a value.
    pub(super) missing: Missing,
    /// The columns of texts.
    pub(super) categorical: Categorical,
}
