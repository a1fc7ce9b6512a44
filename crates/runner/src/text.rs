//! Formats of values as text, and text as a terminal may have it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::iter::repeat;
use std::path::Path;
use std::time::Duration;

use serde::Serializer;
use serde_json::Value;

/// Serialises a path as text, with a mark in the place of bytes that are not UTF-8.
pub(crate) fn path_as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// Formats a JSON value as a person writes it: text without quotes, and null as nothing.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Returns the last part of a key's name: `depth` for `model.depth`.
pub(crate) fn short_name(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// Formats a JSON value so that equal values have equal texts: 1 and 1.0 are one number, also in a list.
pub(crate) fn comparable(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("[{}]", list.iter().map(comparable).collect::<Vec<_>>().join(",")),
        value => value.as_f64().map_or_else(|| value.to_string(), |number| number.to_string()),
    }
}

/// Formats a number of bytes with one decimal and a binary unit.
pub(crate) fn bytes(count: f64) -> String {
    with_unit(count, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"])
}

/// Formats a number of floating-point operations with one decimal and a decimal unit.
pub(crate) fn flop(count: f64) -> String {
    with_unit(count, 1000.0, &["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP"])
}

/// Formats a number with one decimal and the largest of `units` that it reaches, each of which is `step` times the one before.
fn with_unit(count: f64, step: f64, units: &[&str]) -> String {
    let place = (1..units.len()).take_while(|&place| count >= step.powi(place as i32)).count();
    format!("{:.1} {}", count / step.powi(place as i32), units[place])
}

/// The units of durations: humantime's, without its M for months, since most who write it mean minutes.
pub(crate) const TIME_UNITS: [&str; 38] = [
    "nanos", "nsec", "ns", "usec", "us", "millis", "msec", "ms", "seconds", "second", "secs", "sec", "s", "minutes",
    "minute", "min", "mins", "m", "hours", "hour", "hr", "hrs", "h", "days", "day", "d", "weeks", "week", "wk", "wks",
    "w", "months", "month", "years", "year", "yr", "yrs", "y",
];

/// Reads a duration such as `90s`, `45m` or `1h 30min`.
///
/// # Errors
/// If `text` is no duration, or its unit is `M`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    if text.split(|c: char| !c.is_alphabetic()).any(|unit| unit == "M") {
        return Err("M may be minutes or months: write m for minutes".to_owned());
    }
    humantime::parse_duration(text).map_err(|error| error.to_string())
}

/// Formats the widths of a net's layers, from its inputs to its outputs: `12288-20-7-5-1`.
pub(crate) fn layers(widths: &[usize]) -> String {
    widths.iter().map(ToString::to_string).collect::<Vec<_>>().join("-")
}

/// Formats a number with this many decimals, or with as many significant digits and an exponent if it is so large that the decimals tell
/// nothing, or so small that they would hold less than three digits of it.
pub(crate) fn decimals(number: f64, decimals: usize) -> String {
    let plain = 10f64.powi(2 - decimals as i32)..10f64.powi(decimals as i32);
    if number == 0.0 || !number.is_finite() || plain.contains(&number.abs()) {
        format!("{number:.decimals$}")
    } else {
        format!("{number:.0$e}", decimals - 1)
    }
}

/// Lists the first few of `names` in order, and counts the others.
pub(crate) fn first_few<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const NAMED: usize = 3;
    let names: BTreeSet<&str> = names.collect();
    let rest = names.len().saturating_sub(NAMED);
    let first = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if rest > 0 { format!("{first} and {rest} more") } else { first }
}

/// Names the first of `names`, and counts the others; `None` if there are no names.
pub(crate) fn first_and_others(names: &[impl AsRef<str>]) -> Option<String> {
    let (first, others) = names.split_first()?;
    let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    Some(format!("{}{others}", first.as_ref()))
}

/// Finds the first line in which two texts differ, which is empty in a text that has ended; `None` if they have the same lines.
pub(crate) fn first_difference<'t>(one: &'t str, other: &'t str) -> Option<(&'t str, &'t str)> {
    let lines = one.lines().count().max(other.lines().count());
    let [one, other] = [one, other].map(|text| text.lines().chain(repeat("")).take(lines));
    one.zip(other).find(|(one, other)| one != other)
}

