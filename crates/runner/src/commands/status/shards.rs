//! The shards of a sweep, as their records have them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use crate::cluster::submission::Submission;
use crate::commands::climbed::{Climbed, Longest};
use crate::plan::shard::Shard;
use crate::record::Record;
use crate::record::error::{Error, begin_anew};
use crate::record::folder::is_in_use;
use crate::record::names::DATABASE;
use crate::record::plan::Asked;
use crate::record::planned::PlannedAxis;
use crate::record::shard_names::{shard_folder, shard_in};
use crate::record::shards::{misplaced, records_in};
use crate::run::outcome::Status;
use crate::shell_words::quoted_path;
use crate::terminal::warn;
use crate::text::first_and_others;

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

impl ShardState {
    /// Describes a shard that has no record, with the number of `trials` that were submitted and the state of its task.
    fn without_record(shard: usize, trials: Option<usize>, is_at_work: bool, slurm: Option<String>) -> Self {
        let state = if is_at_work { State::Running } else { State::NotBegun };
        ShardState { shard, state, trials, finished: 0, failed: 0, slurm, seconds: 0.0 }
    }

    /// Counts the trials of its record; one that failed there may be finished in the `merged` one.
    fn count(&mut self, record: &ShardRecord, merged: &HashMap<String, Status>) {
        let ShardRecord { own, statuses, seconds, .. } = record;
        let ended: Vec<Status> = own.iter().filter_map(|id| better(statuses.get(id), merged.get(id))).collect();
        self.failed = ended.iter().filter(|status| **status == Status::Failed).count();
        self.finished = ended.len() - self.failed;
        self.trials = Some(own.len());
        self.seconds = *seconds;
        self.state = match self.state {
            _ if self.finished == own.len() => State::Done,
            State::Running => State::Running,
            _ if ended.len() == own.len() => State::Failed,
            _ => State::Stopped,
        };
    }
}

/// The shards, and the trials of the whole sweep.
pub(super) struct SweepStatus {
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
struct ShardRecord {
    question: Question,
    /// Says whose record it is, if its directory is another shard's.
    misplaced: Option<String>,
    /// The number of trials of the whole sweep.
    whole: usize,
    planned: BTreeSet<String>,
    /// The length of the longest trials, and whether one may go on; `None` if the sweep doesn't halve.
    length: Option<Longest>,
    /// The statuses of the undamaged trials, by id.
    statuses: HashMap<String, Status>,
    /// The ids of the damaged trials.
    damaged: Vec<String>,
    own: BTreeSet<String>,
    seconds: f64,
}

impl ShardRecord {
    /// Reads a record; `None` if there is none yet.
    fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let Some(record) = Record::find_apart(folder)? else { return Ok(None) };
        let Some(plan) = record.stored_plan()? else { return Ok(None) };
        let shard = record.shard()?;
        let misplaced = misplaced(folder, shard.as_ref());
        let own = shard.map(|shard| shard.trials).unwrap_or_default();
        let (mut statuses, damaged) = (record.statuses()?, record.finished()?.damaged);
        statuses.retain(|id, _| !damaged.contains(id));
        let length = Longest::of(&plan, &statuses);
        let question = (plan.asked, plan.axes);
        let planned = plan.points.into_values().map(|point| point.trial).collect();
        let whole = record.whole_plan()?.map_or(0, |whole| whole.trials);
        let seconds = record.seconds()?;
        Ok(Some(ShardRecord { question, misplaced, whole, planned, length, statuses, own, seconds, damaged }))
    }
}

/// The trials of several records.
#[derive(Default)]
struct Joined {
    whole: usize,
    length: Option<Longest>,
    planned: BTreeSet<String>,
    statuses: HashMap<String, Status>,
}

impl Joined {
    /// Adds the record in `place`, and warns of trials that are damaged in it.
    fn add(&mut self, place: &Path, record: ShardRecord) {
        if let Some(damaged) = first_and_others(&record.damaged) {
            warn(&format!("{}: damaged in its record, and not counted: trial {damaged}", place.display()));
        }
        self.whole = self.whole.max(record.whole);
        self.length = self.length.max(record.length);
        self.planned.extend(record.planned);
        for (id, status) in record.statuses {
            let best = better(Some(&status), self.statuses.get(&id)).unwrap_or(status);
            self.statuses.insert(id, best);
        }
    }

    /// Counts the planned trials that are finished, and those that failed.
    fn ended(&self) -> (usize, usize) {
        let ended: Vec<&Status> = self.planned.iter().filter_map(|id| self.statuses.get(id)).collect();
        let failed = ended.iter().filter(|status| ***status == Status::Failed).count();
        (ended.len() - failed, failed)
    }
}

