//! Cells of a table: numbers, names, and no value.

/// The longest name of a class or a feature, in bytes.
pub(super) const LONGEST_NAME: usize = 1024;

/// Returns whether a cell says that there is no value.
pub(super) fn is_missing(cell: &[u8]) -> bool {
    ["", "na", "nan", "null", "?"].iter().any(|word| cell.eq_ignore_ascii_case(word.as_bytes()))
}

/// Parses a finite number.
pub(super) fn number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}
