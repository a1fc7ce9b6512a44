//! The completions of `KEY=VALUE`.

use std::ffi::OsStr;

use clap::builder::StyledStr;
use clap_complete::CompletionCandidate;

use crate::spec::experiment_keys;
use crate::spec::key::AnyKey;
use crate::spec::sweep_keys;
use crate::spec::trial::keys::keys;

/// Lists what `current` may become: a key, or a key with one of its values.
pub(super) fn candidates(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let known = || all().filter(|(name, _)| name.starts_with(current.split('=').next().unwrap_or_default()));
    match current.split_once('=') {
        None => known().map(|(name, key)| candidate(&format!("{name}="), key)).collect(),
        Some((written, begun)) => {
            let values = known().filter(|(name, _)| name == written).flat_map(|(_, key)| values(key));
            let values = values.filter(|value| value.starts_with(begun));
            values.map(|value| CompletionCandidate::new(format!("{written}={value}"))).collect()
        }
    }
}

/// Lists every key as it is written after a file: also on an axis.
fn all() -> impl Iterator<Item = (String, &'static dyn AnyKey)> {
    let own = [experiment_keys::KEYS, sweep_keys::KEYS].into_iter().flatten().copied();
    let plain = own.chain(keys()).map(|key| (key.name().to_owned(), key));
    plain.chain(keys().map(|key| (format!("sweep.{}", key.name()), key)))
}

fn candidate(value: &str, key: &dyn AnyKey) -> CompletionCandidate {
    CompletionCandidate::new(value).help(Some(StyledStr::from(key.meaning())))
}

/// Lists the names that a key takes.
fn values(key: &dyn AnyKey) -> Vec<String> {
    let schema = key.schema();
    let forms = schema["anyOf"].as_array().into_iter().flatten();
    let names = [&schema].into_iter().chain(forms).flat_map(|form| {
        let flags = (form["type"] == "boolean").then_some(["true", "false"]).into_iter().flatten();
        let names = form["enum"].as_array().into_iter().flatten().chain(form.get("const"));
        names.filter_map(|name| name.as_str()).chain(flags).map(str::to_owned).collect::<Vec<_>>()
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(current: &str) -> Vec<String> {
        let candidates = candidates(OsStr::new(current));
        candidates.iter().map(|candidate| candidate.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn keys_and_their_names_are_completed() {
        assert_eq!(completed("train.learn"), ["train.learning_rate="]);
        assert_eq!(completed("sweep.model.dep"), ["sweep.model.depth="]);
        assert_eq!(completed("sweep.halv").len(), 3);
        assert_eq!(completed("model.activation=re"), ["model.activation=relu"]);
        assert_eq!(completed("train.shuffle="), ["train.shuffle=true", "train.shuffle=false"]);
        assert_eq!(completed("train.batch="), ["train.batch=full"]);
        assert_eq!(completed("train.xyz"), Vec::<String>::new());
    }
}
