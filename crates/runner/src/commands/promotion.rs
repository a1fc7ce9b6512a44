//! The rung that a sweep goes on with, by the results that it has.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use super::session::Session;
use crate::plan::Plan;
use crate::record::Record;
use crate::record::columns::of_objective;
use crate::record::stored::{Finished, FinishedTrial};
use crate::spec::rungs::Rungs;

/// The reason why a sweep ends with a rung that is not its last one.
pub(super) const NONE_GOES_ON: &str = "no setting of this rung has completed, so none goes on";

/// The trials of a record, and whether they have decided a rung.
pub(super) struct RungState {
    /// The ids of the finished trials.
    pub(super) finished: HashSet<String>,
    /// True if the plan is of a later rung than before.
    pub(super) has_climbed: bool,
    /// True if the plan is of a rung that is finished, and of which no setting goes on to the next one.
    pub(super) is_over: bool,
}

/// Goes to the first rung that a record doesn't have whole, and plans it.
pub(super) fn find_rung(
    rungs: &mut Rungs,
    session: &mut Session,
    plan: &mut Plan,
    record: &Record,
) -> Result<RungState> {
    // Failed trials too: they are trained again, but no rung waits for them.
    let Finished { intact: finished, damaged } = record.finished()?;
    let mut ended = record.statuses()?;
    ended.retain(|id, _| !damaged.contains(id));
    let mut has_climbed = false;
    while plan.trials.iter().all(|trial| ended.contains_key(&trial.id)) && promote(rungs, session, plan, record)? {
        has_climbed = true;
    }
    // Failed trials may complete when they are trained again.
    let is_over = !rungs.is_last() && plan.trials.iter().all(|trial| finished.contains(&trial.id));
    Ok(RungState { finished, has_climbed, is_over })
}

/// Adds the best settings of the current rung with a longer training, and plans the next rung. Returns `false` if
/// this one was the last, or if none of its trials has completed.
pub(super) fn promote(rungs: &mut Rungs, session: &mut Session, plan: &mut Plan, record: &Record) -> Result<bool> {
    let mut finished: HashMap<String, FinishedTrial> = record.finished_trials()?.into_iter().collect();
    // No rung may rest on a trial that is not what was stored.
    let damaged = record.damaged(finished.iter().map(|(id, trial)| (id.as_str(), trial)))?;
    finished.retain(|id, _| !damaged.contains(id));
    let score = session.experiment.halving.map(|halving| of_objective(halving.objective));
    let trial = |point: usize| finished.get(&plan.trials[plan.points.get(point)?.trial].id);
    let loss = |point: usize| score?.loss(&trial(point)?.summary);
    if !rungs.promote(&mut session.experiment, loss) {
        return Ok(false);
    }
    *plan = session.plan()?;
    Ok(true)
}
