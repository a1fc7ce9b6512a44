//! The points of a plan with their trials, row by row.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::row::Row;
use crate::record::Record;
use crate::record::error::Error;
use crate::record::machines::MachineNames;
use crate::record::notes::Notes;
use crate::record::plan::{StoredPlan, StoredPoint};
use crate::record::planned::{Planned, PlannedAxis, RecordedPoint};
use crate::spec::axis::Scale;
use crate::spec::difference::SWEPT;
use crate::spec::experiment::{Experiment, Point};
use crate::spec::source::keys_and_values;
use crate::text::comparable;

/// The key of the seed, over which settings are averaged.
pub const SEED: &str = "seed";

/// The trials of a plan.
#[derive(Clone, Debug)]
pub struct Trials {
    /// The name of the experiment.
    pub name: String,
    /// The experiment as it was run.
    pub toml: String,
    /// The swept keys in order.
    pub axes: Vec<PlannedAxis>,
    /// Every point, in the order of the plan.
    pub rows: Vec<Row>,
    /// The number of rungs; 0 unless the sweep halves.
    pub rungs: usize,
    /// The names of the machines, where there are several.
    pub machines: BTreeSet<String>,
    /// The tags of the sweep itself, in order.
    pub sweep_tags: Vec<String>,
    /// The note on the sweep itself.
    pub sweep_note: Option<String>,
    /// The number of trials of the sweep that are of other shards, and have no row.
    pub elsewhere: usize,
    /// Every point of the whole sweep, as if no trial had finished, where trials are of other shards. Of a sweep that halves they have no
    /// rung.
    pub whole: Vec<Row>,
}

impl Trials {
    /// Reads the trials of the newest plan of `record` and proves each.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn newest(record: &Record) -> Result<Self, Error> {
        Trials::read(record, record.planned()?)?.with_elsewhere(record)
    }

    /// Adds what is known of the trials of the newest plan of `record` that are of other shards.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn with_elsewhere(self, record: &Record) -> Result<Self, Error> {
        let elsewhere = record.elsewhere()?;
        let whole = if elsewhere > 0 { whole_sweep(&self.toml) } else { Vec::new() };
        Ok(Trials { elsewhere, whole, ..self })
    }

    /// Reads the trials of a plan of `record` and proves each.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn read(record: &Record, planned: Planned) -> Result<Self, Error> {
        let finished = planned.points.iter().filter_map(|point| Some((&*point.trial, point.finished.as_ref()?)));
        let damaged = record.damaged(finished)?;
        Trials::proved(record, planned, &damaged)
    }

    /// Reads the same, where the ids of the `damaged` trials are known.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn proved(record: &Record, planned: Planned, damaged: &HashSet<String>) -> Result<Self, Error> {
        let names = record.machines_in_words(&planned.points)?;
        Ok(Trials::of(planned, damaged, &names, &record.notes()?))
    }

    /// Lists the points of a plan before any trial has finished; `configs` are those of its trials by their ids.
    pub fn unfinished_of(plan: StoredPlan, configs: &HashMap<&str, String>) -> Self {
        let point = |point: StoredPoint| RecordedPoint {
            trial: point.trial,
            values: serde_json::from_str(&point.values).unwrap_or_default(),
            finished: None,
        };
        let points = plan.points.into_values().map(point).collect();
        let planned = Planned { name: plan.asked.name, toml: plan.asked.toml, axes: plan.axes, points };
        let mut trials = Trials::of(planned, &HashSet::new(), &MachineNames::default(), &Notes::default());
        trials.rows.iter_mut().for_each(|row| row.planned = configs.get(&*row.trial).cloned());
        trials
    }

    /// Puts the trials of a plan together with what is known of them.
    pub fn of(planned: Planned, damaged: &HashSet<String>, names: &MachineNames, notes: &Notes) -> Self {
        let Planned { name, toml, axes, points } = planned;
        let rungs = RungNumbers::of(&axes, points.iter().map(|point| &point.values));
        let base = Arc::new(base_settings(&toml));
        let rows = points.into_iter().enumerate().map(|(place, point)| {
            let mut row = Row {
                place,
                base: Arc::clone(&base),
                rung: rungs.of_point(&point.values),
                is_damaged: damaged.contains(&point.trial),
                machine: point.finished.as_ref().and_then(|trial| names.of(trial)).map(str::to_owned),
                tags: notes.tags(&point.trial),
                note: notes.note(&point.trial),
                trial: point.trial,
                values: point.values,
                finished: point.finished,
                planned: None,
            };
            row.give_values_in_effect();
            row
        });
        let mut rows: Vec<Row> = rows.collect();
        write_alike(&mut rows);
        let mut known = HashSet::new();
        rows.retain(|row| known.insert((row.trial.clone(), json!(row.values).to_string())));
        Trials {
            name,
            toml,
            axes,
            rows,
            rungs: rungs.numbers.len(),
            machines: names.all().into_iter().map(str::to_owned).collect(),
            sweep_tags: notes.tags(Notes::OF_SWEEP),
            sweep_note: notes.note(Notes::OF_SWEEP),
            elsewhere: 0,
            whole: Vec::new(),
        }
    }

    /// Lists the rows whose trials have finished, the damaged ones among them.
    pub fn finished(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.finished.is_some())
    }

    /// Lists the rows whose trials have not finished.
    pub fn unfinished(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.finished.is_none())
    }

    /// Returns the key that settings are averaged over: the seed, if it is swept.
    pub fn seed(&self) -> Option<&'static str> {
        self.axes.iter().any(|axis| axis.key == SEED).then_some(SEED)
    }

    /// Returns whether the trials have several seeds, finished or not.
    pub fn has_seeds(&self) -> bool {
        let mut seeds = self.rows.iter().filter_map(|row| row.values.get(SEED));
        let first = seeds.next();
        seeds.any(|seed| Some(seed) != first)
    }
}

