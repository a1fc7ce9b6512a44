//! The net that is traced, at the beginning of the step.

use anyhow::{Result, bail};
use datasets::text::count;
use ndarray::{Array2, Axis};
use net::{Batch, Batches, Cache, Chain, Layer, LayerRate, OptimiserState, Training, initialise};

use crate::cli;
use crate::commands::resources::enough_for_net;
use crate::plan::prepared::PreparedData;
use crate::spec::experiment::Experiment;
use crate::spec::worked_example::example::{Expected, GivenLayer, Tensor, WorkedExample, gives_caches};

/// A net and the examples of a step, before the step.
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) description: String,
    /// The number of the step, from 1 on.
    pub(super) step: usize,
    pub(super) chain: Chain<f64>,
    /// The examples of the step; `None` if nothing but the update is made.
    pub(super) x: Option<Array2<f64>>,
    /// Their rows in the file, or columns in x, from 0 on, if they are not the whole training set.
    pub(super) batch: Option<Vec<usize>>,
    /// Their targets; `None` if there is no cost.
    pub(super) y: Option<Array2<f64>>,
    /// Caches with the step's masks of dropout.
    pub(super) caches: Vec<Cache<f64>>,
    /// The tensors that the file gives; empty if it gives none.
    given: Vec<GivenLayer>,
    /// The training of the net; `None` if there is no update.
    pub(super) update: Option<Update>,
    pub(super) expected: Expected,
}

/// The update of a step.
pub(super) struct Update {
    pub(super) training: Training,
    /// The moments before the step.
    pub(super) state: OptimiserState<f64>,
    /// α of the step.
    pub(super) learning_rate: f64,
    /// The factors on α of each layer; empty if all are 1.
    pub(super) rates: Vec<LayerRate>,
}

impl Subject {
    /// Draws the net of the one point of an experiment, and trains it up to the step.
    pub(super) fn of_experiment(experiment: &Experiment, data: &PreparedData, args: &cli::Trace) -> Result<Self> {
        let shape = data.shape();
        let point = &experiment.points[0];
        let config = point.on(shape)?;
        let (x, y) = (data.train.columns(&data.scaling), data.train.y());
        let (x, y) = (first(x, args.examples), first(y, args.examples));
        enough_for_net(&config.widths(shape.features, shape.task), config.batches(x.ncols()).size())?;
        let chain =
            initialise::chain(&config.architecture(shape.features, shape.task), &config.initialisation, config.seed);
        let mut subject = Subject {
            name: experiment.name.clone(),
            description: experiment.description.clone(),
            step: 1,
            caches: Vec::new(),
            given: Vec::new(),
            update: None,
            expected: Expected::default(),
            chain,
            x: None,
            batch: None,
            y: None,
        };
        let (batches, training) = (config.batches(x.ncols()), config.training(x.ncols()));
        subject.train((x, y), batches, training, args.step as usize)?;
        subject.batch.iter_mut().flatten().for_each(|example| *example = data.train.rows[*example]);
        Ok(subject)
    }

    /// Takes the net of a worked example, and trains it up to the step.
    pub(super) fn of_example(example: WorkedExample, args: &cli::Trace) -> Result<Self> {
        let gives_caches = gives_caches(&example.layers);
        if gives_caches && (args.step > 1 || args.examples.is_some()) {
            bail!(
                "--step, --examples: the file gives caches or gradients, which belong to its one step on all its examples; leave them out"
            );
        }
        let is_as_published = args.step == 1 && args.examples.is_none() && args.experiment.overrides.is_empty();
        let WorkedExample { name, description, x, y, layers, training, expected } = example;
        let layer = |given: &GivenLayer| Layer {
            w: given.w.clone(),
            b: given.b.column(0).to_owned(),
            activation: given.activation,
        };
        let chain = Chain::new(layers.iter().map(layer).collect());
        let (x, y) = (x.map(|x| first(x, args.examples)), y.map(|y| first(y, args.examples)));
        let mut subject = Subject {
            name,
            description,
            step: 1,
            caches: chain.caches(x.as_ref().map_or(1, Array2::ncols)),
            given: layers,
            update: None,
            expected: if is_as_published { expected } else { Expected::default() },
            chain,
            x,
            batch: None,
            y,
        };
        match (training, subject.x.take(), subject.y.take()) {
            (Some(config), Some(x), Some(y)) if !gives_caches => {
                let (batches, training) = (config.batches(x.ncols()), config.training(x.ncols()));
                subject.train((x, y), batches, training, args.step as usize)?;
            }
            (_, x, y) if args.step > 1 => {
                let missing = if x.is_some() && y.is_some() { "train.learning_rate" } else { "x and y" };
                bail!("--step: without {missing} the file has only one step; add them, or leave --step out");
            }
            (config, x, y) => {
                let examples = x.as_ref().map_or(1, Array2::ncols);
                let update = config.map(|config| Update::first(config.training(examples), &subject.chain));
                subject = Subject { x, y, update, ..subject };
            }
        }
        Ok(subject)
    }

