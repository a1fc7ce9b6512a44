//! The points that a sweep leaves out.

use toml::Value;

use super::axis::{Range, comparable};
use super::error::{Error, Place};
use super::kind::number;
use super::role::Role;
use super::source::{Entry, are_alternatives};
use super::trial::keys::{check_value, key};

/// A test of the value of a key.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// One of these values.
    AnyOf(Vec<String>),
    /// Within all of these bounds.
    Within(Vec<(Bound, f64)>),
}

type Bound = fn(&f64, &f64) -> bool;

const BOUNDS: [(&str, Bound); 4] = [("ge", f64::ge), ("gt", f64::gt), ("le", f64::le), ("lt", f64::lt)];

/// A key with its test.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) key: String,
    test: Test,
}

impl Condition {
    /// Reads a condition from a value, a list of values, or bounds such as `{ ge = 4, lt = 8 }`. A list holds values as
    /// an axis of the key does, so that a value that is itself a list is written within a list. If every value of the
    /// key is a list (as for `model.hidden`), a list without inner lists is one value.
    ///
    /// # Errors
    /// If the condition is not one that an exclusion can have.
    pub(super) fn parse(name: &str, value: &Value) -> Result<Self, String> {
        let is_value = |value: &Value| check_value(name, value);
        let is_always_list = key(name).is_some_and(|key| key.is_list());
        let test = match value {
            Value::Table(bounds) => {
                Test::Within(bounds.iter().map(|(bound, to)| read_bound(bound, to)).collect::<Result<_, _>>()?)
            }
            Value::Array(list) if !is_always_list || list.iter().any(Value::is_array) => {
                if list.is_empty() {
                    return Err("the list is empty; give at least one value".to_owned());
                }
                list.iter().try_for_each(is_value)?;
                Test::AnyOf(list.iter().map(comparable).collect())
            }
            one => {
                is_value(one)?;
                Test::AnyOf(vec![comparable(one)])
            }
        };
        Ok(Condition { key: name.to_owned(), test })
    }

    /// Returns whether `value` fulfils the condition.
    pub(super) fn holds(&self, value: &Value) -> bool {
        match &self.test {
            Test::AnyOf(values) => values.contains(&comparable(value)),
            Test::Within(bounds) => {
                number(value).is_some_and(|value| bounds.iter().all(|(bound, to)| bound(&value, to)))
            }
        }
    }

    /// Returns whether some number of `range` fulfils the condition.
    pub(super) fn may_hold_within(&self, range: &Range) -> bool {
        let is_in = |value: &f64| (range.from..=range.to).contains(value) && (!range.whole || value.fract() == 0.0);
        match &self.test {
            Test::AnyOf(values) => values.iter().filter_map(|text| text.parse().ok()).any(|value| is_in(&value)),
            // The numbers within all bounds form an interval. If it is not empty, it contains one of the numbers tried
            // here: an end, the middle, or a whole number next to an end.
            Test::Within(bounds) => {
                let is_lower = |bound: &Bound| bound(&1.0, &0.0);
                let ends = |lower| bounds.iter().filter(move |(bound, _)| is_lower(bound) == lower).map(|(_, to)| *to);
                let (least, most) = (ends(true).fold(range.from, f64::max), ends(false).fold(range.to, f64::min));
                let middle = least + (most - least) / 2.0;
                let tried = [least, most, middle, least.ceil(), least.floor() + 1.0, most.floor(), most.ceil() - 1.0];
                let fulfils = |value: &f64| bounds.iter().all(|(bound, to)| bound(value, to));
                tried.iter().any(|value| is_in(value) && fulfils(value))
            }
        }
    }

    /// Returns whether the condition compares numbers.
    pub(super) fn needs_numbers(&self) -> bool {
        matches!(self.test, Test::Within(_))
    }
}

fn read_bound(name: &str, to: &Value) -> Result<(Bound, f64), String> {
    let bound = BOUNDS.iter().find(|(known, _)| *known == name).map(|(_, bound)| *bound);
    let bound = bound.ok_or_else(|| format!("a condition has ge, gt, le and lt, found {name}"))?;
    let to = number(to).filter(|to| !to.is_nan()).ok_or_else(|| format!("{name} must be a number, found {to}"))?;
    Ok((bound, to))
}

/// Evaluates the conditions on keys that the command line has fixed. A condition that is always true is dropped; a table with one
/// that is always false is dropped whole.
///
/// # Errors
/// If such a condition is malformed, or a table would leave out every point.
pub(super) fn drop_fixed(entries: Vec<Entry>) -> Result<Vec<Entry>, Error> {
    let verdicts = entries.iter().map(|entry| verdict(entry, &entries)).collect::<Result<Vec<_>, _>>()?;
    let table_of = |entry: &Entry| match Role::of(&entry.key) {
        (Role::Exclude(table), _) => Some(table),
        _ => None,
    };
    let verdicts_of = |table: usize| {
        let judged = entries.iter().zip(&verdicts);
        judged.filter(move |(entry, _)| table_of(entry) == Some(table)).map(|(_, verdict)| *verdict)
    };
    let mut kept = Vec::new();
    for (entry, verdict) in entries.iter().zip(&verdicts) {
        if let Some(table) = table_of(entry) {
            if verdicts_of(table).all(|verdict| verdict == Some(true)) {
                return Err(Error::setting(&entry.place, "sweep.exclude", "leaves out every point"));
            }
            if verdict.is_some() || verdicts_of(table).any(|verdict| verdict == Some(false)) {
                continue;
            }
        }
        kept.push(entry.clone());
    }
    Ok(kept)
}

/// Returns whether the condition `entry` holds; `None` if `entry` is no condition, or the command line does not fix its
/// key.
fn verdict(entry: &Entry, entries: &[Entry]) -> Result<Option<bool>, Error> {
    let (Role::Exclude(_), key) = Role::of(&entry.key) else { return Ok(None) };
    if entries.iter().map(|other| Role::of(&other.key)).any(|(role, of)| role.sweeps() && of == key) {
        return Ok(None);
    }
    let given: Vec<&Entry> = entries.iter().filter(|other| other.place == Place::CommandLine).collect();
    let Some(fixed) = given.iter().find(|other| other.key == key) else {
        // No point has a key for which the command line gives another, such as iterations for epochs.
        let replaces = |(role, of): (Role, &str)| !matches!(role, Role::Exclude(_)) && are_alternatives(of, key);
        let is_replaced = given.iter().any(|other| replaces(Role::of(&other.key)));
        return Ok(is_replaced.then_some(false));
    };
    let condition = Condition::parse(key, &entry.value)
        .map_err(|problem| Error::setting(&entry.place, &format!("sweep.exclude.{key}"), problem))?;
    Ok(Some(condition.holds(&fixed.value)))
}
