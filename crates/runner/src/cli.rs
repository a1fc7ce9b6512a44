//! The command line. Its help text is the docs of these types.

mod bench;
mod models;
mod verify;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kernels::blas::Request;

pub use self::bench::{Bench, Share, WhichDtypes};
pub use self::models::{Evaluate, Predict, Train, WhichPart};
pub use self::verify::{Retrain, Verify};
use datasets::Meaning;

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
    /// Fleets to train at once [default: run.jobs, else as many as there are cores for run.threads each].
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
    /// Go on where other trials were trained on another BLAS, core or number of threads a fleet. Training is chaotic: a fifth of
    /// the recorded costs differ by more than 1% from those of another core.
    #[arg(long, conflicts_with = "fresh")]
    pub mix: bool,
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
    /// Plain lines: one a finished trial, some records of a single one, or every few seconds.
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
    /// Bring a data set of another format into the course files' layout: IDX (MNIST and its family), CSV, NPY, NPZ, or
    /// folders of pictures.
    ///
    /// Writes DIR/train_NAME.h5 and DIR/test_NAME.h5, which data.train and data.test of an experiment name. IDX, CSV and
    /// pictures are read example by example, so that a set may be larger than the memory. Files are written under hidden
    /// names and renamed at the end: an import that fails or is interrupted leaves none behind.
    ///
    /// IDX and NPY take two files, the examples and their labels; CSV, NPZ and folders take one path. Gzipped files
    /// are read as they are. Bytes stay bytes and floats stay floats; cells of a CSV file become f64, or bytes where
    /// --side or --height and --width say that they are the pixels of pictures. A folder of pictures has a folder for
    /// each class.
    #[command(after_help = "Examples:
  runner data import train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz \\
      --test t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz --name mnist
  runner data import digits.csv.gz --label last --test-share 0.2 --seed 1
  runner data import houses.csv --target price,rent --test-share 0.2
  runner data import passengers.csv --label survived --ignore name --missing mean --categorical one-hot --test-share 0.2
  runner data import mnist.npz
  runner data import x.npy y.npy --test x_test.npy y_test.npy --name mine
  runner data import flowers/train --test flowers/test --side 64 --name flowers")]
    Import(Box<Import>),
    /// Print what is in HDF5 data files: shapes, types, class balance or range of values, hashes.
    Inspect(Inspect),
}

