//! Included points: single ones beside those of the axes.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};
use toml::Value;

use super::axis::{Axis, Scale, next_group};
use super::axis_group::{AxisGroup, AxisRows};
use super::coverage::Coverage;
use super::error::{Error, Place};
use super::experiment::Point;
use super::point::{PointBuilder, json};
use super::role::Role;
use super::source::Entry;
use super::trial::applied::value_in;
use super::trial::keys::key;
use super::trial::model::TRIAL_SEED;

/// Adds the included points: one for every seed of the sweep, unless the point sets `seed`. All other keys that a point
/// does not set have their values outside `[sweep]`, whatever the axes have; a key that only included points set
/// becomes a further axis. Returns the tables that add nothing; that is allowed only if the command line sets a key of the
/// trials.
///
/// # Errors
/// If a point lacks a key or has a wrong value, or a table adds nothing although the command line sets no key of the trials.
pub(super) fn add(
    includes: &[AxisGroup],
    rows: &[AxisRows],
    axes: &mut Vec<Axis>,
    points: &mut Vec<Point>,
    builder: &PointBuilder,
    coverage: &mut Coverage,
) -> Result<Vec<Role>, Error> {
    let mut idle = Vec::new();
    if includes.is_empty() {
        return Ok(idle);
    }
    let swept = axes.len();
    add_axes(includes, axes);
    // The value of a key that the point does not set: the file's, else the default.
    let unset = |key: &str, point: &Point| -> Json {
        let of_base = builder.written.iter().find(|entry| entry.key == key);
        let of_base = of_base.and_then(|entry| serde_json::to_value(&entry.value).ok());
        of_base.unwrap_or_else(|| value_in(key, point.config.canonical().as_object().unwrap_or(&Map::new())))
    };
    for point in points.iter_mut() {
        let further: Vec<_> = axes[swept..].iter().map(|axis| unset(&axis.key, point)).collect();
        point.values.extend(further);
    }
    let mut known: HashSet<Vec<String>> = points.iter().map(Point::place).collect();
    for (number, group) in includes.iter().enumerate() {
        let before = points.len();
        let columns = &group.columns;
        for seed in seeds_of(group, rows) {
            let own = columns.iter().map(|column| (column.key.as_str(), &column.value));
            let assigned: Vec<_> = own.chain(seed.map(|seed| (TRIAL_SEED.name(), seed))).collect();
            let (mut point, applied) = builder
                .point(&assigned, std::slice::from_ref(group))
                .map_err(|error| explained(error, group, &axes[..swept]))?;
            let set = |key: &str| assigned.iter().find(|(own, _)| *own == key);
            coverage.included(number, applied, |key| set(key).is_some());
            let values = axes.iter().map(|axis| match set(&axis.key) {
                Some((_, value)) => json(value),
                None => unset(&axis.key, &point),
            });
            point.values = values.collect();
            if known.insert(point.place()) {
                points.push(point);
            }
        }
        if points.len() == before {
            refuse_idle(group, builder.written)?;
            idle.push(group.role);
        }
    }
    Ok(idle)
}

/// Adds an axis for each key that only included points set.
fn add_axes(includes: &[AxisGroup], axes: &mut Vec<Axis>) {
    for Entry { key, .. } in includes.iter().flat_map(|group| &group.columns) {
        if !axes.iter().any(|axis| axis.key == *key) {
            let group = Some(next_group(axes));
            axes.push(Axis { key: key.clone(), scale: Scale::List, group });
        }
    }
}

/// Lists the seeds of an included point: those of the sweep, or `None` alone if the point sets `seed`, or the sweep has none.
fn seeds_of<'r>(group: &AxisGroup, rows: &'r [AxisRows]) -> Vec<Option<&'r Value>> {
    let seed_key = TRIAL_SEED.name();
    let seeds = rows.iter().find(|axis| axis.columns[0].0 == seed_key);
    let seeds = seeds.filter(|_| !group.columns.iter().any(|column| column.key == seed_key));
    seeds.map_or_else(|| vec![None], |seeds| seeds.rows.iter().map(|row| Some(&row[0])).collect())
}

/// Refuses a table that adds nothing, unless a key of the trials on the command line has brought its point to where another one is.
fn refuse_idle(group: &AxisGroup, written: &[Entry]) -> Result<(), Error> {
    let changes_points = |entry: &Entry| entry.place == Place::CommandLine && key(Role::of(&entry.key).1).is_some();
    if written.iter().any(changes_points) {
        return Ok(());
    }
    let problem = "adds nothing: the point is there already".to_owned();
    Err(Error::setting(&group.columns[0].place, "sweep.include", problem))
}

/// Explains a missing key of an included point that only the axes set.
fn explained(error: Error, group: &AxisGroup, swept: &[Axis]) -> Error {
    match error {
        Error::Setting { place: Place::File(_), key, .. } if swept.iter().any(|axis| axis.key == key) => {
            let problem = format!(
                "{key} is missing; an included point has of the axes only what it sets: set it here, or outside of [sweep]"
            );
            Error::setting(&group.columns[0].place, "sweep.include", problem)
        }
        error => error,
    }
}
