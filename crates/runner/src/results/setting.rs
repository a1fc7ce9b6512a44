//! Settings: the trials that differ in their seed only, as one row of statistics.

use std::collections::{HashMap, HashSet};
use std::iter;

use indexmap::IndexMap;

use super::row::Row;
use super::trials::Trials;
use crate::record::columns::Column;
use crate::run::outcome::Status;
use crate::spec::axis::Scale;
use crate::spec::ranking::Rank;
use crate::spec::trial::keys::canonical;
use crate::text::comparable;
use datasets::text::count;

/// Trials that differ in one key only, in the order of the plan; or one trial.
#[derive(Clone, Debug, Default)]
pub struct Setting<'t> {
    /// The trials that have finished.
    pub rows: Vec<&'t Row>,
    /// The trials that have not finished yet.
    pub unfinished: Vec<&'t Row>,
    /// The number of trials that are of other shards, and not here.
    pub elsewhere: usize,
}

/// Statistics of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// The number of numbers.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with count - 1 in the denominator; `None` if there is one number.
    pub deviation: Option<f64>,
    /// The lowest.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
}

impl Statistics {
    /// Computes them; `None` if there are no numbers.
    pub fn of(numbers: &[f64]) -> Option<Self> {
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        // As shares of the largest one, no square leaves the range of f64.
        let largest = numbers.iter().map(|number| (number - mean).abs()).fold(0.0, f64::max);
        let share = |number: &f64| if largest > 0.0 { (number - mean) / largest } else { 0.0 };
        let squares: f64 = numbers.iter().map(|number| share(number).powi(2)).sum();
        let (lowest, highest) =
            numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
        let deviation = (numbers.len() > 1).then(|| largest * (squares / (count - 1.0)).sqrt());
        (!numbers.is_empty()).then_some(Statistics { count: numbers.len(), mean, deviation, lowest, highest })
    }

    /// Computes the standard error of the mean; `None` if there is one number.
    pub fn standard_error(&self) -> Option<f64> {
        self.deviation.map(|deviation| deviation / (self.count as f64).sqrt())
    }
}

impl<'t> Setting<'t> {
    /// Makes the setting of one finished trial.
    pub fn alone(row: &'t Row) -> Self {
        Setting { rows: vec![row], unfinished: Vec::new(), elsewhere: 0 }
    }

    /// Lists all its trials.
    pub fn trials(&self) -> impl Iterator<Item = &'t Row> {
        self.rows.iter().chain(&self.unfinished).copied()
    }

    /// Counts all its trials.
    pub fn size(&self) -> usize {
        self.rows.len() + self.unfinished.len() + self.elsewhere
    }

    /// Computes the statistics of a measure over the trials that completed.
    pub fn statistics(&self, measure: &Column) -> Option<Statistics> {
        let completed =
            self.rows.iter().filter_map(|row| row.summary()).filter(|trial| trial.status == Status::Completed);
        Statistics::of(&completed.filter_map(|trial| measure.number(trial)).collect::<Vec<_>>())
    }

    /// Computes the rank of the setting; `None` if none of its trials completed.
    pub fn rank(&self, score: &Column) -> Option<Rank> {
        Rank::of(self.trials().map(|row| row.loss(score)).chain(iter::repeat_n(None, self.elsewhere)))
    }

    /// Finds its best trial, the first of equal ones. `None` if none completed.
    pub fn best_trial(&self, score: &Column) -> Option<&'t Row> {
        let losses = self.rows.iter().filter_map(|row| Some((row.loss(score)?, *row)));
        losses.min_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, row)| row)
    }

    /// Counts the trials with this status.
    pub fn with_status(&self, status: Status) -> usize {
        self.rows.iter().filter(|row| row.status() == Some(status)).count()
    }

    /// Counts the trials that are not what was stored.
    pub fn damaged(&self) -> usize {
        self.rows.iter().filter(|row| row.is_damaged).count()
    }

    /// Returns its rung; `None` unless the sweep halves.
    pub fn rung(&self) -> Option<usize> {
        self.trials().next()?.rung
    }
}

/// Counts different trials: points that differ only in keys that don't apply share one.
pub fn different_trials<'t>(rows: impl IntoIterator<Item = &'t Row>) -> usize {
    first_of_each(rows).count()
}

/// Leaves out the rows whose trial an earlier row has.
pub fn first_of_each<'t>(rows: impl IntoIterator<Item = &'t Row>) -> impl Iterator<Item = &'t Row> {
    let mut known = HashSet::new();
    rows.into_iter().filter(move |row| known.insert(row.trial.as_str()))
}

impl Trials {
    /// Keeps the first row of each trial: equal settings that are written differently, as `"relu"` and `["relu", "relu"]` are, share one.
    #[must_use]
    pub fn once_each(self) -> Self {
        let rows = first_of_each(&self.rows).cloned().collect();
        Trials { rows, ..self }
    }

