//! Settings: the trials that differ in their seed only, as one row of statistics.

use indexmap::IndexSet;
use serde_json::{Map, Value};

use super::trials::{Row, Trials};
use crate::record::columns::Column;
use crate::record::planned::PlannedAxis;
use crate::run::outcome::Status;
use crate::spec::ranking::Rank;

/// Trials that differ in one key only, in the order of the plan; or one trial.
#[derive(Clone, Debug)]
pub struct Setting<'t> {
    /// The trials, at least one.
    pub rows: Vec<&'t Row>,
    /// The number of its trials that are not finished yet.
    pub unfinished: usize,
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
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        let (lowest, highest) =
            numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
        let deviation = (numbers.len() > 1).then(|| (squares / (count - 1.0)).sqrt());
        (!numbers.is_empty()).then_some(Statistics { count: numbers.len(), mean, deviation, lowest, highest })
    }

    /// Computes the standard error of the mean; `None` if there is one number.
    pub fn standard_error(&self) -> Option<f64> {
        self.deviation.map(|deviation| deviation / (self.count as f64).sqrt())
    }
}

impl<'t> Setting<'t> {
    /// Returns the number that a trial has, unless it is damaged or did not complete.
    fn number(score: &Column, row: &Row) -> Option<f64> {
        (!row.is_damaged && row.finished.summary.status == Status::Completed)
            .then(|| score.json(&row.finished.summary).as_f64())?
    }

    /// Computes the statistics of a measure over the trials that completed.
    pub fn statistics(&self, measure: &Column) -> Option<Statistics> {
        let numbers: Vec<f64> = self.rows.iter().filter_map(|row| Self::number(measure, row)).collect();
        Statistics::of(&numbers)
    }

    /// Returns the number that a trial is judged by, the lower the better; `None` if it is damaged or did not complete.
    pub fn loss(score: &Column, row: &Row) -> Option<f64> {
        if row.is_damaged { None } else { score.loss(&row.finished.summary) }
    }

    /// Computes the rank of the setting; `None` if none of its trials completed.
    pub fn rank(&self, score: &Column) -> Option<Rank> {
        let missing = std::iter::repeat_n(None, self.unfinished);
        Rank::of(self.rows.iter().map(|row| Self::loss(score, row)).chain(missing))
    }

    /// Finds its best trial, the first of equal ones. `None` if none completed.
    pub fn best_trial(&self, score: &Column) -> Option<&'t Row> {
        let losses = self.rows.iter().filter_map(|row| Some((Self::loss(score, row)?, *row)));
        losses.min_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, row)| row)
    }

    /// Counts the trials with this status.
    pub fn with_status(&self, status: Status) -> usize {
        self.rows.iter().filter(|row| !row.is_damaged && row.finished.summary.status == status).count()
    }

    /// Counts the trials that are not what was stored.
    pub fn damaged(&self) -> usize {
        self.rows.iter().filter(|row| row.is_damaged).count()
    }

    /// Returns its rung; `None` unless the sweep halves.
    pub fn rung(&self) -> Option<usize> {
        self.rows[0].rung
    }
}

impl Trials {
    /// Groups into settings the rows for which `is_shown` holds, in the order of their first rows: rows that differ in the key `over` only,
    /// or each row by itself.
    pub fn settings(&self, over: Option<&str>, is_shown: impl Fn(&Row) -> bool) -> Vec<Setting<'_>> {
        let rows = self.rows.iter().filter(|row| is_shown(row));
        let alone = |row| Setting { rows: vec![row], unfinished: 0 };
        let Some(over) = over else { return rows.map(alone).collect() };
        let rows: Vec<&Row> = rows.collect();
        let values = rows.iter().map(|row| &row.values).chain(&self.unfinished);
        let numbers = setting_numbers(&self.axes, over, values);
        let mut settings: Vec<Setting> = Vec::new();
        for (row, &number) in rows.iter().zip(&numbers) {
            if number == settings.len() {
                settings.push(Setting { rows: Vec::new(), unfinished: 0 });
            }
            settings[number].rows.push(row);
        }
        for &number in &numbers[rows.len()..] {
            if let Some(setting) = settings.get_mut(number) {
                setting.unfinished += 1;
            }
        }
        settings
    }
}

/// Numbers the settings of points in the order of their first points: points that differ in the key `over` only have one number.
pub fn setting_numbers<'v>(
    axes: &[PlannedAxis],
    over: &str,
    points: impl Iterator<Item = &'v Map<String, Value>>,
) -> Vec<usize> {
    let others: Vec<&str> = axes.iter().map(|axis| axis.key.as_str()).filter(|key| *key != over).collect();
    let mut settings: IndexSet<Vec<String>> = IndexSet::new();
    let number = |values: &Map<String, Value>| {
        let texts = others.iter().map(|key| values.get(*key).map(ToString::to_string).unwrap_or_default());
        settings.insert_full(texts.collect()).0
    };
    points.map(number).collect()
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
        assert_eq!(Statistics::of(&[3.0]).unwrap().deviation, None);
        assert_eq!(Statistics::of(&[]), None);
    }
}
