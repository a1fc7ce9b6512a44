//! The rung that the plan of a sweep that halves has come to.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::record::names::EXPERIMENT;
use crate::record::plan::{StoredPlan, StoredPoint};
use crate::run::outcome::Status;
use crate::spec::axis::Scale;
use crate::spec::experiment::Experiment;
use crate::spec::rungs::Rungs;

/// The rung that a plan has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Climbed {
    /// Its number, from 1.
    pub(super) rung: usize,
    /// The number of all rungs.
    pub(super) rungs: usize,
    may_go_on: bool,
}

impl Climbed {
    /// Finds the rung of the longest trials of a plan, of the sweep whose results are in `folder`.
    ///
    /// # Errors
    /// If its experiment can't be read.
    pub(super) fn to(longest: Longest, folder: &Path) -> Result<Self> {
        let mut experiment = Experiment::load(&folder.join(EXPERIMENT), &[])?;
        let rungs = Rungs::new(&mut experiment);
        let below = rungs.lengths().iter().filter(|rung| (rung.amount() as u64) < longest.length).count();
        Ok(Climbed { rung: below + 1, rungs: rungs.lengths().len(), may_go_on: longest.may_go_on })
    }

    /// Returns whether it is the last one.
    pub(super) fn is_last(self) -> bool {
        self.rung == self.rungs
    }

    /// Returns whether the rungs end before the last one, since no setting of this one has completed.
    pub(super) fn none_goes_on(self) -> bool {
        !self.may_go_on && !self.is_last()
    }
}

/// The longest trials of a plan that halves. In their order the longer ones are greater, and of equally long ones those that may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Longest {
    /// Their length in iterations or epochs.
    length: u64,
    /// False if all of them have diverged.
    may_go_on: bool,
}

impl Longest {
    /// Finds the longest trials of a plan from their statuses; `None` if the plan doesn't halve.
    pub(super) fn of(plan: &StoredPlan, statuses: &HashMap<String, Status>) -> Option<Self> {
        let axis = plan.axes.iter().find(|axis| axis.has_scale(Scale::Rungs))?;
        let length = |point: &StoredPoint| {
            let values: Map<String, Value> = serde_json::from_str(&point.values).unwrap_or_default();
            values.get(&axis.key)?.as_u64()
        };
        let may_go_on = |point: &StoredPoint| statuses.get(&point.trial) != Some(&Status::Diverged);
        let of = |point| Some(Longest { length: length(point)?, may_go_on: may_go_on(point) });
        plan.points.values().filter_map(of).max()
    }
}
