//! A sweep whose points are drawn: its distributions and its samples.

use toml::Value;

use super::axis::{Scale, distinct};
use super::axis_group::{AxisGroup, AxisRows};
use super::error::{Error, Place};
use super::exclude::Condition;
use super::role::Role;
use super::sampler::{Domain, Method, uniform};
use super::source::Entry;
use super::sweep_keys::{GRID, METHOD, SAMPLE_SEED, SAMPLES};
use super::trial::keys::key;
use super::trial::model::TRIAL_SEED;

/// Drops `sweep.method` and what belongs to it where the command line has fixed every key that it would draw, so that the
/// keys of a trial, given after its experiment, train it again; and drops the file's samples where the command line asks for a grid.
pub(super) fn drop_sampling(mut entries: Vec<Entry>) -> Vec<Entry> {
    let is_drawn = |entry: &Entry| {
        let (role, name) = Role::of(&entry.key);
        matches!(role, Role::Axis | Role::Zip(_)) && key(name).is_some_and(|key| key.name() != TRIAL_SEED.name())
    };
    let is_fixed = |entry: &Entry| {
        entry.place == Place::CommandLine && key(&entry.key).is_some_and(|key| key.name() != TRIAL_SEED.name())
    };
    let is_of_sampling =
        |entry: &Entry| [METHOD.name(), SAMPLES.name(), SAMPLE_SEED.name()].contains(&entry.key.as_str());
    let is_asked = |entry: &Entry| entry.place == Place::CommandLine && is_of_sampling(entry);
    let asks_for_grid = |entry: &Entry| is_asked(entry) && entry.value.as_str() == Some(GRID);
    if entries.iter().any(asks_for_grid) {
        entries.retain(|entry| !is_of_sampling(entry) || is_asked(entry));
    }
    if entries.iter().any(is_fixed) && !entries.iter().any(|entry| is_drawn(entry) || is_asked(entry)) {
        entries.retain(|entry| !is_of_sampling(entry));
    }
    entries
}

/// A sampled search space: a dimension for each axis or zip.
pub(super) struct Drawn {
    method: Method,
    seed: u32,
    dimensions: Vec<Dimension>,
}

struct Dimension {
    /// The key that names the stream of independent samples.
    key: String,
    columns: Vec<(String, Scale)>,
    domain: Domain,
}

impl Drawn {
    pub(super) fn of(groups: &[&AxisGroup], method: Method, seed: u32) -> Result<Self, Error> {
        let dimension = |group: &&AxisGroup| {
            let (columns, domain) = group.domain()?;
            Ok(Dimension { key: group.columns[0].key.clone(), columns, domain })
        };
        Ok(Drawn { method, seed, dimensions: groups.iter().map(dimension).collect::<Result<_, _>>()? })
    }

    /// Draws sample `index`: a value for each column.
    pub(super) fn row(&self, index: usize) -> Vec<Value> {
        let of_dimension = |(number, Dimension { key, domain, .. }): (usize, &Dimension)| {
            domain.at(uniform(self.method, self.seed, index, number, key))
        };
        self.dimensions.iter().enumerate().flat_map(of_dimension).collect()
    }

    /// Draws the first `samples` rows, and drops those that repeat: whole numbers may be drawn twice.
    pub(super) fn rows(&self, samples: usize) -> AxisRows {
        let mut rows = (0..samples).map(|index| self.row(index)).collect();
        distinct(&mut rows);
        AxisRows { columns: self.dimensions.iter().flat_map(|dimension| dimension.columns.clone()).collect(), rows }
    }

    /// Returns whether some sample, drawn or not, could fulfil all conditions on the sampled keys.
    pub(super) fn may_hold(&self, conditions: &[Condition]) -> bool {
        self.dimensions.iter().all(|Dimension { columns, domain, .. }| {
            let own: Vec<_> = conditions
                .iter()
                .filter_map(|condition| {
                    let column = columns.iter().position(|(key, _)| *key == condition.key)?;
                    Some((column, condition))
                })
                .collect();
            match domain {
                Domain::Rows(rows) => {
                    rows.iter().any(|row| own.iter().all(|(column, condition)| condition.holds(&row[*column])))
                }
                Domain::Range(range) => own.iter().all(|(_, condition)| condition.may_hold_within(range)),
            }
        })
    }
}
