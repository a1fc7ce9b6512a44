//! The trials of a merge that are missing, failed or damaged.

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

/// The trials of the plan that are missing, shard by shard, and those that failed.
pub(super) struct Missing<'m> {
    /// The number of trials of the whole sweep.
    all: usize,
    /// The number of its trials that are here.
    there: usize,
    /// The number of records that were joined.
    records: usize,
    /// The trials that are damaged in the record, and count as missing.
    damaged: Vec<&'m str>,
    failed: usize,
    /// The shards that are here, with the number of their trials and the missing ones.
    of_shards: Vec<(Shard, usize, Vec<&'m str>)>,
    /// The shards without a record.
    absent: Vec<Shard>,
    /// The missing trials that are of no shard here.
    of_none: BTreeSet<&'m str>,
    /// The number of missing trials that are not in the plan: only shards that are missing know their ids.
    unknown: usize,
}

impl<'m> Missing<'m> {
    /// Finds the missing trials of the joined `record`.
    pub(super) fn of(
        record: &Record,
        joined: &'m JoinedPlan,
        shards: &[Source],
        damaged: &HashSet<String>,
    ) -> Result<Self, Error> {
        let mut found = record.statuses()?;
        found.retain(|id, _| !damaged.contains(id));
        let planned: BTreeSet<&str> = joined.plan.points.values().map(|point| &*point.trial).collect();
        let all = planned.len().max(joined.whole.trials);
        let mut missing: BTreeSet<&str> = planned.iter().copied().filter(|id| !found.contains_key(*id)).collect();
        let there = planned.len() - missing.len();
        let mut of_shards = Vec::new();
        for (shard, source) in by_shard(shards) {
            let Some(recorded) = &source.shard else { continue };
            let own = missing.iter().copied().filter(|id| recorded.trials.contains(*id)).collect();
            missing.retain(|id| !recorded.trials.contains(*id));
            of_shards.push((shard, recorded.trials.len(), own));
        }
        Ok(Missing {
            all,
            there,
            records: shards.len(),
            damaged: planned.iter().copied().filter(|id| damaged.contains(*id)).collect(),
            failed: planned.iter().filter(|id| found.get(**id) == Some(&Status::Failed)).count(),
            of_shards,
            absent: absent(shards),
            of_none: missing,
            unknown: all - planned.len(),
        })
    }

    /// Returns whether every trial is here and none has failed.
    pub(super) fn is_none(&self) -> bool {
        self.there == self.all && self.failed == 0
    }

    /// Says how many trials are in `out`, and warns of the others.
    pub(super) fn say(&self, out: &Path) {
        let (trials, records) = (count(self.all, "trial"), count(self.records, "record"));
        say(&format!("{} of {trials}, of {records}, are in {}", self.there, out.display()));
        if let Some(damaged) = first_and_others(&self.damaged) {
            warn(&format!("{}: damaged in the record, and counted as missing: trial {damaged}", out.display()));
        }
        if self.failed > 0 {
            warn(&format!("{} failed; the same shards train them again", count(self.failed, "trial")));
        }
        for (shard, trials, own) in self.of_shards.iter().filter(|(.., own)| !own.is_empty()) {
            let (trials, ids) = (count(*trials, "trial"), first_few(own.iter().copied()));
            warn(&format!("shard {shard}: {} of {trials} missing: {ids}", own.len()));
        }
        let left = self.of_none.len() + self.unknown;
        if let (Some(first), true) = (self.absent.first(), left > 0) {
            let numbers = self.absent.iter().map(|shard| shard.number().to_string()).collect::<Vec<_>>().join(", ");
            let (word, verb) = if self.absent.len() == 1 { ("shard", "is") } else { ("shards", "are") };
            let place = shard_folder(out, *first);
            warn(&format!(
                "{word} {numbers} of {} {verb} missing ({} has no record {}), with {}",
                first.count(),
                place.display(),
                if Record::is_in(&place) { "of it" } else { "to join" },
                count(left, "trial"),
            ));
            return;
        }
        if self.unknown > 0 {
            warn(&format!("{} missing, of shards without a record here", count(self.unknown, "trial")));
        }
        if !self.of_none.is_empty() {
            let (trials, ids) = (count(self.of_none.len(), "trial"), first_few(self.of_none.iter().copied()));
            warn(&format!("{trials} missing, of no shard here: {ids}"));
        }
    }
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
