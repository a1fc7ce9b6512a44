//! The plan of a sweep: its trials in declared order, with ids, engines, fleets, operations and memory.

pub mod calls;
pub mod engine;
mod fleets;
pub mod kinds;
pub(crate) mod memory;
pub mod prepared;
pub mod products;
pub mod shard;
pub mod trial;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use kernels::CAN_FLUSH;
use net::{Cost, Engine, Workload};
use serde_json::Value;

use self::engine::{Chooser, workload};
use self::prepared::{InputForm, LazyGramSpace};
use self::trial::{Trial, trial_id};
use crate::spec::axis::{Axis, Scale};
use crate::spec::data::DataShape;
use crate::spec::experiment::{Experiment, Misfit, Point};
use crate::spec::trial::{Dtype, TrialConfig};
use crate::text::{plain, short_name};

/// A point of the sweep with its trial.
#[derive(Clone, Debug)]
pub struct PlannedPoint {
    /// The values of the axes, in their order.
    pub values: Vec<Value>,
    /// The index of its trial in [`Plan::trials`]. Points share a trial if they differ only in keys that don't apply,
    /// such as the width of a net without hidden layers.
    pub trial: usize,
}

/// The plan of a sweep.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The swept keys.
    pub axes: Vec<Axis>,
    /// Every point in declared order.
    pub points: Vec<PlannedPoint>,
    /// The distinct trials in order of their first point.
    pub trials: Vec<Trial>,
    /// The trials that are trained together, as indices into `trials`. Those of a shard have only some of all trials.
    pub fleets: Vec<Vec<usize>>,
    /// The shape of the data.
    pub data: DataShape,
    /// The description of the data that is hashed into the ids.
    pub data_hash: String,
    /// The rank of the training examples, or its upper bound if no engine needs it.
    rank: usize,
    first_points: HashMap<String, usize>,
    /// The place of each trial's fleet in `fleets`; `None` if the trial is of another shard.
    fleet_places: Vec<Option<usize>>,
}

impl Plan {
    /// Plans `experiment` on data of the given shape and hash.
    ///
    /// # Errors
    /// If a trial does not fit the data, an engine can't train one that asks for it, or the BLAS computes a product of the examples
    /// wrongly.
    pub fn new(
        experiment: &Experiment,
        data: DataShape,
        data_hash: &str,
        gram_space: &LazyGramSpace,
    ) -> Result<Self, engine::Error> {
        let mut engines = Chooser::new(data, gram_space);
        let mut trials: Vec<Trial> = Vec::new();
        let (mut known, mut first_points) = (HashMap::<String, usize>::new(), HashMap::new());
        let mut points = Vec::with_capacity(experiment.points.len());
        let mut axes = experiment.axes.clone();
        let width = column_of_widths(&mut axes, &experiment.points);
        for point in &experiment.points {
            let config = point.on(data)?;
            let cost = config.cost_for(data.task).map_err(Misfit::Cost)?;
            if cost == Cost::MeanSquaredError && experiment.halving.is_some_and(|halving| halving.needs_classes()) {
                return Err(Misfit::Objective.into());
            }
            let mut values = point.values.clone();
            if let Some(width) = width {
                values.resize(axes.len(), Value::Null);
                if point.budget.is_some() {
                    values[width] = config.first_width(data.task).into();
                }
            }
            let engine = engines.choose(&config)?;
            let flush_subnormals = config.flush_subnormals && CAN_FLUSH;
            let config = TrialConfig { cost: Some(cost), engine: Some(engine), flush_subnormals, ..config };
            let settings = config.canonical().to_string();
            let id = trial_id(&settings, data_hash);
            let trial = match known.get(&id) {
                Some(&trial) => {
                    let others = trials[trial].config.canonical().to_string();
                    if others != settings {
                        return Err(Misfit::SameId(id).into());
                    }
                    trial
                }
                None => {
                    known.insert(id.clone(), trials.len());
                    first_points.insert(id.clone(), points.len());
                    trials.push(Trial { id, config, engine });
                    trials.len() - 1
                }
            };
            points.push(PlannedPoint { values, trial });
        }
        let reduces = trials.iter().any(|trial| trial.engine == Engine::Reduced);
        let rank = if reduces { gram_space.get().rank_by_factors()? } else { data.features.min(data.train) };
        let fleets = fleets::of(&trials, data);
        let (data_hash, fleet_places) = (data_hash.to_owned(), Vec::new());
        let mut plan =
            Plan { axes, points, trials, fleets: Vec::new(), data, data_hash, rank, first_points, fleet_places };
        plan.set_fleets(fleets);
        Ok(plan)
    }

    /// Replaces the fleets. Trials that are in none of them are not trained.
    pub fn set_fleets(&mut self, fleets: Vec<Vec<usize>>) {
        self.fleet_places = vec![None; self.trials.len()];
        for (place, fleet) in fleets.iter().enumerate() {
            fleet.iter().for_each(|&trial| self.fleet_places[trial] = Some(place));
        }
        self.fleets = fleets;
    }

    /// Returns the place in `fleets` of the fleet of the trial at this index; `None` if it is in none.
    pub fn fleet_place(&self, trial: usize) -> Option<usize> {
        self.fleet_places[trial]
    }

    /// Iterates over the trials of the fleets, in declared order: all trials, or those of a shard.
    pub fn own_trials(&self) -> impl Iterator<Item = &Trial> + Clone {
        let places = self.trials.iter().zip(&self.fleet_places);
        places.filter(|(_, place)| place.is_some()).map(|(trial, _)| trial)
    }

