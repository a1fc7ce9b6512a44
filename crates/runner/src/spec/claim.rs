//! The claims of an experiment: numbers that its results come to, so that a run can say whether they do.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Table;

use super::error::{Error, Place};
use super::experiment_keys::{DESCRIPTION, NAME};
use super::key::{Key, RawTrial, find, keys};
use super::kind::{FINITE, Real, TEXT, Text};
use super::names::OneOf;
use super::role::{CLAIMS, Role, claim_of};
use super::source::{Entry, parse};
use super::suggestion::is_within;
use super::synonyms::nearest;
use super::trial::keys::key;

const TAKES: [(&str, Take); 3] = [("mean", Take::Mean), ("min", Take::Min), ("max", Take::Max)];

keys! {
    pub KEYS;

    /// The claim in a sentence.
    SAYS: Text = Key::new("claim.says", TEXT);
    /// The value of a trial that it is about: a result such as final_cost or test_accuracy, a recorded cost or metric such as cost@0, or a
    /// status such as diverged, which is 1 for a trial that has it and 0 for any other.
    VALUE: Text = Key::new("claim.value", TEXT);
    /// The condition on the trials that it is about, as `runner show --where` takes it; without one, all of them.
    WHERE: Text = Key::new("claim.where", TEXT);
    /// The number that is taken of the values of several trials.
    TAKE: OneOf<Take> = Key::new("claim.take", OneOf(&TAKES)).or(|| Take::Mean);
    /// The condition on other trials, by whose number that of the first ones is divided.
    RELATIVE_TO: Text = Key::new("claim.relative_to", TEXT);
    /// The lowest number with which it holds.
    AT_LEAST: Real = Key::new("claim.at_least", FINITE);
    /// The highest number with which it holds.
    AT_MOST: Real = Key::new("claim.at_most", FINITE);
}

/// A claim of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The claim in a sentence.
    pub says: String,
    /// The name of the value.
    pub value: String,
    /// The condition on its trials.
    pub trials: Option<String>,
    /// The number that is taken of their values.
    pub take: Take,
    /// The condition on the trials that they are compared with.
    pub relative_to: Option<String>,
    /// The lowest number with which it holds.
    pub at_least: Option<f64>,
    /// The highest one.
    pub at_most: Option<f64>,
    /// The place of its first key, and that of each.
    place: Place,
    places: BTreeMap<&'static str, Place>,
}

/// The number that is taken of several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// Their mean.
    Mean,
    /// The lowest.
    Min,
    /// The highest.
    Max,
}

impl Take {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        TAKES.iter().find(|(_, take)| *take == self).map_or("", |(name, _)| name)
    }

    /// Takes the number of `values`; `None` if there are none.
    pub fn of(self, values: &[f64]) -> Option<f64> {
        match self {
            Take::Mean if values.is_empty() => None,
            Take::Mean => Some(values.iter().sum::<f64>() / values.len() as f64),
            Take::Min => values.iter().copied().min_by(f64::total_cmp),
            Take::Max => values.iter().copied().max_by(f64::total_cmp),
        }
    }
}

