//! The command line that resumes an interrupted command.

use std::env;

/// The command line of this process, as it is typed to go on: without `--fresh`, which would begin anew.
pub(super) fn same_again() -> String {
    let words = env::args_os().map(|word| word.to_string_lossy().into_owned());
    quoted(words.filter(|word| word != "--fresh"))
}

/// Words as a shell takes them, quoted where that is needed.
pub(super) fn quoted(words: impl IntoIterator<Item = String>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,+%@".contains(c);
    let quote = |word: String| match word.chars().all(is_plain) && !word.is_empty() {
        true => word,
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_with_spaces_is_quoted_as_a_shell_takes_it() {
        let words = ["runner", "sweep", "depth.toml", "seed=1", "sweep.seed=[1, 2]", "name=it's"].map(str::to_owned);
        assert_eq!(quoted(words), r"runner sweep depth.toml seed=1 'sweep.seed=[1, 2]' 'name=it'\''s'");
    }
}
