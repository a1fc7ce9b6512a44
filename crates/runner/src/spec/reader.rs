//! From raw entries to a checked experiment: what each key means.

use std::path::{Path, PathBuf};

use kernels::blas::Request;
use toml::Value;

use super::axis::Axis;
use super::data::{DataSource, Pins, TestFiles};
use super::error::{Error, Place};
use super::halving::Metric;
use super::source::{Entry, LISTS, listed};
use super::space::{Points, Space};
use super::suggestion::nearest_key;
use super::trial::{Draft, TrialConfig, integer, number, one_of};
use super::{DEFAULT_MAX_BYTES, Experiment};
use crate::spec::data::ValidationSplit;
use datasets::{Names, ScalingChoice, TargetsChoice};

pub(super) type Setter = fn(&mut Reader, &Value) -> Result<(), String>;

/// Every key that is not a trial's.
pub(super) const SWEEP_KEYS: [(&str, Setter); 22] = [
    ("name", |reader, value| name(value).map(|name| reader.name = Some(name))),
    ("description", |reader, value| text(value).map(|text| reader.description = text)),
    ("data.set", |reader, value| text(value).map(|set| reader.set = Some(set))),
    ("data.train", |reader, value| text(value).map(|path| reader.train = Some(path.into()))),
    ("data.test", |reader, value| text(value).map(|path| reader.test = Some(path.into()))),
    ("data.test_share", |reader, value| share(value).map(|share| reader.test_share = share)),
    ("data.test_seed", |reader, value| seed(value).map(|seed| reader.test_seed = Some(seed))),
    ("data.train_sha256", |reader, value| sha256(value).map(|sha256| reader.pins.train = Some(sha256))),
    ("data.test_sha256", |reader, value| sha256(value).map(|sha256| reader.pins.test = Some(sha256))),
    ("data.targets", |reader, value| targets(value).map(|targets| reader.targets = targets)),
    ("data.train_x", |reader, value| text(value).map(|name| reader.names.train_x = name)),
    ("data.train_y", |reader, value| text(value).map(|name| reader.names.train_y = name)),
    ("data.test_x", |reader, value| text(value).map(|name| reader.names.test_x = name)),
    ("data.test_y", |reader, value| text(value).map(|name| reader.names.test_y = name)),
    ("data.classes", |reader, value| text(value).map(|name| reader.names.classes = name)),
    ("data.max_bytes", |reader, value| integer(value, 1, 1 << 50).map(|bytes| reader.max_bytes = bytes as u64)),
    ("data.scale", |reader, value| scaling(value).map(|scaling| reader.scaling = scaling)),
    ("data.validation", |reader, value| share(value).map(|share| reader.validation = share)),
    ("data.validation_seed", |reader, value| seed(value).map(|seed| reader.validation_seed = Some(seed))),
    ("run.jobs", |reader, value| integer(value, 1, 4096).map(|jobs| reader.jobs = Some(jobs))),
    ("run.blas", |reader, value| text(value).map(|name| reader.blas = Some(name.parse().unwrap_or_default()))),
    ("run.threads", |reader, value| integer(value, 1, 1024).map(|threads| reader.threads = threads)),
];

/// The experiment as far as its entries have been taken.
pub(super) struct Reader {
    path: PathBuf,
    name: Option<String>,
    description: String,
    set: Option<String>,
    train: Option<PathBuf>,
    test: Option<PathBuf>,
    test_share: f64,
    test_seed: Option<u64>,
    pins: Pins,
    targets: TargetsChoice,
    names: Names,
    max_bytes: u64,
    scaling: ScalingChoice,
    validation: f64,
    validation_seed: Option<u64>,
    base: Draft,
    space: Space,
    jobs: Option<usize>,
    threads: usize,
    blas: Option<Request>,
}

impl Reader {
    pub(super) fn new(path: &Path) -> Self {
        Reader {
            path: path.to_owned(),
            name: None,
            description: String::new(),
            set: None,
            train: None,
            test: None,
            test_share: 0.0,
            test_seed: None,
            pins: Pins::default(),
            targets: TargetsChoice::default(),
            names: Names::default(),
            max_bytes: DEFAULT_MAX_BYTES,
            scaling: ScalingChoice::default(),
            validation: 0.0,
            validation_seed: None,
            base: Draft::default(),
            space: Space::default(),
            jobs: None,
            threads: 1,
            blas: None,
        }
    }

