//! From values of the swept keys to a point.

use std::path::Path;

use serde_json::Value as Json;
use toml::Value;

use super::axis_group::AxisGroup;
use super::error::{Error, Place};
use super::experiment::Point;
use super::key::RawTrial;
use super::source::Entry;
use super::trial::applied::Applied;
use super::trial::check::check;
use super::trial::keys::key;
use super::trial::model::budget;

/// A builder of points, each the base with some keys set.
pub(super) struct PointBuilder<'e> {
    pub(super) base: &'e RawTrial,
    pub(super) written: &'e [Entry],
    pub(super) path: &'e Path,
}

impl PointBuilder<'_> {
    /// Builds the point of the base with the `assigned` keys set, which were written in `groups`.
    ///
    /// # Errors
    /// If a value is not allowed, or the keys contradict each other.
    pub(super) fn point(&self, assigned: &[(&str, &Value)], groups: &[AxisGroup]) -> Result<(Point, Applied), Error> {
        let wrong = |key: &str, section: &str, problem: String| {
            let is_set = assigned.iter().any(|(set, _)| *set == key);
            let columns = groups.iter().flat_map(|group| &group.columns).filter(|_| is_set);
            let entry = columns.chain(self.written).find(|entry| entry.key == key);
            let place = entry.map_or_else(|| Place::File(self.path.to_owned()), |entry| entry.place.clone());
            Error::setting(&place, &format!("{section}{key}"), problem)
        };
        let mut raw = self.base.clone();
        for (name, value) in assigned {
            let set = key(name).map_or(Ok(()), |key| raw.set(key, value));
            set.map_err(|problem| wrong(name, "sweep.", problem))?;
        }
        let budget = budget(&raw);
        let (config, applied) = check(raw).map_err(|(key, problem)| wrong(key, "", problem))?;
        let values = assigned.iter().map(|(_, value)| json(value)).collect();
        Ok((Point { values, config, budget }, applied))
    }
}

/// Converts a TOML value to JSON.
pub(super) fn json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or(Json::Null)
}
