//! The kinds of values that a key may have: each reads a TOML value, or says what is allowed and what was found.

use serde::Serialize;
use serde_json::{Value as Json, json};
use toml::Value;

/// The most units of a layer.
const MAX_WIDTH: usize = 1_000_000;
const MAX_STEPS: usize = 1_000_000_000;

/// A set of values, and how they are written.
pub trait Kind: Sync + 'static {
    /// The type that a value is read as.
    type Value;

    /// Reads `value`.
    ///
    /// # Errors
    /// If it is no value of this kind; the message has the allowed ones and the one that was found.
    fn read(&self, value: &Value) -> Result<Self::Value, String>;

    /// Writes a value as JSON, for the canonical form of a trial.
    fn json(&self, value: &Self::Value) -> Json;

    /// Describes the values as a JSON schema (draft-07).
    fn schema(&self) -> Json;

    /// True if every value is a list.
    const IS_LIST: bool = false;
    /// True if every number is whole.
    const IS_WHOLE: bool = false;
}

/// Whole numbers from `least` to `most`.
#[derive(Debug)]
pub struct Integer {
    /// The lowest number allowed.
    pub least: usize,
    /// The highest number allowed.
    pub most: usize,
}

/// Numbers of units of a layer.
pub const WIDTH: Integer = Integer { least: 1, most: MAX_WIDTH };
/// Numbers of steps, epochs or examples.
pub const STEPS: Integer = Integer { least: 1, most: MAX_STEPS };
/// Numbers of steps, or 0.
pub const STEPS_OR_NONE: Integer = Integer { least: 0, most: MAX_STEPS };
/// Numbers of points of a sweep, or of values of an axis; more than this is a typing error.
pub const POINTS: Integer = Integer { least: 1, most: 1_000_000 };
/// Seeds.
pub const SEED: Integer = Integer { least: 0, most: u32::MAX as usize };

impl Kind for Integer {
    type Value = usize;
    const IS_WHOLE: bool = true;

    fn read(&self, value: &Value) -> Result<usize, String> {
        let &Integer { least, most } = self;
        let found = value.as_integer().and_then(|found| usize::try_from(found).ok());
        let found = found.filter(|found| (least..=most).contains(found));
        found.ok_or_else(|| format!("must be an integer from {least} to {most}, found {value}"))
    }

    fn json(&self, value: &usize) -> Json {
        json!(value)
    }

    fn schema(&self) -> Json {
        json!({ "type": "integer", "minimum": self.least, "maximum": self.most })
    }
}

/// Values of a plain type: numbers, flags or texts.
#[derive(Debug)]
pub struct Plain<T> {
    allowed: &'static str,
    /// Returns the value if it is allowed.
    parse: fn(&Value) -> Option<T>,
    /// Describes the same values as a JSON schema.
    schema: fn() -> Json,
}

/// Numbers, whole or not.
pub type Real = Plain<f64>;
/// true and false.
pub type Flag = Plain<bool>;
/// Texts.
pub type Text = Plain<String>;

/// Finite numbers.
pub const FINITE: Real = Real {
    allowed: "a finite number",
    parse: |value| number_if(value, f64::is_finite),
    schema: || json!({ "type": "number" }),
};
/// Finite numbers above 0.
pub const POSITIVE: Real = Real {
    allowed: "a finite number above 0",
    parse: |value| number_if(value, |n| n.is_finite() && n > 0.0),
    schema: || json!({ "type": "number", "exclusiveMinimum": 0.0 }),
};
/// Finite numbers from 0 on.
pub const NOT_NEGATIVE: Real = Real {
    allowed: "a finite number of at least 0",
    parse: |value| number_if(value, |n| n.is_finite() && n >= 0.0),
    schema: || json!({ "type": "number", "minimum": 0.0 }),
};
/// Numbers from 0 on, below 1.
pub const FRACTION: Real = Real {
    allowed: "a number of at least 0 and below 1",
    parse: |value| number_if(value, |n| (0.0..1.0).contains(&n)),
    schema: || json!({ "type": "number", "minimum": 0.0, "exclusiveMaximum": 1.0 }),
};
/// true and false.
pub const FLAG: Flag =
    Flag { allowed: "true or false", parse: Value::as_bool, schema: || json!({ "type": "boolean" }) };
/// Any text but the empty one.
pub const TEXT: Text = Text {
    allowed: "a non-empty text",
    parse: |value| text_if(value, |text| !text.is_empty() && !text.contains('\0')),
    schema: || json!({ "type": "string", "pattern": r"^[^\x00]+$" }),
};
/// Names of directories: nothing in them may lead elsewhere.
pub const NAME: Text = Text {
    allowed: "1 to 64 letters, digits, '.', '_' or '-', not starting with '.'",
    parse: |value| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        text_if(value, |name| (1..=64).contains(&name.len()) && name.chars().all(is_plain) && !name.starts_with('.'))
    },
    schema: || json!({ "type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$" }),
};
/// SHA-256 sums.
pub const SHA256: Text = Text {
    allowed: "the 64 hexadecimal digits that `runner data inspect` prints",
    parse: |value| text_if(value, |text| text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit())),
    schema: || json!({ "type": "string", "pattern": "^[0-9A-Fa-f]{64}$" }),
};

impl<T: Serialize + 'static> Kind for Plain<T> {
    type Value = T;

    fn read(&self, value: &Value) -> Result<T, String> {
        (self.parse)(value).ok_or_else(|| format!("must be {}, found {}", self.allowed, short(value)))
    }

    fn json(&self, value: &T) -> Json {
        json!(value)
    }

    fn schema(&self) -> Json {
        (self.schema)()
    }
}

fn number_if(value: &Value, is_allowed: impl Fn(f64) -> bool) -> Option<f64> {
    number(value).filter(|number| is_allowed(*number))
}

fn text_if(value: &Value, is_allowed: impl Fn(&str) -> bool) -> Option<String> {
    value.as_str().filter(|text| is_allowed(text)).map(str::to_owned)
}

/// The values of a kind, and a word that is read as `None`.
#[derive(Debug)]
pub struct Optional<K> {
    /// The word.
    pub none: &'static str,
    /// The kind.
    pub some: K,
}

impl<K> Optional<K> {
    /// Adds "off" to a kind.
    pub const fn off(some: K) -> Self {
        Optional { none: "off", some }
    }
}

impl<K: Kind> Kind for Optional<K> {
    type Value = Option<K::Value>;
    const IS_WHOLE: bool = K::IS_WHOLE;

    fn read(&self, value: &Value) -> Result<Self::Value, String> {
        if value.as_str() == Some(self.none) {
            return Ok(None);
        }
        let read = self.some.read(value).map(Some);
        read.map_err(|problem| problem.replacen("must be", &format!("must be \"{}\" or", self.none), 1))
    }

    fn json(&self, value: &Self::Value) -> Json {
        value.as_ref().map_or(json!(self.none), |value| self.some.json(value))
    }

    fn schema(&self) -> Json {
        json!({ "anyOf": [{ "const": self.none }, self.some.schema()] })
    }
}

/// Reads a number, whole or not.
pub fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64))
}

/// Writes a number without hundreds of digits.
fn short(value: &Value) -> String {
    let long = value.as_float().filter(|number| number.is_finite() && !(1e-6..1e15).contains(&number.abs()));
    long.filter(|number| *number != 0.0).map_or_else(|| value.to_string(), |number| format!("{number:e}"))
}
