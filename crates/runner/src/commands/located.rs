//! Errors of a key that show only with the data or the machine, with the place where the key is written.

use std::path::Path;

use anyhow::Error;

use crate::spec::data::{DataSource, TestFiles};
use crate::spec::experiment::Experiment;

/// Puts the file and line of the key with which the message begins before it, or of the key whose file it begins with. A key with its
/// default has no place.
pub(super) fn located(experiment: &Experiment, error: impl Into<Error>) -> Error {
    let error = error.into();
    let message = format!("{error:#}");
    let key = message.split_once(": ").map(|(begin, _)| match &experiment.source {
        DataSource::Files { train, .. } if train.as_path() == Path::new(begin) => "data.train",
        DataSource::Files { test: TestFiles::File(test), .. } if test.as_path() == Path::new(begin) => "data.test",
        _ => begin,
    });
    match key.and_then(|key| experiment.place(key)) {
        Some(place) => error.context(place.to_string()),
        None => error,
    }
}
