//! One fleet: draw the weights, train, evaluate.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use kernels::{Real, WrongSum, flushed};
use ndarray::{Array2, Axis};
use net::{CostAt, Ending, Engine, Examples, Fleet, Span, Trained};

use crate::data::{DataSet, Scaling};
use crate::experiment::trial::Dtype;
use crate::sweep::origins::Origins;
use crate::sweep::plan::{DataShape, Plan, Trial};

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// All iterations were made.
    Completed,
    /// An output or the cost was no longer finite.
    Diverged {
        /// The first such iteration.
        iteration: usize,
    },
    /// It could not be trained.
    Failed {
        /// Why not.
        reason: String,
    },
}

impl Status {
    /// The word in the record.
    pub fn name(&self) -> &'static str {
        match self {
            Status::Completed => "completed",
            Status::Diverged { .. } => "diverged",
            Status::Failed { .. } => "failed",
        }
    }
}

/// What a trial leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Its costs.
    pub history: Vec<CostAt>,
    /// The share of training examples in their right class, of a completed trial.
    pub train_accuracy: Option<f64>,
    /// The same of the test examples.
    pub test_accuracy: Option<f64>,
    /// J of the test examples after the last update.
    pub test_cost: Option<f64>,
    /// Its share of its fleet's wall time, by floating-point operations.
    pub seconds: f64,
    /// The most that the dual engine's z\[1\] was off, see [`Trained::drift`].
    pub drift: Option<f64>,
}

impl Outcome {
    /// Of a trial that could not be trained.
    pub fn failed(reason: String) -> Self {
        let status = Status::Failed { reason };
        let (train_accuracy, test_accuracy, test_cost) = (None, None, None);
        Outcome { status, history: Vec::new(), train_accuracy, test_accuracy, test_cost, seconds: 0.0, drift: None }
    }
}

/// A drift above it is more than rounding explains: a factor of some hundred above what is seen in long trainings.
pub fn drift_bound(dtype: Dtype) -> f64 {
    match dtype {
        Dtype::F32 => 1e-3,
        Dtype::F64 => 1e-11,
    }
}

/// The shape of `images`.
pub fn data_shape(images: &DataSet) -> DataShape {
    let (train, features) = images.train.pixels.dim();
    DataShape { features, train, test: images.test.examples() }
}

/// The images as what they span, made when it is first asked for.
pub struct LazySpan<'i> {
    images: &'i DataSet,
    span: OnceLock<Arc<Span>>,
    rank: OnceLock<Result<usize, WrongSum>>,
}

impl<'i> LazySpan<'i> {
    /// Of `images`.
    pub fn new(images: &'i DataSet) -> Self {
        LazySpan { images, span: OnceLock::new(), rank: OnceLock::new() }
    }

    /// The span.
    pub fn get(&self) -> &Arc<Span> {
        self.span.get_or_init(|| {
            let DataSet { train, test, .. } = self.images;
            let (examples, features) = train.pixels.dim();
            let mut both = Array2::zeros((features, examples + test.examples()));
            let (x, x_test) = both.view_mut().split_at(Axis(1), examples);
            let scaling = Scaling::auto(&train.pixels);
            train.write_columns(&scaling, x);
            test.write_columns(&scaling, x_test);
            Arc::new(Span::of_both(both, examples))
        })
    }

    /// The rank of the training examples.
    ///
    /// # Errors
    /// If OpenBLAS computes a product of the examples wrongly.
    pub fn rank(&self) -> Result<usize, WrongSum> {
        self.rank.get_or_init(|| self.get().rank()).clone()
    }

    /// What is held of it by now, in bytes.
    pub fn bytes_held(&self) -> f64 {
        self.span.get().map_or(0.0, |span| (span.x().len() + span.x_test().len()) as f64 * 8.0)
    }
}

/// The data as the nets take it, in the element types and for the engines of a sweep; shared by all its trials.
pub struct Inputs {
    f32: BTreeMap<Engine, Examples<f32>>,
    f64: BTreeMap<Engine, Examples<f64>>,
    origins: Origins,
}

