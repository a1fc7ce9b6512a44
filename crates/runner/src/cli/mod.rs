//! The command line. Its help text is the docs of these types.

mod bench;
mod data;
mod experiment;
mod models;
mod show;
mod sweep;
mod verify;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use kernels::blas::Request;

pub use self::bench::{Bench, Share, WhichDtypes};
pub use self::data::{Data, Fetch, Generate, Import, ImportFormat, Inspect, MissingWord, TargetsWord};
pub use self::experiment::{ExperimentArgs, Gradcheck};
pub use self::models::{Evaluate, Predict, Train, WhichPart};
pub use self::show::{Show, SortBy};
pub use self::sweep::Sweep;
pub use self::verify::{Retrain, Verify};

/// Trains fully-connected deep networks on CPUs, very many of them, at BLAS speed and from first principles.
#[derive(Debug, Parser)]
#[command(name = "runner", version, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 done, 1 a trial failed, the net of `runner train` diverged, a gradient is wrong, or the disk or stdout \
takes no more, 2 usage, experiment or data error (before any work), 3 the BLAS is refused or computes wrongly, \
4 something takes longer than in the record of `runner bench --against`, 130 interrupted."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// The BLAS to multiply with: bundled, system, mkl, blis, aocl, or the path of a library with cblas; auto is the OpenBLAS
    /// that comes with Layerchain, else the system's newest [default: run.blas, else LAYERCHAIN_BLAS, else auto].
    #[arg(long, global = true, value_name = "NAME|PATH")]
    pub blas: Option<Request>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train every point of an experiment's sweep, in parallel.
    ///
    /// The results go to results/NAME/ (NAME is the experiment's name): results.db is the record, trials.csv and
    /// history.csv are tables of it. Running the same command again resumes: finished trials are skipped. Ctrl-C keeps
    /// every finished trial; a second one leaves at once.
    #[command(after_help = "Examples:
  runner sweep experiments/depth.toml
  runner sweep experiments/depth.toml name=depth-tanh model.activation=tanh 'sweep.model.depth=[2, 3, 5]' -j 1
  runner sweep experiments/depth.toml --dry-run")]
    Sweep(Sweep),
    /// Train one net and save it, with all that it takes to ask it, as a model file (HDF5).
    ///
    /// The experiment must come to one point: a key that its file sweeps is fixed as KEY=VALUE. The training is, bit for bit,
    /// that of a sweep of this one point. A net that diverges is not saved (exit code 1); nor is one that is interrupted.
    #[command(after_help = "Examples:
  runner train experiments/course-4layer.toml
  runner train experiments/depth.toml model.depth=4 train.learning_rate=0.01 seed=1 --out cats.h5 --history cats.csv
  runner predict results/course-4layer/model.h5 my-cat.jpg")]
    Train(Train),
    /// Ask a model for the class, or the values, of pictures or of the examples of HDF5 files.
    ///
    /// Pictures are turned as their EXIF tag says, laid over white where they are transparent, resized to the
    /// pictures that the net was trained on (proportions aren't kept), and made grey where those were. Everything is scaled as
    /// in training. All of it is read before anything is printed.
    #[command(after_help = "Examples:
  runner predict results/course-4layer/model.h5 my-cat.jpg my-dog.png
  runner predict model.h5 data/test_catvnoncat.h5 --json | jq .probability
  runner predict model.h5 cats/ dogs/
  runner predict model.h5 measured.h5 --dataset features")]
    Predict(Predict),
    /// Compare what a model says of examples with what they are: cost, accuracy, confusion, precision and recall.
    #[command(after_help = "Examples:
  runner evaluate results/course-4layer/model.h5
  runner evaluate model.h5 --part train
  runner evaluate model.h5 --wrong --sheet mistakes.png
  runner evaluate model.h5 experiments/course-4layer.toml
  runner evaluate model.h5 drawn data/test_mine.h5 --json")]
    Evaluate(Evaluate),
    /// Show the points of a sweep, best first, each with a sparkline of its cost.
    ///
    /// Where several seeds are swept, a row is what they have in common: the mean, the standard deviation, the lowest and
    /// the highest of the trials that completed; those that diverged are counted.
    Show(Show),
    /// Prove that a results directory is what its sweep has written, and that its trials come out again.
    ///
    /// Everything in results.db has a digest, a trial's id is the hash of its settings and data, and the files beside it have
    /// their hashes in it. Some trials, drawn with a seed, are trained again with the fleets that they were trained in: bit for bit
    /// where the runner, the BLAS and its core are those of the record, else their first costs within 1000 epsilon, for training is
    /// chaotic. Exit code 1 if something differs.
    #[command(after_help = "Examples:
  runner verify results/depth
  runner verify results/depth --retrain all
  runner verify results/depth --retrain 0")]
    Verify(Verify),
    /// Compare the gradients of an experiment's nets with finite differences of the cost, in f64.
    Gradcheck(Gradcheck),
    /// Time the products and whole steps of an experiment, or products of given shapes, on one BLAS library or several.
    ///
    /// Every product is called as training calls it, each once, with how often a step makes it. Results are checked before they are
    /// timed; libraries take turns, so that what slows the machine slows all of them. The speeds stand beside what this machine
    /// can do, measured in the same run, and with what bounds them: compute, bandwidth or the overhead of a call.
    #[command(after_help = "Examples:
  runner bench experiments/depth.toml --blas all
  runner bench experiments/depth.toml model.dtype=f64 --blas bundled,mkl --save before
  runner bench experiments/depth.toml model.dtype=f64 --blas bundled --against before --fail-above 5%
  runner bench --shape 64..4096x2 --dtype f32 --threads 2
  runner bench --shape 512,784,128,nt --shape 512,128,784 --json")]
    Bench(Bench),
    /// Check this machine: the BLAS libraries found, their speed and products, HDF5, data. Each ✗ comes with its fix.
    Check,
    /// Data to train on: list, generate, fetch, import and inspect data sets.
    #[command(subcommand)]
    Data(Data),
    /// Try what reading a file does: this program runs it before it reads one itself.
    #[command(hide = true)]
    Rehearse(Rehearse),
}

/// Arguments of `runner rehearse`.
#[derive(Args, Debug)]
pub struct Rehearse {
    /// What is read, as JSON.
    pub reading: String,
    /// The files.
    pub paths: Vec<PathBuf>,
}
