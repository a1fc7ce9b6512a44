//! The plan that all shards have in common, put together from the part that each record has.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use anyhow::{Context, Result, bail};

use super::source::Source;
use crate::record::plan::{StoredPlan, StoredPoint};

/// The plan of a sweep, as far as its shards have it.
pub(super) struct JoinedPlan {
    pub(super) plan: StoredPlan,
    /// The number of trials of the whole plan, some of which may be of shards that are missing.
    pub(super) trials: usize,
}

/// Joins the plans of the shards, and that of the results of an earlier merge, if it is of the same experiment. Where
/// the shards halve, some of them may be a rung ahead.
pub(super) fn joined(shards: &[Source], merged_before: Option<&Source>) -> Result<JoinedPlan> {
    let first = &shards[0];
    let mut joined = Joining::of(read(first)?);
    for shard in shards[1..].iter().filter(|shard| shard.asked.digest != first.asked.digest) {
        let other = read(shard)?;
        let goes_on = joined.plan.axes.iter().any(|axis| axis.scale == "rungs");
        let is_same = shard.whole.digest == first.whole.digest || goes_on;
        if let Some(difference) = joined.difference(&other).or((!is_same).then(|| OTHER_POINTS.to_owned())) {
            let (a, b) = (first.folder.display(), shard.folder.display());
            bail!(
                "{b}: its experiment or data are not those of {a}: {difference}; shards of one sweep are joined, of another \
                 one into another directory"
            );
        }
        joined.add(other);
    }
    if let Some(before) = merged_before {
        let plan = read(before)?;
        if joined.difference(&plan).is_none() {
            joined.add(plan);
        }
    }
    let whole = shards.iter().map(|shard| &shard.whole).max_by_key(|whole| whole.points).unwrap_or(&first.whole);
    let plan = joined.plan();
    if plan.points.len() == whole.points && plan.digest() != whole.digest {
        bail!(
            "{}: the parts of the plan that the shards have don't make the plan that they name",
            first.folder.display()
        );
    }
    Ok(JoinedPlan { plan, trials: whole.trials })
}

const OTHER_POINTS: &str = "other points";

fn read(source: &Source) -> Result<StoredPlan> {
    let plan = source.open()?.stored_plan()?;
    plan.with_context(|| format!("{}: the plan is gone", source.folder.display()))
}

/// A plan to which further parts are added.
struct Joining {
    /// All but the points.
    plan: StoredPlan,
    points: BTreeMap<i64, StoredPoint>,
}

impl Joining {
    fn of(mut plan: StoredPlan) -> Self {
        let points = std::mem::take(&mut plan.points).into_iter().map(|point| (point.position, point)).collect();
        Joining { plan, points }
    }

    /// Names the first line in which two experiments differ; `None` if `other` may be a part of the same plan.
    fn difference(&self, other: &StoredPlan) -> Option<String> {
        let rest = |plan: &StoredPlan| {
            let StoredPlan { name, description, toml, data, axes, .. } = plan;
            (name.clone(), description.clone(), toml.clone(), data.clone(), axes.clone())
        };
        if rest(&self.plan) != rest(other) {
            let mut lines = self.plan.toml.lines().zip(other.toml.lines()).filter(|(a, b)| a != b);
            return Some(
                lines
                    .next()
                    .map_or(OTHER_POINTS.to_owned(), |(a, b)| format!("\"{a}\" and \"{b}\" in experiment.toml")),
            );
        }
        let clashes = |point: &StoredPoint| self.points.get(&point.position).is_some_and(|known| known != point);
        other.points.iter().any(clashes).then(|| OTHER_POINTS.to_owned())
    }

    fn add(&mut self, other: StoredPlan) {
        for point in other.points {
            if let Entry::Vacant(place) = self.points.entry(point.position) {
                place.insert(point);
            }
        }
    }

    fn plan(self) -> StoredPlan {
        StoredPlan { points: self.points.into_values().collect(), ..self.plan }
    }
}
