//! The trials that no shard has.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use super::plan::JoinedPlan;
use super::source::Source;
use crate::plan::shard::Shard;
use crate::record::Record;
use crate::record::error::Error;
use crate::record::shard_names::shard_folder;
use crate::run::outcome::Status;
use crate::terminal::{say, warn};
use crate::text::{first_and_others, first_few};
use datasets::text::count;

/// Lists the trials of the plan that are missing or `damaged`, shard by shard, and those that failed. Returns whether there are none.
pub(super) fn report(
    record: &Record,
    joined: &JoinedPlan,
    shards: &[Source],
    damaged: &HashSet<String>,
    out: &Path,
) -> Result<bool, Error> {
    let mut found = record.statuses()?;
    found.retain(|id, _| !damaged.contains(id));
    let planned: BTreeSet<&str> = joined.plan.points.values().map(|point| &*point.trial).collect();
    let all = planned.len().max(joined.whole.trials);
    // Only shards that are missing know the ids of these.
    let unknown = all - planned.len();
    let mut missing: BTreeSet<&str> = planned.iter().copied().filter(|id| !found.contains_key(*id)).collect();
    let failed = planned.iter().filter(|id| found.get(**id) == Some(&Status::Failed)).count();
    let there = planned.len() - missing.len();
    let (trials, records) = (count(all, "trial"), count(shards.len(), "record"));
    say(&format!("{there} of {trials}, of {records}, are in {}", out.display()));
    let lost: Vec<&str> = planned.iter().copied().filter(|id| damaged.contains(*id)).collect();
    if let Some(lost) = first_and_others(&lost) {
        warn(&format!("{}: damaged in the record, and counted as missing: trial {lost}", out.display()));
    }
    if failed > 0 {
        warn(&format!("{} failed; the same shards train them again", count(failed, "trial")));
    }
    let is_complete = missing.is_empty() && unknown == 0;
    for (shard, source) in by_shard(shards) {
        let Some(recorded) = &source.shard else { continue };
        let own: Vec<&str> = missing.iter().copied().filter(|id| recorded.trials.contains(*id)).collect();
        if !own.is_empty() {
            warn(&format!(
                "shard {shard}: {} of {} missing: {}",
                own.len(),
                count(recorded.trials.len(), "trial"),
                first_few(own.iter().copied())
            ));
        }
        missing.retain(|id| !recorded.trials.contains(*id));
    }
    let absent = absent(shards);
    if let (Some(first), false) = (absent.first(), missing.is_empty() && unknown == 0) {
        let numbers = absent.iter().map(|shard| shard.number().to_string()).collect::<Vec<_>>().join(", ");
        let (word, where_) = if absent.len() == 1 { ("shard", "is") } else { ("shards", "are") };
        let place = shard_folder(out, *first);
        warn(&format!(
            "{word} {numbers} of {} {where_} missing ({} has no record {}), with {}",
            first.count(),
            place.display(),
            if Record::is_in(&place) { "of it" } else { "to join" },
            count(missing.len() + unknown, "trial"),
        ));
        missing.clear();
    } else if unknown > 0 {
        warn(&format!("{} missing, of shards without a record here", count(unknown, "trial")));
    }
    if !missing.is_empty() {
        warn(&format!(
            "{} missing, of no shard here: {}",
            count(missing.len(), "trial"),
            first_few(missing.iter().copied())
        ));
    }
    Ok(is_complete && failed == 0)
}

fn by_shard(shards: &[Source]) -> BTreeMap<Shard, &Source> {
    shards.iter().filter_map(|source| Some((source.shard.as_ref()?.shard, source))).collect()
}

/// Returns the shards without a record, if all that have one are of the same number of shards.
fn absent(shards: &[Source]) -> Vec<Shard> {
    let there = by_shard(shards);
    let counts: BTreeSet<usize> = there.keys().map(|shard| shard.count()).collect();
    let [count] = counts.into_iter().collect::<Vec<_>>()[..] else { return Vec::new() };
    Shard::all(count).filter(|shard| !there.contains_key(shard)).collect()
}
