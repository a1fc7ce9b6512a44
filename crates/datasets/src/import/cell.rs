//! Cells of a table: numbers, texts, and no value.

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

/// Returns a text in its canonical form: 1 and 1.0 are one label or level. `None` if it is not UTF-8.
pub(super) fn canonical(cell: &[u8]) -> Option<String> {
    let whole = number(cell).filter(|value| value.fract() == 0.0 && value.abs() < 1e15);
    match whole {
        Some(value) => Some((value as i64).to_string()),
        None => std::str::from_utf8(cell).ok().map(str::to_owned),
    }
}