    pub(super) fn take(&mut self, entry: &Entry) -> Result<(), Error> {
        let Entry { key, value, place } = entry;
        if key.starts_with("sweep.") {
            return self.space.take(entry);
        }
        let outcome = match SWEEP_KEYS.iter().find(|(known, _)| known == key) {
            Some((_, setter)) => setter(self, value),
            None => self.base.set(key, value).ok_or_else(|| unknown(key, place))?,
        };
        outcome.map_err(|problem| setting(place, key, problem))
    }

    pub(super) fn finish(mut self, entries: &[Entry]) -> Result<Experiment, Error> {
        let missing = |key: &str, problem: &str| setting(&Place::File(self.path.clone()), key, problem.to_owned());
        let name = self.name.clone().ok_or_else(|| missing("name", "missing; it names the results directory"))?;
        let source = self.source().map_err(|(key, problem)| missing(key, problem))?;
        if self.validation_seed.is_some() && self.validation == 0.0 {
            return Err(missing("data.validation_seed", "has a meaning only with data.validation above 0"));
        }
        let seed = self.validation_seed.unwrap_or(1);
        let validation = (self.validation > 0.0).then_some(ValidationSplit { share: self.validation, seed });
        let Points { axes, points, idle } = self.space.points(&self.base, entries, &self.path)?;
        let is_idle = |entry: &Entry| idle.iter().any(|table| entry.key.starts_with(table));
        let entries: Vec<_> = entries.iter().filter(|entry| !is_idle(entry)).cloned().collect();
        let halving = self.space.halving.finish(&axes, &points)?;
        let needs = |what: fn(Metric) -> bool| halving.is_some_and(|halving| what(halving.metric));
        if validation.is_none() && needs(Metric::needs_validation) {
            return Err(missing("sweep.halving.metric", "there are no validation examples; give data.validation"));
        }
        let has_no_test = matches!(source, DataSource::Files { test: TestFiles::Absent, .. });
        if has_no_test && needs(Metric::needs_test) {
            return Err(missing(
                "sweep.halving.metric",
                "there are no test examples; give data.test or data.test_share",
            ));
        }
        Ok(Experiment {
            name,
            description: self.description,
            source,
            pins: self.pins,
            names: self.names,
            targets: self.targets,
            max_bytes: self.max_bytes,
            scaling: self.scaling,
            validation,
            resolved: resolve(&entries, &axes, &points[0].config),
            axes,
            points,
            halving,
            jobs: self.jobs,
            threads: self.threads,
            blas: self.blas,
        })
    }
}

impl Reader {
    /// Where the data are, or which key is wrong.
    fn source(&self) -> Result<DataSource, (&'static str, &'static str)> {
        if self.test_seed.is_some() && self.test_share == 0.0 {
            return Err(("data.test_seed", "has a meaning only with data.test_share above 0"));
        }
        if self.test_share > 0.0 && (self.test.is_some() || self.set.is_some()) {
            return Err(("data.test_share", "there are test examples; it is for data.train alone"));
        }
        let source = match (&self.set, &self.train, &self.test) {
            (Some(set), None, None) => DataSource::Set(set.clone()),
            (None, Some(train), test) => {
                let share = TestFiles::Share { share: self.test_share, seed: self.test_seed.unwrap_or(1) };
                let drawn = if self.test_share > 0.0 { share } else { TestFiles::Absent };
                let test = test.clone().map_or(drawn, TestFiles::File);
                DataSource::Files { train: train.clone(), test }
            }
            (Some(_), _, _) => return Err(("data.set", "give it or data.train and data.test, not both")),
            (None, None, None) => return Err(("data.set", "missing; or give data.train and data.test")),
            (None, None, _) => return Err(("data.train", "missing; data.test alone is not enough")),
        };
        if self.pins.test.is_some()
            && matches!(&source, DataSource::Files { test, .. } if !matches!(test, TestFiles::File(_)))
        {
            return Err(("data.test_sha256", "has a meaning only with data.test or data.set"));
        }
        Ok(source)
    }
}

