//! The experiment of a command and its data: found, checked and read.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use datasets::catalog;
use datasets::{DataSet, Expected, PinSource, Pinned, Source, TestSource};

use super::located::located;
use super::rehearse::{Reading, rehearse};
use crate::plan::prepared::PreparedData;
use crate::spec::data::{DataSource, TestFiles};
use crate::spec::experiment::Experiment;

/// Finds the files of an experiment with the hashes that they must have: those of a known set, or those that the
/// experiment pins.
pub(super) fn source_of(experiment: &Experiment) -> Result<Source> {
    let Experiment { source, pins, names, targets, max_bytes, .. } = experiment;
    let (train, test) = files_of(source)?;
    let train = pinned(train, pins.train.as_ref(), "data.train_sha256")?;
    let test = match test {
        TestSource::File(file) => TestSource::File(pinned(file, pins.test.as_ref(), "data.test_sha256")?),
        other => other,
    };
    Ok(Source { train, test, names: names.clone(), targets: *targets, max_bytes: *max_bytes })
}

/// Lists the files that an experiment is read from: `file` itself, and those of its examples.
pub(super) fn read_files(file: &Path, experiment: &Experiment) -> Result<Vec<PathBuf>> {
    let (train, test) = files_of(&experiment.source)?;
    let test = if let TestSource::File(test) = test { Some(test.path) } else { None };
    Ok([file.to_owned(), train.path].into_iter().chain(test).collect())
}

/// Returns whether an argument is the path of a file; if not, it is the name of a known set.
pub(super) fn is_path(what: &Path) -> bool {
    what.exists() || what.to_string_lossy().contains(['/', '.'])
}

/// Finds the files of a source: those of a known set with the hashes that they must have.
pub(super) fn files_of(source: &DataSource) -> Result<(Pinned, TestSource)> {
    match source {
        DataSource::Set { set } => {
            let set = catalog::known(set).map_err(|error| anyhow!("data.set: {error}"))?;
            let [train, test] = set.find()?;
            Ok((train, TestSource::File(test)))
        }
        DataSource::Files { train, test } => {
            let test = match test {
                TestFiles::File(path) => TestSource::File(Pinned::any(path)),
                &TestFiles::Share { share, seed } => TestSource::Share { share, seed },
                TestFiles::Absent => TestSource::Absent,
            };
            Ok((Pinned::any(train), test))
        }
    }
}

/// Adds the hash that an experiment pins to a file, and refuses it if a known set has another one.
fn pinned(file: Pinned, sha256: Option<&String>, key: &'static str) -> Result<Pinned> {
    match (sha256, &file.expected) {
        (None, _) => Ok(file),
        (Some(sha256), Some(known)) if known.sha256 != *sha256 => {
            bail!("{key}: is {sha256}, and the set's own is {}; a known set has one content", known.sha256)
        }
        (Some(_), Some(_)) => Ok(file),
        (Some(sha256), None) => {
            let expected = Expected { sha256: sha256.clone(), source: PinSource::Key(key) };
            Ok(Pinned { expected: Some(expected), ..file })
        }
    }
}

/// Reads the data of an experiment under the data contract, and prepares them for nets.
pub(super) fn data_of(experiment: &Experiment) -> Result<PreparedData> {
    let source = source_of(experiment).map_err(|error| located(experiment, error))?;
    let set = set_of(&source).map_err(|error| located(experiment, error))?;
    PreparedData::new(set, experiment.validation, experiment.scaling).map_err(|error| located(experiment, error))
}

/// Reads a data set, after a rehearsal.
pub(super) fn set_of(source: &Source) -> Result<DataSet> {
    rehearse(&Reading::of_set(source), &source.files())?;
    Ok(DataSet::load(source)?)
}

/// Refuses an experiment of several nets; `command` takes one point, or points that differ in keys that don't apply.
pub(super) fn one_point(experiment: &Experiment, file: &Path, command: &str) -> Result<()> {
    let points = experiment.points.len();
    let first = &experiment.points[0];
    if experiment.points.iter().all(|point| (&point.config, point.budget) == (&first.config, first.budget)) {
        return Ok(());
    }
    let keys: Vec<_> = experiment.axes.iter().map(|axis| axis.key.as_str()).collect();
    bail!(
        "{}: the sweep has {points} points, {command} takes one; fix {} with KEY=VALUE, or use runner sweep",
        file.display(),
        keys.join(", ")
    )
}
