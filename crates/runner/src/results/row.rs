//! A point of a plan with its trial, and the value of each key there.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::record::columns::Column;
use crate::record::stored::FinishedTrial;
use crate::record::summary::Summary;
use crate::run::outcome::Status;
use crate::spec::trial::applied::{cost_of, is_conditional, name_decay, parts_of, value_in};
use crate::spec::trial::keys::{canonical, key};

/// A point of the plan, with its trial if that has finished. Of points that differ in no key that is a part of their trial there is one.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its place in the plan.
    pub place: usize,
    /// The settings outside `[sweep]`.
    pub(super) base: Arc<Map<String, Value>>,
    /// The trial's id.
    pub trial: String,
    /// Swept key -> value; null if the key is no part of the trial.
    pub values: Map<String, Value>,
    /// The number of its rung, from 1; `None` unless the sweep halves.
    pub rung: Option<usize>,
    /// The trial; `None` if it has not finished.
    pub finished: Option<FinishedTrial>,
    /// The canonical configuration of the trial, where its data are known before it has finished.
    pub(super) planned: Option<String>,
    /// True if the trial is not what was stored; then nothing of its results counts.
    pub is_damaged: bool,
    /// The name of its machine, where there are several.
    pub machine: Option<String>,
    /// Its tags, in order.
    pub tags: Vec<String>,
    /// Its note.
    pub note: Option<String>,
}

impl Row {
    /// Returns the results of the trial; `None` if it has not finished, or is damaged.
    pub fn summary(&self) -> Option<&Summary> {
        self.finished.as_ref().filter(|_| !self.is_damaged).map(|trial| &trial.summary)
    }

    /// Returns the status of the trial; `None` as above.
    pub fn status(&self) -> Option<Status> {
        self.summary().map(|trial| trial.status)
    }

    /// Returns the number that the trial is judged by, the lower the better; `None` if it did not complete, or as above.
    pub fn loss(&self, score: &Column) -> Option<f64> {
        score.loss(self.summary()?)
    }

    /// Returns the value of a key as the experiment writes it, swept or fixed, or else its default; null if the key is no part of the
    /// trial.
    pub fn setting(&self, name: &str) -> Value {
        if let Some(value) = self.values.get(name).filter(|value| !value.is_null()) {
            return value.clone();
        }
        value_in(name, &self.config())
    }

    /// Returns the value of a key in the form that all its spellings share, to be compared with others.
    pub fn canonical_setting(&self, name: &str) -> Value {
        canonical(name, self.setting(name))
    }

    /// Returns the cost that the trial was trained with, which follows from its data where the experiment has `auto`; null if it has not
    /// finished.
    pub fn cost(&self) -> Value {
        let stored = self.finished.as_ref().and_then(|trial| serde_json::from_str(&trial.config).ok());
        stored.as_ref().map_or(Value::Null, cost_of)
    }

    /// Returns whether a key is a part of the trial.
    pub fn has(&self, name: &str) -> bool {
        key(name).is_none_or(|key| parts_of(&self.config())(key))
    }

    /// Takes away the values of swept keys that are no part of the trial, and gives those that have none their defaults: in a plan
    /// of a former release an included point has no value of a key that it leaves at its default.
    pub(super) fn give_values_in_effect(&mut self) {
        let is_open = |name: &str, value: &Value| value.is_null() || is_conditional(name);
        if !self.values.iter().any(|(name, value)| is_open(name, value)) {
            return;
        }
        let config = self.config();
        let is_part = parts_of(&config);
        for (name, value) in self.values.iter_mut().filter(|(name, value)| is_open(name, value)) {
            if key(name).is_some_and(|key| !is_part(key)) {
                *value = Value::Null;
            } else if value.is_null() {
                *value = value_in(name, &config);
            }
        }
    }

    /// Returns the settings of the experiment and of its point as they are written, and those that follow from the data, such as the
    /// widths within a budget, where the trial has finished or its data are known.
    fn config(&self) -> Map<String, Value> {
        let own = self.values.iter().filter(|(_, value)| !value.is_null());
        let mut settings: Map<String, Value> =
            self.base.iter().chain(own).map(|(key, value)| (key.clone(), value.clone())).collect();
        if self.base.is_empty() || settings.contains_key("model.parameters") {
            let stored = self.finished.as_ref().map(|trial| &trial.config).or(self.planned.as_ref());
            let stored = stored.and_then(|config| serde_json::from_str::<Map<_, _>>(config).ok());
            for (key, value) in stored.into_iter().flatten() {
                settings.entry(key).or_insert(value);
            }
        }
        name_decay(&mut settings);
        settings
    }
}
