//! Text for a terminal: control characters and changes of writing direction are shown, not obeyed.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{Write, stderr};

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

/// Makes hidden characters and line ends visible, so that the text stays one line.
pub(crate) fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "\\n")
}

/// Writes a line to stderr. An error is ignored: a closed stderr is no reason to lose a sweep.
pub fn say(line: &str) {
    let _ = writeln!(stderr(), "{}", visible_line(line));
}

/// Returns whether a character is a control, or an embedding, override or isolate of bidirectional text. All are below
/// U+10000.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown() {
        assert_eq!(visible("\u{1b}[31mred\u{9b}2J\u{7f}"), "\\u001b[31mred\\u009b2J\\u007f");
        assert_eq!(visible("cat\u{202e}gpj.\u{2066}x"), "cat\\u202egpj.\\u2066x");
        assert_eq!(visible_line("a\r\nb"), "a\\u000d\\nb");
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