    /// Iterates over those of its own trials that are left to train.
    pub fn unfinished(&self, finished: &HashSet<String>) -> impl Iterator<Item = &Trial> {
        self.own_trials().filter(|trial| !finished.contains(&trial.id))
    }

    /// Iterates over the trials of a fleet, in the order of their rows.
    pub fn trials_of<'p>(&'p self, fleet: &[usize]) -> impl Iterator<Item = &'p Trial> + Clone {
        fleet.iter().map(|&trial| &self.trials[trial])
    }

    /// Returns the ids of the trials of the fleet of `trial`, in the order of their rows.
    ///
    /// # Panics
    /// If the trial is in no fleet.
    pub fn fleet_of(&self, trial: &Trial) -> Vec<&str> {
        let place = self.fleet_places[self.points[self.first_points[&trial.id]].trial].expect("a trial of a fleet");
        self.trials_of(&self.fleets[place]).map(|trial| &*trial.id).collect()
    }

    /// Counts the floating-point operations of the products of a trial's step: two for each multiply-add. The number is a
    /// mean over an epoch, whose last batch may be smaller.
    pub fn flops_per_step(&self, trial: &Trial) -> f64 {
        let batches = trial.config.batches(self.data.train);
        self.flops_of_steps(trial, 0..batches.steps_per_epoch()) / batches.steps_per_epoch() as f64
    }

    /// Counts the operations of these steps of a trial.
    pub fn flops_of_steps(&self, trial: &Trial, steps: Range<usize>) -> f64 {
        self.flops_with(trial.engine, trial, steps)
    }

    /// Counts the same as if the direct engine trained it.
    pub fn direct_flops_of_steps(&self, trial: &Trial, steps: Range<usize>) -> f64 {
        self.flops_with(Engine::Direct, trial, steps)
    }

    /// Counts the operations of these steps of a trial if `engine` trains it. The engine says how many the first layer
    /// takes; each further layer takes three products. All are in proportion to the examples of a step.
    fn flops_with(&self, engine: Engine, Trial { config, .. }: &Trial, steps: Range<usize>) -> f64 {
        let of_one_example = Workload { batch: 1, ..workload(config, self.data) };
        let first = engine.flops_per_step(of_one_example, self.rank);
        let upper: f64 = self.widths(config)[1..].windows(2).map(|n| 6.0 * n[0] as f64 * n[1] as f64).sum();
        let batches = config.batches(self.data.train);
        (first + upper) * (batches.examples_of(steps.end) - batches.examples_of(steps.start))
    }

    /// Counts the operations of the products of all steps of a trial.
    pub fn flops(&self, trial: &Trial) -> f64 {
        self.flops_of_steps(trial, 0..self.iterations(trial))
    }

    /// Counts the same for all trials of a fleet.
    pub fn fleet_flops(&self, fleet: &[usize]) -> f64 {
        self.trials_of(fleet).map(|trial| self.flops(trial)).sum()
    }

    /// Counts the weights and biases of a trial's net.
    pub fn parameters(&self, config: &TrialConfig) -> f64 {
        self.widths(config).windows(2).map(|n| (n[0] as f64 + 1.0) * n[1] as f64).sum()
    }

    /// Labels a trial with the values of its first point.
    pub fn label(&self, trial: &Trial) -> String {
        let point = self.first_points.get(&trial.id).map(|&point| &self.points[point]);
        let values = point.into_iter().flat_map(|point| self.axes.iter().zip(&point.values));
        let values = values.filter(|(_, value)| !value.is_null());
        let swept: Vec<_> = values.map(|(axis, value)| format!("{}={}", short_name(&axis.key), plain(value))).collect();
        if swept.is_empty() { trial.id.clone() } else { swept.join(" ") }
    }

    /// Returns the element types of the trials that are trained.
    pub fn dtypes(&self) -> BTreeSet<Dtype> {
        self.own_trials().map(|trial| trial.config.dtype).collect()
    }

    /// Returns the form in which a trial takes its inputs.
    pub fn input_form(&self, trial: &Trial) -> InputForm {
        InputForm { engine: trial.engine, mini_batches: !trial.config.batches(self.data.train).is_full() }
    }

    /// Returns the forms in which the trials of one element type that are trained take their inputs.
    pub fn input_forms(&self, dtype: Dtype) -> BTreeSet<InputForm> {
        let of_dtype = self.own_trials().filter(|trial| trial.config.dtype == dtype);
        of_dtype.map(|trial| self.input_form(trial)).collect()
    }

    /// Returns the number of updates of a trial.
    pub fn iterations(&self, trial: &Trial) -> usize {
        trial.config.iterations(self.data.train)
    }

    /// Returns `n[0]` to `n[L]` of a trial's net.
    pub fn widths(&self, config: &TrialConfig) -> Vec<usize> {
        config.widths(self.data.features, self.data.task)
    }
}

/// Finds or adds the column that shows the widths that budgets determine; `None` if there is no budget.
fn column_of_widths(axes: &mut Vec<Axis>, points: &[Point]) -> Option<usize> {
    const WIDTH: &str = "model.width";
    points.iter().any(|point| point.budget.is_some()).then(|| {
        axes.iter().position(|axis| axis.key == WIDTH).unwrap_or_else(|| {
            axes.push(Axis { key: WIDTH.to_owned(), scale: Scale::List, group: None });
            axes.len() - 1
        })
    })
}