/// Arguments of `runner data generate`.
#[derive(Args, Debug)]
pub struct Generate {
    /// The directory to write train_drawn.h5 and test_drawn.h5 to; of these names only drawn sets are replaced.
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

/// Arguments of `runner data import`.
#[derive(Args, Debug)]
pub struct Import {
    /// The training examples and, for IDX and NPY, their labels; or all examples, with --test-share.
    #[arg(required = true, num_args = 1..=2, value_name = "FILE|DIR")]
    pub source: Vec<PathBuf>,
    /// The test examples and, for IDX and NPY, their labels. An NPZ file may hold both parts: x_train, y_train, x_test and
    /// y_test (or train_images, ...).
    #[arg(long, num_args = 1..=2, value_name = "FILE|DIR")]
    pub test: Vec<PathBuf>,
    /// Make this share of the examples test examples, of every class the same.
    #[arg(long, value_name = "SHARE", conflicts_with = "test")]
    pub test_share: Option<f64>,
    /// What the test examples are drawn from.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The directory to write to.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub out: PathBuf,
    /// What the set is called: train_NAME.h5 and test_NAME.h5 [default: the first file's name up to its first dot].
    #[arg(long)]
    pub name: Option<String>,
    /// Replace files of these names.
    #[arg(long)]
    pub force: bool,
    /// What the files are [default: found out from their first bytes, for CSV from the name].
    #[arg(long, value_enum)]
    pub format: Option<ImportFormat>,
    /// CSV: the column of the labels: its name, its number from 1, first or last [default: last]. Labels may be text; then they
    /// become the names of the classes, in sorted order. NPZ: the array of the labels.
    #[arg(long, value_name = "COLUMN", conflicts_with = "target")]
    pub label: Option<String>,
    /// CSV: columns of values to learn instead of classes, for regression. NPZ: the array of the values.
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    pub target: Vec<String>,
    /// IDX, NPY and NPZ: what the second file or array holds, as data.targets of an experiment [default: one column of integers is
    /// classes, rows of integers with a single 1 are one-hot, everything else is values].
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "target")]
    pub targets: Option<TargetsWord>,
    /// CSV: columns to leave out, such as names and numbers of rows.
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// CSV: what becomes of an empty cell, NA, NaN, null or ? (in any case): an error, its row is left out, or it is the mean of its
    /// column over the training rows (of a column of texts: the share of each text). A label or target is never filled.
    #[arg(long, value_enum, default_value_t = MissingWord::Refuse, value_name = "WHAT")]
    pub missing: MissingWord,
    /// CSV: columns of texts, each of which becomes a column for each text of the training rows, 1 where it stands and else 0: one-hot
    /// for every column with a cell that is no number, columns of one's own choice, or refuse. A text that only test rows have is 0 in
    /// all of them.
    #[arg(long, value_name = "refuse|one-hot|COLUMN,...", value_delimiter = ',', default_value = "refuse")]
    pub categorical: Vec<String>,
    /// NPZ: the array of the examples.
    #[arg(long, value_name = "ARRAY")]
    pub features: Option<String>,
    /// CSV: whether the first line names the columns [default: if one of its features is no number].
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    pub header: Option<bool>,
    /// CSV: the character between two cells, or tab [default: the most frequent of , ; and tab in the first line].
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub delimiter: Option<u8>,
    /// Height and width of a picture in pixels: those of a folder are resized to it, and the cells of a CSV file are its
    /// pixels.
    #[arg(long, value_name = "PIXELS", conflicts_with_all = ["height", "width"], value_parser = clap::value_parser!(u16).range(1..))]
    pub side: Option<u16>,
    /// The height alone; the proportions of a picture aren't kept.
    #[arg(long, value_name = "PIXELS", requires = "width", value_parser = clap::value_parser!(u16).range(1..))]
    pub height: Option<u16>,
    /// The width alone.
    #[arg(long, value_name = "PIXELS", requires = "height", value_parser = clap::value_parser!(u16).range(1..))]
    pub width: Option<u16>,
    /// Make pictures of a folder grey (1 channel) instead of RGB (3).
    #[arg(long)]
    pub grey: bool,
    /// Refuse a part whose features, each counted as 8 bytes, take more [default: 8 GiB, as data.max_bytes].
    #[arg(long, value_name = "BYTES")]
    pub max_bytes: Option<u64>,
    /// How to show progress on stderr; auto is a bar on a terminal and plain lines elsewhere.
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto, value_name = "HOW")]
    pub progress: ProgressMode,
}

/// What becomes of a cell without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MissingWord {
    /// An error.
    Refuse,
    /// Its row is left out.
    Drop,
    /// The mean of its column.
    Mean,
}

/// What the numbers of targets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TargetsWord {
    /// A column of class numbers.
    Classes,
    /// A column for each value to learn.
    Values,
    /// A column for each class, with a single 1 a row.
    OneHot,
}

impl From<TargetsWord> for Meaning {
    fn from(word: TargetsWord) -> Self {
        match word {
            TargetsWord::Classes => Meaning::Classes,
            TargetsWord::Values => Meaning::Values,
            TargetsWord::OneHot => Meaning::OneHot,
        }
    }
}

/// What `runner data import` reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// Two files as MNIST has them, plain or gzipped.
    Idx,
    /// A table, plain or gzipped.
    Csv,
    /// Two NumPy arrays.
    Npy,
    /// A NumPy archive.
    Npz,
    /// A folder with a folder of pictures (PNG, JPEG, WebP, GIF or BMP) for each class.
    Pictures,
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("yes or no".to_owned()),
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => Err("one ASCII character or tab".to_owned()),
    }
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
