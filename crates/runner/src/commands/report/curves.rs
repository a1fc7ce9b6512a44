//! The curves of a report: what trials recorded, thinned so that a page of many trials stays small.

use std::collections::HashSet;

use indexmap::IndexSet;
use serde::Serialize;

use crate::record::Record;
use crate::record::error::Error;
use crate::record::planned::RecordedPoint;
use crate::record::summary::Recorded;
use crate::text::rounded;

/// The most numbers of all curves of a page together, if each trial's fewest records fit.
const MOST_NUMBERS: usize = 600_000;
/// The most records of a curve.
const MOST_RECORDS: usize = 200;
/// The fewest records of a curve, unless its trial has fewer.
const LEAST_RECORDS: usize = 8;
/// The fewest records with which a curve keeps its metrics.
const ENOUGH_RECORDS: usize = 24;
/// Significant digits of a number of a curve.
pub(super) const DIGITS: usize = 4;

/// Records of a trial at even distances, the first and the last among them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    pub(super) iterations: Vec<i64>,
    /// The cost, and then the metrics: each a value for each iteration.
    pub(super) series: Vec<(String, Vec<Option<f64>>)>,
    /// Records before the thinning.
    pub(super) recorded: usize,
}

/// The number of records of a trial that are kept, and whether its metrics are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Most {
    records: usize,
    metrics: bool,
}

impl Curve {
    /// Shares the numbers of a page among `trials`, of `series` series each.
    fn most_records(trials: usize, series: usize) -> Most {
        let each = |series: usize| (MOST_NUMBERS / (trials * series).max(1)).min(MOST_RECORDS);
        let metrics = each(series) >= ENOUGH_RECORDS;
        Most { records: each(if metrics { series } else { 1 }).max(LEAST_RECORDS), metrics }
    }

    /// Thins a history whose metrics have these names.
    fn thinned(history: &[Recorded], names: &[String], most: Most) -> Self {
        let kept = history.len().min(most.records);
        let place = |number: usize| if kept < 2 { 0 } else { number * (history.len() - 1) / (kept - 1) };
        let records: Vec<&Recorded> = (0..kept).map(|number| &history[place(number)]).collect();
        let cost = records.iter().map(|record| Some(record.cost)).collect();
        let metric = |place: usize| records.iter().map(|record| record.metrics.get(place).copied().flatten()).collect();
        let metrics = names.iter().enumerate().filter(|_| most.metrics);
        let metrics = metrics.map(|(place, name)| (name.clone(), metric(place)));
        let series = [("cost".to_owned(), cost)].into_iter().chain(metrics).collect();
        let iterations = records.iter().map(|record| record.iteration).collect();
        Curve { iterations, series, recorded: history.len() }
    }
}

/// Reads the curve of every point of the plan, and compares each trial with its digest: the ids of those that are not what was stored are
/// put into `damaged`.
///
/// # Errors
/// If the database can't be read.
pub(super) fn read(
    record: &Record,
    points: &[RecordedPoint],
    damaged: &mut HashSet<String>,
) -> Result<Vec<Option<Curve>>, Error> {
    let finished = points.iter().filter_map(|point| point.finished.as_ref());
    let series = finished.clone().map(|trial| trial.summary.metrics.len() + 1).max().unwrap_or(1);
    let most = Curve::most_records(finished.count(), series);
    let mut read = |point: &RecordedPoint| {
        let Some(trial) = &point.finished else { return Ok(None) };
        match record.history(&point.trial, trial) {
            Ok(history) => Ok(Some(Curve::thinned(&history, &trial.summary.metrics, most))),
            Err(Error::Damaged { trial, .. }) => {
                damaged.insert(trial);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    };
    points.iter().map(&mut read).collect()
}

/// The curves of all trials as the page's scripts read them.
#[derive(Serialize)]
pub(super) struct Curves {
    /// Lists of iterations; many trials share one.
    grids: Vec<Vec<i64>>,
    /// The number of each point's list.
    grid: Vec<Option<usize>>,
    /// The names of what was recorded.
    names: Vec<String>,
    /// For each name and each point the values; `None` if it was not recorded there.
    values: Vec<Vec<Option<Vec<Option<f64>>>>>,
    /// The most records that a trial has.
    pub(super) recorded: usize,
    /// The most that the page has of one.
    pub(super) kept: usize,
}

impl Curves {
    /// Gathers the curves of all points.
    pub(super) fn of(curves: &[Option<Curve>]) -> Self {
        let curves = || curves.iter().map(Option::as_ref);
        let series = curves().flatten().flat_map(|curve| &curve.series);
        let names: IndexSet<String> = series.map(|(name, _)| name.clone()).collect();
        let mut grids: IndexSet<Vec<i64>> = IndexSet::new();
        let grid = curves().map(|curve| Some(grids.insert_full(curve?.iterations.clone()).0));
        let grid = grid.collect();
        let values = |name: &String| {
            let series = |curve: &Curve| {
                let (_, values) = curve.series.iter().find(|(found, _)| found == name)?;
                Some(values.iter().map(|value| value.map(|value| rounded(value, DIGITS))).collect())
            };
            curves().map(|curve| series(curve?)).collect()
        };
        let values = names.iter().map(values).collect();
        let recorded = curves().flatten().map(|curve| curve.recorded).max().unwrap_or(0);
        let kept = curves().flatten().map(|curve| curve.iterations.len()).max().unwrap_or(0);
        let (grids, names) = (grids.into_iter().collect(), names.into_iter().collect());
        Curves { grids, grid, names, values, recorded, kept }
    }

    /// Returns the names of the series that the page shows over the iterations.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(length: i64) -> Vec<Recorded> {
        let record = |iteration| Recorded { iteration, cost: iteration as f64, metrics: vec![Some(0.5), None] };
        (0..length).map(record).collect()
    }

    #[test]
    fn a_thinned_curve_keeps_its_first_and_last_record_and_even_distances() {
        let names = ["test_cost".to_owned(), "dead_relu_1".to_owned()];
        let curve = Curve::thinned(&history(1000), &names, Most { records: 4, metrics: true });
        assert_eq!((curve.iterations, curve.recorded), (vec![0, 333, 666, 999], 1000));
        let names: Vec<_> = curve.series.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["cost", "test_cost", "dead_relu_1"]);
        assert_eq!(curve.series[1].1, [Some(0.5); 4]);
        for length in 0..4 {
            let whole = Curve::thinned(&history(length), &[], Most { records: 8, metrics: false });
            assert_eq!((whole.iterations, whole.recorded), ((0..length).collect(), length as usize));
        }
    }

    #[test]
    fn many_trials_share_the_numbers_of_a_page_and_metrics_go_before_the_cost_does() {
        assert_eq!(Curve::most_records(108, 1), Most { records: 200, metrics: true });
        assert_eq!(Curve::most_records(20_000, 1), Most { records: 30, metrics: true });
        assert_eq!(Curve::most_records(20_000, 5), Most { records: 30, metrics: false });
        assert_eq!(Curve::most_records(1_000_000, 1), Most { records: 8, metrics: false });
        assert_eq!(Curve::most_records(0, 1), Most { records: 200, metrics: true });
    }
}