impl SweepStatus {
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
            None => newest_division(&records),
        };
        let first = records.iter().find_map(|path| Some((path, ShardRecord::read(path).ok()??.question)));
        let (first, question) = first.unzip();
        let is_asked = |record: &ShardRecord| question.as_ref().is_none_or(|question| *question == record.question);

        let mut joined = Joined::default();
        // Results of an earlier sweep of the name may be there.
        merged_in(out, folder)?.filter(is_asked).into_iter().for_each(|merged| joined.add(out, merged));
        let merged = joined.statuses.clone();
        let mut shards = Vec::new();
        for shard in Shard::all(count) {
            let place = shard_folder(out, shard);
            // Before the record is read: a runner that ends in between has written all of it by then.
            // Not every file system shows the locks of other machines, but Slurm may know.
            let task = tasks.and_then(|tasks| tasks.get(&shard.number()).cloned());
            let is_at_work = is_in_use(&place) || task.as_deref() == Some("running");
            let submitted = submission.and_then(|submission| submission.planned.get(shard.number()));
            let submitted = submitted.map(|planned| planned.trials);
            let mut state = ShardState::without_record(shard.number(), submitted, is_at_work, task);
            match record_in(&place, is_asked)? {
                Ok(None) => {}
                Ok(Some(record)) => {
                    state.count(&record, &merged);
                    joined.add(&place, record);
                }
                Err(damage) => {
                    warn(&format!("{}: not counted: {damage}", place.display()));
                    state.state = State::Damaged;
                }
            }
            shards.push(state);
        }
        // The sweep may have been divided into another number of shards before; a merge joins these too.
        let others = records.iter().filter(|path| shard_in(path).is_none_or(|shard| shard.count() != count));
        let others = others.filter_map(|path| Some((path, ShardRecord::read(path).ok().flatten().filter(is_asked)?)));
        others.for_each(|(path, record)| joined.add(path, record));

        let (finished, failed) = joined.ended();
        let submitted = submission.map_or(0, |submission| submission.planned.iter().map(|shard| shard.trials).sum());
        let climbed = joined.length.zip(first).map(|(length, first)| Climbed::to(length, first));
        let climbed = climbed.transpose().unwrap_or_else(|error| {
            warn(&format!("the rungs are not known: {error:#}"));
            None
        });
        Ok(SweepStatus { trials: joined.whole.max(submitted), finished, failed, climbed, shards })
    }
}

/// Returns the number of shards of the division that a runner trains, or else of the one that was begun last: the sweep may
/// have been divided otherwise before.
fn newest_division(records: &[PathBuf]) -> usize {
    let mut divisions: BTreeMap<usize, (bool, Option<SystemTime>)> = BTreeMap::new();
    for (path, shard) in records.iter().filter_map(|path| Some((path, shard_in(path)?))) {
        let written = path.join(DATABASE).metadata().and_then(|found| found.modified()).ok();
        let (is_at_work, earliest) = divisions.entry(shard.count()).or_insert((false, written));
        *is_at_work |= is_in_use(path);
        // Not the latest: a tag is written into a record of an older division too.
        *earliest = written.min(*earliest);
    }
    let newest = divisions.into_iter().max_by_key(|(_, age)| *age);
    newest.map_or(0, |(count, _)| count)
}

/// Reads the merged record in `out` of the shards in `folder`, if there is one.
fn merged_in(out: &Path, folder: &Path) -> Result<Option<ShardRecord>, Error> {
    match ShardRecord::read(out) {
        Err(Error::DamagedPlan(_)) => {
            let (place, folder) = (out.display(), quoted_path(folder));
            warn(&format!("{place}: not counted: its plan is damaged; runner merge {folder} writes it anew"));
            Ok(None)
        }
        Err(error) if error.is_of_one_record() => {
            warn(&format!("{}: not counted: {error}", out.display()));
            Ok(None)
        }
        merged => merged,
    }
}

/// Reads the record of a shard in `place`, if there is one, or says why it doesn't count.
fn record_in(
    place: &Path,
    is_asked: impl Fn(&ShardRecord) -> bool,
) -> Result<Result<Option<ShardRecord>, String>, Error> {
    Ok(match ShardRecord::read(place) {
        Ok(Some(record)) if !is_asked(&record) => Err(format!("it is of another experiment; {}", begin_anew(place))),
        Ok(Some(ShardRecord { misplaced: Some(problem), .. })) => Err(problem),
        Ok(recorded) => Ok(recorded),
        Err(error) if error.is_of_one_record() => Err(error.to_string()),
        Err(error) => return Err(error),
    })
}

/// Takes the status of the record in which the trial has not failed.
fn better(one: Option<&Status>, other: Option<&Status>) -> Option<Status> {
    one.into_iter().chain(other).copied().min_by_key(|status| *status == Status::Failed)
}
