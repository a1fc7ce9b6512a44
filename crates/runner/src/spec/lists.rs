//! The kinds of keys whose values are lists.

use serde_json::{Value as Json, json};
use toml::Value;

use super::kind::{FRACTION, Kind, WIDTH};

/// One value for all layers, or a list with one for each.
#[derive(Clone, Debug, PartialEq)]
pub enum Layers<T> {
    /// The same for all.
    Same(T),
    /// One for each.
    Each(Vec<T>),
}

/// One value of a kind, or a list with one for each layer.
#[derive(Debug)]
pub struct PerLayer<K>(pub K);

impl<K: Kind<Value: PartialEq>> Kind for PerLayer<K> {
    type Value = Layers<K::Value>;

    fn read(&self, value: &Value) -> Result<Self::Value, String> {
        match value.as_array() {
            Some(list) if list.is_empty() => Err("must not be an empty list".to_owned()),
            Some(list) => list.iter().map(|value| self.0.read(value)).collect::<Result<_, _>>().map(Layers::Each),
            None => self.0.read(value).map(Layers::Same),
        }
    }

    /// Writes a list of equal values as the value, so that both spellings have one canonical form.
    fn json(&self, value: &Self::Value) -> Json {
        match value {
            Layers::Same(value) => self.0.json(value),
            Layers::Each(list) if list.windows(2).all(|pair| pair[0] == pair[1]) && !list.is_empty() => {
                self.0.json(&list[0])
            }
            Layers::Each(list) => list.iter().map(|value| self.0.json(value)).collect(),
        }
    }

    fn schema(&self) -> Json {
        let one = self.0.schema();
        json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

/// Lists of widths.
#[derive(Debug)]
pub struct Widths;

impl Kind for Widths {
    type Value = Vec<usize>;
    const IS_LIST: bool = true;

    fn read(&self, value: &Value) -> Result<Vec<usize>, String> {
        let wrong = || format!("must be a list of widths such as [20, 7, 5], found {value}");
        let width = |value| WIDTH.read(value).map_err(|problem| format!("a width {problem}"));
        value.as_array().ok_or_else(wrong)?.iter().map(width).collect()
    }

    fn json(&self, value: &Vec<usize>) -> Json {
        json!(value)
    }

    fn schema(&self) -> Json {
        json!({ "type": "array", "items": WIDTH.schema() })
    }
}

/// Two fractions.
#[derive(Debug)]
pub struct Pair;

impl Kind for Pair {
    type Value = [f64; 2];
    const IS_LIST: bool = true;

    fn read(&self, value: &Value) -> Result<[f64; 2], String> {
        match value.as_array().map(Vec::as_slice) {
            Some([first, second]) => Ok([FRACTION.read(first)?, FRACTION.read(second)?]),
            _ => Err(format!("must be two numbers such as [0.9, 0.999], found {value}")),
        }
    }

    fn json(&self, value: &[f64; 2]) -> Json {
        json!(value)
    }

    fn schema(&self) -> Json {
        json!({ "type": "array", "items": FRACTION.schema(), "minItems": 2, "maxItems": 2 })
    }
}
