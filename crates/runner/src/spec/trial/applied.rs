//! The conditional keys of a trial that are set, and those that apply.

use net::Cost;
use serde_json::{Map, Value as Json, json};
use toml::Value;

use super::keys::{key, keys};
use super::model::{ACTIVATION, COST, COST_WITHOUT_NAME, MODEL_WIDTH, PARAMETERS, has_hidden_layers};
use super::optimiser::{DECAY_OF_ADAMW, WEIGHT_DECAY};
use crate::spec::key::{AnyKey, RawTrial};
use crate::spec::names::name_of;

/// Returns the test whether a key is a part of a trial; `None` if it always is. An experiment may set the keys of hidden layers for a net
/// that has none.
fn test_of(key: &dyn AnyKey) -> Option<fn(&RawTrial) -> bool> {
    let of_hidden_layers = [MODEL_WIDTH.name(), PARAMETERS.name(), ACTIVATION.name()];
    let is_of_them = || of_hidden_layers.contains(&key.name());
    key.condition().map(|condition| condition.holds).or_else(|| is_of_them().then_some(has_hidden_layers))
}

/// Returns whether there are trials that the key of this name is no part of.
pub fn is_conditional(name: &str) -> bool {
    key(name).is_some_and(|key| test_of(key).is_some())
}

/// Returns the test whether a key is a part of the trial with these `settings`, key by key as its id was made of them.
pub fn parts_of(settings: &Map<String, Json>) -> impl Fn(&dyn AnyKey) -> bool {
    let mut raw = RawTrial::default();
    // Settings name a decay unless it is 0, whatever its default.
    let decay = [(WEIGHT_DECAY.name(), Value::Float(0.0))].into_iter();
    let given = settings.iter().filter_map(|(name, value)| Some((name.as_str(), Value::try_from(value).ok()?)));
    for (name, value) in decay.chain(given) {
        if let Some(key) = keys().find(|key| key.name() == name) {
            // A value of a former release that no key takes any more decides no condition.
            raw.set(key, &value).ok();
        }
    }
    move |key| test_of(key).is_none_or(|holds| holds(&raw))
}

/// Completes the settings of an experiment at a point to those of the trial, which name its decay whatever its default.
pub fn name_decay(settings: &mut Map<String, Json>) {
    if settings.get("train.optimizer") == Some(&json!("adamw")) {
        settings.entry(WEIGHT_DECAY.name()).or_insert(json!(DECAY_OF_ADAMW));
    }
}

/// Returns the name of the cost of a planned trial with these `settings`, as its id was made of them; that is never `auto`.
pub fn cost_of(settings: &Map<String, Json>) -> Json {
    settings.get(COST.name()).cloned().unwrap_or_else(|| json!(name_of(&Cost::ALL, COST_WITHOUT_NAME)))
}

/// Returns the value of a key in the trial with these `settings`: theirs, or its default; null if the key has neither, or is no part of
/// the trial. The depth and the width of a net follow from its layers, and its layers from them.
pub fn value_in(name: &str, settings: &Map<String, Json>) -> Json {
    if key(name).is_some_and(|key| test_of(key).is_some() && !parts_of(settings)(key)) {
        return Json::Null;
    }
    if let Some(value) = settings.get(name) {
        return value.clone();
    }
    let hidden = || settings.get("model.hidden").and_then(Json::as_array);
    let whole = |name: &str| settings.get(name).and_then(Json::as_u64);
    match name {
        "model.hidden" => match (whole("model.depth"), whole("model.width")) {
            (Some(1), _) => json!([]),
            (Some(depth), Some(width)) => json!(vec![width; depth.saturating_sub(1) as usize]),
            _ => Json::Null,
        },
        "model.depth" => hidden().map_or(Json::Null, |hidden| json!(hidden.len() + 1)),
        "model.width" => match hidden().map(Vec::as_slice) {
            Some([first, rest @ ..]) if rest.iter().all(|width| width == first) => first.clone(),
            _ => Json::Null,
        },
        // A trial's settings name its decay unless that is 0.
        "train.weight_decay" if !settings.is_empty() => json!(0.0),
        // Its default follows from the optimiser.
        "train.decoupled" if !settings.is_empty() => json!(settings.get("train.optimizer") == Some(&json!("adamw"))),
        _ => key(name).and_then(AnyKey::default).unwrap_or(Json::Null),
    }
}

/// The conditional keys that a trial sets, and those of them that apply: a bit for each, by its place in the table of
/// keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct Applied {
    given: u64,
    applied: u64,
}

impl Applied {
    /// Tests the conditions of all keys that are set.
    pub(super) fn of(raw: &RawTrial) -> Self {
        let mut found = Applied::default();
        for (place, key) in keys().enumerate() {
            if let (Some(condition), true) = (key.condition(), raw.has(key)) {
                found.given |= 1 << place;
                found.applied |= u64::from((condition.holds)(raw)) << place;
            }
        }
        found
    }

    /// Adds the keys of `other` for which `is_among` holds.
    pub(in crate::spec) fn join(&mut self, other: Applied, is_among: impl Fn(&str) -> bool) {
        for (place, _) in keys().enumerate().filter(|(_, key)| is_among(key.name())) {
            self.given |= other.given & 1 << place;
            self.applied |= other.applied & 1 << place;
        }
    }

    /// Lists the keys that were set and never applied.
    pub(in crate::spec) fn idle(self) -> impl Iterator<Item = &'static dyn AnyKey> {
        let idle = self.given & !self.applied;
        keys().enumerate().filter(move |(place, _)| idle >> place & 1 == 1).map(|(_, key)| key)
    }
}
