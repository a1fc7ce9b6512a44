//! Trials of several machines in one record, which are refused without `--mix`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::machine::{Machine, OTHER_ARITHMETIC};
use crate::plan::Plan;
use crate::record::Record;
use crate::record::error::Error;
use crate::terminal::warn;
use datasets::text::count;

/// The machine of a sweep, and whether it may continue a record that another machine has begun.
pub(super) struct Mixed<'s> {
    pub(super) machine: &'s Machine,
    pub(super) is_allowed: bool,
    pub(super) folder: &'s Path,
    /// The choice of the shard's rung; `None` if no merged results have chosen it.
    pub(super) rung: Option<&'s ChosenRung>,
}

/// The merged results by which the rung of a shard was chosen.
pub(super) struct ChosenRung {
    /// Their directory.
    pub(super) folder: PathBuf,
    /// The machines of their trials of the sweep, with the number that each has trained.
    pub(super) machines: Vec<(Machine, usize)>,
}

/// The finished trials of the plan, and those of them that were trained elsewhere.
#[derive(Default)]
struct Others {
    /// The number trained with another library, core, plans of products or number of threads.
    arithmetic: usize,
    /// The first such machine.
    machine: Option<Machine>,
    /// The number trained by another build of the runner on the same library, core and plans.
    runner: usize,
}

impl Mixed<'_> {
    /// Calls [`Mixed::refuse`] for the record in the folder, if there is one; `merged` are the trials that need not be in it.
    pub(super) fn refuse_in_folder(&self, plan: &Plan, merged: &HashSet<String>) -> Result<()> {
        match Record::read_unproven(self.folder) {
            Ok(record) => {
                let mut finished = record.finished()?.intact;
                finished.extend(merged.iter().cloned());
                self.refuse(&record, plan, &finished)
            }
            Err(Error::Missing(_)) => self.refuse_rung(plan.unfinished(merged).count()),
            // Any other problem is reported when the record is opened for writing.
            Err(_) => Ok(()),
        }
    }

    /// Refuses to train further trials than the `finished` ones if some of these were trained with another library, core or plans of
    /// products.
    pub(super) fn refuse(&self, record: &Record, plan: &Plan, finished: &HashSet<String>) -> Result<()> {
        let others = self.others(record, plan, finished)?;
        let left = plan.unfinished(finished).count();
        let Some(machine) = others.machine.filter(|_| !self.is_allowed && left > 0) else {
            return self.refuse_rung(left);
        };
        let there = machine.how_to_return(self.machine);
        bail!(
            "{}: {} trained on {}, this is {} ({OTHER_ARITHMETIC}); to go on as it began: {there}; to train \
             the other {left} here: --mix; to train all of them anew: --fresh",
            self.folder.display(),
            count(others.arithmetic, "trial"),
            machine.arithmetic(),
            self.machine.arithmetic(),
        )
    }

    /// Refuses to train the `left` trials of a shard's rung if it was chosen by trials of another library, core or plans of products.
    fn refuse_rung(&self, left: usize) -> Result<()> {
        let Some(ChosenRung { folder, machines }) = self.rung.filter(|_| !self.is_allowed && left > 0) else {
            return Ok(());
        };
        let here = self.machine.arithmetic();
        let mut others = machines.iter().filter(|(machine, _)| machine.arithmetic() != here);
        let Some((machine, trials)) = others.next() else { return Ok(()) };
        let trials = trials + others.map(|(_, trials)| trials).sum::<usize>();
        let there = machine.how_to_return(self.machine);
        bail!(
            "{}: {} trained on {}, this is {here} ({OTHER_ARITHMETIC}); to go on as it began: {there}; to train the \
             {left} of the shard here: --mix",
            folder.display(),
            count(trials, "trial"),
            machine.arithmetic(),
        )
    }

    /// Warns of trials that other machines or builds have trained.
    pub(super) fn warn(&self, record: &Record, plan: &Plan, finished: &HashSet<String>) -> Result<(), Error> {
        let Others { arithmetic, runner, .. } = self.others(record, plan, finished)?;
        if arithmetic > 0 {
            warn(&format!(
                "{} of another BLAS, core, plans of products or run.threads: {OTHER_ARITHMETIC} (column machine of trials.csv and runner show)",
                count(arithmetic, "finished trial")
            ));
        }
        if runner > 0 {
            warn(&format!(
                "{} of another build of runner: where it rounds differently, {OTHER_ARITHMETIC}; --fresh trains them again",
                count(runner, "finished trial")
            ));
        }
        Ok(())
    }

    fn others(&self, record: &Record, plan: &Plan, finished: &HashSet<String>) -> Result<Others, Error> {
        let ids = plan.own_trials().map(|trial| &*trial.id).filter(|id| finished.contains(*id)).collect();
        let (machines, mut others) = (record.machines()?, Others::default());
        for (number, trials) in record.trained_on(&ids)? {
            let Some(machine) = machines.get(&number) else { continue };
            if machine.arithmetic() != self.machine.arithmetic() {
                others.arithmetic += trials;
                others.machine.get_or_insert(machine.clone());
            } else if machine.fingerprint() != self.machine.fingerprint() {
                others.runner += trials;
            }
        }
        Ok(others)
    }
}
