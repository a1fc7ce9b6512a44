//! The records that are joined.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::record::Record;
use crate::record::error::Error;
use crate::record::plan::{Asked, StoredPlan};
use crate::record::shards::{RecordedShard, WholePlan, misplaced, records_in};
use crate::run::outcome::Status;
use crate::terminal::{note, warn};

/// A record that is joined with others.
pub(super) struct Source {
    pub(super) folder: PathBuf,
    /// True if it is the joined record of an earlier merge.
    pub(super) is_target: bool,
    /// False if the plan of the target is damaged, which is written anew.
    pub(super) has_plan: bool,
    pub(super) asked: Asked,
    /// The seal of its plan.
    pub(super) digest: String,
    pub(super) shard: Option<RecordedShard>,
    /// The plan that the shards have in common.
    pub(super) whole: WholePlan,
    /// Its finished trials.
    pub(super) trials: HashMap<String, Status>,
    /// The number of its trials that each machine has trained, given as machine.toml describes it: those of its own plan, unless
    /// [`Source::count_within`] counts those of another one.
    pub(super) machines: BTreeMap<String, usize>,
}

impl Source {
    /// Reads the record of a directory; `None` if there is none, or it has no plan yet.
    fn read(folder: &Path) -> Result<Option<Self>, Error> {
        Record::find_apart(folder)?.map_or(Ok(None), |record| Source::of(folder, &record))
    }

    fn of(folder: &Path, record: &Record) -> Result<Option<Self>, Error> {
        let (Some(asked), Some(digest), Some(whole)) = (record.asked()?, record.digest()?, record.whole_plan()?) else {
            return Ok(None);
        };
        let (shard, trials, machines) = (record.shard()?, record.statuses()?, record.trials_by_machine()?);
        let (folder, is_target, has_plan) = (folder.to_owned(), false, true);
        Ok(Some(Source { folder, is_target, has_plan, asked, digest, shard, whole, trials, machines }))
    }

    /// Opens the record again, since a process can't hold the records of a thousand shards open. A shard at work may have more trials by
    /// then, which makes no difference: only those of `trials` are taken, and what has been trained stays as it is. A failed one may be
    /// trained by then, and one whose record was set aside is missing, as the merge reports.
    pub(super) fn open(&self) -> Result<Record, Error> {
        if self.has_plan { Record::read_apart(&self.folder) } else { Record::read_apart_unproven(&self.folder) }
    }

    /// Counts by machine the trials that it has of `plan`: the results of an earlier merge may be of another sweep.
    pub(super) fn count_within(&mut self, plan: &StoredPlan) -> Result<(), Error> {
        let record = self.open()?;
        let ids = plan.points.values().map(|point| &*point.trial).collect();
        let (machines, counts) = (record.machines()?, record.trained_on(&ids)?);
        let named = counts.into_iter().filter_map(|(number, trials)| Some((machines.get(&number)?.to_toml(), trials)));
        self.machines = named.collect();
        Ok(())
    }
}

/// The state of the record that a merge writes to: the seal of its plan, and its finished trials. Nothing if there is no record.
#[derive(Default, PartialEq)]
pub(super) struct TargetState {
    digest: Option<String>,
    trials: HashMap<String, Status>,
}

impl TargetState {
    /// Reads the state of a record.
    pub(super) fn of(record: &Record) -> Result<Self, Error> {
        Ok(TargetState { digest: record.digest()?, trials: record.statuses()? })
    }
}

/// Reads the state of the target, and the results of an earlier merge in it, which shards are joined with; `None` if there are none, or
/// nothing says what their experiment was.
///
/// # Errors
/// If they are a shard's own, which the plan of all shards would take the place of, or can't be read.
pub(super) fn of_target(folder: &Path) -> Result<(TargetState, Option<Source>)> {
    let Some(record) = Record::find_apart_unproven(folder)? else { return Ok(Default::default()) };
    let source = Source::of(folder, &record)?;
    if let Some(RecordedShard { shard, .. }) = source.as_ref().and_then(|source| source.shard.as_ref()) {
        bail!("{}: these are the results of shard {shard}; --out names another directory", folder.display());
    }
    let has_plan = match record.prove_plan() {
        Err(Error::DamagedPlan(_)) => false,
        proved => proved.map(|()| true)?,
    };
    if !has_plan {
        warn(&format!("{}: its plan is damaged, and is written anew from the shards", folder.display()));
    }
    Ok((TargetState::of(&record)?, source.map(|source| Source { is_target: true, has_plan, ..source })))
}

/// Reads the shards in `dirs`, each of which is a shard's results directory, or holds some. Warns of those that are damaged or can't be
/// read, and leaves them out.
pub(super) fn in_folders(dirs: &[PathBuf]) -> Result<Vec<Source>> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for dir in dirs {
        let found = if Record::is_in(dir) { vec![dir.clone()] } else { records_in(dir)? };
        if found.is_empty() {
            bail!("{}: no results of a shard are here; runner sweep --shard I/N writes them", dir.display());
        }
        folders.extend(found);
    }
    let (mut shards, mut unread) = (Vec::new(), Vec::new());
    for folder in &folders {
        match Source::read(folder) {
            Ok(Some(source)) => {
                if let Some(problem) = misplaced(folder, source.shard.as_ref()) {
                    warn(&format!("{}: {problem}; it is joined as that", folder.display()));
                }
                shards.push(source);
            }
            Ok(None) => note(&format!("{}: nothing is recorded yet", folder.display())),
            Err(error) if error.is_of_one_record() => unread.push((folder, error)),
            Err(error) => return Err(error.into()),
        }
    }
    match (shards.is_empty(), unread.pop()) {
        (true, Some((_, error))) => Err(error.into()),
        (true, None) => bail!("{}: no shard has recorded anything yet", dirs[0].display()),
        (false, last) => {
            for (folder, error) in unread.into_iter().chain(last) {
                warn(&format!("{}: left out: {error}", folder.display()));
            }
            Ok(shards)
        }
    }
}
