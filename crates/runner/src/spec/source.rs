//! The raw experiment: dotted keys with their values and places, from a TOML file and `key=value` overrides.
//!
//! Nothing is interpreted here; `builder` gives the keys their meaning.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::error::{Error, Place};
use super::experiment_keys;
use super::key::find;
use super::role::{CLAIMS, LISTS, Role, claim_of};
use super::suggestion::SECTIONS;
use datasets::files::regular_file;

/// The most bytes of an experiment's file: it is short, and a longer one is a mistake.
const MAX_BYTES: u64 = 1 << 20;

/// Keys that say the same thing in two ways: one on the command line withdraws the other from the file.
pub(super) const ALTERNATIVES: [(&[&str], &[&str]); 5] = [
    (&["model.hidden"], &["model.depth", "model.width", "model.parameters"]),
    (&["model.width"], &["model.parameters"]),
    (&["data.set"], &["data.train", "data.test"]),
    (&["data.test"], &["data.test_share"]),
    (&["train.iterations"], &["train.epochs"]),
];

/// A key with its value, as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The whole key, such as `train.learning_rate`, `sweep.zip[0].train.learning_rate` or `claim[0].value`.
    pub(super) key: String,
    /// Its value.
    pub(super) value: Value,
    /// The place where it was written.
    pub(super) place: Place,
}

/// Reads the file and applies the overrides, which keep the file's order.
///
/// # Errors
/// If the file can't be read or isn't TOML, or an override isn't `key=value`.
pub(super) fn read(path: &Path, overrides: &[String]) -> Result<Vec<Entry>, Error> {
    let mut entries = parse(&read_text(path)?, path)?;
    for word in overrides {
        let (key, value) = word.split_once('=').ok_or_else(|| Error::NotAnOverride(word.clone()))?;
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() {
            return Err(Error::NotAnOverride(word.clone()));
        }
        lay_over(&mut entries, key, value_of(key, value)?);
    }
    Ok(entries)
}

/// Reads the text of an experiment, which was at `path`.
///
/// # Errors
/// If it isn't TOML, or has a key twice.
pub(super) fn parse(text: &str, path: &Path) -> Result<Vec<Entry>, Error> {
    let syntax = |error: &toml::de::Error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        let reason = error.message().lines().collect::<Vec<_>>().join("; ");
        Error::Syntax { place: Place::Line(path.to_owned(), line), reason }
    };
    let table: Table = text.parse().map_err(|error| syntax(&error))?;
    let spanned = DeTable::parse(text).map_err(|error| syntax(&error))?;
    let mut lines = BTreeMap::new();
    find_lines("", spanned.get_ref(), text, &mut lines);

    let mut entries: Vec<Entry> = Vec::new();
    let mut twice = None;
    flatten("", table, &mut |key, value| {
        let place = Place::Line(path.to_owned(), lines.get(&key).copied().unwrap_or(1));
        // TOML tells a.b and "a.b" apart; here they are one key.
        if entries.iter().any(|entry| entry.key == key) {
            twice.get_or_insert((key.clone(), place.clone()));
        }
        entries.push(Entry { key, value, place });
    });
    if let Some((key, place)) = twice {
        return Err(Error::Setting { place, key, problem: "given twice, in two spellings".to_owned() });
    }
    Ok(entries)
}

