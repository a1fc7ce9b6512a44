//! Words as a shell takes them.

use std::fmt::Write;
use std::path::Path;

use crate::text::{is_hidden, visible_line};

/// Formats words as a shell takes them, quoted where that is needed.
pub(crate) fn quoted(words: impl IntoIterator<Item = String>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,+%@".contains(c);
    let quote = |word: String| match word.chars().all(is_plain) && !word.is_empty() {
        true => word,
        false => in_quotes(&word),
    };
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// Formats a path as a shell takes it, quoted where that is needed.
pub(crate) fn quoted_path(path: &Path) -> String {
    quoted([path.display().to_string()])
}

/// Quotes a word for a shell; a line end or a hidden character is written as an escape, which messages leave as it is.
pub(crate) fn in_quotes(word: &str) -> String {
    if visible_line(word) == word {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut quoted = "$'".to_owned();
    for c in word.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\\' | '\'' => quoted.extend(['\\', c]),
            // As bytes: a shell reads \u by its locale.
            c if is_hidden(c) => c
                .encode_utf8(&mut [0; 4])
                .bytes()
                .for_each(|byte| write!(quoted, "\\x{byte:02x}").expect("memory takes any text")),
            c => quoted.push(c),
        }
    }
    quoted + "'"
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_word_with_spaces_is_quoted_as_a_shell_takes_it() {
        let words = ["runner", "sweep", "depth.toml", "seed=1", "sweep.seed=[1, 2]", "name=it's"].map(str::to_owned);
        assert_eq!(quoted(words), r"runner sweep depth.toml seed=1 'sweep.seed=[1, 2]' 'name=it'\''s'");
    }

    #[test]
    fn a_word_with_a_line_end_or_a_hidden_character_is_one_line_that_a_shell_reads_back_in_any_locale() {
        for (word, expected) in [
            ("it's\n\ta \\n \u{1b}[1m", r"$'it\'s\n\ta \\n \x1b[1m'"),
            ("a\u{202e}b\u{9b}c 猫", r"$'a\xe2\x80\xaeb\xc2\x9bc 猫'"),
        ] {
            let quoted = quoted([word.to_owned()]);
            assert_eq!(quoted, expected);
            assert_eq!(visible_line(&quoted), quoted);
            for locale in ["C", "C.UTF-8"] {
                let mut shell = Command::new("bash");
                let shell = shell.env("LC_ALL", locale).args(["-c", &format!("printf %s {quoted}")]).output().unwrap();
                assert_eq!(String::from_utf8(shell.stdout).unwrap(), word, "{locale}");
            }
        }
    }
}
