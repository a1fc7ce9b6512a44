//! The shards that have trials left, and those of them that Slurm already has.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use anyhow::{Result, anyhow};

use super::prepared::PreparedSubmission;
use crate::cluster::slurm;
use crate::cluster::submission::{NAME, Submission};
use crate::plan::shard::Shard;
use crate::record::Record;
use crate::record::shard_names::shard_folder;
use crate::terminal::{note, warn};
use crate::text::first_few;
use datasets::text::count;

/// Goes to the rung that the merged results don't have whole, and lists the shards with a trial of it that is finished neither in their own
/// record nor in the merged one.
pub(super) fn left(prepared: &mut PreparedSubmission, shards: usize) -> Result<Vec<usize>> {
    let merged = prepared.find_rung()?;
    let mut left = Vec::new();
    let mut plan = prepared.plan.clone();
    for (shard, fleets) in Shard::all(shards).zip(prepared.plan.divided(shards)) {
        plan.set_fleets(fleets);
        let (own, damage) = match Record::finished_in(&shard_folder(&prepared.out, shard)) {
            Err(error) if error.is_damage() => (HashSet::new(), Some(error)),
            own => (own?, None),
        };
        if plan.own_trials().any(|trial| !own.contains(&trial.id) && !merged.contains(&trial.id)) {
            damage.iter().for_each(|damage| warn(&format!("shard {shard} counts as not finished: {damage}")));
            left.push(shard.number());
        }
    }
    Ok(left)
}

/// Asks which shards Slurm has a task for, on whichever rung.
///
/// # Errors
/// If Slurm does not answer: these shards would be submitted twice.
pub(super) fn with_a_task(submission: &Submission, folder: &Path) -> Result<BTreeSet<usize>> {
    let tasks = slurm::states(&submission.jobs).map_err(|error| {
        anyhow!(
            "{error}: what Slurm still has would be submitted twice, so submit again when squeue answers; if no job of {} is \
             left, move {} away and submit with --shards {}: finished trials are kept",
            submission.jobs.join(", "),
            folder.join(NAME).display(),
            submission.shards,
        )
    })?;
    Ok(tasks.into_keys().collect())
}

/// Leaves out the shards that have a task.
pub(super) fn without_a_task(shards: Vec<usize>, tasks: &BTreeSet<usize>) -> Vec<usize> {
    let (at_work, to_send): (Vec<_>, Vec<_>) = shards.into_iter().partition(|shard| tasks.contains(shard));
    if !at_work.is_empty() {
        let numbers: Vec<String> = at_work.iter().map(ToString::to_string).collect();
        let numbers = first_few(numbers.iter().map(String::as_str));
        note(&format!("Slurm has {} not done yet: {numbers}; left alone", count(at_work.len(), "shard")));
    }
    to_send
}
