//! The directories of a sweep's shards, and what the record of a shard says of it.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Record;
use super::error::Error;
use super::names::DATABASE;
use super::plan::StoredPlan;
use super::shard_names::{folder_name, shard_in};
use crate::plan::Plan;
use crate::plan::shard::Shard;

/// A shard, as its record describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedShard {
    /// The shard.
    pub shard: Shard,
    /// The ids of its trials.
    pub trials: BTreeSet<String>,
}

/// The plan that the shards of a sweep have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholePlan {
    /// The seal that a record of all of it has.
    pub digest: String,
    /// The number of its points.
    pub points: usize,
    /// The number of its trials.
    pub trials: usize,
}

/// Returns whether a directory, such as `3-of-8.1`, is a shard's results that `--fresh` has set aside.
fn is_set_aside(folder: &Path) -> bool {
    let number = folder.extension().and_then(OsStr::to_str).is_some_and(|number| number.parse::<usize>().is_ok());
    number && shard_in(&folder.with_extension("")).is_some()
}

/// Lists the directories in `folder` that hold a record, or can't be looked into, the shards among them by their numbers; without the
/// results that were set aside.
///
/// # Errors
/// If the directory can't be read.
pub fn records_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| Error::io(folder, error))?;
    let mut folders: Vec<PathBuf> = entries
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| may_hold_a_record(path) && !is_set_aside(path))
        .collect();
    folders.sort_by_cached_key(|path| (shard_in(path), path.clone()));
    Ok(folders)
}

fn may_hold_a_record(folder: &Path) -> bool {
    folder.join(DATABASE).try_exists().unwrap_or_else(|error| error.kind() != ErrorKind::NotADirectory)
}

/// Says that the record of `found` is in the directory of another shard, and what to do; `None` if it is where it belongs.
pub fn misplaced(folder: &Path, found: Option<&RecordedShard>) -> Option<String> {
    let (named, found) = (shard_in(folder)?, found?.shard);
    let own = folder.with_file_name(folder_name(found));
    (named != found).then(|| format!("this is the record of shard {found}; move it to {}", own.display()))
}

impl Record {
    /// Writes what the record of a shard keeps of a plan: the points of the shard's trials, and of others that the record
    /// has from a former run. `plan` is restricted to the shard, `whole` is its plan of all shards.
    pub fn write_shard(&mut self, shard: Shard, plan: &Plan, mut whole: StoredPlan) -> Result<(), Error> {
        let trials: Vec<&str> = plan.own_trials().map(|trial| &*trial.id).collect();
        let row = (shard.number() as i64, shard.count() as i64, json!(trials).to_string());
        let of_all = (whole.digest(), whole.points.len() as i64, plan.trials.len() as i64);
        let own: HashSet<&str> = trials.into_iter().collect();
        let finished = self.statuses()?;
        whole.points.retain(|_, point| own.contains(&*point.trial) || finished.contains_key(&point.trial));
        self.write_plan_and(&whole, |transaction| {
            transaction.execute("INSERT INTO shard VALUES (?1, ?2, ?3)", row)?;
            transaction.execute("INSERT INTO whole_plan VALUES (?1, ?2, ?3)", of_all).map(drop)
        })
    }

    /// Writes a plan that was joined of shards' parts; where some are missing, the record says what the `whole` one is.
    pub fn write_joined(&mut self, plan: &StoredPlan, whole: &WholePlan) -> Result<(), Error> {
        let WholePlan { digest, points, trials } = whole;
        self.write_plan_and(plan, |transaction| {
            if plan.points.len() >= *points {
                return Ok(());
            }
            let row = (digest, *points as i64, *trials as i64);
            transaction.execute("INSERT INTO whole_plan VALUES (?1, ?2, ?3)", row).map(drop)
        })
    }

    /// Reads which plan all shards have in common; that of the record itself, if that is whole.
    pub fn whole_plan(&self) -> Result<Option<WholePlan>, Error> {
        let own =
            "SELECT digest, (SELECT COUNT(*) FROM plan), (SELECT COUNT(DISTINCT trial) FROM plan) FROM experiment";
        let read = |select: &str| {
            self.row(select, [], |row| {
                Ok(WholePlan {
                    digest: row.get(0)?,
                    points: row.get::<_, i64>(1)? as usize,
                    trials: row.get::<_, i64>(2)? as usize,
                })
            })
        };
        let of_all =
            if self.has_table("whole_plan")? { read("SELECT digest, points, trials FROM whole_plan")? } else { None };
        if of_all.is_some() { Ok(of_all) } else { read(own) }
    }

    /// Counts the trials of the whole sweep that are of other shards, and not in the plan of this record.
    pub fn elsewhere(&self) -> Result<usize, Error> {
        let here = self.number("SELECT COUNT(DISTINCT trial) FROM plan")? as usize;
        Ok(self.whole_plan()?.map_or(0, |whole| whole.trials.saturating_sub(here)))
    }

    /// Reads which shard the record is of; `None` if it is of a whole sweep.
    pub fn shard(&self) -> Result<Option<RecordedShard>, Error> {
        if !self.has_table("shard")? {
            return Ok(None);
        }
        let row = self.row("SELECT number, count, trials FROM shard", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
        })?;
        Ok(row.and_then(|(number, count, trials)| {
            let shard = Shard::new(number.try_into().ok()?, count.try_into().ok()?)?;
            Some(RecordedShard { shard, trials: serde_json::from_str(&trials).ok()? })
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_listed_by_the_numbers_of_their_shards() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["10-of-12", "9-of-12", "other", "empty"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            if name != "empty" {
                fs::write(folder.path().join(name).join(DATABASE), "").unwrap();
            }
        }
        let names = records_in(folder.path()).unwrap();
        let names: Vec<_> = names.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["other", "9-of-12", "10-of-12"]);
    }
}
