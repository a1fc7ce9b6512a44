//! The data of the page's scripts: the points of the sweep by columns.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use super::curves::{Curve, Curves};
use super::ranked_settings::RankedSettings;
use super::state::State;
use crate::record::columns::{
    Column, FINAL_COST, Kind, TEST_ACCURACY, TEST_COST, TRAIN_ACCURACY, TRAIN_COST, VALIDATION_ACCURACY,
    VALIDATION_COST,
};
use crate::record::planned::PlannedAxis;
use crate::record::summary::Summary;
use crate::results::row::Row;
use crate::results::trials::{SEED, Trials};
use crate::spec::axis::Scale;
use crate::text::rounded;

/// Significant digits of a number of the table.
pub(super) const DIGITS: usize = 6;

/// The measures of a trial, with their names in words.
static MEASURES: [(&Column, &str); 7] = [
    (&VALIDATION_COST, "validation cost"),
    (&VALIDATION_ACCURACY, "validation accuracy"),
    (&FINAL_COST, "final cost"),
    (&TRAIN_COST, "training cost"),
    (&TRAIN_ACCURACY, "training accuracy"),
    (&TEST_COST, "test cost"),
    (&TEST_ACCURACY, "test accuracy"),
];

/// Names a measure in words.
pub(super) fn in_words(measure: &Column) -> String {
    let named = MEASURES.iter().find(|(known, _)| known.name == measure.name);
    named.map_or_else(|| measure.name.replace('_', " "), |(_, words)| (*words).to_owned())
}

/// All that the scripts read.
#[derive(Serialize)]
pub(super) struct Data<'r> {
    axes: Vec<AxisValues<'r>>,
    measures: Vec<Measure>,
    /// The key of the measure that settings are judged by.
    judged_by: &'static str,
    /// The trial of each point.
    trials: Vec<&'r str>,
    /// The number of each point's setting, the best first.
    settings: Vec<usize>,
    states: [&'static str; 5],
    /// The number of each point's state.
    state: Vec<usize>,
    /// The iteration at which each trial stopped or diverged.
    ended_at: Vec<Option<i64>>,
    seconds: Vec<Option<f64>>,
    /// The machine of each trial; empty if all come from one.
    machines: Vec<Option<&'r str>>,
    pub(super) curves: Curves,
}

/// A swept key and its value at each point.
#[derive(Serialize)]
pub(super) struct AxisValues<'r> {
    pub(super) key: &'r str,
    /// True if its values are repetitions of a setting.
    is_seed: bool,
    is_log: bool,
    is_rungs: bool,
    /// Its values, each once: in their order if they are numbers, else in that of the experiment.
    pub(super) values: Vec<&'r Value>,
    /// The place of each point's value in `values`; `None` if the point has none.
    pub(super) at: Vec<Option<usize>>,
}

/// A number of each trial.
#[derive(Serialize)]
struct Measure {
    key: &'static str,
    name: &'static str,
    is_lower_better: bool,
    values: Vec<Option<f64>>,
}

impl<'r> AxisValues<'r> {
    /// Gathers the values of `axis`.
    pub(super) fn of(axis: &'r PlannedAxis, points: &'r [Row]) -> Self {
        let of = |point: &'r Row| point.values.get(&axis.key).filter(|value| !value.is_null());
        let (mut values, mut texts): (Vec<&Value>, HashSet<String>) = Default::default();
        for value in points.iter().filter_map(of) {
            if texts.insert(value.to_string()) {
                values.push(value);
            }
        }
        if values.iter().all(|value| value.is_number()) {
            let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
            values.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
        let places: HashMap<String, usize> = values.iter().map(ToString::to_string).zip(0..).collect();
        let at = points.iter().map(|point| places.get(&of(point)?.to_string()).copied()).collect();
        let (is_log, is_rungs) = (axis.has_scale(Scale::Log), axis.has_scale(Scale::Rungs));
        AxisValues { key: &axis.key, is_seed: axis.key == SEED, is_log, is_rungs, values, at }
    }
}

impl<'r> Data<'r> {
    /// Gathers the data of the page.
    pub(super) fn of(trials: &'r Trials, curves: &[Option<Curve>], ranked: &RankedSettings) -> Self {
        let points = &trials.rows;
        let summaries = || points.iter().map(Row::summary);
        let measures = MEASURES.iter().filter_map(|(column, name)| {
            let value = |trial: Option<&Summary>| Some(rounded(column.number(trial?)?, DIGITS));
            let values: Vec<Option<f64>> = summaries().map(value).collect();
            let (key, is_lower_better) = (column.name, column.kind == Kind::Cost);
            values.iter().any(Option::is_some).then_some(Measure { key, name, is_lower_better, values })
        });
        let number = |state| State::ALL.iter().position(|known| *known == state).unwrap_or(0);
        let machines = points.iter().map(|point| point.summary().and(point.machine.as_deref()));
        Data {
            axes: trials.axes.iter().map(|axis| AxisValues::of(axis, points)).collect(),
            measures: measures.collect(),
            judged_by: ranked.score.name,
            trials: points.iter().map(|point| point.trial.as_str()).collect(),
            settings: ranked.numbers(points),
            states: State::ALL.map(State::name),
            state: points.iter().map(|point| number(State::of(point))).collect(),
            ended_at: summaries().map(|trial| trial?.ended_at).collect(),
            seconds: summaries().map(|trial| Some(rounded(trial?.seconds, 3))).collect(),
            machines: if machines.clone().any(|name| name.is_some()) { machines.collect() } else { Vec::new() },
            curves: Curves::of(curves),
        }
    }
}
