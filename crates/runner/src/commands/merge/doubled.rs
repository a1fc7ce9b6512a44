//! Trials that several records have, since a scheduler may run a shard twice: their results must be the same.

use anyhow::Result;

use super::chosen::Chosen;
use super::source::Source;
use crate::commands::failure::Failure;
use crate::machine::Machine;
use crate::record::apart::Apart;
use crate::record::error::Error;
use crate::record::stored::FinishedTrial;
use crate::record::summary::{Recorded, Summary};
use crate::terminal::{say, warn};
use datasets::text::count;

/// Compares all doubled trials in everything but the seconds, bit for bit. A trial that is damaged in the chosen record
/// is taken from the other one. Trials of another BLAS, core or number of threads differ, and are counted where they are
/// allowed; trials that a clock may have ended are not compared.
pub(super) fn compare(all: &[&Source], chosen: &mut Chosen, mix: bool) -> Result<()> {
    let (mut equal, mut other) = (0, 0);
    let mut doubled: Vec<_> = std::mem::take(&mut chosen.doubled).into_iter().collect();
    doubled.sort_by_key(|(places, _)| *places);
    for ((before, place), ids) in doubled {
        let [one, two] = [Sided::open(all[before])?, Sided::open(all[place])?];
        let timed = one.record.timed()?;
        let mut ids: Vec<_> = ids.into_iter().filter(|id| !timed.contains(id)).collect();
        ids.sort_unstable();
        for id in ids {
            match (one.trial(&id)?, two.trial(&id)?) {
                (None, _) => chosen.take_from(&id, place),
                (_, None) => {} // said when it is copied, or not needed
                (Some(first), Some(second)) if first.is_same(&second) => {
                    equal += usize::from(!all[before].is_target);
                }
                (Some(first), Some(second)) if mix && first.arithmetic() != second.arithmetic() => other += 1,
                (Some(first), Some(second)) => {
                    return Err(Failure::Doubled {
                        id,
                        first: format!("{} in {}", first.in_words(), one.source.folder.display()),
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
        warn(&format!("{} of another BLAS or core in another record; the first one is kept", count(other, "trial")));
    }
    Ok(())
}

/// A record of one side of the comparison.
struct Sided<'s> {
    source: &'s Source,
    record: Apart,
}

/// A trial, its history and its machine.
struct Found {
    trial: FinishedTrial,
    history: Vec<Recorded>,
    machine: Option<Machine>,
}

impl<'s> Sided<'s> {
    fn open(source: &'s Source) -> Result<Self> {
        Ok(Sided { source, record: source.open()? })
    }

    /// Reads a trial; `None` if it is not what was stored.
    fn trial(&self, id: &str) -> Result<Option<Found>> {
        let Some(trial) = self.record.finished_trial(id)? else { return Ok(None) };
        match self.record.history(id, &trial) {
            Ok(history) => {
                let machine = self.record.machines()?.remove(&trial.machine);
                Ok(Some(Found { trial, history, machine }))
            }
            Err(Error::Damaged { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Found {
    fn is_same(&self, other: &Found) -> bool {
        let seconds = self.trial.summary.seconds;
        let summary = Summary { seconds, ..other.trial.summary.clone() };
        self.history == other.history && self.trial.summary == summary && self.trial.config == other.trial.config
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
