//! The command line. Its help text is the docs of these types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Trains fully-connected deep networks on CPUs, very many of them, at BLAS speed and from first principles.
#[derive(Debug, Parser)]
#[command(name = "runner", version, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 done, 1 a trial failed, a gradient is wrong, or the results couldn't be written \
to the end, 2 usage, experiment or data error (before any work), 3 OpenBLAS is refused or fails its self-check, \
130 interrupted."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
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
    /// Show the points of a sweep, best first, each with a sparkline of its cost.
    ///
    /// Where several seeds are swept, a row is what they have in common: the mean, the standard deviation, the lowest and
    /// the highest of the trials that completed; those that diverged are counted.
    Show(Show),
    /// Compare the gradients of an experiment's nets with finite differences of the cost, in f64.
    Gradcheck(Gradcheck),
    /// Check this machine: OpenBLAS and its products, HDF5, data. Each ✗ comes with its fix.
    Check,
    /// Pictures to train on: list, generate, fetch and inspect data sets.
    #[command(subcommand)]
    Data(Data),
}

/// An experiment and what is changed of it.
#[derive(Args, Debug)]
pub struct ExperimentArgs {
    /// The experiment, a TOML file such as experiments/depth.toml.
    pub file: PathBuf,
    /// Keys to set or replace, such as train.learning_rate=0.01 or 'sweep.seed=[1, 2]'. A key that the file sweeps is
    /// then fixed.
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

/// Arguments of `runner sweep`.
#[derive(Args, Debug)]
pub struct Sweep {
    /// The experiment.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Fleets to train at once, a core each [default: run.jobs, else one a core; one where run.blas_threads > 1].
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// The results directory [default: results/NAME].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// List the trials with their engines, flops and memory, and train nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Start anew: an existing results directory is renamed, never deleted.
    #[arg(long)]
    pub fresh: bool,
    /// How to show progress on stderr; auto is a bar on a terminal and plain lines elsewhere.
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto, value_name = "HOW")]
    pub progress: ProgressMode,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressMode {
    /// A bar on a terminal, plain lines elsewhere.
    Auto,
    /// A bar, where there is a terminal.
    Bar,
    /// A line a finished trial.
    Plain,
    /// Nothing.
    None,
}

/// Arguments of `runner show`.
#[derive(Args, Debug)]
pub struct Show {
    /// A results directory, such as results/depth.
    pub dir: PathBuf,
    /// The swept key to aggregate over [default: seed, where there are several].
    #[arg(long, value_name = "KEY", conflicts_with = "trials")]
    pub over: Option<String>,
    /// A row a trial, nothing aggregated.
    #[arg(long)]
    pub trials: bool,
    /// What makes a trial better.
    #[arg(long, value_enum, default_value_t = SortBy::Cost, value_name = "BY")]
    pub sort: SortBy,
    /// Show only the first N.
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<usize>,
}

/// What makes a trial better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SortBy {
    /// A lower final cost.
    Cost,
    /// A higher test accuracy.
    Test,
    /// A higher training accuracy.
    Train,
    /// The order of the experiment.
    Plan,
}

/// Arguments of `runner gradcheck`.
#[derive(Args, Debug)]
pub struct Gradcheck {
    /// The experiment.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Compare at most this many elements of each parameter tensor, drawn with a fixed seed.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..))]
    pub elements: u32,
    /// Use at most this many training examples.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    pub examples: u32,
}

/// The subcommands of `runner data`.
#[derive(Debug, Subcommand)]
pub enum Data {
    /// The known data sets, and where each is or how to get it.
    List,
    /// Draw the built-in set: seeded pictures of cats and of other things, in the course files' layout.
    Generate(Generate),
    /// Download a known set; every file is checked against its pinned SHA-256.
    Fetch(Fetch),
    /// Print what is in HDF5 files of pictures: shapes, types, class balance, hashes.
    Inspect(Inspect),
}

/// Arguments of `runner data generate`.
#[derive(Args, Debug)]
pub struct Generate {
    /// The directory to write train_drawn.h5 and test_drawn.h5 to.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub out: PathBuf,
    /// Training pictures.
    #[arg(long, value_name = "N", default_value_t = 209)]
    pub train: usize,
    /// Test pictures.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub test: usize,
    /// Height and width of a picture, in pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = 64)]
    pub side: u32,
    /// What the pictures are drawn from: the same seed draws the same files, byte for byte.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Arguments of `runner data fetch`.
#[derive(Args, Debug)]
pub struct Fetch {
    /// The set, as `runner data list` names it.
    #[arg(default_value = "catvnoncat")]
    pub set: String,
    /// The directory to put the files in.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub out: PathBuf,
    /// Fetch from this folder instead of the set's own.
    #[arg(long, value_name = "URL")]
    pub from: Option<String>,
}

/// Arguments of `runner data inspect`.
#[derive(Args, Debug)]
pub struct Inspect {
    /// A known set's name, or HDF5 files.
    #[arg(required = true, value_name = "SET|FILE")]
    pub what: Vec<String>,
    /// Write the first pictures as one PNG, each framed in its class's colour.
    #[arg(long, value_name = "PNG")]
    pub sheet: Option<PathBuf>,
}
