//! The training of a worked example: those keys of `[train]` that its one step follows.

use toml::Value;

use super::example::{GivenLayer, gives_caches};
use super::read::Entries;
use crate::spec::error::{Error, Place};
use crate::spec::key::RawTrial;
use crate::spec::trial::TrialConfig;
use crate::spec::trial::check::check;
use crate::spec::trial::keys::key;

/// The keys of a training that change none of its steps.
const NOT_OF_A_STEP: [&str; 8] = [
    "train.record_every",
    "train.metrics",
    "train.stop_cost",
    "train.patience",
    "train.min_delta",
    "train.restore_best",
    "train.stop_seconds",
    "train.diverge_above",
];
/// The keys of batches, which draw the examples of a step.
const BATCHES: [&str; 3] = ["train.batch", "train.shuffle", "train.batch_seed"];

impl Entries<'_> {
    /// Reads how the net is trained; `None` if no key says so. `has_data` says whether there are X and Y.
    ///
    /// # Errors
    /// If a key is wrong, or has no effect on the step.
    pub(super) fn training(&self, layers: &[GivenLayer], has_data: bool) -> Result<Option<TrialConfig>, Error> {
        let mut raw = RawTrial::default();
        let mut set = |name: &str, value: &Value| key(name).map_or(Ok(()), |key| raw.set(key, value));
        let hidden = layers[..layers.len() - 1].iter().map(|layer| Value::Integer(layer.w.nrows() as i64)).collect();
        let mut defaults = vec![("model.hidden", Value::Array(hidden)), ("model.dtype", "f64".into())];
        if self.find("train.epochs").is_none() {
            defaults.push(("train.iterations", 1.into()));
        }
        let mut is_given = false;
        for (name, value) in &defaults {
            let known = set(name, value);
            debug_assert!(known.is_ok(), "{name}: {known:?}");
        }
        let draws_batches = has_data && !gives_caches(layers);
        for entry in self.all.iter().filter(|entry| entry.key.starts_with("train.")) {
            is_given = true;
            let wrong = |problem: String| Error::setting(&entry.place, &entry.key, problem);
            if NOT_OF_A_STEP.contains(&&*entry.key) {
                return Err(wrong(format!(
                    "changes no step; a worked example takes the keys of [train] but {}",
                    NOT_OF_A_STEP.join(", ")
                )));
            }
            if BATCHES.contains(&&*entry.key) && !draws_batches {
                return Err(wrong("only applies with x and y and without caches or gradients".to_owned()));
            }
            set(&entry.key, &entry.value).map_err(wrong)?;
        }
        if !is_given {
            return Ok(None);
        }
        let place =
            |key: &str| self.find(key).map_or_else(|| Place::File(self.path.to_owned()), |entry| entry.place.clone());
        let (config, applied) = check(raw).map_err(|(key, problem)| Error::setting(&place(key), key, problem))?;
        match applied.idle().find_map(|key| Some((key.name(), key.condition()?))) {
            Some((key, condition)) => {
                Err(Error::setting(&place(key), key, format!("only applies with {}", condition.with)))
            }
            None => Ok(Some(config)),
        }
    }
}
