//! Events of trials.

use serde_json::{Value, json};

use crate::plan::trial::Trial;
use crate::record::summary::Summary;
use crate::run::outcome::Outcome;

/// Adds the summary of the outcome of `trial` to an `event`, which is an object.
pub(super) fn with_summary(mut event: Value, trial: &Trial, outcome: &Outcome) -> Value {
    if let (Some(event), Value::Object(summary)) = (event.as_object_mut(), json!(Summary::of(trial.engine, outcome))) {
        event.extend(summary);
    }
    event
}
