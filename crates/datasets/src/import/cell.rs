//! Cells of a table: numbers, texts, and no value.

/// The longest name of a class or a feature, in bytes.
pub(super) const LONGEST_NAME: usize = 1024;

/// Returns whether a cell says that there is no value, by the marks that pandas has known from the beginning, and `?`. A `none` or a `-`
/// may be a text that means something; among numbers they are refused.
pub(super) fn is_missing(cell: &[u8]) -> bool {
    const MARKS: [&str; 8] = ["", "na", "n/a", "#n/a", "<na>", "nan", "null", "?"];
    MARKS.iter().any(|mark| cell.eq_ignore_ascii_case(mark.as_bytes()))
}

/// Returns whether a cell would be a number, or a percentage, if its commas were decimal points or left out: `1,5`, `1.234,5`, `1,234,567`.
pub(super) fn has_decimal_comma(cell: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(cell) else { return false };
    let number = text.strip_prefix(['-', '+']).unwrap_or(text);
    let number = number.strip_suffix('%').map_or(number, str::trim_end);
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let are_thousands = |text: &str, separator| {
        let mut groups = text.split(separator);
        groups.next().is_some_and(are_digits) && groups.all(|group| group.len() == 3 && are_digits(group))
    };
    let is_decimal = number.split_once(',').is_some_and(|(whole, part)| are_thousands(whole, '.') && are_digits(part));
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    is_decimal || (whole.contains(',') && are_thousands(whole, ',') && are_digits(part))
}

/// Parses a finite number.
pub(super) fn number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Returns whether a cell is a whole number, without a point or an exponent, beyond ±2^53, from which f64 leaves out some.
pub(super) fn is_beyond_exact(cell: &[u8]) -> bool {
    const LAST: &[u8] = b"9007199254740992";
    let digits = cell.strip_prefix(b"-").or(cell.strip_prefix(b"+")).unwrap_or(cell);
    let digits = &digits[digits.iter().take_while(|digit| **digit == b'0').count()..];
    let is_beyond = digits.len() > LAST.len() || (digits.len() == LAST.len() && digits > LAST);
    is_beyond && digits.iter().all(u8::is_ascii_digit)
}

/// Returns the canonical form of a number, so that 1, 1.0, `2.` and 1.0e+00 compare as numbers. `None` if `text` is no number, or may be a
/// code such as 007 or 0E1.
pub(super) fn canonical(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(whole, part)| (whole, Some(part)));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_code = (whole.len() > 1 && whole.starts_with('0')) || (exponent.is_some() && fraction.is_none());
    let has_digits = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
    if is_code || !has_digits || ![Some(whole), fraction, exponent].into_iter().flatten().all(are_digits) {
        return None;
    }
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    let digits = format!("{whole}{}", fraction.unwrap_or_default()).trim_matches('0').len();
    Some(match value.fract() == 0.0 {
        true if value.abs() < 1e15 => (value as i64).to_string(),
        // Different decimals of up to 15 digits are different in f64, whose shortest form has them again.
        false if digits <= 15 => format!("{value:?}"),
        _ => text.to_owned(),
    })
}
