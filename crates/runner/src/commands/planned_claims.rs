//! Claims before their trials are trained: whether those of a plan will tell.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::record::plan::StoredPlan;
use crate::results::claim::Judge;
use crate::results::quantity::{COST, Quantity};
use crate::results::trials::Trials;
use crate::spec::experiment::Experiment;
use crate::spec::synonyms::nearest;

/// Refuses claims that can't be read, or about which the trials of the plan won't tell.
pub(super) fn can_be_judged(plan: &Plan, experiment: &Experiment) -> Result<()> {
    if experiment.claims.is_empty() {
        return Ok(());
    }
    let planned = StoredPlan::of(plan, experiment, experiment.resolved.clone(), String::new());
    let configs = plan.trials.iter().map(|trial| (&*trial.id, trial.config.canonical().to_string())).collect();
    let trials = Trials::unfinished_of(planned, &configs);
    for claim in &experiment.claims {
        let judge = Judge::of(claim, &trials)?;
        // The rungs above the first one have trials that are planned later, and longer.
        if experiment.halving.is_none() {
            judge.has_trials(&trials)?;
        }
        if let Quantity::Recorded { column, iteration } = &judge.quantity {
            let iteration = experiment.halving.is_none().then_some(*iteration as usize);
            is_recorded(plan, column, iteration).map_err(|problem| claim.error("value", &problem))?;
        }
    }
    Ok(())
}

/// Refuses a column that no trial of the plan records, and an iteration at which none does.
fn is_recorded(plan: &Plan, column: &str, iteration: Option<usize>) -> Result<(), String> {
    let columns = |trial: &Trial| {
        let layers = trial.config.hidden.len() + 1;
        let metrics = trial.config.metrics.iter().flat_map(move |metric| metric.columns(layers));
        [COST.to_owned()].into_iter().chain(metrics).collect::<Vec<_>>()
    };
    let records = |trial: &Trial, iteration: usize| {
        let (all, every) = (plan.iterations(trial), trial.config.record_every);
        iteration < all && (iteration.is_multiple_of(every) || iteration + 1 == all)
    };
    let known: BTreeSet<String> = plan.trials.iter().flat_map(columns).collect();
    if !known.contains(column) {
        let meant = nearest(column, known.iter().map(String::as_str)).map(|meant| format!(" (did you mean {meant}?)"));
        return Err(format!("no trial records {column}{}; train.metrics says what is", meant.unwrap_or_default()));
    }
    match iteration {
        Some(iteration) if !plan.trials.iter().any(|trial| records(trial, iteration)) => Err(format!(
            "no trial records iteration {iteration}: train.record_every says which are, and the last one is"
        )),
        _ => Ok(()),
    }
}
