//! Groups of keys that advance together: a single axis, a zip, or all sampled keys. The points of a grid are the
//! product of the groups.

use toml::Value;

use super::axis::{Range, Scale, count_of, distinct, values};
use super::error::Error;
use super::role::Role;
use super::sampler::Domain;
use super::source::Entry;
use super::trial::keys::check_value;
use datasets::text::count;

/// A single axis, or one table of `[[sweep.zip]]`, `[[sweep.exclude]]` or `[[sweep.include]]`, as written: its keys
/// with their values and places.
#[derive(Debug)]
pub(super) struct AxisGroup {
    /// The role of its keys.
    pub(super) role: Role,
    pub(super) columns: Vec<Entry>,
}

/// The values of a group: columns that advance together, row by row.
pub(super) struct AxisRows {
    pub(super) columns: Vec<(String, Scale)>,
    pub(super) rows: Vec<Vec<Value>>,
}

impl AxisGroup {
    fn error(&self, column: &Entry, problem: String) -> Error {
        Error::setting(&column.place, &self.role.name_of(&column.key), problem)
    }

    /// Counts the rows of an axis without making its values; returns 1 for a zip, whose repeated rows are dropped only
    /// later.
    pub(super) fn size(&self) -> usize {
        match (&self.columns[0].value, self.role) {
            (Value::Array(values), Role::Axis) => values.len(),
            (Value::Table(range), Role::Axis) => range.get("count").and_then(|count| count_of(count).ok()).unwrap_or(1),
            _ => 1,
        }
    }

    /// Makes the rows of an axis or of a zip, and checks every value against its key.
    pub(super) fn rows(&self) -> Result<AxisRows, Error> {
        let (mut columns, mut rows): (Vec<(String, Scale)>, Vec<Vec<Value>>) = (Vec::new(), Vec::new());
        for column in &self.columns {
            let (scale, values) = values(&column.key, &column.value).map_err(|problem| self.error(column, problem))?;
            for value in &values {
                // Checked here and not point by point, so that the message names the line of the axis.
                check_value(&column.key, value).map_err(|problem| self.error(column, problem))?;
            }
            if columns.is_empty() {
                rows = vec![Vec::new(); values.len()];
            }
            if values.len() != rows.len() {
                let (first, found, len) = (&self.columns[0].key, values.len(), rows.len());
                let problem = format!("{} can't advance together with the {len} of {first}", count(found, "value"));
                return Err(self.error(column, problem));
            }
            rows.iter_mut().zip(values).for_each(|(row, value)| row.push(value));
            columns.push((column.key.clone(), scale));
        }
        let repeated = distinct(&mut rows);
        // In a zip, rows may repeat once the command line has fixed one of its columns.
        if let (Role::Axis, Some(value)) = (self.role, repeated) {
            return Err(self.error(&self.columns[0], format!("the axis has {} twice", value[0])));
        }
        Ok(AxisRows { columns, rows })
    }

    /// Returns the distribution that a sample is drawn from: a range if it has no count, else the rows.
    pub(super) fn domain(&self) -> Result<(Vec<(String, Scale)>, Domain), Error> {
        let column = &self.columns[0];
        let range = column.value.as_table().filter(|range| self.columns.len() == 1 && !range.contains_key("count"));
        let Some(range) = range else {
            let AxisRows { columns, rows } = self.rows()?;
            return Ok((columns, Domain::Rows(rows)));
        };
        let parse = || {
            let range = Range::parse(&column.key, range)?;
            for end in [range.from, range.to] {
                check_value(&column.key, &range.value(end)?)?;
            }
            if range.from >= range.to {
                return Err(format!("from must be below to, found {} and {}", range.from, range.to));
            }
            Ok(range)
        };
        let range = parse().map_err(|problem| self.error(column, problem))?;
        Ok((vec![(column.key.clone(), range.scale)], Domain::Range(range)))
    }
}

/// Calls `emit` with every combination of one row of each group; the last group varies fastest.
pub(super) fn product<'f, E>(
    groups: &'f [AxisRows],
    row: &mut Vec<&'f Value>,
    emit: &mut impl FnMut(&[&'f Value]) -> Result<(), E>,
) -> Result<(), E> {
    let Some((first, rest)) = groups.split_first() else { return emit(row) };
    let length = row.len();
    for values in &first.rows {
        row.extend(values);
        product(rest, row, emit)?;
        row.truncate(length);
    }
    Ok(())
}
