//! The advice on a sweep of which nothing but divergence comes.

use crate::commands::failure::against_divergence_at_once;
use crate::plan::Plan;
use crate::plan::shard::Shard;
use crate::record::Record;
use crate::record::error::Error;
use crate::run::outcome::Status;

/// Says what may help if every trial of the plan, or of its `shard`, has diverged, in this run or an earlier one; `None` if one has not.
pub(super) fn against_divergence(plan: &Plan, shard: Option<Shard>, record: &Record) -> Result<Option<String>, Error> {
    let every = if shard.is_some() { "every trial of this shard" } else { "every trial" };
    let (mut lowest, mut at_once, mut later) = (f64::INFINITY, None, false);
    for trial in plan.own_trials() {
        let summary = match record.finished_trial(&trial.id)? {
            Some(finished) if finished.summary.status == Status::Diverged => finished.summary,
            _ => return Ok(None),
        };
        lowest = lowest.min(trial.config.schedule.learning_rate);
        match summary.ended_at {
            Some(0) => at_once = summary.reason.or(at_once),
            _ => later = true,
        }
    }
    Ok(Some(match at_once {
        Some(reason) if !later => {
            format!("{every} diverged before its first update ({reason}): {}", against_divergence_at_once(&reason))
        }
        _ => format!("{every} diverged, also with the lowest train.learning_rate, {lowest:?}: try a smaller one"),
    }))
}
