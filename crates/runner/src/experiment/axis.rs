//! One swept key and the values it takes.

use std::collections::HashSet;

use toml::{Table, Value};

use super::trial::{integer, is_whole, number};

/// How an axis was given, which is how plots should space it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// A list of values.
    List,
    /// `count` values at equal differences.
    Linear,
    /// `count` values at equal ratios.
    Log,
}

impl Scale {
    /// The name in the record.
    pub fn name(self) -> &'static str {
        match self {
            Scale::List => "list",
            Scale::Linear => "linear",
            Scale::Log => "log",
        }
    }
}

/// A swept key. The last axis varies fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The key, such as `train.learning_rate`.
    pub key: String,
    /// How it was given.
    pub scale: Scale,
    /// Its values in order, at least one, all different.
    pub values: Vec<Value>,
}

impl Axis {
    /// An axis from a list or `{ from, to, count, scale = "linear" | "log" }`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(key: &str, value: &Value) -> Result<Self, String> {
        let (scale, values) = match value {
            Value::Array(values) => (Scale::List, values.clone()),
            Value::Table(range) => expand(range, is_whole(key))?,
            _ => return Err(format!("must be a list or {{ from, to, count, scale }}, found {value}")),
        };
        if values.is_empty() {
            return Err("the axis is empty; give at least one value".to_owned());
        }
        let mut seen = HashSet::new();
        for value in &values {
            // 1 and 1.0 are one number.
            if !seen.insert(number(value).map_or_else(|| value.to_string(), |number| number.to_string())) {
                return Err(format!("the axis has {value} twice"));
            }
        }
        Ok(Axis { key: key.to_owned(), scale, values })
    }
}

fn expand(range: &Table, whole: bool) -> Result<(Scale, Vec<Value>), String> {
    if let Some(unknown) = range.keys().find(|key| !["from", "to", "count", "scale"].contains(&key.as_str())) {
        return Err(format!("a range has from, to, count and scale, found {unknown}"));
    }
    let field = |name: &str| range.get(name).ok_or_else(|| format!("the range lacks {name}"));
    let end = |name: &str| {
        let value = field(name)?;
        number(value).filter(|n| n.is_finite()).ok_or_else(|| format!("{name} must be a finite number, found {value}"))
    };
    let (from, to) = (end("from")?, end("to")?);
    let count = integer(field("count")?, 1, 1_000_000).map_err(|problem| format!("count {problem}"))?;
    let scale = match range.get("scale").map_or(Some("linear"), Value::as_str) {
        Some("linear") => Scale::Linear,
        Some("log") => Scale::Log,
        _ => return Err(format!("scale must be \"linear\" or \"log\", found {}", range["scale"])),
    };
    if scale == Scale::Log && (from <= 0.0 || to <= 0.0) {
        return Err(format!("a log range needs from and to above 0, found {from} and {to}"));
    }
    if count == 1 && from != to {
        return Err("a range of one value needs from = to".to_owned());
    }
    let at = |index: usize| {
        // The ends are given exactly; between them twelve digits keep 0.01 from becoming 0.010000000000000002.
        match (index, scale) {
            (0, _) => from,
            (index, _) if index + 1 == count => to,
            (_, Scale::Log) => twelve_digits(from * (to / from).powf(index as f64 / (count - 1) as f64)),
            _ => twelve_digits(from + (to - from) * index as f64 / (count - 1) as f64),
        }
    };
    let values = (0..count).map(|index| if whole { whole_number(at(index)) } else { Ok(Value::Float(at(index))) });
    Ok((scale, values.collect::<Result<_, _>>()?))
}

fn twelve_digits(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

fn whole_number(value: f64) -> Result<Value, String> {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Ok(Value::Integer(value as i64));
    }
    Err(format!("the range must land on whole numbers for this key, found {value}; list the values instead"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(key: &str, toml: &str) -> Result<Vec<String>, String> {
        let table: Table = format!("axis = {toml}").parse().unwrap();
        Axis::parse(key, &table["axis"]).map(|axis| axis.values.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn ranges_give_their_ends_exactly_and_round_numbers_between() {
        let rates = axis("train.learning_rate", "{ from = 0.001, to = 1, count = 4, scale = 'log' }").unwrap();
        assert_eq!(rates, ["0.001", "0.01", "0.1", "1.0"]);
        assert_eq!(axis("train.learning_rate", "{ from = 0.1, to = 0.3, count = 3 }").unwrap(), ["0.1", "0.2", "0.3"]);
        assert_eq!(axis("model.depth", "{ from = 2, to = 8, count = 4 }").unwrap(), ["2", "4", "6", "8"]);
        assert_eq!(
            axis("model.width", "{ from = 8, to = 64, count = 4, scale = 'log' }").unwrap(),
            ["8", "16", "32", "64"]
        );
    }

    #[test]
    fn what_makes_no_axis_is_refused_with_its_reason() {
        for (toml, reason) in [
            ("[]", "empty"),
            ("3", "must be a list"),
            ("[1, 2, 1]", "1 twice"),
            ("{ from = 2, to = 3, count = 3 }", "whole numbers"),
            ("{ from = 0, to = 3, count = 3, scale = 'log' }", "above 0"),
            ("{ from = 1, to = 3 }", "lacks count"),
            ("{ from = 1, to = 3, count = 0 }", "count must be"),
            ("{ from = 1, to = nan, count = 2 }", "finite"),
            ("{ from = 1, to = 3, count = 2, step = 1 }", "found step"),
            ("{ from = 1, to = 3, count = 2, scale = 'cubic' }", "cubic"),
            ("{ from = 1, to = 3, count = 1 }", "from = to"),
        ] {
            let problem = axis("model.depth", toml).unwrap_err();
            assert!(problem.contains(reason), "{toml}: {problem}");
        }
    }
}
