//! The common start of commands that train: an experiment, its data, its plan, and a checked BLAS.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use kernels::blas::{Choice, Request};
use kernels::{Call, LayerShape, WrongSum};
use net::Engine;

use super::blas::{set_up_blas_of, warn_of};
use super::failure::Failure;
use super::located::located;
use super::resources::{enough_cores, enough_memory};
use super::source::data_of;
use super::stop::Stop;
use crate::machine::Machine;
use crate::plan::Plan;
use crate::plan::calls::self_check_of;
use crate::plan::prepared::{LazyGramSpace, PreparedData};
use crate::run::inputs::Inputs;
use crate::run::workers::Workers;
use crate::spec::data::{DataShape, DataSource, TestFiles, ValidationSplit};
use crate::spec::experiment::Experiment;
use crate::spec::trial::Dtype;
use crate::terminal::{detail, note, say};
use datasets::text::count;
use datasets::{Names, Scaling, Task};

/// An experiment with its data and BLAS.
pub(super) struct Session {
    pub(super) experiment: Experiment,
    pub(super) data: Arc<PreparedData>,
    pub(super) blas: Choice,
    /// The Gram space of the data.
    gram_space: LazyGramSpace,
}

impl Session {
    /// Reads the data of `experiment` under the data contract, and loads the BLAS that is `asked` for, or else the
    /// experiment's.
    pub(super) fn of(experiment: Experiment, asked: Option<&Request>) -> Result<Self> {
        let start = Instant::now();
        let data = Arc::new(data_of(&experiment)?);
        if experiment.points.iter().any(|point| point.config.dtype == Dtype::F32) {
            data.fits_f32().map_err(|error| located(&experiment, error))?;
        }
        let read = start.elapsed().as_secs_f64();
        enough_cores("run.threads", experiment.threads).map_err(|error| located(&experiment, error))?;
        let blas = set_up_blas_of(&experiment, asked)?;
        let gram_space = LazyGramSpace::new(&data);
        let session = Session { experiment, data, blas, gram_space };
        detail(&format!("{}: read in {read:.2} s", session.data_in_words()));
        Ok(session)
    }

    /// Plans the training.
    pub(super) fn plan(&self) -> Result<Plan> {
        let shape = self.data.shape();
        enough_for_gram_space(&self.experiment, shape)?;
        let start = Instant::now();
        let plan = Plan::new(&self.experiment, shape, &self.data_hash(), &self.gram_space)
            .map_err(|error| located(&self.experiment, error))?;
        let seconds = start.elapsed().as_secs_f64();
        let (trials, fleets) = (count(plan.trials.len(), "trial"), count(plan.fleets.len(), "fleet"));
        let with = |engine: &Engine| plan.trials.iter().filter(|trial| trial.engine == *engine).count();
        let engines = Engine::ALL.map(|(name, engine)| format!("{} {name}", with(&engine))).join(", ");
        detail(&format!("{trials} in {fleets} ({engines}): planned in {seconds:.2} s"));
        Ok(plan)
    }

    /// Returns the bytes that `jobs` of the largest fleets of `plan` at once need beyond those that this session holds.
    pub(super) fn bytes_needed(&self, plan: &Plan, jobs: usize) -> f64 {
        plan.peak_bytes(jobs, self.experiment.threads) - self.gram_space.bytes_held()
    }

