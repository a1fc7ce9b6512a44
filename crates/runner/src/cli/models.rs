//! The arguments of the commands around one trained net.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::blas::Blas;
use super::experiment::ExperimentArgs;
use crate::progress::mode::ProgressMode;

/// Arguments of `runner train`.
#[derive(Args, Debug)]
pub struct Train {
    /// The experiment.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Train this trial of the results directory that is given in place of the experiment; the beginning of its id is enough.
    #[arg(long, value_name = "ID", conflicts_with = "best")]
    pub trial: Option<String>,
    /// Train the best trial of the results directory that is given in place of the experiment.
    #[arg(long)]
    pub best: bool,
    /// The result that decides which is the best [default: the validation cost, else the training cost].
    #[arg(long, value_name = "KEY", requires = "best")]
    pub by: Option<String>,
    /// The model file [default: results/NAME/model.h5; model-ID.h5 in the results directory of a trial].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Also write the recorded costs and metrics, as a table (CSV): iteration, cost, and a column for each metric.
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Replace a model and a history that are there already.
    #[arg(long)]
    pub force: bool,
    /// How to show progress on stderr; auto is a bar on a terminal and plain lines elsewhere, about a hundred of them in all.
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto, value_name = "HOW")]
    pub progress: ProgressMode,
    /// Share the batches with the other processes that `mpirun` has started: the same bits for any number of them.
    #[cfg(feature = "mpi")]
    #[arg(long, conflicts_with_all = ["trial", "best"])]
    pub mpi: bool,
    /// Refused: only builds with MPI have it.
    #[cfg(not(feature = "mpi"))]
    #[arg(long = "mpi", hide = true, num_args = 0, default_missing_value = "", value_parser = without_mpi)]
    pub no_mpi: Option<String>,
    /// The BLAS.
    #[command(flatten)]
    pub blas: Blas,
}

/// Arguments of `runner predict`.
#[derive(Args, Debug)]
pub struct Predict {
    /// The model, as `runner train` has written it.
    pub model: PathBuf,
    /// Pictures (PNG, JPEG, WebP, GIF or BMP), folders of them, or HDF5 files of examples.
    #[arg(required = true, value_name = "PICTURE|DIR|HDF5")]
    pub what: Vec<PathBuf>,
    /// The dataset of the examples in HDF5 files [default: test_set_x, else train_set_x].
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
    /// Print a JSON object for each example, with the probabilities of all classes.
    #[arg(long)]
    pub json: bool,
    /// The BLAS.
    #[command(flatten)]
    pub blas: Blas,
}

/// Arguments of `runner evaluate`.
#[derive(Args, Debug)]
pub struct Evaluate {
    /// The model, as `runner train` has written it.
    pub model: PathBuf,
    /// Experiments (.toml), data sets that `runner data list` names, or HDF5 files [default: the data that it was
    /// trained on].
    #[arg(value_name = "EXPERIMENT|SET|HDF5")]
    pub what: Vec<PathBuf>,
    /// The part of the data to evaluate; if an HDF5 file lacks this part, its other part is evaluated.
    #[arg(long, value_enum, default_value_t = WhichPart::Test)]
    pub part: WhichPart,
    /// Also list the examples that are put in a wrong class, by their rows in the file, from 0 on; those first of which the model is
    /// surest.
    #[arg(long)]
    pub wrong: bool,
    /// Also write the pictures of these examples as one PNG (256 at most), each framed in the colour of its
    /// true class.
    #[arg(long, value_name = "PNG")]
    pub sheet: Option<PathBuf>,
    /// Print a JSON object for each experiment, set or file.
    #[arg(long)]
    pub json: bool,
    /// The BLAS.
    #[command(flatten)]
    pub blas: Blas,
}

/// Arguments of `runner export`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("formats").required(true).multiple(true).args(["onnx", "safetensors", "npz"]))]
pub struct Export {
    /// The model, as `runner train` has written it.
    pub model: PathBuf,
    /// Write an ONNX graph (opset 17), from unscaled examples to probabilities or values.
    #[arg(long, value_name = "FILE")]
    pub onnx: Option<PathBuf>,
    /// Write the parameters as safetensors, under the names of the Python package's PyTorch module.
    #[arg(long, value_name = "FILE")]
    pub safetensors: Option<PathBuf>,
    /// Write the parameters as an archive of NumPy arrays.
    #[arg(long, value_name = "FILE")]
    pub npz: Option<PathBuf>,
    /// Replace files that are there already.
    #[arg(long)]
    pub force: bool,
}

/// One of the two parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhichPart {
    /// The test examples.
    Test,
    /// The training examples, including those set aside for validation.
    Train,
}

/// Refuses `--mpi`, with the build that has it.
#[cfg(not(feature = "mpi"))]
fn without_mpi(_: &str) -> Result<String, &'static str> {
    Err(
        "this runner was built without MPI; cargo build --release -p layerchain-runner --features mpi makes one (docs/mpi.md)",
    )
}
