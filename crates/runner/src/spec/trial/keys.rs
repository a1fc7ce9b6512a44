//! The table of all keys of a trial.

use serde_json::Value as Json;
use toml::Value;

use super::{initialisation, model, optimiser, schedule, training};
use crate::spec::key::{AnyKey, find};

/// Lists every key of a trial. Each may be set outside `[sweep]` and on an axis.
pub fn keys() -> impl Iterator<Item = &'static dyn AnyKey> {
    let tables = [model::KEYS, initialisation::KEYS, optimiser::KEYS, schedule::KEYS, training::KEYS];
    tables.into_iter().flatten().copied()
}

/// Finds the key of a trial that has this name.
pub fn key(name: &str) -> Option<&'static dyn AnyKey> {
    find(keys(), name)
}

/// Returns the form of a value of the key of this name that all its spellings share: `"relu"` for `["relu", "relu"]`. A value that the key
/// can't have is its own form.
pub fn canonical(name: &str, value: Json) -> Json {
    let canonical = || key(name)?.canonical(&Value::try_from(&value).ok()?);
    // Lists alone have other spellings.
    if value.is_array() { canonical().unwrap_or(value) } else { value }
}

/// Returns whether the key of this name may have a number.
pub fn takes_numbers(name: &str) -> bool {
    [Value::Integer(1), Value::Float(0.5)].iter().any(|number| key(name).is_some_and(|key| key.check(number).is_ok()))
}

/// Checks a value of the key of this name.
///
/// # Errors
/// If the key can't have the value; the message has the allowed ones and the one that was found.
pub fn check_value(name: &str, value: &Value) -> Result<(), String> {
    key(name).map_or(Ok(()), |key| key.check(value))
}