    /// Returns the remedy if that is too much: fewer records if most of it is for them, else the `usual` one.
    pub(super) fn to_need_less<'r>(&self, plan: &Plan, jobs: usize, usual: &'r str) -> &'r str {
        let is_for_records = plan.peak_history_bytes(jobs) > self.bytes_needed(plan, jobs) / 2.0;
        if is_for_records {
            "most of it is for the recorded costs and metrics: use a larger train.record_every"
        } else {
            usual
        }
    }

    /// Prepares the examples for the trials of `plan`.
    pub(super) fn inputs(&self, plan: &Plan) -> Result<Inputs, WrongSum> {
        Inputs::new(&self.data, &self.gram_space, plan)
    }

    /// Prepares the examples as [`Session::inputs`] does, for the last time: frees what they were made of.
    pub(super) fn last_inputs(&mut self, plan: &Plan) -> Result<Inputs, WrongSum> {
        let inputs = self.inputs(plan);
        self.gram_space = LazyGramSpace::new(&self.data);
        inputs
    }

    /// Describes the data for trial ids: the hashes of both files, their datasets, scaling, targets and splits.
    pub(super) fn data_hash(&self) -> String {
        let Session { experiment, data, .. } = self;
        let Names { train_x, train_y, test_x, test_y, classes: _ } = &experiment.names;
        let [train_x, train_y, test_x, test_y] = [train_x, train_y, test_x, test_y].map(|name| as_word(name));
        let test = match (&data.test, &experiment.source) {
            (None, _) => "without test examples".to_owned(),
            (Some(_), DataSource::Files { test: TestFiles::Share { share, seed }, .. }) => {
                format!("test {share} {seed}")
            }
            (Some(test), _) => format!("{} {test_x} {test_y}", test.sha256),
        };
        let mut text = format!("{} {train_x} {train_y} {test}", data.train.sha256);
        // Defaults are left out, so that trials of earlier releases keep their ids.
        if data.scaling != Scaling::auto(&data.train.x) {
            text += &format!(" {}", data.scaling.name());
        }
        if let Some(kind) = data.kind_in_id {
            text += &format!(" targets {kind}");
        }
        if let Some(count) = data.classes_in_id {
            text += &format!(" classes {count}");
        }
        if let Some(ValidationSplit { share, seed }) = experiment.validation {
            text += &format!(" validation {share} {seed}");
        }
        text
    }

    /// Checks the BLAS at every call of a product that the plan makes, and at `further` ones, until a stop is asked for.
    pub(super) fn check_blas(
        &self,
        plan: &Plan,
        workers: &Workers,
        further: impl IntoIterator<Item = (Dtype, LayerShape, Call)>,
        stop: &Stop,
    ) -> Result<()> {
        let library = self.blas.library;
        library.admit(workers.threads())?;
        let check = |(dtype, shape, calls): &(Dtype, LayerShape, Vec<Call>)| -> Result<()> {
            if stop.is_asked() {
                return Err(Failure::Interrupted.into());
            }
            Ok(self_check_of(*dtype, *shape, calls)?)
        };
        let mut calls = plan.calls();
        further.into_iter().for_each(|(dtype, shape, call)| calls.add(dtype, shape, call));
        let calls = calls.by_shape();
        let products = count(calls.iter().map(|(_, _, calls)| calls.len()).sum(), "product");
        say(&format!("checking {library}: {products} at {}", count(calls.len(), "layer shape")));
        let start = Instant::now();
        // All workers at once, as in training.
        workers.try_each(&calls, check)?;
        detail(&format!("every product is right: checked in {:.2} s", start.elapsed().as_secs_f64()));
        Ok(())
    }

    /// Describes the machine of this session.
    pub(super) fn machine(&self) -> Machine {
        Machine::this(self.blas.library, self.experiment.threads)
    }

    /// Reports the machine and its BLAS, with warnings about them and notes on the data.
    pub(super) fn say_machine(&self, machine: &Machine) {
        say(&machine.summary());
        warn_of(&self.blas);
        self.say_notes();
    }

    /// Reports the notes on the data.
    pub(super) fn say_notes(&self) {
        self.data.notes.iter().for_each(|line| note(line));
    }

    /// Describes the data in half a line.
    pub(super) fn data_in_words(&self) -> String {
        let source = match &self.experiment.source {
            DataSource::Set { set } => set.clone(),
            DataSource::Files { train, .. } => train.display().to_string(),
        };
        let DataShape { features, train, test, validation, task } = self.data.shape();
        let validation = if validation > 0 { format!(", {validation} validation") } else { String::new() };
        let task = match task {
            Task::Classes(2) => String::new(),
            Task::Classes(classes) => format!(", {classes} classes"),
            Task::Values(values) => format!(", {}", count(values, "value")),
        };
        let test =
            if test > 0 { format!(" and {test} test examples") } else { " examples and none for testing,".to_owned() };
        format!("{source}: {train} training{validation}{test} of {features} features{task}")
    }
}

/// Writes the name of a dataset so that it is told from what stands beside it. Usual names stay as they are, and so do the ids of their
/// trials.
fn as_word(name: &str) -> String {
    let is_word = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '"');
    if is_word { name.to_owned() } else { format!("{name:?}") }
}

/// Refuses examples that don't fit into memory in f64 with their inner products, which the choice of an engine needs.
fn enough_for_gram_space(experiment: &Experiment, shape: DataShape) -> Result<()> {
    let DataShape { features, train, .. } = shape;
    let needed = (features + features.min(train)) as f64 * (train + shape.held_out()) as f64 * 8.0;
    let is_direct = experiment
        .points
        .iter()
        .all(|point| point.config.engine == Some(Engine::Direct) || !point.config.optimiser.is_linear());
    if is_direct {
        return Ok(());
    }
    enough_memory(needed, "the examples in f64, to choose an engine, need", "use run.engine=direct")
}

#[cfg(test)]
mod tests {
    use super::as_word;

    #[test]
    fn names_of_datasets_are_told_apart_and_usual_ones_stay_as_they_are() {
        assert_eq!(as_word("train_set_x"), "train_set_x");
        let said = |names: [&str; 2]| names.map(as_word).join(" ");
        let different =
            [["x a", "b"], ["x", "a b"], ["x\" \"a", "b"], ["\"x", "a\" b"], ["", "x"], ["x", ""], ["x\t", "x"]];
        for (place, one) in different.into_iter().enumerate() {
            for other in &different[..place] {
                assert_ne!(said(one), said(*other));
            }
        }
    }
}