/// Lists every point of an experiment; none if it is of a release with other keys.
fn whole_sweep(toml: &str) -> Vec<Row> {
    let Ok(Experiment { name, axes, points, .. }) = Experiment::of_resolved(toml) else { return Vec::new() };
    let keys = || axes.iter().map(|axis| axis.key.clone());
    let point = |point: Point| RecordedPoint {
        trial: String::new(),
        values: keys().zip(point.values).collect(),
        finished: None,
    };
    let points = points.into_iter().map(point).collect();
    let planned = Planned { name, toml: toml.to_owned(), axes: Vec::new(), points };
    Trials::of(planned, &HashSet::new(), &MachineNames::default(), &Notes::default()).rows
}

/// Writes equal values of a key alike, as the first is: where an axis has 0, an included point has the default 0.0.
fn write_alike(rows: &mut [Row]) {
    let mut first: HashMap<(String, String), Value> = HashMap::new();
    for (key, value) in rows.iter_mut().flat_map(|row| row.values.iter_mut()) {
        let written = first.entry((key.clone(), comparable(value))).or_insert_with(|| value.clone());
        value.clone_from(written);
    }
}

/// Lists the settings of an experiment outside `[sweep]`.
fn base_settings(toml: &str) -> Map<String, Value> {
    let keys = keys_and_values(toml).into_iter().filter(|(key, _)| !key.starts_with(SWEPT));
    keys.filter_map(|(key, value)| Some((key, serde_json::to_value(value).ok()?))).collect()
}

/// The rungs of a sweep that halves, by the lengths of their trials.
struct RungNumbers {
    key: Option<String>,
    numbers: HashMap<String, usize>,
}

