//! Sweeps for the tests of a report.

use std::collections::HashSet;

use serde_json::Value;

use crate::plan::trial::trial_id;
use crate::record::machines::MachineNames;
use crate::record::notes::Notes;
use crate::record::planned::{Planned, PlannedAxis, RecordedPoint};
use crate::record::stored::FinishedTrial;
use crate::record::summary::Summary;
use crate::results::trials::Trials;
use crate::run::outcome::Status;

pub(super) fn axis(key: &str, scale: &str) -> PlannedAxis {
    PlannedAxis { key: key.to_owned(), scale: scale.to_owned(), factor: Some(0) }
}

/// Makes the trials of a plan.
pub(super) fn trials(axes: &[PlannedAxis], points: &[RecordedPoint]) -> Trials {
    let (name, toml) = ("example".to_owned(), String::new());
    let planned = Planned { name, toml, axes: axes.to_vec(), points: points.to_vec() };
    Trials::of(planned, &HashSet::new(), &MachineNames::default(), &Notes::default())
}

pub(super) fn unfinished(values: Value) -> RecordedPoint {
    let Value::Object(values) = values else { panic!("an object of keys and values") };
    // Points of other values have another trial.
    let trial = trial_id(&Value::Object(values.clone()).to_string(), "");
    RecordedPoint { trial, values, finished: None }
}

pub(super) fn completed(values: Value, cost: f64) -> RecordedPoint {
    let summary = Summary { status: Status::Completed, final_cost: Some(cost), ..Summary::default() };
    RecordedPoint { finished: Some(FinishedTrial::of(summary)), ..unfinished(values) }
}

pub(super) fn diverged(values: Value) -> RecordedPoint {
    let summary = Summary { status: Status::Diverged, ended_at: Some(3), ..Summary::default() };
    RecordedPoint { finished: Some(FinishedTrial::of(summary)), ..unfinished(values) }
}

/// Returns the results of a point, to change them.
pub(super) fn summary(point: &mut RecordedPoint) -> &mut Summary {
    &mut point.finished.as_mut().expect("a finished trial").summary
}
