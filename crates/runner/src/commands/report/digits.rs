//! Numbers with few digits.

/// Rounds a number to `digits` significant digits.
pub(super) fn rounded(number: f64, digits: usize) -> f64 {
    format!("{number:.*e}", digits - 1).parse().unwrap_or(number)
}

/// Formats a number with at most `digits` significant digits.
pub(super) fn text(number: f64, digits: usize) -> String {
    let rounded = rounded(number, digits);
    let (plain, scientific) = (format!("{rounded}"), format!("{rounded:e}"));
    if scientific.len() + 2 < plain.len() { scientific } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_first_digits_and_are_short() {
        for (number, short) in [
            (0.123_456_789, "0.1235"),
            (1.0, "1"),
            (0.0, "0"),
            (-12_345.678, "-12350"),
            (1.5e-30, "1.5e-30"),
            (6.02e23, "6.02e23"),
            (0.0001, "0.0001"),
        ] {
            assert_eq!(text(number, 4), short);
        }
        assert!(rounded(f64::INFINITY, 4).is_infinite() && rounded(f64::NAN, 4).is_nan());
    }
}
