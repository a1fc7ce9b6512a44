//! From keys to a checked trial, and from a trial to its canonical form and back.

use net::Curve;
use serde_json::{Map, Value as Json};
use toml::Value;

use super::applied::Applied;
use super::keys::key;
use super::{Dtype, TrialConfig, initialisation, model, optimiser, schedule, training};
use crate::spec::key::{Canonical, Problem, RawTrial};

/// Checks the trial with the keys of `raw`, and finds which of its conditional keys apply.
///
/// # Errors
/// If a key is missing, or contradicts another.
pub fn check(mut raw: RawTrial) -> Result<(TrialConfig, Applied), Problem> {
    let applied = Applied::of(&raw);
    applied.idle().for_each(|key| raw.remove(key));
    let hidden = model::hidden(&raw)?;
    let dropout = model::dropout(&raw, hidden.len())?;
    let config = TrialConfig {
        activations: model::activations(&raw, hidden.len())?,
        dropout,
        cost: raw.value(&model::COST),
        initialisation: initialisation::read(&raw, hidden.len() + 1)?,
        optimiser: optimiser::read(&raw)?,
        schedule: schedule::read(&raw)?,
        batch: training::batch(&raw),
        length: training::length(&raw)?,
        record_every: raw.value(&training::RECORD_EVERY),
        metrics: raw.value(&training::METRICS),
        stopping: training::stopping(&raw),
        seed: raw.value(&model::TRIAL_SEED) as u32,
        engine: raw.value(&training::ENGINE),
        flush_subnormals: raw.value(&training::FLUSH_SUBNORMALS),
        dtype: raw.value(&model::DTYPE),
        hidden,
    };
    fits_dtype(&config)?;
    Ok((config, applied))
}

/// Refuses numbers that f32 cannot hold if the net is trained in f32.
fn fits_dtype(config: &TrialConfig) -> Result<(), Problem> {
    let gamma = if let Curve::Step { gamma, .. } = config.schedule.curve { Some(gamma) } else { None };
    let decay = Some(config.optimiser.decay.lambda).filter(|lambda| *lambda > 0.0);
    let numbers = [
        Some((&schedule::LEARNING_RATE, config.schedule.learning_rate)),
        initialisation::multiplier(config.initialisation.scheme),
        gamma.map(|gamma| (&schedule::GAMMA, gamma)),
        decay.map(|decay| (&optimiser::WEIGHT_DECAY, decay)),
        optimiser::eps(config.optimiser.algorithm),
    ];
    let is_beyond = |value: f64| config.dtype == Dtype::F32 && !(value as f32).is_normal();
    let problem = |value: f64| format!("{value:e} is beyond f32; use dtype = \"f64\"");
    if let Some((key, value)) = numbers.into_iter().flatten().find(|(_, value)| is_beyond(*value)) {
        return Err(key.problem(problem(value)));
    }
    let scale = config.initialisation.scales.iter().copied().find(|scale| is_beyond(*scale));
    scale.map_or(Ok(()), |scale| Err(initialisation::INIT_SCALE.problem(problem(scale))))
}

impl TrialConfig {
    /// Writes the canonical form, whose hash is the trial's id: it is the same however the trial was written. Keys that
    /// later releases have added are left out at their defaults, so that a trial keeps its id when new keys appear.
    pub fn canonical(&self) -> Json {
        let mut canonical = Canonical::default();
        model::write(self, &mut canonical);
        initialisation::write(&self.initialisation, &mut canonical);
        optimiser::write(&self.optimiser, &mut canonical);
        schedule::write(&self.schedule, &mut canonical);
        training::write(self, &mut canonical);
        Json::Object(canonical.0)
    }

    /// Reads a canonical form.
    ///
    /// # Errors
    /// If it is not JSON, or is not a trial.
    pub fn of_canonical(text: &str) -> Result<Self, String> {
        let given: Map<String, Json> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut raw = RawTrial::default();
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            let value = Value::try_from(value).map_err(|error| format!("{name}: {error}"))?;
            raw.set(key(name).ok_or_else(|| format!("{name} is no key of a trial"))?, &value)?;
        }
        let (config, _) = check(raw).map_err(|(key, problem)| format!("{key}: {problem}"))?;
        Ok(config)
    }
}

#[cfg(test)]
impl TrialConfig {
    /// Reads lines such as `model.hidden = [5, 3]`; the learning rate is 0.1 and the length 10 iterations by default.
    pub(crate) fn of(lines: &str) -> Self {
        let mut raw = RawTrial::default();
        for line in "train.learning_rate = 0.1\ntrain.iterations = 10".lines().chain(lines.lines()) {
            let (name, value) = line.split_once('=').expect("key = value");
            let table: toml::Table = format!("value = {value}").parse().expect("a TOML value");
            raw.set(key(name.trim()).expect("a known key"), &table["value"]).expect("a good value");
        }
        check(raw).expect("a whole trial").0
    }
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
            "model.hidden = [4]\ntrain.batch = 7\ntrain.shuffle = false\ntrain.metrics = [\"train_accuracy\"]\ntrain.patience = 3\ntrain.min_delta = 0.1\ntrain.restore_best = true",
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

    #[test]
    fn a_key_that_is_off_is_no_part_of_the_canonical_form() {
        let without = TrialConfig::of("model.hidden = [4]");
        for name in ["clip_norm", "stop_cost", "patience", "stop_seconds", "diverge_above"] {
            let off = TrialConfig::of(&format!("model.hidden = [4]\ntrain.{name} = \"off\""));
            assert_eq!((off.canonical(), &off), (without.canonical(), &without), "{name}");
            let on = TrialConfig::of(&format!("model.hidden = [4]\ntrain.{name} = 1"));
            assert_ne!(on.canonical(), without.canonical(), "{name}");
        }
    }

    #[test]
    fn a_number_beyond_f32_is_refused_by_its_own_key() {
        for (name, more) in [
            ("model.init_gain", "model.init = \"orthogonal\""),
            ("model.init_factor", "model.init = \"scaled-normal\""),
            ("train.gamma", "train.schedule = \"step\"\ntrain.step_size = 2"),
            ("train.weight_decay", ""),
            ("train.eps", "train.optimizer = \"adam\""),
            ("model.init_scale", ""),
        ] {
            let lines =
                format!("model.hidden = [3]\ntrain.learning_rate = 1\ntrain.iterations = 5\n{name} = 1e300\n{more}");
            let mut raw = RawTrial::default();
            for line in lines.lines() {
                let (name, value) = line.split_once(" = ").unwrap();
                let table: toml::Table = format!("value = {value}").parse().unwrap();
                raw.set(key(name).unwrap(), &table["value"]).unwrap();
            }
            let (wrong, problem) = check(raw).unwrap_err();
            assert!(wrong == name && problem.contains("beyond f32"), "{wrong}: {problem}");
        }
    }
}