/// Formats seconds with three digits and the unit that suits them.
pub(crate) fn duration(seconds: f64) -> String {
    let (number, unit) = match seconds {
        ..1e-3 => (seconds * 1e6, "µs"),
        ..1.0 => (seconds * 1e3, "ms"),
        ..100.0 => (seconds, "s"),
        ..6000.0 => (seconds / 60.0, "min"),
        ..172_800.0 => (seconds / 3600.0, "h"),
        _ => (seconds / 86_400.0, "days"),
    };
    let decimals = match number {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{number:.decimals$} {unit}")
}

/// Rounds a number to `digits` significant digits.
pub(crate) fn rounded(number: f64, digits: usize) -> f64 {
    format!("{number:.*e}", digits - 1).parse().unwrap_or(number)
}

/// Formats a number with at most `digits` significant digits.
pub(crate) fn significant(number: f64, digits: usize) -> String {
    let rounded = rounded(number, digits);
    let (plain, scientific) = (format!("{rounded}"), format!("{rounded:e}"));
    if scientific.len() + 2 < plain.len() { scientific } else { plain }
}

/// Makes hidden characters visible as JSON escapes them (`\u001b`), so that JSON keeps its meaning.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            write!(shown, "\\u{:04x}", u32::from(c)).expect("memory takes any text");
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Makes hidden characters, line ends and tabs visible, so that the text stays one line and a table its columns.
pub(crate) fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// Returns whether a character is a control, or an embedding, override or isolate of bidirectional text. All are below
/// U+10000.
pub(crate) fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::time::Duration;

    use super::{TIME_UNITS, decimals, duration, flop, parse_duration, rounded, significant, visible, visible_line};

    #[test]
    fn a_cost_is_short_however_large_or_small_it_is() {
        let said = [0.0, 0.543219876, -12.5, 999_999.0, 1e-4, 9.87654321e-5, -1e6, 1.23456789e29, f64::MIN_POSITIVE]
            .map(|number| decimals(number, 6));
        let expected = [
            "0.000000",
            "0.543220",
            "-12.500000",
            "999999.000000",
            "0.000100",
            "9.87654e-5",
            "-1.00000e6",
            "1.23457e29",
            "2.22507e-308",
        ];
        assert_eq!(said, expected.map(str::to_owned));
        assert_eq!(
            [0.01, 0.009, 9999.0, 1e4].map(|cost| decimals(cost, 4)),
            ["0.0100", "9.000e-3", "9999.0000", "1.000e4"]
        );
        assert_eq!([f64::NAN, f64::INFINITY].map(|cost| decimals(cost, 4)), ["NaN", "inf"]);
    }

    #[test]
    fn operations_have_the_unit_that_suits_them() {
        let said = [0.0, 999.0, 1000.0, 41_234.0, 7.25e8, 1.5e12, 4e24].map(flop);
        let expected =
            ["0.0 FLOP", "999.0 FLOP", "1.0 kFLOP", "41.2 kFLOP", "725.0 MFLOP", "1.5 TFLOP", "4000000.0 EFLOP"];
        assert_eq!(said, expected.map(str::to_owned));
    }

    #[test]
    fn a_duration_has_three_digits_and_the_unit_that_suits_it() {
        let said = [0.0, 12.34e-6, 0.0123, 0.999, 9.876, 59.96, 99.9, 100.0, 5999.0, 7200.0, 400_000.0].map(duration);
        let expected = [
            "0.00 µs",
            "12.3 µs",
            "12.3 ms",
            "999 ms",
            "9.88 s",
            "60.0 s",
            "99.9 s",
            "1.67 min",
            "100 min",
            "2.00 h",
            "4.63 days",
        ];
        assert_eq!(said, expected.map(str::to_owned));
    }

    #[test]
    fn a_duration_is_read_in_any_unit_but_the_one_that_may_be_two() {
        for unit in TIME_UNITS {
            assert!(parse_duration(&format!("2{unit}")).is_ok_and(|read| !read.is_zero()), "{unit}");
        }
        assert_eq!(parse_duration("1h 30min"), Ok(Duration::from_secs(5400)));
        for unclear in ["5M", "5 M", "1h5M", "1.5M 3s"] {
            assert!(parse_duration(unclear).unwrap_err().contains("minutes or months"), "{unclear}");
        }
    }

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
            assert_eq!(significant(number, 4), short);
        }
        assert!(rounded(f64::INFINITY, 4).is_infinite() && rounded(f64::NAN, 4).is_nan());
    }

    #[test]
    fn what_steers_a_terminal_is_shown() {
        assert_eq!(visible("\u{1b}[31mred\u{9b}2J\u{7f}"), "\\u001b[31mred\\u009b2J\\u007f");
        assert_eq!(visible("cat\u{202e}gpj.\u{2066}x"), "cat\\u202egpj.\\u2066x");
        assert_eq!(visible_line("a\r\n\tb"), "a\\u000d\\n\\tb");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        let text = "a\tb\nΣ 猫 \u{200f}עברית é\n";
        assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn json_stays_what_it_was() {
        let json = serde_json::to_string("\u{7f}\u{85}\u{202e}\u{1b}").unwrap();
        let read: String = serde_json::from_str(&visible(&json)).unwrap();
        assert_eq!(read, "\u{7f}\u{85}\u{202e}\u{1b}");
    }
}
