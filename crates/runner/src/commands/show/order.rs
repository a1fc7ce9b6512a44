//! The order of the rows of `runner show`.

use std::cmp::Ordering;

use anyhow::{Result, anyhow};
use serde_json::Value;

use crate::record::columns::{Column, Kind};
use crate::results::column::TrialColumn;
use crate::results::ranking::{Score, order, sort_by_key_with};
use crate::results::setting::Setting;
use crate::results::statistic::Statistic;
use crate::results::trials::Trials;

/// The order that is asked for.
pub(super) enum Sort {
    /// That of the experiment.
    Plan,
    /// The best first.
    Best(Score),
    /// By the values of columns; `true` reverses the order of a column.
    Columns(Vec<(By, bool)>),
}

/// A column that settings are sorted by.
pub(super) enum By {
    /// The value of a trial, or the mean of a setting.
    Column(TrialColumn),
    /// A number of a setting.
    Statistic(Statistic),
}

impl By {
    fn name(&self) -> String {
        match self {
            By::Column(column) => column.name().to_owned(),
            By::Statistic(statistic) => statistic.name(),
        }
    }

    /// Returns the value that a setting is sorted by: of a result the mean, the better the lower; else the value of its first trial.
    fn value(&self, setting: &Setting) -> Value {
        let number = |number: Option<f64>| number.map_or(Value::Null, Value::from);
        match self {
            By::Statistic(statistic) => number(statistic.number(setting)),
            By::Column(column) => match column.measure() {
                None => column.read(setting.rows[0]),
                Some(measure) => {
                    let sign = if measure.kind == Kind::Accuracy { -1.0 } else { 1.0 };
                    number(setting.statistics(measure).map(|found| sign * found.mean))
                }
            },
        }
    }
}

impl Sort {
    /// Reads `--sort`.
    pub(super) fn read(asked: Option<&str>, trials: &Trials) -> Result<Self> {
        let Some(asked) = asked else { return Ok(Sort::Best(Score::default_of(trials))) };
        if asked == "plan" {
            return Ok(Sort::Plan);
        }
        let column = |name: &str| {
            let (name, is_reversed) = name.trim().strip_prefix('-').map_or((name.trim(), false), |name| (name, true));
            if let Some(statistic) = Statistic::find(name) {
                return Ok((By::Statistic(statistic), is_reversed));
            }
            let column = TrialColumn::find(name, trials).map_err(|problem| anyhow!("--sort: {problem}"))?;
            Ok((By::Column(column), is_reversed))
        };
        let columns = asked.split(',').map(column).collect::<Result<Vec<_>>>()?;
        match &columns[..] {
            [(By::Column(column), false)] if let Some(column) = column.measure() => {
                Ok(Sort::Best(Score { column, why: "as asked" }))
            }
            _ => Ok(Sort::Columns(columns)),
        }
    }

    /// Returns the score of the order, or else the usual one.
    pub(super) fn score(&self, trials: &Trials) -> Score {
        if let Sort::Best(score) = self { *score } else { Score::default_of(trials) }
    }

    /// Returns the score that settings are ranked by; `None` in another order.
    pub(super) fn ranks_by(&self) -> Option<&Column> {
        if let Sort::Best(score) = self { Some(score.column) } else { None }
    }

    /// Describes the order, after a comma or a semicolon.
    pub(super) fn in_words(&self) -> String {
        match self {
            Sort::Plan => "in the order of the experiment".to_owned(),
            Sort::Best(score) => format!("best first by {}, {}", score.column.name, score.why),
            Sort::Columns(columns) => {
                let names = columns.iter().map(|(column, is_reversed)| {
                    let sign = if *is_reversed { "-" } else { "" };
                    format!("{sign}{}", column.name())
                });
                format!("sorted by {}", names.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Returns whether a later rung is before an earlier one, as their trials are no equals: unless the order of the experiment or of the
    /// rungs is asked for.
    pub(super) fn has_last_rung_first(&self) -> bool {
        match self {
            Sort::Plan => false,
            Sort::Best(_) => true,
            Sort::Columns(columns) => !columns.iter().any(|(by, _)| matches!(by, By::Column(TrialColumn::Rung))),
        }
    }

    /// Sorts.
    pub(super) fn sort(&self, settings: &mut [Setting]) {
        match self {
            Sort::Plan => {}
            Sort::Best(score) => order(settings, score.column),
            Sort::Columns(columns) => {
                let values =
                    |setting: &Setting| columns.iter().map(|(column, _)| column.value(setting)).collect::<Vec<_>>();
                let key = |setting: &Setting| (setting.rung(), values(setting));
                sort_by_key_with(settings, key, |(rung_a, a), (rung_b, b)| {
                    let by_column =
                        a.iter().zip(b).zip(columns).map(|((a, b), (_, is_reversed))| compare(a, b, *is_reversed));
                    let by_rung = if self.has_last_rung_first() { rung_b.cmp(rung_a) } else { Ordering::Equal };
                    by_rung.then(by_column.fold(Ordering::Equal, Ordering::then))
                });
            }
        }
    }
}

/// Compares two values: numbers come before texts, and missing values last even if `is_reversed`.
fn compare(a: &Value, b: &Value, is_reversed: bool) -> Ordering {
    let kind = |value: &Value| match value {
        Value::Number(_) | Value::Bool(_) => 0,
        Value::Null => 2,
        _ => 1,
    };
    let order = match (a, b, a.as_f64(), b.as_f64()) {
        (_, _, Some(a), Some(b)) => a.total_cmp(&b),
        (Value::Array(a), Value::Array(b), ..) => {
            let elements = a.iter().zip(b).map(|(a, b)| compare(a, b, false));
            elements.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
        }
        _ => a.to_string().cmp(&b.to_string()),
    };
    kind(a).cmp(&kind(b)).then(if is_reversed { order.reverse() } else { order })
}
