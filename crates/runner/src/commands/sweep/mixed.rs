//! Trials of several machines in one record, which are refused without `--mix`.

use std::collections::BTreeSet;
use std::path::Path;

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
}

/// The finished trials of the plan, and those of them that were trained elsewhere.
#[derive(Default)]
struct Others {
    /// The number trained with another library, core or number of threads.
    arithmetic: usize,
    /// The first such machine.
    machine: Option<Machine>,
    /// The number trained by another build of the runner on the same library and core.
    runner: usize,
    /// The number of all finished trials.
    finished: usize,
}

impl Mixed<'_> {
    /// Calls [`Mixed::refuse`] for the record in the folder, if there is one.
    pub(super) fn refuse_in_folder(&self, plan: &Plan) -> Result<()> {
        match Record::read_unproven(self.folder) {
            Ok(record) => self.refuse(&record, plan),
            // Any other problem is reported when the record is opened for writing.
            Err(_) => Ok(()),
        }
    }

    /// Refuses to train further trials if some of `plan` were trained with another library or core.
    pub(super) fn refuse(&self, record: &Record, plan: &Plan) -> Result<()> {
        let others = self.others(record, plan)?;
        let left = plan.own_trials().count() - others.finished;
        let Some(machine) = others.machine.filter(|_| !self.is_allowed && left > 0) else { return Ok(()) };
        let there = machine.how_to_return(self.machine);
        bail!(
            "{}: {} trained on {}, this is {} ({OTHER_ARITHMETIC}); --mix trains the other {left} here all the same, --fresh all \
             of them, {there} goes on as it began",
            self.folder.display(),
            count(others.arithmetic, "trial"),
            machine.arithmetic(),
            self.machine.arithmetic(),
        )
    }

    /// Warns of trials that other machines or builds have trained.
    pub(super) fn warn(&self, record: &Record, plan: &Plan) -> Result<(), Error> {
        let Others { arithmetic, runner, .. } = self.others(record, plan)?;
        if arithmetic > 0 {
            warn(&format!(
                "{} of another BLAS, core or run.threads: {OTHER_ARITHMETIC} (column machine of trials.csv and runner show)",
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

    fn others(&self, record: &Record, plan: &Plan) -> Result<Others, Error> {
        let ids: BTreeSet<&str> = plan.own_trials().map(|trial| &*trial.id).collect();
        let (machines, mut others) = (record.machines()?, Others::default());
        for (number, trials) in record.trained_on(&ids)? {
            others.finished += trials;
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
