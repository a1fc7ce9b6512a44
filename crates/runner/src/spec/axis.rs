//! Swept keys and the values they take.

use std::collections::HashSet;

use toml::{Table, Value};

use super::kind::{Kind, POINTS, number};
use super::trial::keys;
use crate::text::rounded;

/// The way an axis was written, which plots follow in their spacing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// A list of values.
    List,
    /// `count` values at equal differences.
    Linear,
    /// `count` values at equal ratios.
    Log,
    /// The rungs of successive halving: each trial goes on from where a shorter one ended.
    Rungs,
}

impl Scale {
    /// Returns its name in the record.
    pub fn name(self) -> &'static str {
        match self {
            Scale::List => "list",
            Scale::Linear => "linear",
            Scale::Log => "log",
            Scale::Rungs => "rungs",
        }
    }
}

/// A swept key: a column of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The key, such as `train.learning_rate`.
    pub key: String,
    /// The way it was written.
    pub scale: Scale,
    /// The number of its group: keys of one group advance together, as the columns of a zip do, or all sampled keys.
    /// `None` if the value follows from the other axes.
    pub group: Option<usize>,
}

/// Returns the number of a group that none of `axes` is in.
pub(super) fn next_group(axes: &[Axis]) -> usize {
    axes.iter().filter_map(|axis| axis.group).max().map_or(0, |last| last + 1)
}

/// Reads the values of an axis, at least one, from a list or from `{ from, to, count, scale = "linear" | "log" }`.
///
/// # Errors
/// If it is neither a list of values of the key nor a range.
pub(super) fn values(key: &str, value: &Value) -> Result<(Scale, Vec<Value>), String> {
    let (scale, values) = match value {
        Value::Array(values) => (Scale::List, values.clone()),
        Value::Table(range) => expand(key, range)?,
        _ => return Err(format!("must be a list or {{ from, to, count, scale }}, found {value}")),
    };
    if values.is_empty() {
        return Err("the axis is empty; give at least one value".to_owned());
    }
    Ok((scale, values))
}

/// Formats equal values equally: 1 and 1.0 are one number, in a list and in a range too.
pub(super) fn comparable(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("[{}]", list.iter().map(comparable).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let entries = table.iter().map(|(key, value)| format!("{key} = {}", comparable(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        _ => number(value).map_or_else(|| value.to_string(), |number| number.to_string()),
    }
}

/// Drops repeated rows, and returns the first one that was dropped.
pub(super) fn distinct(rows: &mut Vec<Vec<Value>>) -> Option<Vec<Value>> {
    let (mut seen, mut first) = (HashSet::new(), None);
    rows.retain(|row| {
        let is_new = seen.insert(row.iter().map(comparable).collect::<Vec<_>>());
        if !is_new {
            first.get_or_insert_with(|| row.clone());
        }
        is_new
    });
    first
}

/// A range of numbers: its ends, its scale, and whether its key takes only whole numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) scale: Scale,
    pub(super) whole: bool,
}

impl Range {
    /// Parses a range.
    ///
    /// # Errors
    /// If a part of the range is missing, unknown or wrong.
    pub(super) fn parse(key: &str, range: &Table) -> Result<Self, String> {
        if let Some(unknown) = range.keys().find(|key| !["from", "to", "count", "scale"].contains(&key.as_str())) {
            return Err(format!("a range has from, to, count and scale, found {unknown}"));
        }
        let end = |name: &str| {
            let value = range.get(name).ok_or_else(|| format!("the range lacks {name}"))?;
            let finite = number(value).filter(|n| n.is_finite());
            finite.ok_or_else(|| format!("{name} must be a finite number, found {value}"))
        };
        let (from, to) = (end("from")?, end("to")?);
        let scale = match range.get("scale").map_or(Some("linear"), Value::as_str) {
            Some("linear") => Scale::Linear,
            Some("log") => Scale::Log,
            _ => return Err(format!("scale must be \"linear\" or \"log\", found {}", range["scale"])),
        };
        if scale == Scale::Log && (from <= 0.0 || to <= 0.0) {
            return Err(format!("a log range needs from and to above 0, found {from} and {to}"));
        }
        // Numbers between the ends are computed from this.
        let is_in_range = match scale {
            Scale::Log => (to / from).is_normal(),
            _ => (to - from).is_finite(),
        };
        if !is_in_range {
            return Err(format!("from {from} to {to} is more than f64 can span; list the values instead"));
        }
        Ok(Range { from, to, scale, whole: keys::key(key).is_some_and(|key| key.is_whole()) })
    }

    /// Turns a number of the range into a value of its key.
    ///
    /// # Errors
    /// If the key takes whole numbers and this is not one.
    pub(super) fn value(&self, number: f64) -> Result<Value, String> {
        if !self.whole {
            return Ok(Value::Float(number));
        }
        if number.fract() == 0.0 && number.abs() < 1e15 {
            return Ok(Value::Integer(number as i64));
        }
        Err(format!("the range must land on whole numbers for this key, found {number}; list the values instead"))
    }
}

/// Reads the number of values of a range.
///
/// # Errors
/// If it is not a number of points.
pub(super) fn count_of(count: &Value) -> Result<usize, String> {
    POINTS.read(count).map_err(|problem| format!("count {problem}"))
}

fn expand(key: &str, range: &Table) -> Result<(Scale, Vec<Value>), String> {
    let parsed = Range::parse(key, range)?;
    let Range { from, to, scale, .. } = parsed;
    let count = count_of(range.get("count").ok_or("the range lacks count")?)?;
    if count == 1 && from != to {
        return Err("a range of one value needs from = to".to_owned());
    }
    let at = |index: usize| {
        // The ends stay as they were written; between them, twelve digits keep 0.01 from becoming 0.010000000000000002.
        match (index, scale) {
            (0, _) => from,
            (index, _) if index + 1 == count => to,
            (_, Scale::Log) => rounded(from * (to / from).powf(index as f64 / (count - 1) as f64), 12),
            _ => rounded(from + (to - from) * index as f64 / (count - 1) as f64, 12),
        }
    };
    let values = (0..count).map(|index| parsed.value(at(index)));
    Ok((scale, values.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(key: &str, toml: &str) -> Result<Vec<String>, String> {
        let table: Table = format!("axis = {toml}").parse().unwrap();
        values(key, &table["axis"]).map(|(_, values)| values.iter().map(ToString::to_string).collect())
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
            ("{ from = 2, to = 3, count = 3 }", "whole numbers"),
            ("{ from = 0, to = 3, count = 3, scale = 'log' }", "above 0"),
            ("{ from = 1, to = 3 }", "lacks count"),
            ("{ from = 1, to = 3, count = 0 }", "count must be"),
            ("{ from = 1, to = nan, count = 2 }", "finite"),
            ("{ from = 1, to = 3, count = 2, step = 1 }", "found step"),
            ("{ from = 1, to = 3, count = 2, scale = 'cubic' }", "cubic"),
            ("{ from = 1, to = 3, count = 1 }", "from = to"),
            ("{ from = 1e-200, to = 1e200, count = 3, scale = 'log' }", "more than f64 can span"),
            ("{ from = 1e200, to = 1e-200, count = 3, scale = 'log' }", "more than f64 can span"),
            ("{ from = -1e308, to = 1e308, count = 3 }", "more than f64 can span"),
        ] {
            let problem = axis("model.depth", toml).unwrap_err();
            assert!(problem.contains(reason), "{toml}: {problem}");
        }
    }
}
