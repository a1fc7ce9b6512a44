//! The experiments that don't sweep.

use std::path::Path;

use anyhow::{Result, bail};

use crate::spec::experiment::Experiment;

/// Refuses an experiment that sweeps; `command` takes one point.
pub(super) fn one_point(experiment: &Experiment, file: &Path, command: &str) -> Result<()> {
    let points = experiment.points.len();
    if points == 1 {
        return Ok(());
    }
    let keys: Vec<_> = experiment.axes.iter().map(|axis| axis.key.as_str()).collect();
    bail!(
        "{}: the sweep has {points} points, {command} takes one; fix {} with KEY=VALUE, or use runner sweep",
        file.display(),
        keys.join(", ")
    )
}