impl RungNumbers {
    fn of<'p>(axes: &[PlannedAxis], points: impl Iterator<Item = &'p Map<String, Value>>) -> Self {
        let key = axes.iter().find(|axis| axis.has_scale(Scale::Rungs)).map(|axis| axis.key.clone());
        let mut lengths: Vec<&Value> = points.filter_map(|point| point.get(key.as_ref()?)).collect();
        lengths.sort_by_key(|length| length.as_u64());
        lengths.dedup();
        RungNumbers { numbers: lengths.into_iter().map(Value::to_string).zip(1..).collect(), key }
    }

    fn of_point(&self, values: &Map<String, Value>) -> Option<usize> {
        self.numbers.get(&values.get(self.key.as_ref()?)?.to_string()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_a_value_in_a_plan_of_a_former_release_has_its_default() {
        let axis = |key: &str| PlannedAxis { key: key.to_owned(), scale: "list".to_owned(), factor: Some(0) };
        let point = |trial: &str, decay: Value, seed: u64| {
            let Value::Object(values) = json!({"train.weight_decay": decay, SEED: seed}) else { unreachable!() };
            RecordedPoint { trial: trial.to_owned(), values, finished: None }
        };
        let points = vec![
            point("a", json!(0.0), 1),
            point("b", json!(0.1), 1),
            point("c", json!(null), 2),
            point("a", json!(null), 1),
        ];
        let axes = vec![axis("train.weight_decay"), axis(SEED)];
        let planned = Planned { name: String::new(), toml: String::new(), axes, points };
        let trials = Trials::of(planned, &HashSet::new(), &MachineNames::default(), &Notes::default());
        let found: Vec<_> =
            trials.rows.iter().map(|row| (&*row.trial, row.values["train.weight_decay"].clone())).collect();
        assert_eq!(found, [("a", json!(0.0)), ("b", json!(0.1)), ("c", json!(0.0))]);
        assert_eq!(trials.grouped(SEED, |_| true).len(), 2);
    }

    #[test]
    fn equal_values_of_a_key_are_written_as_the_first_is() {
        let keys = ["train.weight_decay", "train.betas"];
        let axes = keys.map(|key| PlannedAxis { key: key.to_owned(), scale: "list".to_owned(), factor: Some(0) });
        let point = |trial: &str, values: [Value; 2]| RecordedPoint {
            trial: trial.to_owned(),
            values: keys.map(str::to_owned).into_iter().zip(values).collect(),
            finished: None,
        };
        let points = vec![
            point("a", [json!(0), json!([0, 0.9])]),
            point("b", [json!(0.0), json!([0.0, 0.9])]),
            point("c", [json!(0.5), json!("0")]),
            point("a", [json!(0.0), json!([0, 0.9])]),
        ];
        let planned =
            Planned { name: String::new(), toml: "train.optimizer = 'adam'".to_owned(), axes: axes.to_vec(), points };
        let trials = Trials::of(planned, &HashSet::new(), &MachineNames::default(), &Notes::default());
        let found: Vec<_> = trials.rows.iter().map(|row| keys.map(|key| row.values[key].clone())).collect();
        let first = [json!(0), json!([0, 0.9])];
        assert_eq!(found, [first.clone(), first, [json!(0.5), json!("0")]]);
    }

    #[test]
    fn a_trial_of_adamw_that_has_not_finished_has_its_decay() {
        let keys = ["train.optimizer", "train.decay_biases"];
        let axes = keys.map(|key| PlannedAxis { key: key.to_owned(), scale: "list".to_owned(), factor: Some(0) });
        let point = |optimizer: &str, decays: bool| {
            let Value::Object(values) = json!({keys[0]: optimizer, keys[1]: decays}) else { unreachable!() };
            RecordedPoint { trial: format!("{optimizer} {decays}"), values, finished: None }
        };
        let points = vec![point("adamw", true), point("adamw", false), point("gd", true)];
        let planned = Planned { name: String::new(), toml: String::new(), axes: axes.to_vec(), points };
        let trials = Trials::of(planned, &HashSet::new(), &MachineNames::default(), &Notes::default());
        let found: Vec<_> =
            trials.rows.iter().map(|row| [row.values[keys[1]].clone(), row.setting("train.weight_decay")]).collect();
        assert_eq!(found, [[json!(true), json!(0.01)], [json!(false), json!(0.01)], [json!(null), json!(0.0)]]);
    }

    #[test]
    fn a_setting_lacks_on_a_later_rung_the_seeds_that_it_has_on_the_first() {
        let toml = "name = 'n'\ndata.set = 'drawn'\n[model]\nwidth = 3\n[train]\nlearning_rate = 0.1\niterations = 90\n[sweep]\n\
                    'model.depth' = [2, 3]\nseed = [1, 2]\nhalving.least = 10\n[[sweep.exclude]]\n'model.depth' = 3\nseed = 2\n";
        let axis =
            |key: &str, scale: &str| PlannedAxis { key: key.to_owned(), scale: scale.to_owned(), factor: Some(0) };
        let axes = vec![axis("model.depth", "list"), axis(SEED, "list"), axis("train.iterations", "rungs")];
        let points = [(2, 1, 10), (2, 2, 10), (3, 1, 10), (2, 1, 90), (3, 1, 90)].map(|(depth, seed, length)| {
            let Value::Object(values) = json!({"model.depth": depth, SEED: seed, "train.iterations": length}) else {
                unreachable!()
            };
            RecordedPoint { trial: format!("{depth} {seed} {length}"), values, finished: None }
        });
        let planned = Planned { name: String::new(), toml: toml.to_owned(), axes, points: points.to_vec() };
        let trials = Trials::of(planned, &HashSet::new(), &MachineNames::default(), &Notes::default());
        let trials = Trials { elsewhere: 1, whole: whole_sweep(toml), ..trials };
        let missing = |rung: u64| -> Vec<usize> {
            let settings = trials.grouped(SEED, |row| row.setting("train.iterations") == rung);
            settings.iter().map(|setting| setting.elsewhere).collect()
        };
        assert_eq!([missing(10), missing(90)], [[0, 0], [1, 0]]);
    }
}