pub(super) fn setting(place: &Place, key: &str, problem: String) -> Error {
    Error::Setting { place: place.clone(), key: key.to_owned(), problem }
}

pub(super) fn unknown(key: &str, place: &Place) -> Error {
    Error::UnknownKey { place: place.clone(), key: key.to_owned(), nearest: nearest_key(key) }
}

fn text(value: &Value) -> Result<String, String> {
    let text = value.as_str().filter(|text| !text.is_empty() && !text.contains('\0'));
    text.map(str::to_owned).ok_or_else(|| format!("must be a text that isn't empty, found {value}"))
}

fn scaling(value: &Value) -> Result<ScalingChoice, String> {
    one_of(value, &ScalingChoice::ALL.map(ScalingChoice::name)).map(|place| ScalingChoice::ALL[place])
}

fn targets(value: &Value) -> Result<TargetsChoice, String> {
    one_of(value, &TargetsChoice::ALL.map(TargetsChoice::name)).map(|place| TargetsChoice::ALL[place])
}

fn seed(value: &Value) -> Result<u64, String> {
    integer(value, 0, u32::MAX as usize).map(|seed| seed as u64)
}

fn sha256(value: &Value) -> Result<String, String> {
    let digits = |text: &&str| text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
    let found = value.as_str().filter(digits).map(str::to_lowercase);
    found.ok_or_else(|| format!("must be the 64 hexadecimal digits that `runner data inspect` prints, found {value}"))
}

fn share(value: &Value) -> Result<f64, String> {
    let found = number(value).filter(|share| (0.0..1.0).contains(share));
    found.ok_or_else(|| format!("must be a share of at least 0 and below 1, found {value}"))
}

/// A name becomes a directory: nothing in it may lead elsewhere.
fn name(value: &Value) -> Result<String, String> {
    let fits = |name: &&str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        (1..=64).contains(&name.len()) && name.chars().all(plain) && !name.starts_with('.')
    };
    let name = value.as_str().filter(fits);
    name.map(str::to_owned).ok_or_else(|| {
        format!("must be 1 to 64 letters, digits, '.', '_' or '-', not starting with '.', found {value}")
    })
}

/// The entries as one file again, with defaults filled in. What is swept stays as it was given, in its order.
fn resolve(entries: &[Entry], axes: &[Axis], first: &TrialConfig) -> String {
    let is_given = |key: &str| entries.iter().any(|entry| entry.key == key) || axes.iter().any(|axis| axis.key == key);
    let canonical = first.canonical();
    // What follows from other keys is another value at another point.
    let follows = ["model.hidden", "model.init_factor", "model.base_width", "train.weight_decay"];
    let has_default = |key: &str| !follows.contains(&key) && !is_given(key);
    let defaults = canonical.as_object().into_iter().flatten().filter(|(key, _)| has_default(key));
    // TOML has no null: what has no value is not written.
    let defaults = defaults.filter_map(|(key, value)| Some((key.as_str(), Value::try_from(value).ok()?)));
    let given = entries.iter().map(|entry| (entry.key.as_str(), entry.value.clone()));

    let mut sections: Vec<(String, String)> = vec![(String::new(), String::new())];
    for (key, value) in given.chain(defaults) {
        let (header, name) = match (listed(key), key.split_once('.')) {
            (Some((list, number, inner)), _) => (format!("[[sweep.{list}]] # {}", number + 1), inner),
            (None, Some((section, name))) => (format!("[{section}]"), name),
            (None, None) => (String::new(), key),
        };
        let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        let name = if is_bare { name.to_owned() } else { Value::from(name).to_string() };
        let line = format!("{name} = {value}\n");
        match sections.iter_mut().find(|(known, _)| *known == header) {
            Some((_, lines)) => *lines += &line,
            None => sections.push((header, line)),
        }
    }
    // The lists come last: a table of a list ends the section before it.
    sections.sort_by_key(|(header, _)| LISTS.iter().position(|list| header.starts_with(&format!("[[sweep.{list}]]"))));
    let sections: Vec<_> = sections.iter().map(|(header, lines)| format!("{header}\n{lines}")).collect();
    sections.join("\n").trim_start().to_owned()
}
