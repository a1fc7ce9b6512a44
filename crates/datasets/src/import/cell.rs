//! Cells of a table: numbers, texts, and no value.

/// The longest name of a class or a feature, in bytes.
pub(super) const LONGEST_NAME: usize = 1024;

/// Returns whether a cell says that there is no value: the marks that pandas knows, and `?` and `-`.
pub(super) fn is_missing(cell: &[u8]) -> bool {
    const MARKS: [&str; 10] = ["", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "?", "-"];
    MARKS.iter().any(|mark| cell.eq_ignore_ascii_case(mark.as_bytes()))
}

/// Returns whether a label is missing: classes may be called `none`, or `+` and `-`.
pub(super) fn is_missing_label(cell: &[u8]) -> bool {
    is_missing(cell) && cell != b"-" && !cell.eq_ignore_ascii_case(b"none")
}

/// Returns whether a cell would be a number if its comma were a decimal point.
pub(super) fn has_decimal_comma(cell: &[u8]) -> bool {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    let mut parts = digits.split(|&byte| byte == b',');
    let are_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    parts.clone().count() == 2 && parts.all(are_digits)
}

/// Parses a finite number.
pub(super) fn number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Returns a number in plain form in its canonical form: 1 and 1.0 are one label or level. `None` if `text` has an exponent or leading
/// zeros, or is no number: as `007` and `0E1` it may be a code, each of which is a text of its own.
pub(super) fn canonical(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let are_digits = [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !are_digits || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    let is_short = value.fract() == 0.0 && value.abs() < 1e15;
    Some(if is_short { (value as i64).to_string() } else { text.to_owned() })
}
