//! Words for messages.

/// Writes a number with its noun, such as "1 row" or "2 rows".
pub fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
