//! A trial as far as it has been written, key by key.

use std::collections::BTreeMap;

use kernels::Activation;
use net::{Cost, Curve, Engine, Metric, Scheme, Stopping};
use toml::Value;

use super::conditional::Meanings;
use super::keys::{AUTO, KEYS, number};
use super::{BatchChoice, Dtype, Length, TrialConfig, initialisation, optimiser};

/// A key and what is wrong with it.
pub(super) type Problem = (&'static str, String);

/// The keys that have been given, each with a value of its kind.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    values: BTreeMap<&'static str, Value>,
}

impl Draft {
    /// Sets one key; `None` if a trial has no such key.
    pub fn set(&mut self, key: &str, value: &Value) -> Option<Result<(), String>> {
        let (known, kind) = KEYS.iter().find(|(known, _)| *known == key)?;
        Some(kind.check(value).map(|()| {
            self.values.insert(known, value.clone());
        }))
    }

    pub(super) fn text(&self, key: &'static str) -> Option<&str> {
        self.values.get(key)?.as_str()
    }

    pub(super) fn number(&self, key: &'static str) -> Option<f64> {
        number(self.values.get(key)?)
    }

    /// One number or a list of them, as a list.
    pub(super) fn numbers(&self, key: &'static str) -> Option<Vec<f64>> {
        let value = self.values.get(key)?;
        Some(
            value
                .as_array()
                .map_or_else(|| number(value).into_iter().collect(), |list| list.iter().filter_map(number).collect()),
        )
    }

    pub(super) fn integer(&self, key: &'static str) -> Option<usize> {
        self.values.get(key)?.as_integer().and_then(|integer| usize::try_from(integer).ok())
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        self.values.get(key)?.as_bool()
    }

