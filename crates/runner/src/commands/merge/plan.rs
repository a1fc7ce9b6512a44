//! The plan that all shards have in common.

use anyhow::{Context, Result, bail};

use super::source::Source;
use crate::record::Record;
use crate::record::plan::StoredPlan;

/// Returns the plan of the shards. Where they halve, one of them may be a rung ahead: the longest plan is taken, and the
/// others must be its beginning.
pub(super) fn common(shards: &[Source]) -> Result<StoredPlan> {
    let first = read(&shards[0])?;
    let mut longest = first;
    for shard in &shards[1..] {
        if shard.asked.digest == shards[0].asked.digest {
            continue;
        }
        let other = read(shard)?;
        let (long, short) = if other.points.len() > longest.points.len() { (other, longest) } else { (longest, other) };
        if !is_beginning(&short, &long) {
            let (a, b) = (shards[0].folder.display(), shard.folder.display());
            bail!(
                "{b}: its experiment or data are not those of {a}: {}; shards of one sweep are joined, of another one into \
                 another directory",
                difference(&short, &long)
            );
        }
        longest = long;
    }
    Ok(longest)
}

fn read(shard: &Source) -> Result<StoredPlan> {
    let plan = Record::read(&shard.folder)?.stored_plan()?;
    plan.with_context(|| format!("{}: the plan is gone", shard.folder.display()))
}

fn is_beginning(short: &StoredPlan, long: &StoredPlan) -> bool {
    let rest = (&short.name, &short.description, &short.toml, &short.data, &short.axes);
    rest == (&long.name, &long.description, &long.toml, &long.data, &long.axes)
        && (short.points.len() == long.points.len() || short.axes.iter().any(|axis| axis.scale == "rungs"))
        && long.points.starts_with(&short.points)
}

/// Names the first line in which two experiments differ.
fn difference(a: &StoredPlan, b: &StoredPlan) -> String {
    let mut lines = a.toml.lines().zip(b.toml.lines()).filter(|(a, b)| a != b);
    match lines.next() {
        Some((a, b)) => format!("\"{a}\" and \"{b}\" in experiment.toml"),
        None => "other points".to_owned(),
    }
}
