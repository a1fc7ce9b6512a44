//! The plan that all shards have in common, put together from the part that each record has.

use std::cmp::Ordering;
use std::collections::HashSet;

use anyhow::{Context, Result, bail};

use super::source::Source;
use crate::record::plan::StoredPlan;
use crate::record::shards::WholePlan;
use crate::spec::axis::Scale;
use crate::text::first_difference;

/// The plan of a sweep, as far as its shards have it.
pub(super) struct JoinedPlan {
    pub(super) plan: StoredPlan,
    /// The whole plan, some of whose trials may be of shards that are missing.
    pub(super) whole: WholePlan,
}

/// Joins the plans of the shards, and that of the results of an earlier merge, if it is of the same experiment. Where
/// the shards halve, some of them may be a rung ahead.
pub(super) fn joined(shards: &[Source], merged_before: Option<&Source>) -> Result<JoinedPlan> {
    let first = &shards[0];
    let mut plan = read(first)?;
    for shard in shards[1..].iter().filter(|shard| shard.digest != first.digest) {
        let other = read(shard)?;
        let goes_on = plan.axes.iter().any(|axis| axis.has_scale(Scale::Rungs));
        let is_same = shard.whole.digest == first.whole.digest || goes_on;
        if let Some(difference) = difference(&plan, &other).or((!is_same).then(|| OTHER_POINTS.to_owned())) {
            let (a, b) = (first.folder.display(), shard.folder.display());
            bail!(
                "{b}: its experiment or data are not those of {a}: {difference}; shards of one sweep are joined, of another \
                 one into another directory"
            );
        }
        add(&mut plan, other);
    }
    if let Some(before) = merged_before.filter(|before| before.has_plan) {
        let other = read(before)?;
        if difference(&plan, &other).is_none() {
            add(&mut plan, other);
        }
    }
    let whole = shards.iter().map(|shard| &shard.whole).max_by_key(|whole| whole.points).unwrap_or(&first.whole);
    let trials = plan.points.values().map(|point| &*point.trial).collect::<HashSet<_>>().len();
    let is_wrong = match plan.points.len().cmp(&whole.points) {
        // Points that are missing have trials that are missing.
        Ordering::Less => trials >= whole.trials,
        Ordering::Equal => plan.digest() != whole.digest,
        // The results of an earlier merge are a rung ahead.
        Ordering::Greater => false,
    };
    if is_wrong {
        bail!(
            "{}: the parts of the plan in the shards don't add up to the whole one that they name; runner verify of each shard finds the \
             damaged one, and its runner sweep --fresh trains it again",
            first.folder.display()
        );
    }
    Ok(JoinedPlan { plan, whole: whole.clone() })
}

const OTHER_POINTS: &str = "other points";
const OTHER_CLAIMS: &str = "other claims (sweep each shard again with the same ones, which trains nothing)";

/// Returns a resolved experiment up to its claims, which are at its end.
fn without_claims(toml: &str) -> &str {
    toml.split_once("\n[[claim]]").map_or(toml, |(before, _)| before).trim_end()
}

fn read(source: &Source) -> Result<StoredPlan> {
    let plan = source.open()?.stored_plan()?;
    plan.with_context(|| format!("{}: the plan is gone", source.folder.display()))
}

/// Names the first line in which two experiments differ; `None` if `other` may be a part of the same plan as `plan`.
fn difference(plan: &StoredPlan, other: &StoredPlan) -> Option<String> {
    if (&plan.asked, &plan.axes) != (&other.asked, &other.axes) {
        let [toml, other_toml] = [&plan, &other].map(|plan| plan.asked.toml.as_str());
        if toml != other_toml && without_claims(toml) == without_claims(other_toml) {
            return Some(OTHER_CLAIMS.to_owned());
        }
        let named = first_difference(toml, other_toml);
        let named = named.map(|(a, b)| format!("\"{a}\" and \"{b}\" in experiment.toml"));
        return Some(named.unwrap_or_else(|| OTHER_POINTS.to_owned()));
    }
    let clashes = |(place, point)| plan.points.get(place).is_some_and(|known| known != point);
    other.points.iter().any(clashes).then(|| OTHER_POINTS.to_owned())
}

/// Adds the points that `plan` lacks.
fn add(plan: &mut StoredPlan, other: StoredPlan) {
    for (place, point) in other.points {
        plan.points.entry(place).or_insert(point);
    }
}
