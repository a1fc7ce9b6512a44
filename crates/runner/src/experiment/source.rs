//! The raw experiment: dotted keys with their values and places, from a TOML file and `key=value` overrides.
//!
//! Nothing is interpreted here; `experiment::Experiment` gives the keys their meaning.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::error::{Error, Place};

/// A file of experiments is short; more than this is a mistake.
const MAX_BYTES: u64 = 1 << 20;

/// Keys that say the same thing in two ways: giving one on the command line withdraws the other from the file.
const ALTERNATIVES: [(&[&str], &[&str]); 2] =
    [(&["model.hidden"], &["model.depth", "model.width"]), (&["data.set"], &["data.train", "data.test"])];

/// One key as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The whole key, such as `train.learning_rate` or `sweep.train.learning_rate`.
    pub(super) key: String,
    /// Its value.
    pub(super) value: Value,
    /// Where it was written.
    pub(super) place: Place,
}

/// Reads the file and lays the overrides over it, in the order of the file.
///
/// # Errors
/// If the file can't be read or isn't TOML, or an override isn't `key=value`.
pub(super) fn read(path: &Path, overrides: &[String]) -> Result<Vec<Entry>, Error> {
    let text = read_text(path)?;
    let syntax = |error: &toml::de::Error| {
        let line = error.span().map_or(1, |span| line_of(&text, span.start));
        let reason = error.message().lines().collect::<Vec<_>>().join("; ");
        Error::Syntax { place: Place::Line(path.to_owned(), line), reason }
    };
    let table: Table = text.parse().map_err(|error| syntax(&error))?;
    let spanned = DeTable::parse(&text).map_err(|error| syntax(&error))?;
    let mut lines = BTreeMap::new();
    find_lines("", spanned.get_ref(), &text, &mut lines);

    let mut entries: Vec<Entry> = Vec::new();
    let mut twice = None;
    flatten("", table, &mut |key, value| {
        let place = Place::Line(path.to_owned(), lines.get(&key).copied().unwrap_or(1));
        // TOML lets one key be spelt a.b and "a.b".
        if entries.iter().any(|entry| entry.key == key) {
            twice.get_or_insert((key.clone(), place.clone()));
        }
        entries.push(Entry { key, value, place });
    });
    if let Some((key, place)) = twice {
        return Err(Error::Setting { place, key, problem: "given twice, in two spellings".to_owned() });
    }
    for word in overrides {
        let (key, value) = word.split_once('=').ok_or_else(|| Error::NotAnOverride(word.clone()))?;
        lay_over(&mut entries, key.trim(), parse_value(value.trim()));
    }
    Ok(entries)
}

fn read_text(path: &Path) -> Result<String, Error> {
    let unreadable = |reason: String| Error::Unreadable { path: path.to_owned(), reason };
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unreadable(format!("it is larger than {MAX_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))
}

fn lay_over(entries: &mut Vec<Entry>, key: &str, value: Value) {
    let withdrawn = |other: &str| {
        let base = other.strip_prefix("sweep.").unwrap_or(other);
        let replaced = other == key || other.strip_prefix("sweep.") == Some(key);
        let set = key.strip_prefix("sweep.").unwrap_or(key);
        let alternative = |of: &[&str], to: &[&str]| of.contains(&set) && to.contains(&base);
        replaced || ALTERNATIVES.iter().any(|(one, two)| alternative(one, two) || alternative(two, one))
    };
    // What takes the place of an entry stands at its place: the order of the axes is the file's.
    let place = entries.iter().position(|entry| withdrawn(&entry.key)).unwrap_or(entries.len());
    entries.retain(|entry| !withdrawn(&entry.key));
    entries.insert(place, Entry { key: key.to_owned(), value, place: Place::CommandLine });
}

/// A TOML value where it is one, else the text itself: `model.activation=tanh` needs no quotes.
fn parse_value(text: &str) -> Value {
    let table: Result<Table, _> = format!("value = {text}").parse();
    match table {
        Ok(mut table) if table.len() == 1 => table.remove("value").unwrap_or_else(|| Value::String(text.to_owned())),
        _ => Value::String(text.to_owned()),
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// `{ from = ..., to = ... }` on an axis is a value; any other table is a level of the dotted key.
fn is_range(table: &Table) -> bool {
    table.contains_key("from") || table.contains_key("to")
}

fn flatten(prefix: &str, table: Table, emit: &mut impl FnMut(String, Value)) {
    for (key, value) in table {
        let key = join(prefix, &key);
        match value {
            Value::Table(table) if !is_range(&table) => flatten(&key, table, emit),
            value => emit(key, value),
        }
    }
}

fn find_lines(prefix: &str, table: &DeTable, text: &str, lines: &mut BTreeMap<String, usize>) {
    for (name, value) in table {
        let key = join(prefix, name.get_ref());
        if let DeValue::Table(table) = value.get_ref() {
            find_lines(&key, table, text, lines);
        }
        lines.insert(key, line_of(text, name.span().start));
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}