impl Inputs {
    /// Flattens and scales the images for the trials of `plan`.
    ///
    /// # Errors
    /// If OpenBLAS computes the examples' inner products wrongly.
    pub fn new(images: &DataSet, span: &LazySpan, plan: &Plan) -> Result<Self, WrongSum> {
        Ok(Inputs {
            f32: examples(images, span, plan, Dtype::F32)?,
            f64: examples(images, span, plan, Dtype::F64)?,
            origins: Origins::default(),
        })
    }
}

fn examples<R: Real>(
    images: &DataSet,
    span: &LazySpan,
    plan: &Plan,
    dtype: Dtype,
) -> Result<BTreeMap<Engine, Examples<R>>, WrongSum> {
    let DataSet { train, test, .. } = images;
    let (y, y_test) = (|| train.y(), || test.y());
    let scaling = Scaling::auto(&train.pixels);
    let of = |engine| match engine {
        Engine::Direct => Ok(Examples::direct(train.columns(&scaling), y(), test.columns(&scaling), y_test())),
        Engine::Reduced | Engine::Dual => Examples::of(engine, span.get(), y(), y_test()),
    };
    plan.engines(dtype).into_iter().map(|engine| Ok((engine, of(engine)?))).collect()
}

/// Trains the trials of one fleet; `None` if `keep_going` said no before they were done.
///
/// # Errors
/// If OpenBLAS computes W(0) X wrongly.
///
/// # Panics
/// If `inputs` weren't made for the plan of these trials.
pub fn run(
    plan: &Plan,
    trials: &[&Trial],
    inputs: &Inputs,
    keep_going: &dyn Fn() -> bool,
) -> Result<Option<Vec<Outcome>>, WrongSum> {
    let Trial { config, engine, .. } = trials[0];
    let unprepared = "inputs are prepared for every engine of the plan";
    match config.dtype {
        Dtype::F32 => run_in(plan, trials, inputs.f32.get(engine).expect(unprepared), &inputs.origins, keep_going),
        Dtype::F64 => run_in(plan, trials, inputs.f64.get(engine).expect(unprepared), &inputs.origins, keep_going),
    }
}

fn run_in<R: Real>(
    plan: &Plan,
    trials: &[&Trial],
    examples: &Examples<R>,
    origins: &Origins,
    keep_going: &dyn Fn() -> bool,
) -> Result<Option<Vec<Outcome>>, WrongSum> {
    let start = Instant::now();
    // Shared by trials that flush subnormals and trials that don't, and hence outside of that.
    let starts = trials.iter().map(|trial| origins.start(trial, examples)).collect::<Result<_, _>>()?;
    let mut fleet = Fleet::new(examples, starts);
    let Some(trained) = flushed(trials[0].config.flush_subnormals, || fleet.train(keep_going)) else {
        return Ok(None);
    };
    let seconds = start.elapsed().as_secs_f64();
    let flops: Vec<f64> =
        trials.iter().zip(&trained).map(|(trial, trained)| flops_done(plan, trial, trained)).collect();
    let all: f64 = flops.iter().sum();
    let outcome = |(trained, flops): (Trained, f64)| {
        let Trained { history, ending, train_accuracy, test_accuracy, test_cost, drift } = trained;
        let status = match ending {
            Ending::Completed => Status::Completed,
            Ending::Diverged { iteration } => Status::Diverged { iteration },
        };
        Outcome { status, history, train_accuracy, test_accuracy, test_cost, seconds: seconds * flops / all, drift }
    };
    Ok(Some(trained.into_iter().zip(flops).map(outcome).collect()))
}

/// At least one step's, so that the shares of a fleet's time add up.
fn flops_done(plan: &Plan, trial: &Trial, trained: &Trained) -> f64 {
    let steps = match trained.ending {
        Ending::Completed => trial.config.descent.iterations,
        Ending::Diverged { iteration } => iteration + 1,
    };
    plan.flops_a_step(trial) * steps as f64
}
