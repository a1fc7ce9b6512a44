//! One experiment from its text to the last step of its trials, in this process.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use datasets::{ColumnNames, DataSet, Features, Split, TargetKind, Targets, Task};
use kernels::blas::{Request, choose};
use ndarray::Array2;
use runner::plan::Plan;
use runner::plan::prepared::{LazyGramSpace, PreparedData};
use runner::plan::trial::Trial;
use runner::run::fleet;
use runner::run::inputs::Inputs;
use runner::run::outcome::{End, Outcome};
use runner::spec::experiment::Experiment;
use runner::spec::rungs::Rungs;
use tempfile::TempDir;

use crate::generate::Generated;

/// The most bytes of a trial: larger ones are left out, as the runner refuses those that don't fit into memory.
const MOST_BYTES: f64 = 6e6;
/// The most steps of a fleet: mistakes show early, or where a schedule ends.
const MOST_STEPS: usize = 80;
/// The approximate number of multiply-adds that a fleet may take.
const MOST_WORK: f64 = 4e7;

/// The end of an experiment.
pub(crate) enum Ended {
    /// This number of trials was trained, each with sound results.
    Trained(usize),
    /// It was refused, with this line.
    Refused(String),
    /// It ended wrongly, as described.
    Wrong(String),
}

/// Small data of several kinds, and a folder for the experiment's file.
pub(crate) struct Bench {
    folder: TempDir,
    sets: Vec<DataSet>,
}

fn part(pixels: Features, targets: Targets) -> Split {
    let rows = (0..targets.examples()).collect();
    Split { x: pixels, image_shape: None, targets, rows, sha256: "0".repeat(64) }
}

fn classes(examples: usize, of: usize) -> Targets {
    Targets::Classes((0..examples).map(|example| (example * 7 / 3 % of) as u32).collect())
}

fn features(examples: usize, scale: f64) -> Array2<f64> {
    Array2::from_shape_fn((examples, 6), |(i, j)| scale * (((i * 5 + j * 11) % 13) as f64 / 6.0 - 1.0))
}

impl Bench {
    pub(crate) fn new() -> Self {
        choose(&Request::of_environment()).expect("a BLAS").library.put_into_use();
        let set = |of: &dyn Fn(usize) -> Split, task| DataSet {
            train: of(12),
            test: Some(of(5)),
            target_kind: if matches!(task, Task::Classes(_)) { TargetKind::Classes } else { TargetKind::Values },
            task,
            kind_in_id: None,
            classes_in_id: None,
            classes: Vec::new(),
            columns: ColumnNames::default(),
            test_left_out: false,
        };
        let bytes = |examples| features(examples, 100.0).mapv(|value| value.abs() as u8);
        let narrow = |examples| features(examples, 1.0).mapv(|value| value as f32);
        let values =
            |examples: usize| Targets::Values(Array2::from_shape_fn((2, examples), |(i, j)| (i + j) as f64 / 3.0));
        let sets = vec![
            set(&|m| part(Features::F32(narrow(m)), classes(m, 2)), Task::Classes(2)),
            set(&|m| part(Features::U8(bytes(m)), classes(m, 3)), Task::Classes(3)),
            set(&|m| part(Features::F64(features(m, 1.0)), values(m)), Task::Values(2)),
            set(&|m| part(Features::F64(features(m, 1e30)), classes(m, 2)), Task::Classes(2)),
            set(&|m| part(Features::F64(features(m, 0.0)), classes(m, 2)), Task::Classes(2)),
        ];
        Bench { folder: TempDir::new().expect("a temporary directory"), sets }
    }

    pub(crate) fn run(&self, drawn: &Generated) -> Ended {
        let path: PathBuf = self.folder.path().join("drawn.toml");
        fs::write(&path, &drawn.toml).expect("a file of the test's own");
        let refused = |text: String| match text.lines().count() {
            1 if text.len() < 1000 => Ended::Refused(text),
            _ => Ended::Wrong(format!("refused in other than one line: {text}")),
        };
        let mut experiment = match Experiment::load(&path, &drawn.overrides) {
            Ok(experiment) => experiment,
            Err(error) => return refused(error.to_string()),
        };
        // The resolved experiment must have the same trials.
        let resolved = self.folder.path().join("resolved.toml");
        fs::write(&resolved, &experiment.resolved).expect("a file of the test's own");
        match Experiment::load(&resolved, &[]) {
            Ok(again) => {
                let ids = |experiment: &Experiment| -> Vec<String> {
                    experiment.points.iter().map(|point| point.config.canonical().to_string()).collect()
                };
                if ids(&again) != ids(&experiment) {
                    return Ended::Wrong("the resolved experiment has other trials".to_owned());
                }
            }
            Err(error) => return Ended::Wrong(format!("the resolved experiment is refused: {error}")),
        }
        let set = self.sets[drawn.data].clone();
        let data = match PreparedData::new(set, experiment.validation, experiment.scaling) {
            Ok(data) => Arc::new(data),
            Err(error) => return refused(error.to_string()),
        };
        Rungs::new(&mut experiment);
        let span = LazyGramSpace::new(&data);
        let mut plan = match Plan::new(&experiment, data.shape(), "data", &span) {
            Ok(plan) => plan,
            Err(error) => return refused(error.to_string()),
        };
        let fits = |fleet: &Vec<usize>| fleet.iter().all(|&trial| plan.bytes(&plan.trials[trial]) < MOST_BYTES);
        let fleets: Vec<_> = plan.fleets.iter().filter(|fleet| fits(fleet)).cloned().collect();
        if fleets.is_empty() {
            return Ended::Refused("too large to train here".to_owned());
        }
        plan.fleets = fleets;
        let inputs = Inputs::new(&data, &span, &plan).expect("the BLAS is right");
        let mut trained = 0;
        for fleet in &plan.fleets {
            let trials: Vec<&Trial> = fleet.iter().map(|&trial| &plan.trials[trial]).collect();
            let work: f64 = trials.iter().map(|trial| plan.parameters(&trial.config) * 12.0).sum();
            let steps = ((MOST_WORK / work) as usize).clamp(3, MOST_STEPS);
            let made = Cell::new(0);
            let keep_going = |_, _| {
                made.set(made.get() + 1);
                made.get() <= steps
            };
            let outcomes = fleet::train(&plan, &trials, None, &inputs, None, &keep_going).expect("the BLAS is right");
            trained += trials.len();
            for (trial, outcome) in trials.iter().zip(outcomes.iter().flat_map(|(outcomes, _)| outcomes)) {
                if let Some(what) = wrong(trial, outcome) {
                    return Ended::Wrong(what);
                }
            }
        }
        Ended::Trained(trained)
    }
}

/// Returns what is wrong with an outcome, if anything is.
fn wrong(trial: &Trial, outcome: &Outcome) -> Option<String> {
    if let End::Failed { reason } = &outcome.end {
        return Some(format!("failed: {reason}"));
    }
    if outcome.history.iter().any(|record| !record.cost.is_finite()) {
        return Some("a recorded cost is not finite".to_owned());
    }
    let columns = outcome.metrics.columns.len();
    if outcome.metrics.values.len() != columns * outcome.history.len() {
        return Some(format!("{columns} columns of metrics don't fit the history of {:?}", trial.config.length));
    }
    // A gradient may overflow while every z[L] is finite; not every net has a share or a cost.
    let mut values = outcome.metrics.columns.iter().cycle().zip(&outcome.metrics.values);
    let is_wrong = values.any(|(column, value)| column.starts_with("weight_norm") && value.is_nan());
    is_wrong.then(|| "a norm of weights is NaN".to_owned())
}
