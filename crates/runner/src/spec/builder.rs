//! From entries to a checked experiment.

use std::path::{Path, PathBuf};

use super::claim::{Claim, drop_claims};
use super::data::{DataSource, Pins, TestFiles, ValidationSplit};
use super::drawn::drop_sampling;
use super::error::{Error, Place};
use super::exclude::drop_fixed;
use super::experiment::Experiment;
use super::experiment_keys as keys;
use super::halving::{Halving, drop_halving};
use super::key::{Problem, RawTrial, find};
use super::kind::Text;
use super::resolve::resolve;
use super::role::{CLAIMS, Role, claim_of};
use super::search_space::{Points, SearchSpace};
use super::source::{self, Entry};
use super::suggestion::{is_within, unknown};
use super::sweep_keys::METRIC;
use super::trial::keys::key;
use super::worked_example::example::LAYER;
use datasets::Names;

impl Experiment {
    /// Reads and checks an experiment.
    ///
    /// # Errors
    /// The first thing that is wrong, in one line.
    pub fn load(path: &Path, overrides: &[String]) -> Result<Self, Error> {
        let mut entries = source::read(path, overrides)?;
        let claims_dropped_for =
            if overrides.is_empty() { None } else { drop_claims(&mut entries, &source::read(path, &[])?) };
        let mut entries = drop_fixed(entries)?;
        loop {
            match Experiment::of(path, drop_halving(drop_sampling(entries.clone()))) {
                Ok(experiment) => return Ok(Experiment { claims_dropped_for, ..experiment }),
                // The command line may have left no point to which a key of the file applies.
                Err(Error::Idle { place, role, key, .. })
                    if place != Place::CommandLine && !overrides.is_empty() && Experiment::load(path, &[]).is_ok() =>
                {
                    entries = without(entries, role, key);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads the experiment that a record keeps as it was resolved.
    ///
    /// # Errors
    /// If it is of a release with other keys.
    pub fn of_resolved(text: &str) -> Result<Self, Error> {
        let path = Path::new("experiment.toml");
        Experiment::of(path, source::parse(text, path)?)
    }

    fn of(path: &Path, entries: Vec<Entry>) -> Result<Self, Error> {
        if let Some(layer) = entries.iter().find(|entry| entry.key.starts_with(LAYER)) {
            return Err(Error::setting(
                &layer.place,
                &layer.key,
                "a net of given numbers, which only runner trace takes",
            ));
        }
        let mut builder = ExperimentBuilder { path: path.to_owned(), ..ExperimentBuilder::default() };
        entries.iter().try_for_each(|entry| builder.add(entry))?;
        builder.build(&entries)
    }
}

/// Drops the setting of `key` in this role; an axis may be a column of a zip. If an axis goes, so do the exclusions with a condition on
/// it, which no point meets.
fn without(entries: Vec<Entry>, role: Role, key: &str) -> Vec<Entry> {
    let excludes: Vec<usize> = entries
        .iter()
        .filter_map(|entry| match Role::of(&entry.key) {
            (Role::Exclude(number), of) if role == Role::Axis && of == key => Some(number),
            _ => None,
        })
        .collect();
    let is_dropped = |entry: &Entry| match Role::of(&entry.key) {
        (Role::Exclude(number), _) => excludes.contains(&number),
        (Role::Zip(_), of) => role == Role::Axis && of == key,
        (own, of) => own == role && of == key,
    };
    entries.into_iter().filter(|entry| !is_dropped(entry)).collect()
}

/// An experiment as far as its entries have been added.
#[derive(Default)]
struct ExperimentBuilder {
    path: PathBuf,
    /// The keys of the experiment as a whole.
    raw: RawTrial,
    /// The keys of trials that are set outside `[sweep]`.
    base: RawTrial,
    space: SearchSpace,
}

impl ExperimentBuilder {
    fn add(&mut self, entry: &Entry) -> Result<(), Error> {
        let Entry { key: name, value, place } = entry;
        if name.starts_with("sweep.") {
            return self.space.add(entry);
        }
        if claim_of(name).is_some() {
            return Ok(()); // `build` reads the claims
        }
        if name == CLAIMS || is_within(name, CLAIMS) {
            return Err(Error::setting(place, CLAIMS, "must be a list of tables: write [[claim]]"));
        }
        let added = match (find(keys::KEYS.iter().copied(), name), key(name)) {
            (Some(key), _) => self.raw.set(key, value),
            (None, Some(key)) => self.base.set(key, value),
            (None, None) => return Err(unknown(name, place)),
        };
        added.map_err(|problem| Error::setting(place, name, problem))
    }

    fn build(mut self, entries: &[Entry]) -> Result<Experiment, Error> {
        let path = self.path.clone();
        let wrong = |(key, problem): Problem| {
            let entry = entries.iter().find(|entry| entry.key == key);
            Error::setting(entry.map_or(&Place::File(path.clone()), |entry| &entry.place), key, problem)
        };
        let raw = self.raw.clone();
        let missing = || keys::NAME.problem("missing; it names the results directory");
        let name = raw.get(&keys::NAME).ok_or_else(missing).map_err(wrong)?;
        let source = source_of(&raw).map_err(wrong)?;
        let validation = validation_of(&raw).map_err(wrong)?;
        let Points { axes, points, idle } = self.space.points(&self.base, entries, &self.path)?;
        let is_idle = |entry: &Entry| idle.contains(&Role::of(&entry.key).0);
        let entries: Vec<_> = entries.iter().filter(|entry| !is_idle(entry)).cloned().collect();
        let halving = self.space.halving(&entries, &axes, &points)?;
        metric_has_examples(halving, &source, validation).map_err(wrong)?;
        let pin = |key: &_| raw.get::<Text>(key).map(|digits| digits.to_lowercase());
        Ok(Experiment {
            name,
            description: raw.get(&keys::DESCRIPTION).unwrap_or_default(),
            source,
            pins: Pins { train: pin(&keys::TRAIN_SHA256), test: pin(&keys::TEST_SHA256) },
            names: Names {
                train_x: raw.value(&keys::TRAIN_X),
                train_y: raw.value(&keys::TRAIN_Y),
                test_x: raw.value(&keys::TEST_X),
                test_y: raw.value(&keys::TEST_Y),
                classes: raw.value(&keys::CLASSES),
            },
            targets: raw.value(&keys::TARGETS),
            max_bytes: raw.value(&keys::MAX_BYTES) as u64,
            scaling: raw.value(&keys::SCALE),
            validation,
            places: entries.iter().map(|entry| (entry.key.clone(), entry.place.clone())).collect(),
            resolved: resolve(&entries, &axes, &points[0].config),
            axes,
            points,
            halving,
            claims: Claim::all_of(&entries)?,
            claims_dropped_for: None,
            jobs: raw.get(&keys::JOBS),
            threads: raw.value(&keys::THREADS),
            checkpoint_every: raw.value(&keys::CHECKPOINT_EVERY),
            blas: raw.get(&keys::BLAS).map(|name| name.parse().unwrap_or_default()),
        })
    }
}

/// Reads which files or which known set the data come from.
fn source_of(raw: &RawTrial) -> Result<DataSource, Problem> {
    let path = |key| raw.get(key).map(PathBuf::from);
    let (set, train, test) = (raw.get(&keys::SET), path(&keys::TRAIN), path(&keys::TEST));
    let (share, seed) = (raw.value(&keys::TEST_SHARE), raw.value(&keys::TEST_SEED) as u64);
    if raw.has(&keys::TEST_SEED) && share == 0.0 {
        return Err(keys::TEST_SEED.problem("only applies with data.test_share above 0"));
    }
    if share > 0.0 && (test.is_some() || set.is_some()) {
        return Err(keys::TEST_SHARE.problem("there are test examples; it is for data.train alone"));
    }
    let source = match (set, train, test) {
        (Some(set), None, None) => DataSource::Set { set },
        (None, Some(train), Some(test)) => DataSource::Files { train, test: TestFiles::File(test) },
        (None, Some(train), None) if share > 0.0 => DataSource::Files { train, test: TestFiles::Share { share, seed } },
        (None, Some(train), None) => DataSource::Files { train, test: TestFiles::Absent },
        (Some(_), _, _) => return Err(keys::SET.problem("give data.set, or data.train and data.test, not both")),
        (None, None, None) => return Err(keys::SET.problem("missing; or give data.train and data.test")),
        (None, None, Some(_)) => return Err(keys::TRAIN.problem("missing; data.test alone is not enough")),
    };
    let has_test_file = !matches!(&source, DataSource::Files { test, .. } if !matches!(test, TestFiles::File(_)));
    let of_test_file = [&keys::TEST_SHA256, &keys::TEST_X, &keys::TEST_Y];
    match of_test_file.into_iter().find(|key| raw.has(*key)) {
        Some(key) if !has_test_file => return Err(key.problem("only applies with data.test or data.set")),
        _ => {}
    }
    Ok(source)
}

/// Reads the split that sets validation examples aside.
fn validation_of(raw: &RawTrial) -> Result<Option<ValidationSplit>, Problem> {
    let (share, seed) = (raw.value(&keys::VALIDATION), raw.value(&keys::VALIDATION_SEED) as u64);
    if raw.has(&keys::VALIDATION_SEED) && share == 0.0 {
        return Err(keys::VALIDATION_SEED.problem("only applies with data.validation above 0"));
    }
    Ok((share > 0.0).then_some(ValidationSplit { share, seed }))
}

/// Refuses a halving whose metric needs examples that the experiment does not have.
fn metric_has_examples(
    halving: Option<Halving>,
    source: &DataSource,
    validation: Option<ValidationSplit>,
) -> Result<(), Problem> {
    let has_no_test = matches!(source, DataSource::Files { test: TestFiles::Absent, .. });
    match halving {
        Some(halving) if halving.needs_validation() && validation.is_none() => {
            Err(METRIC.problem("there are no validation examples; give data.validation"))
        }
        Some(halving) if halving.needs_test() && has_no_test => {
            Err(METRIC.problem("there are no test examples; give data.test or data.test_share"))
        }
        _ => Ok(()),
    }
}
