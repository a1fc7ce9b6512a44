//! The kinds of keys whose values are names.

use kernels::Activation;
use serde_json::{Value as Json, json};
use toml::Value;

use super::kind::Kind;
use super::synonyms::meant;

/// The value that leaves a choice until the data are known.
pub const AUTO: &str = "auto";

/// The names of a table.
#[derive(Debug)]
pub struct OneOf<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy + PartialEq + Sync + 'static> Kind for OneOf<T> {
    type Value = T;

    fn read(&self, value: &Value) -> Result<T, String> {
        pick(value, self.0.iter().copied())
    }

    fn json(&self, value: &T) -> Json {
        json!(name_of(self.0, *value))
    }

    fn schema(&self) -> Json {
        one_of(self.0.iter().map(|(name, _)| *name))
    }
}

/// The names of a table, and "auto", which is read as `None`.
#[derive(Debug)]
pub struct AutoOr<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy + PartialEq + Sync + 'static> Kind for AutoOr<T> {
    type Value = Option<T>;

    fn read(&self, value: &Value) -> Result<Option<T>, String> {
        pick(value, [(AUTO, None)].into_iter().chain(self.0.iter().map(|(name, known)| (*name, Some(*known)))))
    }

    fn json(&self, value: &Option<T>) -> Json {
        json!(value.map_or(AUTO, |value| name_of(self.0, value)))
    }

    fn schema(&self) -> Json {
        one_of([AUTO].into_iter().chain(self.0.iter().map(|(name, _)| *name)))
    }
}

/// Lists of names of a table, each at most once, read in the order of the table.
#[derive(Debug)]
pub struct NameList<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy + PartialEq + Sync + 'static> Kind for NameList<T> {
    type Value = Vec<T>;
    const IS_LIST: bool = true;

    fn read(&self, value: &Value) -> Result<Vec<T>, String> {
        let list = value.as_array().ok_or_else(|| format!("must be a list of names, found {value}"))?;
        let found = list.iter().map(|name| OneOf(self.0).read(name)).collect::<Result<Vec<_>, _>>()?;
        if let Some((_, name)) = list.iter().enumerate().find(|(place, name)| list[..*place].contains(name)) {
            return Err(format!("has {name} twice"));
        }
        Ok(self.0.iter().map(|(_, known)| *known).filter(|known| found.contains(known)).collect())
    }

    fn json(&self, value: &Vec<T>) -> Json {
        value.iter().map(|value| OneOf(self.0).json(value)).collect()
    }

    fn schema(&self) -> Json {
        json!({ "type": "array", "items": OneOf(self.0).schema(), "uniqueItems": true })
    }
}

/// Describes a text that is one of `names`.
fn one_of(names: impl Iterator<Item = &'static str>) -> Json {
    json!({ "enum": names.collect::<Vec<_>>() })
}

/// Reads the value of a name.
fn pick<T>(value: &Value, mut table: impl Iterator<Item = (&'static str, T)> + Clone) -> Result<T, String> {
    let names = table.clone();
    let found = value.as_str().and_then(|text| table.find(|(name, _)| *name == text));
    found.map(|(_, known)| known).ok_or_else(|| {
        let names: Vec<_> = names.map(|(name, _)| name).collect();
        let meant = value.as_str().and_then(|word| meant(word, &names));
        let meant = meant.map(|name| format!(" (did you mean {name:?}?)")).unwrap_or_default();
        let names: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
        format!("must be one of {}, found {value}{meant}", names.join(", "))
    })
}

/// Finds the name of `value` in a table of all values.
pub fn name_of<T: PartialEq>(table: &[(&'static str, T)], value: T) -> &'static str {
    table.iter().find(|(_, known)| *known == value).map_or("", |(name, _)| name)
}

/// Every activation with its name: those of hidden layers, and softmax.
pub const ACTIVATIONS: [(&str, Activation); Activation::ALL.len() + 1] = {
    let mut all = [("softmax", Activation::Softmax); Activation::ALL.len() + 1];
    let mut at = 0;
    while at < Activation::ALL.len() {
        all[at] = Activation::ALL[at];
        at += 1;
    }
    all
};

/// Returns the name of an activation.
pub fn activation_name(activation: Activation) -> &'static str {
    name_of(&ACTIVATIONS, activation)
}
