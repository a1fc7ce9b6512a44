//! The shards of a sweep, as their records have them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde::Serialize;

use crate::cluster::submission::Submission;
use crate::commands::climbed::{Climbed, longest};
use crate::plan::shard::Shard;
use crate::record::Record;
use crate::record::error::{Error, begin_anew};
use crate::record::folder::is_in_use;
use crate::record::plan::Asked;
use crate::record::planned::PlannedAxis;
use crate::record::shard_names::{shard_folder, shard_in};
use crate::record::shards::{misplaced, records_in};
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
    /// Its record can't be read, or is of another experiment.
    Damaged,
}

impl State {
    /// Every state.
    pub(super) const ALL: [State; 6] =
        [State::Done, State::Running, State::Stopped, State::Failed, State::NotBegun, State::Damaged];

    /// Returns its name in tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            State::Done => "done",
            State::Running => "running",
            State::Stopped => "stopped",
            State::Failed => "failed",
            State::NotBegun => "not begun",
            State::Damaged => "damaged",
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
    /// The rung of the plan; `None` if the sweep doesn't halve.
    pub(super) climbed: Option<Climbed>,
}

/// The experiment and the swept keys of a record, which all shards of a sweep and their joined record have in common.
type Question = (Asked, Vec<PlannedAxis>);

/// The content of one record.
struct Recorded {
    question: Question,
    /// Says whose record it is, if its directory is another shard's.
    misplaced: Option<String>,
    /// The number of trials of the whole sweep.
    whole: usize,
    planned: BTreeSet<String>,
    /// The length of the longest trials; `None` if the sweep doesn't halve.
    length: Option<u64>,
    statuses: HashMap<String, Status>,
    own: BTreeSet<String>,
    seconds: f64,
}

impl Recorded {
    /// Reads a record; `None` if there is none yet.
    fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let Some(record) = Record::find_apart(folder)? else { return Ok(None) };
        let Some(plan) = record.stored_plan()? else { return Ok(None) };
        let shard = record.shard()?;
        let misplaced = misplaced(folder, shard.as_ref());
        let own = shard.map(|shard| shard.trials).unwrap_or_default();
        let length = longest(&plan.axes, plan.points.values());
        let question = (plan.asked, plan.axes);
        let planned = plan.points.into_values().map(|point| point.trial).collect();
        let whole = record.whole_plan()?.map_or(0, |whole| whole.trials);
        let (statuses, seconds) = (record.statuses()?, record.seconds()?);
        Ok(Some(Recorded { question, misplaced, whole, planned, length, statuses, own, seconds }))
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
        let records = records_in(folder)?;
        let count = match submission {
            Some(submission) => submission.shards,
            None => records.iter().filter_map(|path| shard_in(path)).map(Shard::count).max().unwrap_or(0),
        };
        let first = records.iter().find_map(|path| Some((path, Recorded::read(path).ok()??.question)));
        let (first, question) = first.unzip();
        let is_asked = |record: &Recorded| question.as_ref().is_none_or(|question| *question == record.question);
        // Results of an earlier sweep of the name may be there.
        let merged = match Recorded::read(out) {
            Err(Error::DamagedPlan(_)) => {
                let (place, folder) = (out.display(), folder.display());
                warn(&format!("{place}: not counted: its plan is damaged; runner merge {folder} writes it anew"));
                None
            }
            merged => merged?.filter(is_asked),
        };
        let mut whole = merged.as_ref().map_or(0, |merged| merged.whole);
        let mut length = merged.as_ref().and_then(|merged| merged.length);
        let (mut planned, merged) = merged.map(|merged| (merged.planned, merged.statuses)).unwrap_or_default();
        let mut all = merged.clone();
        let mut shards = Vec::new();
        for shard in Shard::all(count) {
            let place = shard_folder(out, shard);
            // Before the record is read: a runner that ends in between has written all of it by then.
            // Not every file system shows the locks of other machines, but Slurm may know.
            let task = tasks.and_then(|tasks| tasks.get(&shard.number()).cloned());
            let is_at_work = is_in_use(&place) || task.as_deref() == Some("running");
            let (recorded, damage) = match Recorded::read(&place) {
                Ok(Some(record)) if !is_asked(&record) => {
                    (None, Some(format!("it is of another experiment; {}", begin_anew(&place))))
                }
                Ok(Some(Recorded { misplaced: Some(problem), .. })) => (None, Some(problem)),
                Ok(recorded) => (recorded, None),
                Err(error) if error.is_damage() => (None, Some(error.to_string())),
                Err(error) => return Err(error),
            };
            if let Some(damage) = &damage {
                warn(&format!("{}: not counted: {damage}", place.display()));
            }
            let planned_trials = submission.and_then(|submission| submission.planned.get(shard.number()));
            let mut state = ShardState {
                shard: shard.number(),
                state: match () {
                    () if damage.is_some() => State::Damaged,
                    () if is_at_work => State::Running,
                    () => State::NotBegun,
                },
                trials: planned_trials.map(|planned| planned.trials),
                finished: 0,
                failed: 0,
                slurm: task,
                seconds: 0.0,
            };
            if let Some(Recorded {
                whole: of_all, planned: points, length: own_length, statuses, own, seconds, ..
            }) = recorded
            {
                whole = whole.max(of_all);
                length = length.max(own_length);
                let known = |id: &String| better(statuses.get(id), merged.get(id));
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
                add_better(&mut all, statuses);
                planned.extend(points);
            }
            shards.push(state);
        }
        // The sweep may have been divided into another number of shards before; a merge joins these too.
        for path in records.iter().filter(|path| shard_in(path).is_none_or(|shard| shard.count() != count)) {
            if let Some(record) = Recorded::read(path).ok().flatten().filter(is_asked) {
                add_better(&mut all, record.statuses);
                planned.extend(record.planned);
            }
        }
        let ended = || planned.iter().filter_map(|id| all.get(id));
        let failed = ended().filter(|status| **status == Status::Failed).count();
        let finished = ended().count() - failed;
        let of_submission =
            submission.map_or(0, |submission| submission.planned.iter().map(|shard| shard.trials).sum());
        let climbed = length.zip(first).map(|(length, first)| Climbed::to(length, first));
        let climbed = climbed.transpose().unwrap_or_else(|error| {
            warn(&format!("the rungs are not known: {error:#}"));
            None
        });
        Ok(Found { trials: whole.max(of_submission), finished, failed, climbed, shards })
    }
}

/// Adds the trials of a record to those of others.
fn add_better(all: &mut HashMap<String, Status>, statuses: HashMap<String, Status>) {
    for (id, status) in statuses {
        let best = better(Some(&status), all.get(&id)).unwrap_or(status);
        all.insert(id, best);
    }
}

/// Takes the status of the record in which the trial has not failed.
fn better(one: Option<&Status>, other: Option<&Status>) -> Option<Status> {
    one.into_iter().chain(other).copied().min_by_key(|status| *status == Status::Failed)
}
