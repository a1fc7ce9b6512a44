//! The rung that follows where a sweep halves.

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::record::plan::{StoredPlan, StoredPoint};
use crate::spec::experiment::Experiment;
use crate::spec::rungs::Rungs;
use crate::terminal::say;

/// Says that the shards go on with the next rung, if the plan doesn't have the last one.
pub(super) fn say_next(plan: &StoredPlan, out: &Path) -> Result<()> {
    let Some(axis) = plan.axes.iter().find(|axis| axis.scale == "rungs") else { return Ok(()) };
    let mut experiment = Experiment::load(&out.join("experiment.toml"), &[])?;
    let last = Rungs::new(&mut experiment).last().amount();
    let is_last = |point: &StoredPoint| {
        let values: Map<String, Value> = serde_json::from_str(&point.values).unwrap_or_default();
        values.get(&axis.key) == Some(&last.into())
    };
    if !plan.points.values().any(is_last) {
        say("this rung is complete; the same shards, swept again, train the next one");
    }
    Ok(())
}