    /// Returns what the file gives in place of `tensor` of the layer at index `l`.
    pub(super) fn given(&self, l: usize, tensor: Tensor) -> Option<&Array2<f64>> {
        self.given.get(l).and_then(|layer| layer.get(tensor))
    }

    /// Returns whether the file gives anything that would be computed otherwise.
    pub(super) fn gives_caches(&self) -> bool {
        gives_caches(&self.given)
    }

    /// Returns the share of units of the layer at index `l` that the step drops.
    pub(super) fn dropout(&self, l: usize) -> f64 {
        let rates = self.update.as_ref().map(|update| &update.training.dropout);
        rates.and_then(|rates| rates.get(l).copied()).unwrap_or(0.0)
    }

    /// Makes the steps before `step` by the course's loop, and takes the examples and the masks of that step.
    fn train(
        &mut self,
        (x, y): (Array2<f64>, Array2<f64>),
        mut batches: Batches,
        training: Training,
        step: usize,
    ) -> Result<()> {
        if step > training.iterations && step > 1 {
            let steps = count(training.iterations, "step");
            bail!("--step {step}: the training has {steps} (train.iterations or train.epochs)");
        }
        let mut update = Update::first(training, &self.chain);
        let Training { dropout, dropout_seed, .. } = &update.training;
        self.caches = self.chain.dropout_caches(batches.size(), dropout, *dropout_seed);
        for iteration in 0..step {
            let batch = batches.at(iteration);
            let numbers = match &batch {
                Batch::All => None,
                Batch::Range(range) if range.len() == x.ncols() => None,
                Batch::Range(range) => Some(range.clone().collect()),
                Batch::Indices(examples) => Some(examples.to_vec()),
            };
            let (x, y) = (columns(&x, &batch), columns(&y, &batch));
            if iteration > 0 {
                self.caches.iter_mut().for_each(|cache| cache.prepare(x.ncols()));
            }
            update.learning_rate = update.training.schedule.at(iteration);
            if iteration + 1 < step {
                let mut gradients = self.chain.gradients(x.ncols());
                self.chain.forward(x.view(), &mut self.caches);
                self.chain.backward(x.view(), y.view(), &self.caches, &mut gradients);
                update.state.step(&mut self.chain, &gradients, update.learning_rate);
            } else {
                (self.x, self.y, self.batch) = (Some(x), Some(y), numbers);
            }
        }
        (self.step, self.update) = (step, Some(update));
        Ok(())
    }
}

impl Update {
    fn first(training: Training, chain: &Chain<f64>) -> Self {
        let state = OptimiserState::new(training.optimiser, chain);
        let rates = training.optimiser.layer_rates(&chain.rates).to_vec();
        Update { learning_rate: training.schedule.at(0), state, training, rates }
    }
}

/// Returns the first `most` examples.
fn first(matrix: Array2<f64>, most: Option<u32>) -> Array2<f64> {
    match most.map(|most| most as usize) {
        Some(most) if most < matrix.ncols() => columns(&matrix, &Batch::Range(0..most)),
        _ => matrix,
    }
}

/// Returns the examples of a batch.
fn columns(matrix: &Array2<f64>, batch: &Batch) -> Array2<f64> {
    match batch {
        Batch::All => matrix.clone(),
        Batch::Range(range) => matrix.slice_axis(Axis(1), range.clone().into()).as_standard_layout().into_owned(),
        Batch::Indices(examples) => {
            Array2::from_shape_fn((matrix.nrows(), examples.len()), |(row, column)| matrix[[row, examples[column]]])
        }
    }
}
