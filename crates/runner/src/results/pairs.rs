//! Trials of two sweeps, paired by the keys that they share.

use std::collections::{BTreeSet, HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::Value;

use super::row::Row;
use super::setting::{Setting, Statistics};
use super::trials::{SEED, Trials};
use crate::record::columns::Column;
use crate::run::outcome::Status;
use crate::text::comparable;

/// A trial of one sweep and its partner of the other.
pub type Pair<'t> = (&'t Row, &'t Row);

/// Pairs that differ in their seed only.
#[derive(Clone, Debug)]
pub struct PairedSetting<'t> {
    /// The values of the keys but the seed.
    pub values: Vec<Value>,
    /// The pairs.
    pub pairs: Vec<Pair<'t>>,
}

/// Two sweeps, joined.
#[derive(Clone, Debug)]
pub struct Joined<'t> {
    /// The keys that trials are joined by, but the seed.
    pub keys: Vec<String>,
    /// True if they are joined by their seeds too.
    pub by_seed: bool,
    /// The pairs by setting, in the order of the first sweep.
    pub settings: Vec<PairedSetting<'t>>,
    /// The trials of each sweep that have no partner.
    pub alone: [usize; 2],
}

/// The means of both sides over pairs of which both trials completed, and their difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The mean of the first sweep.
    pub a: f64,
    /// The mean of the second sweep.
    pub b: f64,
    /// The statistics of second - first.
    pub difference: Statistics,
}

impl Difference {
    /// Computes it; `None` if no pair has both numbers.
    pub fn of<'p, 't: 'p>(pairs: impl IntoIterator<Item = &'p Pair<'t>>, measure: &Column) -> Option<Self> {
        let number = |row: &'t Row| Setting::alone(row).statistics(measure).map(|found| found.mean);
        let both: Vec<(f64, f64)> = pairs.into_iter().filter_map(|&(a, b)| number(a).zip(number(b))).collect();
        let difference = Statistics::of(&both.iter().map(|(a, b)| b - a).collect::<Vec<_>>())?;
        let mean = |side: fn(&(f64, f64)) -> f64| both.iter().map(side).sum::<f64>() / both.len() as f64;
        Some(Difference { a: mean(|pair| pair.0), b: mean(|pair| pair.1), difference })
    }
}

impl Joined<'_> {
    /// Lists all pairs.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair<'_>> {
        self.settings.iter().flat_map(|setting| &setting.pairs)
    }

    /// Counts the trials on each side of the pairs that did not complete.
    pub fn incomplete(&self) -> [usize; 2] {
        let is_lost = |row: &Row| row.status() != Some(Status::Completed);
        [self.pairs().filter(|pair| is_lost(pair.0)).count(), self.pairs().filter(|pair| is_lost(pair.1)).count()]
    }
}

/// Joins the rows of two sweeps for which `has_a` and `has_b` hold, by every key that either sweeps, unless all rows of both have one value
/// of it each. Points that share a trial, since some of their keys don't apply, are one pair.
pub fn join<'t>([a, b]: [&'t Trials; 2], has_a: impl Fn(&Row) -> bool, has_b: impl Fn(&Row) -> bool) -> Joined<'t> {
    let rows_a: Vec<&Row> = a.finished().filter(|row| has_a(row)).collect();
    let rows_b: Vec<&Row> = b.finished().filter(|row| has_b(row)).collect();
    let mut keys: Vec<String> = Vec::new();
    for axis in a.axes.iter().chain(&b.axes).filter(|axis| axis.factor.is_some()) {
        let is_varied = |rows: &[&Row]| {
            rows.iter().map(|row| comparable(&row.canonical_setting(&axis.key))).collect::<BTreeSet<_>>().len() > 1
        };
        if !keys.contains(&axis.key) && (is_varied(&rows_a) || is_varied(&rows_b)) {
            keys.push(axis.key.clone());
        }
    }
    let place = |row: &Row| keys.iter().map(|key| comparable(&row.canonical_setting(key))).collect::<Vec<_>>();
    let mut partners: HashMap<Vec<String>, &Row> = rows_b.iter().map(|row| (place(row), *row)).collect();
    let (others, by_seed) =
        (keys.iter().filter(|key| *key != SEED).cloned().collect::<Vec<_>>(), keys.iter().any(|key| key == SEED));
    let mut settings: IndexMap<Vec<String>, PairedSetting> = IndexMap::new();
    let mut paired = HashSet::new();
    for &row in &rows_a {
        let Some(partner) = partners.remove(&place(row)) else { continue };
        if !paired.insert((&*row.trial, &*partner.trial)) {
            continue;
        }
        let own = others.iter().map(|key| comparable(&row.canonical_setting(key))).collect();
        let values = || others.iter().map(|key| row.setting(key)).collect();
        let setting = settings.entry(own).or_insert_with(|| PairedSetting { values: values(), pairs: Vec::new() });
        setting.pairs.push((row, partner));
    }
    let without = |rows: &[&Row], paired: HashSet<&str>| {
        rows.iter().map(|row| &*row.trial).collect::<HashSet<_>>().difference(&paired).count()
    };
    let alone = [
        without(&rows_a, paired.iter().map(|pair| pair.0).collect()),
        without(&rows_b, paired.iter().map(|pair| pair.1).collect()),
    ];
    let settings = settings.into_values().collect();
    Joined { keys: others, by_seed, settings, alone }
}
