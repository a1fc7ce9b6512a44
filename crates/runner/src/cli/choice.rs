//! Options whose value is one of a few words.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// A word, its meaning in the help, and the value that it stands for.
pub(super) type Choice<T> = (&'static str, &'static str, T);

/// Makes the parser of the words of a table.
pub(super) fn one_of<T: Copy + Send + Sync>(table: &'static [Choice<T>]) -> impl TypedValueParser<Value = T> {
    let words = table.iter().map(|(word, meaning, _)| PossibleValue::new(*word).help(*meaning));
    let value = |given: String| table.iter().find(|(word, ..)| *word == given).expect("a word of the table").2;
    PossibleValuesParser::new(words).map(value)
}
