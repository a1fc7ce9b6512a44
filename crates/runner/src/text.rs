//! Formats of values as text.

use std::collections::BTreeSet;

use serde_json::Value;

/// Formats bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Formats a JSON value as a person writes it: text without quotes, and null as nothing.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Formats a number of bytes with one decimal and a binary unit.
pub(crate) fn bytes(count: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let step = (0..units.len() - 1).take_while(|&step| count >= 1024f64.powi(step as i32 + 1)).count();
    format!("{:.1} {}", count / 1024f64.powi(step as i32), units[step])
}

/// Lists the first few of `names` in order, and counts the others.
pub(crate) fn first_few<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const NAMED: usize = 3;
    let names: BTreeSet<&str> = names.collect();
    let rest = names.len().saturating_sub(NAMED);
    let first = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if rest > 0 { format!("{first} and {rest} more") } else { first }
}
