//! Keys of an experiment. A key is declared in one place: its name, what its value may be, its default, and when it applies.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use toml::Value;

use super::kind::Kind;

/// The name of a key, and the problem with its value.
pub type Problem = (&'static str, String);

/// The condition on which a key applies; without it, the key is no part of the trial.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// The condition in the words of a message.
    pub with: &'static str,
    /// The test of the condition.
    pub holds: fn(&RawTrial) -> bool,
}

/// A key whose values are of kind `K`.
#[derive(Debug)]
pub struct Key<K: Kind> {
    name: &'static str,
    meaning: &'static str,
    kind: K,
    default: Option<fn() -> K::Value>,
    only_with: Option<Condition>,
}

impl<K: Kind> Key<K> {
    /// Declares a key without a default.
    pub(super) const fn new(name: &'static str, kind: K) -> Self {
        Key { name, meaning: "", kind, default: None, only_with: None }
    }

    /// Says what it means.
    pub(super) const fn meaning(mut self, meaning: &'static str) -> Self {
        self.meaning = meaning;
        self
    }

    /// Adds a default.
    pub(super) const fn or(mut self, default: fn() -> K::Value) -> Self {
        self.default = Some(default);
        self
    }

    /// Adds a condition.
    pub(super) const fn only_with(mut self, with: &'static str, holds: fn(&RawTrial) -> bool) -> Self {
        self.only_with = Some(Condition { with, holds });
        self
    }

    /// Returns its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Pairs the name of the key with a problem of its value.
    pub(super) fn problem(&self, problem: impl Into<String>) -> Problem {
        (self.name, problem.into())
    }
}

/// A key of any kind.
pub trait AnyKey: Sync {
    /// Returns its name, such as `train.momentum`.
    fn name(&self) -> &'static str;

    /// Returns its meaning, in a sentence.
    fn meaning(&self) -> &'static str;

    /// Returns the values that it takes, as a JSON schema.
    fn schema(&self) -> Json;

    /// Checks a value.
    ///
    /// # Errors
    /// If the key can't have the value; the message has the allowed ones and the one that was found.
    fn check(&self, value: &Value) -> Result<(), String>;

    /// Returns the form of a value that all its spellings share, such as `"relu"` for `["relu", "relu"]`; `None` if the key can't have it.
    fn canonical(&self, value: &Value) -> Option<Json>;

    /// Returns its default; `None` if it has none, or the default follows from other keys.
    fn default(&self) -> Option<Json>;

    /// Returns the condition on which it applies; `None` if it always does.
    fn condition(&self) -> Option<&Condition>;

    /// Returns whether every value is a list.
    fn is_list(&self) -> bool;

    /// Returns whether it takes only whole numbers.
    fn is_whole(&self) -> bool;
}

impl<K: Kind> AnyKey for Key<K> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn meaning(&self) -> &'static str {
        self.meaning
    }

    fn schema(&self) -> Json {
        self.kind.schema()
    }

    fn check(&self, value: &Value) -> Result<(), String> {
        self.kind.read(value).map(drop)
    }

    fn canonical(&self, value: &Value) -> Option<Json> {
        Some(self.kind.json(&self.kind.read(value).ok()?))
    }

    fn default(&self) -> Option<Json> {
        self.default.map(|default| self.kind.json(&default()))
    }

    fn condition(&self) -> Option<&Condition> {
        self.only_with.as_ref()
    }

    fn is_list(&self) -> bool {
        K::IS_LIST
    }

    fn is_whole(&self) -> bool {
        K::IS_WHOLE
    }
}

/// Finds a key by its name.
pub fn find(keys: impl IntoIterator<Item = &'static dyn AnyKey>, name: &str) -> Option<&'static dyn AnyKey> {
    keys.into_iter().find(|key| key.name() == name)
}

/// Declares keys as statics, and the table `KEYS` of all of them. Their doc comments are their meanings.
macro_rules! keys {
    ($visible:vis KEYS; $($(#[doc = $meaning:literal])+ $name:ident: $kind:ty = $key:expr;)*) => {
        $($(#[doc = $meaning])+
        pub(in crate::spec) static $name: $crate::spec::key::Key<$kind> =
            $key.meaning(concat!($($meaning),+).trim_ascii());)*
        /// Every key that is declared here.
        $visible static KEYS: &[&dyn $crate::spec::key::AnyKey] = &[$(&$name),*];
    };
}
pub(super) use keys;

/// A trial, or an experiment, as written: the keys that are set, each with a value that it allows.
#[derive(Clone, Debug, Default)]
pub struct RawTrial(BTreeMap<&'static str, Value>);

impl RawTrial {
    /// Sets a key to a value.
    ///
    /// # Errors
    /// If the key can't have the value; the message has the allowed ones and the one that was found.
    pub fn set(&mut self, key: &'static dyn AnyKey, value: &Value) -> Result<(), String> {
        key.check(value)?;
        self.0.insert(key.name(), value.clone());
        Ok(())
    }

    /// Returns whether a key is set.
    pub fn has(&self, key: &dyn AnyKey) -> bool {
        self.0.contains_key(key.name())
    }

    /// Removes a key.
    pub(super) fn remove(&mut self, key: &dyn AnyKey) {
        self.0.remove(key.name());
    }

    /// Returns the value of a key, or else its default.
    pub(super) fn get<K: Kind>(&self, key: &Key<K>) -> Option<K::Value> {
        let given =
            self.0.get(key.name).map(|value| key.kind.read(value).expect("values are checked when they are set"));
        given.or_else(|| key.default.map(|default| default()))
    }

    /// Returns the value of a key that has a default.
    ///
    /// # Panics
    /// If it has none.
    pub(super) fn value<K: Kind>(&self, key: &Key<K>) -> K::Value {
        self.get(key).unwrap_or_else(|| panic!("{} has no default", key.name))
    }
}

/// The canonical form of a trial, key by key.
#[derive(Default)]
pub(super) struct Canonical(pub(super) Map<String, Json>);

impl Canonical {
    /// Writes a key whatever its value: for keys of the first release, and keys without a default.
    pub(super) fn always<K: Kind>(&mut self, key: &Key<K>, value: &K::Value) {
        self.0.insert(key.name.to_owned(), key.kind.json(value));
    }

    /// Writes a key unless its value is the default.
    pub(super) fn put<K: Kind>(&mut self, key: &Key<K>, value: &K::Value) {
        let value = key.kind.json(value);
        if AnyKey::default(key) != Some(value.clone()) {
            self.0.insert(key.name.to_owned(), value);
        }
    }

    /// Writes a key if it has a value that is not the default.
    pub(super) fn put_some<K: Kind>(&mut self, key: &Key<K>, value: Option<&K::Value>) {
        value.into_iter().for_each(|value| self.put(key, value));
    }
}
