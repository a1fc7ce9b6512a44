//! The shards of a sweep, as their records have them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde::Serialize;

use crate::cluster::submission::Submission;
use crate::plan::shard::Shard;
use crate::record::Record;
use crate::record::error::Error;
use crate::record::folder::is_in_use;
use crate::record::shards::{records_in, shard_folder, shard_in};
use crate::run::outcome::Status;
use crate::terminal::warn;

/// The state of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// All its trials have finished.
    Done,
    /// A runner trains it.
    Running,
    /// Trials are left, and no runner trains them.
    Stopped,
    /// All its trials have ended, and some could not be trained.
    Failed,
    /// It has no record.
    NotBegun,
}

impl State {
    /// Every state.
    pub(super) const ALL: [State; 5] = [State::Done, State::Running, State::Stopped, State::Failed, State::NotBegun];

    /// Returns its name in tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            State::Done => "done",
            State::Running => "running",
            State::Stopped => "stopped",
            State::Failed => "failed",
            State::NotBegun => "not begun",
        }
    }
}

/// A shard.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ShardState {
    pub(super) shard: usize,
    pub(super) state: State,
    /// Its trials; `None` if neither its record nor the submission tells.
    pub(super) trials: Option<usize>,
    pub(super) finished: usize,
    pub(super) failed: usize,
    /// The state of its task; `None` if Slurm does not answer, or has none.
    pub(super) slurm: Option<String>,
    /// The seconds of its finished trials.
    pub(super) seconds: f64,
}

/// The shards, and the trials of the whole sweep.
pub(super) struct Found {
    pub(super) shards: Vec<ShardState>,
    pub(super) trials: usize,
    pub(super) finished: usize,
    pub(super) failed: usize,
}

/// The content of one record.
#[derive(Default)]
struct Recorded {
    /// The number of trials of the whole sweep.
    whole: usize,
    planned: BTreeSet<String>,
    statuses: HashMap<String, Status>,
    own: BTreeSet<String>,
    seconds: f64,
}

impl Recorded {
    /// Reads a record; `None` if there is none yet.
    fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let Some(record) = Record::find_apart(folder)? else { return Ok(None) };
        let Some(plan) = record.stored_plan()? else { return Ok(None) };
        let own = record.shard()?.map(|shard| shard.trials).unwrap_or_default();
        let planned = plan.points.into_values().map(|point| point.trial).collect();
        let whole = record.whole_plan()?.map_or(0, |whole| whole.trials);
        Ok(Some(Recorded { whole, planned, statuses: record.statuses()?, own, seconds: record.seconds()? }))
    }
}

impl Found {
    /// Reads the records of the shards in `folder`, and the merged one in `out`.
    pub(super) fn read(
        folder: &Path,
        out: &Path,
        submission: Option<&Submission>,
        tasks: Option<&BTreeMap<usize, String>>,
    ) -> Result<Self, Error> {
        let count = match submission {
            Some(submission) => submission.shards,
            None => records_in(folder)?.iter().filter_map(|path| shard_in(path)).map(Shard::count).max().unwrap_or(0),
        };
        let merged = Recorded::read(out)?.unwrap_or_default();
        let (mut planned, mut all) = (merged.planned.clone(), merged.statuses.clone());
        let mut whole = merged.whole;
        let mut shards = Vec::new();
        for shard in Shard::all(count) {
            let place = shard_folder(out, shard);
            // Before the record is read: a runner that ends in between has written all of it by then.
            // Not every file system shows the locks of other machines, but Slurm may know.
            let task = tasks.and_then(|tasks| tasks.get(&shard.number()).cloned());
            let is_at_work = is_in_use(&place) || task.as_deref() == Some("running");
            let recorded = Recorded::read(&place).unwrap_or_else(|error| {
                warn(&error.to_string());
                None
            });
            let planned_trials = submission.and_then(|submission| submission.planned.get(shard.number()));
            let mut state = ShardState {
                shard: shard.number(),
                state: if is_at_work { State::Running } else { State::NotBegun },
                trials: planned_trials.map(|planned| planned.trials),
                finished: 0,
                failed: 0,
                slurm: task,
                seconds: 0.0,
            };
            if let Some(Recorded { whole: of_all, planned: points, statuses, own, seconds }) = recorded {
                whole = whole.max(of_all);
                let known = |id: &String| better(statuses.get(id), merged.statuses.get(id));
                let ended: Vec<Status> = own.iter().filter_map(known).collect();
                state.failed = ended.iter().filter(|status| **status == Status::Failed).count();
                state.finished = ended.len() - state.failed;
                state.trials = Some(own.len());
                state.seconds = seconds;
                state.state = match () {
                    () if state.finished == own.len() => State::Done,
                    () if is_at_work => State::Running,
                    () if ended.len() == own.len() => State::Failed,
                    () => State::Stopped,
                };
                for (id, status) in statuses {
                    let best = better(Some(&status), all.get(&id)).unwrap_or(status);
                    all.insert(id, best);
                }
                planned.extend(points);
            }
            shards.push(state);
        }
        let ended = || planned.iter().filter_map(|id| all.get(id));
        let failed = ended().filter(|status| **status == Status::Failed).count();
        let finished = ended().count() - failed;
        let of_submission =
            submission.map_or(0, |submission| submission.planned.iter().map(|shard| shard.trials).sum());
        Ok(Found { trials: whole.max(of_submission), finished, failed, shards })
    }
}

/// Takes the status of the record in which the trial has not failed.
fn better(one: Option<&Status>, other: Option<&Status>) -> Option<Status> {
    one.into_iter().chain(other).copied().min_by_key(|status| *status == Status::Failed)
}
