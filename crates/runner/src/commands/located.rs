//! Errors of a key that show only with the data or the machine, with the place where the key is written.

use anyhow::Error;

use crate::spec::experiment::Experiment;

/// Puts the file and line of the key with which the message begins before it. A key with its default has no place.
pub(super) fn located(experiment: &Experiment, error: impl Into<Error>) -> Error {
    let error = error.into();
    let message = format!("{error:#}");
    let key = message.split_once(": ").map(|(key, _)| key);
    match key.and_then(|key| experiment.place(key)) {
        Some(place) => error.context(place.to_string()),
        None => error,
    }
}
