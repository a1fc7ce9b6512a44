//! One trial: draw the weights, train, evaluate.

use std::time::Instant;

use kernels::Real;
use ndarray::Array2;
use net::{Ending, Record, initialise, train};

use crate::data::ImageSet;
use crate::experiment::trial::{Dtype, TrialConfig};
use crate::sweep::plan::{DataShape, Plan};

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
    pub history: Vec<Record>,
    /// The share of training examples in their right class, of a completed trial.
    pub train_accuracy: Option<f64>,
    /// The same of the test examples.
    pub test_accuracy: Option<f64>,
    /// Wall time.
    pub seconds: f64,
}

/// The data as the nets take it, in the element types that a sweep needs; shared by all its trials.
pub struct Inputs {
    f32: Option<Columns<f32>>,
    f64: Option<Columns<f64>>,
}

/// Inputs `n[0]` × m and labels 1 × m.
struct Columns<R> {
    train_x: Array2<R>,
    train_y: Array2<R>,
    test_x: Array2<R>,
    test_y: Array2<R>,
}

impl Inputs {
    /// Flattens and scales `images` for the trials of `plan`.
    pub fn new(images: &ImageSet, plan: &Plan) -> Self {
        let dtypes = plan.dtypes();
        Inputs {
            f32: dtypes.contains(&Dtype::F32).then(|| Columns::new(images)),
            f64: dtypes.contains(&Dtype::F64).then(|| Columns::new(images)),
        }
    }
}

impl<R: Real> Columns<R> {
    fn new(images: &ImageSet) -> Self {
        let ImageSet { train, test, .. } = images;
        Columns {
            train_x: train.columns(),
            train_y: train.labels_row(),
            test_x: test.columns(),
            test_y: test.labels_row(),
        }
    }
}

/// The shape of `images`.
pub fn data_shape(images: &ImageSet) -> DataShape {
    let (train, features) = images.train.pixels.dim();
    DataShape { features, train, test: images.test.examples() }
}

/// Trains one trial; `None` if `keep_going` said no before it was done.
pub fn run(config: &TrialConfig, inputs: &Inputs, keep_going: &dyn Fn() -> bool) -> Option<Outcome> {
    match (config.dtype, inputs) {
        (Dtype::F32, Inputs { f32: Some(columns), .. }) => run_in(config, columns, keep_going),
        (Dtype::F64, Inputs { f64: Some(columns), .. }) => run_in(config, columns, keep_going),
        _ => unreachable!("inputs are prepared for every dtype of the plan"),
    }
}

fn run_in<R: Real>(config: &TrialConfig, data: &Columns<R>, keep_going: &dyn Fn() -> bool) -> Option<Outcome> {
    let start = Instant::now();
    let Columns { train_x, train_y, test_x, test_y } = data;
    let widths = config.widths(train_x.nrows());
    let mut chain = initialise::chain(&widths, config.activation, config.initialisation, config.seed);
    let trained = train(&mut chain, train_x.view(), train_y.view(), &config.descent, keep_going);
    let accuracy = |x: &Array2<R>, y: &Array2<R>| chain.accuracy(x.view(), y.view());
    let (status, train_accuracy, test_accuracy) = match trained.ending {
        Ending::Stopped => return None,
        Ending::Diverged { iteration } => (Status::Diverged { iteration }, None, None),
        Ending::Completed => match (accuracy(train_x, train_y), accuracy(test_x, test_y)) {
            (Some(train), Some(test)) => (Status::Completed, Some(train), Some(test)),
            // The last update was one too many.
            _ => (Status::Diverged { iteration: config.descent.iterations }, None, None),
        },
    };
    let seconds = start.elapsed().as_secs_f64();
    Some(Outcome { status, history: trained.history, train_accuracy, test_accuracy, seconds })
}
