//! The canonical form of a trial: the same for the same trial however it was written.

use kernels::{Activation, Adam};
use net::{Cost, Curve, Engine, Metric, Rule, Scheme};
use serde_json::{Map, Value, json};

use super::keys::AUTO;
use super::optimiser::{ALPHA, BETAS, EPS, GAMMA, MOMENTUM, WARMUP_START};
use super::{Draft, Length, TrialConfig, initialisation};

/// Keys and values, without those that say what a trial is without them.
struct Keys(Map<String, Value>);

impl Keys {
    fn put(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }

    fn put_unless(&mut self, key: &str, value: Value, default: Value) {
        if value != default {
            self.put(key, value);
        }
    }
}

impl TrialConfig {
    /// What a trial's id is the hash of. Keys that later releases have added stand here only where their value isn't the
    /// default: a trial keeps its id when the software learns something new.
    pub fn canonical(&self) -> Value {
        let mut keys = Keys(Map::new());
        self.put_model(&mut keys);
        self.put_optimiser(&mut keys);
        self.put_schedule(&mut keys);
        self.put_course(&mut keys);
        Value::Object(keys.0)
    }

    /// Reads a canonical form.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_canonical(text: &str) -> Result<Self, String> {
        let keys: Map<String, Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut draft = Draft::default();
        for (key, value) in keys.iter().filter(|(_, value)| !value.is_null()) {
            let value = toml::Value::try_from(value).map_err(|error| format!("{key}: {error}"))?;
            draft.set(key, &value).ok_or_else(|| format!("{key} is no key of a trial"))??;
        }
        let (config, _) = draft.finish().map_err(|(key, problem)| format!("{key}: {problem}"))?;
        Ok(config)
    }

    fn put_model(&self, keys: &mut Keys) {
        let names: Vec<_> = self.activations.iter().map(|&activation| name_of(&Activation::ALL, activation)).collect();
        let same = names.iter().all(|name| *name == names[0]);
        let activation = if same { json!(names.first().copied().unwrap_or("relu")) } else { json!(names) };
        let scheme = self.initialisation.scheme;
        let factor = if let Scheme::ScaledNormal { factor } = scheme { Some(factor) } else { None };
        keys.put("model.activation", activation);
        keys.put("model.dtype", json!(self.dtype.name()));
        keys.put("model.hidden", json!(self.hidden));
        keys.put("model.init", json!(initialisation::name(scheme)));
        keys.put("model.init_factor", json!(factor));
        match scheme {
            Scheme::Orthogonal { gain } => keys.put_unless("model.init_gain", json!(gain), json!(1.0)),
            Scheme::MuP { base_width } => keys.put("model.base_width", json!(base_width)),
            _ => {}
        }
        keys.put_unless("model.init_scale", one_or_list(&self.initialisation.scales), Value::Null);
        keys.put_unless("model.dropout", one_or_list(&self.dropout), Value::Null);
        let cost = self.cost.filter(|cost| *cost != Cost::BinaryCrossEntropy);
        keys.put_unless("model.cost", json!(cost.map(|cost| name_of(&Cost::ALL, cost))), Value::Null);
        keys.put("seed", json!(self.seed));
    }

    fn put_optimiser(&self, keys: &mut Keys) {
        let decay = self.optimiser.decay;
        let name = match self.optimiser.rule {
            Rule::Descent => "gd",
            Rule::Momentum { nesterov: false, .. } => "momentum",
            Rule::Momentum { nesterov: true, .. } => "nesterov",
            Rule::RmsProp { .. } => "rmsprop",
            Rule::Adam(_) if decay.decoupled => "adamw",
            Rule::Adam(_) => "adam",
        };
        keys.put("train.optimizer", json!(name));
        match self.optimiser.rule {
            Rule::Descent => {}
            Rule::Momentum { momentum, .. } => keys.put_unless("train.momentum", json!(momentum), json!(MOMENTUM)),
            Rule::RmsProp { alpha, eps } => {
                keys.put_unless("train.alpha", json!(alpha), json!(ALPHA));
                keys.put_unless("train.eps", json!(eps), json!(EPS));
            }
            Rule::Adam(Adam { beta_1, beta_2, eps }) => {
                keys.put_unless("train.betas", json!([beta_1, beta_2]), json!(BETAS));
                keys.put_unless("train.eps", json!(eps), json!(EPS));
            }
        }
        if decay.factor > 0.0 {
            keys.put("train.weight_decay", json!(decay.factor));
            keys.put_unless("train.decoupled", json!(decay.decoupled), json!(name == "adamw"));
            keys.put_unless("train.decay_biases", json!(decay.biases), json!(true));
        }
        keys.put_unless("train.clip_norm", json!(self.optimiser.clip_norm), Value::Null);
    }

    fn put_schedule(&self, keys: &mut Keys) {
        keys.put("train.learning_rate", json!(self.schedule.rate));
        let schedule = match self.schedule.curve {
            Curve::Constant => None,
            Curve::Step { every, gamma } => {
                keys.put("train.step_size", json!(every));
                keys.put_unless("train.gamma", json!(gamma), json!(GAMMA));
                Some("step")
            }
            Curve::Cosine { over, least } => {
                keys.put_unless("train.cosine_iterations", json!(over), json!(0));
                keys.put_unless("train.min_learning_rate", json!(least), json!(0.0));
                Some("cosine")
            }
            Curve::Inverse { decay } => {
                keys.put("train.rate_decay", json!(decay));
                Some("inverse")
            }
        };
        keys.put_unless("train.schedule", json!(schedule), Value::Null);
        if self.schedule.warmup > 0 {
            keys.put("train.warmup", json!(self.schedule.warmup));
            keys.put_unless("train.warmup_start", json!(self.schedule.warmup_start), json!(WARMUP_START));
        }
    }

    /// What happens between the first step and the last.
    fn put_course(&self, keys: &mut Keys) {
        match self.length {
            Length::Iterations(iterations) => keys.put("train.iterations", json!(iterations)),
            Length::Epochs(epochs) => keys.put("train.epochs", json!(epochs)),
        }
        if let Some(size) = self.batch.size {
            keys.put("train.batch", json!(size));
            match self.batch.shuffle {
                Some(seed) => keys.put_unless("train.batch_seed", json!(seed), json!(1)),
                None => keys.put("train.shuffle", json!(false)),
            }
        }
        keys.put("train.record_every", json!(self.record_every));
        let metrics: Vec<_> = self.metrics.iter().map(|metric: &Metric| metric.name()).collect();
        keys.put_unless("train.metrics", json!(metrics), json!([]));
        let stopping = &self.stopping;
        keys.put_unless("train.stop_cost", json!(stopping.cost_below), Value::Null);
        keys.put_unless("train.patience", json!(stopping.patience), Value::Null);
        keys.put_unless("train.min_delta", json!(stopping.min_delta), json!(0.0));
        keys.put_unless("train.stop_seconds", json!(stopping.seconds), Value::Null);
        keys.put_unless("train.diverge_above", json!(stopping.diverge_above), Value::Null);
        keys.put("run.engine", json!(self.engine.map_or(AUTO, Engine::name)));
        keys.put("run.flush_subnormals", json!(self.flush_subnormals));
    }
}

