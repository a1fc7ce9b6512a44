//! Points for the tests of a report.

use serde_json::Value;

use super::points::{Point, State};
use crate::record::planned::PlannedAxis;
use crate::record::summary::Summary;
use crate::run::outcome::Status;

pub(super) fn axis(key: &str, scale: &str) -> PlannedAxis {
    PlannedAxis { key: key.to_owned(), scale: scale.to_owned(), factor: Some(0) }
}

pub(super) fn unfinished(values: Value) -> Point {
    let Value::Object(values) = values else { panic!("an object of keys and values") };
    Point { trial: "0".repeat(12), values, state: State::Unfinished, summary: None, curve: None, machine: None }
}

pub(super) fn completed(values: Value, cost: f64) -> Point {
    let summary = Summary { status: Status::Completed, final_cost: Some(cost), ..Summary::default() };
    Point { state: State::Completed, summary: Some(summary), ..unfinished(values) }
}

pub(super) fn diverged(values: Value) -> Point {
    let summary = Summary { status: Status::Diverged, ended_at: Some(3), ..Summary::default() };
    Point { state: State::Diverged, summary: Some(summary), ..unfinished(values) }
}
