//! The record that each trial is taken from. A scheduler may run a shard twice, so that several records have a trial: their results must
//! be the same.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail};
use datasets::text::count;

use super::source::Source;
use crate::commands::failure::Failure;
use crate::machine::{Machine, OTHER_ARITHMETIC};
use crate::record::Record;
use crate::record::error::Error;
use crate::record::plan::StoredPlan;
use crate::record::stored::{FinishedTrial, Recipe};
use crate::record::summary::{Recorded, Summary};
use crate::run::outcome::Status;
use crate::terminal::{note, say, warn};

/// The source of every trial of the plan that some record has.
pub(super) struct TrialSources {
    /// The place of the source, by the trial's id.
    places: HashMap<String, usize>,
    /// The trials that several records have: the place of the chosen one, and of another.
    doubled: HashMap<(usize, usize), HashSet<String>>,
}

impl TrialSources {
    /// Chooses the first record in which a trial has not failed, or else the first one that has it.
    pub(super) fn of(all: &[&Source], plan: &StoredPlan) -> Self {
        let planned: HashSet<&str> = plan.points.values().map(|point| &*point.trial).collect();
        let mut sources = TrialSources { places: HashMap::new(), doubled: HashMap::new() };
        let failed = |place: usize, id: &String| all[place].trials[id] == Status::Failed;
        for (place, source) in all.iter().enumerate() {
            for id in source.trials.keys().filter(|id| planned.contains(id.as_str())) {
                match sources.places.get(id).copied() {
                    None => drop(sources.places.insert(id.clone(), place)),
                    Some(_) if failed(place, id) => {}
                    Some(before) if failed(before, id) => drop(sources.places.insert(id.clone(), place)),
                    Some(before) => drop(sources.doubled.entry((before, place)).or_default().insert(id.clone())),
                }
            }
        }
        sources
    }

    /// Takes a trial from another source.
    pub(super) fn take_from(&mut self, id: &str, place: usize) {
        self.places.insert(id.to_owned(), place);
    }

    /// Returns the trials that are taken from each of `count` sources.
    pub(super) fn by_source(&self, count: usize) -> Vec<HashSet<&str>> {
        let mut sources = vec![HashSet::new(); count];
        for (id, place) in &self.places {
            sources[*place].insert(&**id);
        }
        sources
    }
}

/// Compares all doubled trials in everything but the seconds, bit for bit. A trial that is damaged in the chosen record
/// is taken from the other one. Trials of another BLAS, core, plans of products or number of threads differ, and are counted where they are
/// allowed; so are trials of another fleet. Trials that a clock may have ended are not compared.
pub(super) fn compare_doubled(all: &[&Source], sources: &mut TrialSources, mix: bool) -> Result<()> {
    let (mut equal, mut other, mut apart) = (0, 0, 0);
    let mut doubled: Vec<_> = std::mem::take(&mut sources.doubled).into_iter().collect();
    doubled.sort_by_key(|(places, _)| *places);
    for ((before, place), ids) in doubled {
        let [one, two] = [Sided::open(all[before])?, Sided::open(all[place])?];
        let timed = one.record.timed()?;
        let mut ids: Vec<_> = ids.into_iter().collect();
        ids.sort_unstable();
        for id in ids {
            // If the first record's trial is damaged, an earlier pair has found another one.
            let kept = sources.places[&id];
            let first = if kept == before { one.trial(&id)? } else { Sided::open(all[kept])?.trial(&id)? };
            match (first, two.trial(&id)?) {
                (None, Some(_)) => sources.take_from(&id, place),
                (_, None) => {} // said when it is copied, or not needed
                _ if timed.contains(&id) => {}
                (Some(first), Some(second)) if first.is_same(&second) => equal += usize::from(!all[kept].is_target),
                (Some(first), Some(second)) if mix && first.arithmetic() != second.arithmetic() => other += 1,
                // Records of shards are not mixed here: one of them is the joined one.
                (Some(first), Some(second)) if first.arithmetic() != second.arithmetic() => bail!(
                    "trial {id} is {} in {}, and {} in {}: {OTHER_ARITHMETIC}; --mix keeps the first one",
                    first.in_words(),
                    all[kept].folder.display(),
                    second.in_words(),
                    two.source.folder.display()
                ),
                (Some(first), Some(second)) if first.fleet != second.fleet => apart += 1,
                (Some(first), Some(second)) => {
                    return Err(Failure::Doubled {
                        id,
                        first: format!("{} in {}", first.in_words(), all[kept].folder.display()),
                        second: format!("{} in {}", second.in_words(), two.source.folder.display()),
                    }
                    .into());
                }
            }
        }
    }
    if equal > 0 {
        say(&format!("{} in several records, with the same results", count(equal, "trial")));
    }
    if other > 0 {
        warn(&format!(
            "{} of another BLAS, core or plans of products in another record; the first one is kept",
            count(other, "trial")
        ));
    }
    if apart > 0 {
        let trials = count(apart, "trial");
        note(&format!(
            "{trials} with other bits in another record, trained in another fleet there; the first one is kept"
        ));
    }
    Ok(())
}

/// A record of one side of the comparison.
struct Sided<'s> {
    source: &'s Source,
    record: Record,
}

/// A trial, its fleet, its history and its machine.
struct StoredTrial {
    trial: FinishedTrial,
    fleet: Vec<String>,
    history: Vec<Recorded>,
    machine: Option<Machine>,
}

impl<'s> Sided<'s> {
    fn open(source: &'s Source) -> Result<Self> {
        Ok(Sided { source, record: source.open()? })
    }

    /// Reads a trial; `None` if it is not what was stored.
    fn trial(&self, id: &str) -> Result<Option<StoredTrial>> {
        let Some(Recipe { fleet, trial, .. }) = self.record.recipe(id)? else { return Ok(None) };
        match self.record.history(id, &trial) {
            Ok(history) => {
                let machine = self.record.machines()?.remove(&trial.machine);
                Ok(Some(StoredTrial { trial, fleet, history, machine }))
            }
            Err(Error::Damaged { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl StoredTrial {
    fn is_same(&self, other: &StoredTrial) -> bool {
        let (one, two) = (&self.trial, &other.trial);
        self.history == other.history && one.summary.is_repeated_by(&two.summary) && one.config == two.config
    }

    fn arithmetic(&self) -> Option<String> {
        self.machine.as_ref().map(Machine::arithmetic)
    }

    fn in_words(&self) -> String {
        let machine = self.machine.as_ref().map_or_else(|| "an unknown machine".to_owned(), Machine::name);
        let Summary { status, final_cost, .. } = &self.trial.summary;
        let cost = final_cost.map_or_else(String::new, |cost| format!(", last cost {cost:?}"));
        format!("{}{cost} on {machine}", status.name())
    }
}