/// Null for none, a number where all are the same.
fn one_or_list(values: &[f64]) -> Value {
    match values {
        [] => Value::Null,
        [first, others @ ..] if others.iter().all(|value| value == first) => json!(first),
        _ => json!(values),
    }
}

/// The name of `value` in a table that has every value.
pub fn name_of<T: PartialEq>(table: &[(&'static str, T)], value: T) -> &'static str {
    table.iter().find(|(_, known)| *known == value).map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_form_reads_back_as_the_trial_that_it_is_of() {
        for lines in [
            "model.hidden = [5, 3]",
            "model.hidden = []\nmodel.cost = \"softmax-cross-entropy\"",
            "model.hidden = [4]\nmodel.activation = \"tanh\"\nmodel.dropout = 0.5\nmodel.init = \"mup\"\nmodel.base_width = 2\nmodel.dtype = \"f64\"",
            "model.hidden = [4, 4]\nmodel.activation = [\"tanh\", \"relu\"]\nmodel.init = \"orthogonal\"\nmodel.init_gain = 2.0\nmodel.init_scale = [1.0, 2.0, 3.0]",
            "model.hidden = [4]\ntrain.optimizer = \"adamw\"\ntrain.weight_decay = 0.1\ntrain.betas = [0.8, 0.99]\ntrain.clip_norm = 1.0",
            "model.hidden = [4]\ntrain.optimizer = \"nesterov\"\ntrain.momentum = 0.5\ntrain.weight_decay = 1\ntrain.decay_biases = false",
            "model.hidden = [4]\ntrain.schedule = \"cosine\"\ntrain.warmup = 3\ntrain.cosine_iterations = 5\ntrain.min_learning_rate = 0.01",
            "model.hidden = [4]\ntrain.schedule = \"step\"\ntrain.step_size = 3\ntrain.batch = 7\ntrain.batch_seed = 9",
            "model.hidden = [4]\ntrain.batch = 7\ntrain.shuffle = false\ntrain.metrics = [\"train_accuracy\"]\ntrain.patience = 3\ntrain.min_delta = 0.1",
            "model.hidden = [4]\ntrain.stop_cost = 0.1\ntrain.stop_seconds = 3\ntrain.diverge_above = 1e4\nrun.engine = \"dual\"\nseed = 7",
        ] {
            let config = TrialConfig::of(lines);
            let read = TrialConfig::of_canonical(&config.canonical().to_string())
                .unwrap_or_else(|problem| panic!("{lines}: {problem}"));
            assert_eq!(read.canonical(), config.canonical(), "{lines}");
            assert_eq!(read, TrialConfig { cost: read.cost, ..config }, "{lines}");
        }
        assert!(TrialConfig::of_canonical("{\"model.depht\":1}").unwrap_err().contains("model.depht"));
    }
}