    fn names(&self, key: &'static str) -> Option<Vec<&str>> {
        let value = self.values.get(key)?;
        let list = value.as_array().map(|list| list.iter().filter_map(Value::as_str).collect());
        list.or_else(|| value.as_str().map(|name| vec![name]))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    pub(super) fn take_out(&mut self, key: &str) {
        self.values.remove(key);
    }

    /// Whether the key has a list, if only of one value.
    pub(super) fn is_list(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(Value::is_array)
    }

    pub(super) fn batch_size(&self) -> Option<usize> {
        self.integer("train.batch")
    }

    pub(super) fn patience(&self) -> Option<usize> {
        self.integer("train.patience")
    }

    /// The trial, if nothing is missing or contradictory, and which of its conditional keys have a meaning; else the key at
    /// fault and the problem.
    ///
    /// # Errors
    /// A key and what is wrong with it.
    pub fn finish(mut self) -> Result<(TrialConfig, Meanings), Problem> {
        let meanings = self.settle();
        let hidden = self.hidden()?;
        let layers = hidden.len() + 1;
        let activations = self.names("model.activation").unwrap_or_else(|| vec!["relu"]);
        let activations = activations.into_iter().map(|name| of_names(&Activation::ALL, name)).collect();
        let dtype = if self.text("model.dtype") == Some("f64") { Dtype::F64 } else { Dtype::F32 };
        let dropout = self.a_layer("model.dropout", self.numbers("model.dropout").unwrap_or_default(), layers - 1)?;
        let config = TrialConfig {
            activations: self.a_layer("model.activation", activations, layers - 1)?,
            dropout: if dropout.iter().all(|rate| *rate == 0.0) { Vec::new() } else { dropout },
            cost: self.chosen("model.cost", &Cost::ALL),
            initialisation: initialisation::of(&self, layers)?,
            optimiser: optimiser::of(&self)?,
            schedule: optimiser::schedule(&self)?,
            batch: self.batch(),
            length: self.length()?,
            record_every: self.integer("train.record_every").unwrap_or(1),
            metrics: self.metrics(),
            stopping: self.stopping(),
            seed: self.integer("seed").unwrap_or(1) as u32,
            engine: self.chosen("run.engine", &Engine::ALL),
            flush_subnormals: self.flag("run.flush_subnormals").unwrap_or(true),
            hidden,
            dtype,
        };
        config.fits_dtype()?;
        Ok((config, meanings))
    }

    /// The number of parameters that gives the net its width, where it has hidden layers.
    pub(in crate::spec) fn budget(&self) -> Option<usize> {
        self.integer("model.parameters").filter(|_| self.integer("model.depth") != Some(1))
    }

    fn hidden(&self) -> Result<Vec<usize>, Problem> {
        let given = self.values.get("model.hidden").and_then(Value::as_array);
        let (depth, width) = (self.integer("model.depth"), self.integer("model.width"));
        let budget = self.integer("model.parameters");
        if budget.is_some() && (width.is_some() || given.is_some()) {
            return Err(("model.parameters", "give it with depth; it takes the place of width and hidden".to_owned()));
        }
        // A width of 1 stands for the one that the budget will give when the data are known.
        let width = width.or(budget.map(|_| 1));
        match (given, depth, width) {
            (Some(hidden), None, None) => Ok(hidden
                .iter()
                .filter_map(Value::as_integer)
                .filter_map(|width| usize::try_from(width).ok())
                .collect()),
            (Some(_), _, _) => Err(("model.hidden", "give it or depth and width, not both".to_owned())),
            (None, Some(1), _) => Ok(Vec::new()),
            (None, Some(depth), Some(width)) => Ok(vec![width; depth - 1]),
            (None, None, _) => Err(("model.depth", "missing; give depth and width, or hidden".to_owned())),
            (None, _, None) => Err(("model.width", "missing; a net of this depth needs it".to_owned())),
        }
    }

    fn batch(&self) -> BatchChoice {
        let size = self.batch_size();
        let shuffles = size.is_some() && self.flag("train.shuffle").unwrap_or(true);
        BatchChoice { size, shuffle: shuffles.then(|| self.integer("train.batch_seed").unwrap_or(1) as u64) }
    }

    fn length(&self) -> Result<Length, Problem> {
        match (self.integer("train.iterations"), self.integer("train.epochs")) {
            (Some(iterations), None) => Ok(Length::Iterations(iterations)),
            (None, Some(epochs)) => Ok(Length::Epochs(epochs)),
            (Some(_), Some(_)) => Err(("train.epochs", "give it or iterations, not both".to_owned())),
            (None, None) => Err(("train.iterations", "missing; or give epochs".to_owned())),
        }
    }

    /// In the order of the table of all metrics, so that it doesn't matter in which they were written.
    fn metrics(&self) -> Vec<Metric> {
        let names = self.names("train.metrics").unwrap_or_default();
        Metric::ALL.into_iter().filter(|(name, _)| names.contains(name)).map(|(_, metric)| metric).collect()
    }

    fn stopping(&self) -> Stopping {
        Stopping {
            cost_below: self.number("train.stop_cost"),
            patience: self.patience(),
            min_delta: self.number("train.min_delta").unwrap_or(0.0),
            seconds: self.number("train.stop_seconds"),
            diverge_above: self.number("train.diverge_above"),
        }
    }

    /// One value for all of `layers` hidden layers, or a list with one for each.
    fn a_layer<T: Clone>(&self, key: &'static str, values: Vec<T>, layers: usize) -> Result<Vec<T>, Problem> {
        match values.as_slice() {
            [one] if !self.is_list(key) => Ok(vec![one.clone(); layers]),
            [] if !self.is_list(key) => Ok(values),
            given if given.len() == layers => Ok(values),
            given => Err((key, numbers_differ(given.len(), "value", layers, "hidden layer"))),
        }
    }

    /// Of names with "auto" among them, which is `None`.
    fn chosen<T: Copy>(&self, key: &'static str, table: &[(&str, T)]) -> Option<T> {
        self.text(key).filter(|name| *name != AUTO).map(|name| of_names(table, name))
    }
}

impl TrialConfig {
    /// Numbers that are beyond f32 can't be trained with in f32.
    fn fits_dtype(&self) -> Result<(), Problem> {
        let factor = match self.initialisation.scheme {
            Scheme::ScaledNormal { factor } => factor,
            Scheme::Orthogonal { gain } => gain,
            _ => 1.0,
        };
        let gamma = if let Curve::Step { gamma, .. } = self.schedule.curve { gamma } else { 1.0 };
        let numbers = [
            ("train.learning_rate", self.schedule.rate),
            ("model.init_factor", factor),
            ("train.gamma", gamma),
            ("train.weight_decay", if self.optimiser.decay.factor > 0.0 { self.optimiser.decay.factor } else { 1.0 }),
        ];
        for (key, value) in numbers {
            if self.dtype == Dtype::F32 && !(value as f32).is_normal() {
                return Err((key, format!("{value:e} is beyond f32; use dtype = \"f64\"")));
            }
        }
        Ok(())
    }
}

/// A list that doesn't have one of `what` for each of the net's `layers`.
pub(super) fn numbers_differ(given: usize, what: &str, layers: usize, layer: &str) -> String {
    let s = |number| if number == 1 { "" } else { "s" };
    format!("has {given} {what}{}, the net has {layers} {layer}{}", s(given), s(layers))
}

/// What stands beside `name`, which has been checked to be in the table.
pub(super) fn of_names<T: Copy>(table: &[(&str, T)], name: &str) -> T {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).expect("the key's values have been checked")
}
