//! The rung that the plan of a sweep that halves has come to.

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::record::plan::StoredPoint;
use crate::record::planned::PlannedAxis;
use crate::record::shard_names::EXPERIMENT;
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
}

impl Climbed {
    /// Finds the rung of a plan whose longest trials have this length, of the sweep whose results are in `folder`.
    ///
    /// # Errors
    /// If its experiment can't be read.
    pub(super) fn to(length: u64, folder: &Path) -> Result<Self> {
        let mut experiment = Experiment::load(&folder.join(EXPERIMENT), &[])?;
        let rungs = Rungs::new(&mut experiment);
        let below = rungs.lengths().iter().filter(|rung| (rung.amount() as u64) < length).count();
        Ok(Climbed { rung: below + 1, rungs: rungs.lengths().len() })
    }

    /// Returns whether it is the last one.
    pub(super) fn is_last(self) -> bool {
        self.rung == self.rungs
    }
}

/// Finds the length of the longest trials of a plan that halves, in iterations or epochs; `None` if it doesn't.
pub(super) fn longest<'p>(axes: &[PlannedAxis], points: impl Iterator<Item = &'p StoredPoint>) -> Option<u64> {
    let axis = axes.iter().find(|axis| axis.has_scale(Scale::Rungs))?;
    let length = |point: &StoredPoint| {
        let values: Map<String, Value> = serde_json::from_str(&point.values).unwrap_or_default();
        values.get(&axis.key)?.as_u64()
    };
    points.filter_map(length).max()
}