fn read_text(path: &Path) -> Result<String, Error> {
    let unreadable = |reason: String| Error::Unreadable { path: path.to_owned(), reason };
    let file = regular_file::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unreadable(format!("it is larger than {MAX_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))
}

fn lay_over(entries: &mut Vec<Entry>, key: &str, value: Value) {
    let (role, set) = Role::of(key);
    let withdrawn = |other: &str| {
        let (other_role, other_set) = Role::of(other);
        let replaces = match (role, other_role) {
            (Role::Fixed, Role::Axis | Role::Zip(_) | Role::Include(_)) | (Role::Axis, Role::Zip(_)) => {
                set == other_set
            }
            _ => false,
        };
        let is_condition = [role, other_role].iter().any(|role| matches!(role, Role::Exclude(_)));
        let is_whole_list = is_list(key) && other.strip_prefix(key).is_some_and(|rest| rest.starts_with('['));
        other == key || replaces || is_whole_list || (!is_condition && are_alternatives(set, other_set))
    };
    let value = match value {
        // The keys of a table as if each were given by itself: sweep.halving={least=50,factor=3}.
        Value::Table(table) if !table.is_empty() && !is_value(&table) => {
            flatten(key, table, &mut |key, value| lay_over(entries, &key, value));
            return;
        }
        value => value,
    };
    // An override takes the place of what it withdraws, so that the axes keep the order of the file.
    let place = entries.iter().position(|entry| withdrawn(&entry.key)).unwrap_or(entries.len());
    entries.retain(|entry| !withdrawn(&entry.key));
    let mut new = Vec::new();
    let mut emit = |key, value| new.push(Entry { key, value, place: Place::CommandLine });
    match value {
        Value::Array(tables) if is_list(key) => flatten_list(key, tables, &mut emit),
        value => emit(key.to_owned(), value),
    }
    entries.splice(place..place, new);
}

/// Returns whether two keys say the same thing in two ways.
pub(super) fn are_alternatives(a: &str, b: &str) -> bool {
    ALTERNATIVES
        .iter()
        .any(|(one, two)| (one.contains(&a) && two.contains(&b)) || (two.contains(&a) && one.contains(&b)))
}

fn is_list(key: &str) -> bool {
    key == CLAIMS || key.strip_prefix("sweep.").is_some_and(|list| LISTS.contains(&list))
}

/// Reads the text as a TOML value, or else takes it as a string: `model.activation=tanh` needs no quotes, and `.5` no
/// 0.
fn parse_value(text: &str) -> Value {
    let value = |text: &str| {
        let table: Table = format!("value = {text}").parse().ok()?;
        (table.len() == 1).then(|| table.into_iter().next()).flatten().map(|(_, value)| value)
    };
    value(text).or_else(|| value(&with_zeros(text))).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Reads the value of a key as [`parse_value`] does, but takes `5` as a text where the key takes texts alone, such as `name`.
///
/// # Errors
/// If it begins as a list or a table of a key that takes no texts, and is not TOML.
fn value_of(key: &str, written: &str) -> Result<Value, Error> {
    let (value, text) = (parse_value(written), Value::String(written.to_owned()));
    let known = find(experiment_keys::KEYS.iter().copied(), key);
    if known.is_some_and(|key| key.check(&value).is_err() && key.check(&text).is_ok()) {
        return Ok(text);
    }
    let takes_texts = known.is_some() || claim_of(key).is_some();
    if value == text && written.starts_with(['[', '{']) && !takes_texts {
        let problem =
            format!("not valid TOML, in which texts have quotes, as in [\"relu\", \"tanh\"]; found {written}");
        return Err(Error::setting(&Place::CommandLine, key, problem));
    }
    Ok(value)
}

/// Adds a 0 on each side of a decimal point that lacks a digit there.
fn with_zeros(text: &str) -> String {
    let mut whole = String::new();
    let mut characters = text.chars().peekable();
    let mut before = None;
    while let Some(character) = characters.next() {
        let is_point = character == '.';
        if is_point && !before.is_some_and(|c: char| c.is_ascii_digit()) {
            whole.push('0');
        }
        whole.push(character);
        if is_point && !characters.peek().is_some_and(char::is_ascii_digit) {
            whole.push('0');
        }
        before = Some(character);
    }
    whole
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// Returns whether a table is a value, such as `{ from = ..., to = ... }` or `{ ge = ... }`; any other table is a level
/// of the dotted key.
fn is_value(table: &Table) -> bool {
    ["from", "to", "ge", "gt", "le", "lt"].iter().any(|key| table.contains_key(*key))
}

fn flatten(prefix: &str, table: Table, emit: &mut impl FnMut(String, Value)) {
    for (key, value) in table {
        let key = join(prefix, &key);
        match value {
            Value::Table(table) if table.is_empty() && SECTIONS.contains(&&*key) => {}
            // Any other empty table is refused where its key is read.
            Value::Table(table) if !table.is_empty() && !is_value(&table) => flatten(&key, table, emit),
            Value::Array(tables) if is_list(&key) => flatten_list(&key, tables, emit),
            value => emit(key, value),
        }
    }
}

/// Flattens each table of a list under its number. An item that is not a table, or is empty, is passed on whole and
/// refused later.
fn flatten_list(key: &str, tables: Vec<Value>, emit: &mut impl FnMut(String, Value)) {
    for (number, table) in tables.into_iter().enumerate() {
        let key = format!("{key}[{number}]");
        match table {
            Value::Table(table) if !table.is_empty() => flatten(&key, table, emit),
            value => emit(key, value),
        }
    }
}

/// Lists the dotted keys of an experiment with their values, in its order. A list of tables stays one value.
pub(crate) fn keys_and_values(toml: &str) -> Vec<(String, Value)> {
    let mut keys = Vec::new();
    add("", toml.parse().unwrap_or_default(), &mut keys);
    keys
}

fn add(prefix: &str, table: Table, keys: &mut Vec<(String, Value)>) {
    for (name, value) in table {
        let key = join(prefix, &name);
        match value {
            Value::Table(inner) if !is_value(&inner) => add(&key, inner, keys),
            value => keys.push((key, value)),
        }
    }
}

fn find_lines(prefix: &str, table: &DeTable, text: &str, lines: &mut BTreeMap<String, usize>) {
    for (name, value) in table {
        let key = join(prefix, name.get_ref());
        match value.get_ref() {
            DeValue::Table(table) => find_lines(&key, table, text, lines),
            DeValue::Array(list) if is_list(&key) => {
                for (number, table) in list.iter().enumerate() {
                    let key = format!("{key}[{number}]");
                    lines.insert(key.clone(), line_of(text, table.span().start));
                    if let DeValue::Table(table) = table.get_ref() {
                        find_lines(&key, table, text, lines);
                    }
                }
            }
            _ => {}
        }
        lines.insert(key, line_of(text, name.span().start));
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_behind_the_file_needs_neither_quotes_nor_the_zero_of_a_number() {
        for (text, value) in [
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("5.", "5.0"),
            ("1.e-3", "0.001"),
            ("[.5, 1.]", "[0.5, 1.0]"),
            ("{ from = .1, to = 1., count = 2 }", "{ from = 0.1, to = 1.0, count = 2 }"),
            ("tanh", "\"tanh\""),
            ("./data/x.h5", "\"./data/x.h5\""),
            ("..", "\"..\""),
            ("v.5", "\"v.5\""),
            (".5.5", "\".5.5\""),
            ("'.5'", "\".5\""),
        ] {
            assert_eq!(parse_value(text).to_string(), value, "{text}");
        }
    }
}
