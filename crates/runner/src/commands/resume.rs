//! The command line that resumes an interrupted command.

use std::env;

use crate::shell_words::quoted;

/// Writes the command line of this process as it is typed to go on: without `--fresh`, which would begin anew.
pub(super) fn same_again() -> String {
    let words = env::args_os().map(|word| word.to_string_lossy().into_owned());
    quoted(words.filter(|word| word != "--fresh"))
}