impl Claim {
    /// Reads the claims in the text of an experiment, which was at `path`.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn all_in(text: &str, path: &Path) -> Result<Vec<Self>, Error> {
        Claim::all_of(&parse(text, path)?)
    }

    /// Reads the claims among the entries of an experiment.
    pub(super) fn all_of(entries: &[Entry]) -> Result<Vec<Self>, Error> {
        let mut tables: BTreeMap<usize, Written> = BTreeMap::new();
        for (entry, (number, name)) in entries.iter().filter_map(|entry| Some((entry, claim_of(&entry.key)?))) {
            let Entry { value, place, .. } = entry;
            let table = tables.entry(number).or_insert_with(|| Written::at(place));
            let is_empty_table = value.as_table().is_some_and(Table::is_empty);
            if name.is_empty() && is_empty_table {
                continue;
            }
            if name.is_empty() {
                return Err(Error::setting(place, CLAIMS, "must be a table, and is written [[claim]]"));
            }
            let name = format!("{CLAIMS}.{name}");
            let Some(key) = find(KEYS.iter().copied(), &name) else {
                let nearest = nearest(&name, KEYS.iter().map(|key| key.name()));
                return Err(Error::UnknownKey { place: place.clone(), key: name, nearest });
            };
            table.raw.set(key, value).map_err(|problem| Error::setting(place, &name, problem))?;
            table.places.insert(key.name(), place.clone());
        }
        tables.into_values().map(Claim::of).collect()
    }

    fn of(Written { raw, place, places }: Written) -> Result<Self, Error> {
        let missing = |key: &Key<Text>, what| Error::setting(&place, key.name(), format!("missing; it is {what}"));
        let (at_least, at_most) = (raw.get(&AT_LEAST), raw.get(&AT_MOST));
        let says = raw.get(&SAYS).ok_or_else(|| missing(&SAYS, "the claim in a sentence"))?;
        let value = raw.get(&VALUE).ok_or_else(|| missing(&VALUE, "a result of the trials, such as final_cost"))?;
        match (at_least, at_most) {
            (None, None) => {
                return Err(Error::setting(
                    &place,
                    AT_LEAST.name(),
                    "missing; give claim.at_least, claim.at_most or both",
                ));
            }
            (Some(least), Some(most)) if least > most => {
                return Err(Error::setting(&place, AT_LEAST.name(), format!("{least} is above claim.at_most, {most}")));
            }
            _ => {}
        }
        let (trials, relative_to) = (raw.get(&WHERE), raw.get(&RELATIVE_TO));
        Ok(Claim { says, value, trials, take: raw.value(&TAKE), relative_to, at_least, at_most, place, places })
    }

    /// Makes the error of one of its keys.
    pub fn error(&self, key: &str, problem: &str) -> Error {
        let key = format!("{CLAIMS}.{key}");
        Error::setting(self.places.get(&*key).unwrap_or(&self.place), &key, problem)
    }

    /// Returns whether `number` is within its bounds.
    pub fn holds(&self, number: f64) -> bool {
        self.at_least.is_none_or(|least| number >= least) && self.at_most.is_none_or(|most| number <= most)
    }
}

/// A table of a claim, as written.
struct Written {
    raw: RawTrial,
    /// The place of its first key.
    place: Place,
    places: BTreeMap<&'static str, Place>,
}

impl Written {
    fn at(place: &Place) -> Self {
        Written { raw: RawTrial::default(), place: place.clone(), places: BTreeMap::new() }
    }
}

/// Drops the claims of the `file` if the command line makes another experiment of it, and returns the key that does. Keys of claims on the
/// command line say what holds for that one.
pub(super) fn drop_claims(entries: &mut Vec<Entry>, file: &[Entry]) -> Option<String> {
    let is_claim = |entry: &Entry| claim_of(&entry.key).is_some();
    let is_of_trials = |name: &str| key(Role::of(name).1).is_some();
    let is_harmless = |name: &str| {
        [NAME.name(), DESCRIPTION.name()].contains(&name) || (is_within(name, "run") && !is_of_trials(name))
    };
    let mut given = entries.iter().filter(|entry| entry.place == Place::CommandLine);
    if !entries.iter().any(is_claim) || given.clone().any(is_claim) {
        return None;
    }
    let is_in =
        |all: &[Entry], entry: &Entry| all.iter().any(|other| (&other.key, &other.value) == (&entry.key, &entry.value));
    // A key may repeat the file's value, and yet take the place of an axis.
    let is_withdrawn = |entry: &Entry| !is_harmless(&entry.key) && !is_in(entries, entry);
    let is_less = file.iter().any(is_withdrawn);
    let name = given.find(|entry| !is_harmless(&entry.key) && (is_less || !is_in(file, entry)))?.key.clone();
    entries.retain(|entry| !is_claim(entry));
    Some(name)
}
