//! Fleets of a record, planned again as they were trained.

use std::collections::HashMap;

use anyhow::{Result, anyhow};

use super::session::Session;
use crate::plan::Plan;
use crate::record::stored::Recipe;
use crate::spec::experiment::Point;
use crate::spec::trial::TrialConfig;

/// Plans `fleets` of a record again, trial by trial in the same places; the experiment of `session` gets their points. `None` if this
/// runner gives their settings and the data other ids.
///
/// # Errors
/// If a trial has no recipe or one that can't be read, or an engine can't train it.
pub(super) fn planned_again(
    session: &mut Session,
    recipes: &HashMap<String, Recipe>,
    fleets: &[&[String]],
) -> Result<Option<Plan>> {
    let point = |id: &String| -> Result<Point> {
        let recipe = recipes.get(id).ok_or_else(|| anyhow!("trial {id}, of the same fleet, is not in the record"))?;
        let config = TrialConfig::of_canonical(&recipe.trial.config);
        let config = config.map_err(|problem| anyhow!("trial {id}: {problem}"))?;
        Ok(Point { values: Vec::new(), config, budget: None })
    };
    session.experiment.axes = Vec::new();
    session.experiment.points = fleets.iter().copied().flatten().map(point).collect::<Result<_>>()?;
    let mut plan = session.plan()?;
    let places: HashMap<&str, usize> =
        plan.trials.iter().enumerate().map(|(place, trial)| (&*trial.id, place)).collect();
    let of_fleet = |fleet: &&[String]| fleet.iter().map(|id| places.get(&**id).copied()).collect();
    let Some(as_recorded) = fleets.iter().map(of_fleet).collect::<Option<Vec<Vec<usize>>>>() else { return Ok(None) };
    plan.set_fleets(as_recorded);
    Ok(Some(plan))
}