    /// Says how many trials of the sweep have no row; `None` if all have one.
    pub fn elsewhere_in_words(&self) -> Option<String> {
        let all = different_trials(&self.rows) + self.elsewhere;
        let verb = if self.elsewhere == 1 { "is" } else { "are" };
        let words = format!("{} of {} {verb} of other shards, not here", self.elsewhere, count(all, "trial"));
        (self.elsewhere > 0).then_some(words)
    }

    /// Groups into settings the finished trials for which `is_shown` holds, in the order of their first rows: trials that differ in the
    /// key `over` only, or each trial by itself. A trial that several points share counts once.
    pub fn settings(&self, over: Option<&str>, is_shown: impl Fn(&Row) -> bool) -> Vec<Setting<'_>> {
        match over {
            None => first_of_each(self.finished().filter(|row| is_shown(row))).map(Setting::alone).collect(),
            Some(over) => {
                let settings = self.grouped(over, is_shown);
                settings.into_iter().filter(|setting| !setting.rows.is_empty()).collect()
            }
        }
    }

    /// Groups the trials for which `is_shown` holds by the keys but `over`.
    pub fn grouped(&self, over: &str, is_shown: impl Fn(&Row) -> bool) -> Vec<Setting<'_>> {
        let others: Vec<&str> = self.axes.iter().map(|axis| axis.key.as_str()).filter(|key| *key != over).collect();
        let mut settings: IndexMap<Vec<String>, Setting> = IndexMap::new();
        for row in first_of_each(self.finished().filter(|row| is_shown(row))) {
            settings.entry(place_of(row, &others)).or_default().rows.push(row);
        }
        for row in first_of_each(self.unfinished().filter(|row| is_shown(row))) {
            settings.entry(place_of(row, &others)).or_default().unfinished.push(row);
        }
        let mut settings: Vec<Setting> = settings.into_values().collect();
        if !self.whole.is_empty() {
            self.count_elsewhere(&mut settings, over, is_shown);
        }
        settings
    }

    /// Counts for each setting the points of the whole sweep that have no row, and for which `is_shown` holds.
    fn count_elsewhere(&self, settings: &mut [Setting], over: &str, is_shown: impl Fn(&Row) -> bool) {
        // A width that follows from a budget is known of trials with a row alone.
        let axes = || self.axes.iter().filter(|axis| axis.factor.is_some());
        let keys: Vec<&str> = axes().map(|axis| axis.key.as_str()).collect();
        let rungs = axes().find(|axis| axis.has_scale(Scale::Rungs)).map(|axis| axis.key.as_str());
        // A setting has the same trials on each rung that it reaches.
        let others: Vec<&str> = keys.iter().copied().filter(|key| *key != over && Some(*key) != rungs).collect();
        let here: HashSet<Vec<String>> = self.rows.iter().map(|row| place_of(row, &keys)).collect();
        let mut whole: HashMap<Vec<String>, Vec<&Row>> = HashMap::new();
        for row in &self.whole {
            whole.entry(place_of(row, &others)).or_default().push(row);
        }
        for setting in settings {
            let Some(first) = setting.trials().next() else { continue };
            let length = rungs.and_then(|key| Some((key.to_owned(), first.values.get(key)?.clone())));
            let on_its_rung = |row: &Row| {
                let values = row.values.clone().into_iter().chain(length.clone()).collect();
                Row { values, rung: first.rung, ..row.clone() }
            };
            let points = whole.get(&place_of(first, &others)).into_iter().flatten().map(|row| on_its_rung(row));
            let places: HashSet<_> = points.filter(|row| is_shown(row)).map(|row| place_of(&row, &keys)).collect();
            setting.elsewhere = places.difference(&here).count();
        }
    }
}

/// Returns the values of these keys in the form that equal ones share.
fn place_of(row: &Row, keys: &[&str]) -> Vec<String> {
    let value = |key: &str| row.values.get(key).cloned().unwrap_or_default();
    keys.iter().map(|key| comparable(&canonical(key, value(key)))).collect()
}

#[cfg(test)]
mod tests {
    use super::Statistics;

    #[test]
    fn statistics_are_those_of_a_sample() {
        let of = Statistics::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!((of.count, of.mean, of.lowest, of.highest), (8, 5.0, 2.0, 9.0));
        assert!((of.deviation.unwrap() - (32.0f64 / 7.0).sqrt()).abs() < 1e-15);
        assert!((of.standard_error().unwrap() - (4.0f64 / 7.0).sqrt()).abs() < 1e-15);
        for size in [1e-200, 1e200] {
            let deviation = Statistics::of(&[1.0 * size, 2.0 * size, 3.0 * size]).unwrap().deviation.unwrap();
            assert!((deviation / size - 1.0).abs() < 1e-15, "{deviation}");
        }
        assert_eq!(Statistics::of(&[3.0, 3.0]).unwrap().deviation, Some(0.0));
        assert_eq!(Statistics::of(&[3.0]).unwrap().deviation, None);
        assert_eq!(Statistics::of(&[]), None);
    }
}
