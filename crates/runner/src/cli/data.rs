//! The arguments of `runner data`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use datasets::TargetKind;
use datasets::import::{Format, Missing};

use super::choice::{Choice, one_of};
use crate::progress::mode::ProgressMode;

/// The subcommands of `runner data`.
#[derive(Debug, Subcommand)]
pub enum Data {
    /// List the known data sets, and where each is or how to get it.
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
    /// names and renamed at the end: an import that fails or is interrupted leaves no file behind.
    ///
    /// IDX and NPY take two files, the examples and their labels; CSV, NPZ and folders take one path. Gzipped files
    /// of IDX, CSV and NPY are read as they are. Bytes stay bytes and floats stay floats; cells of a CSV file become f64, or
    /// bytes where --side or --height and --width say that they are the pixels of pictures. A folder of pictures has a folder
    /// for each class.
    #[command(after_help = "Examples:
  runner data import train-images-idx3-ubyte.gz \\
      train-labels-idx1-ubyte.gz --test t10k-images-idx3-ubyte.gz \\
      t10k-labels-idx1-ubyte.gz --name mnist
  runner data import digits.csv.gz --label last --test-share 0.2 --seed 1
  runner data import houses.csv --target price,rent --test-share 0.2
  runner data import passengers.csv --label survived --ignore name \\
      --missing mean --categorical one-hot --test-share 0.2
  runner data import mnist.npz
  runner data import x.npy y.npy --test x_test.npy y_test.npy --name mine
  runner data import flowers/train --test flowers/test --side 64 \\
      --name flowers")]
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
    /// The seed of the pictures: the same seed draws the same files, byte for byte.
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
    /// The folder to fetch from, in place of the set's own.
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
    /// Take this share of the examples, the same share of every class, as test examples.
    #[arg(long, value_name = "SHARE", conflicts_with = "test")]
    pub test_share: Option<f64>,
    /// The seed that draws the test examples.
    #[arg(long, default_value_t = 1, conflicts_with = "test")]
    pub seed: u64,
    /// The directory to write to.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub out: PathBuf,
    /// The name of the set, whose files are train_NAME.h5 and test_NAME.h5 [default: the first file's name up to its
    /// first dot].
    #[arg(long)]
    pub name: Option<String>,
    /// Replace files that are there already.
    #[arg(long)]
    pub force: bool,
    /// The format of the files [default: recognised by their first bytes; CSV by the name].
    #[arg(long, value_parser = one_of(&FORMATS))]
    pub format: Option<Format>,
    /// CSV: the column of the labels: its name, its number from 1, first or last [default: last]. Labels may be text; then they
    /// become the names of the classes, in sorted order. NPZ: the array of the labels.
    #[arg(long, value_name = "COLUMN", conflicts_with = "target")]
    pub label: Option<String>,
    /// CSV: columns of values to learn instead of classes, for regression. NPZ: the array of the values.
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    pub target: Vec<String>,
    /// IDX, NPY and NPZ: the kind of the targets, as data.targets of an experiment [default: what --label names is
    /// classes, one-hot if it has several columns; else one column of integers is classes, rows of integers with a single 1 are one-hot,
    /// and everything else is values].
    #[arg(long, value_parser = one_of(&TARGETS), value_name = "WHAT", conflicts_with = "target")]
    pub targets: Option<TargetKind>,
    /// CSV: columns to leave out, such as names and numbers of rows.
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// CSV: how to treat an empty cell, NA (also in angle brackets), N/A, #N/A, NaN, null or ? (in upper or lower case): refuse the file,
    /// drop the row, or fill in the mean of the column over the training rows (for a column of texts: the share of each text). A label or
    /// target is never filled in.
    #[arg(long, value_parser = one_of(&MISSING), default_value = "refuse", value_name = "WHAT")]
    pub missing: Missing,
    /// CSV: columns of texts to encode as one-hot, with a column of 0 and 1 for each text of the training rows: one-hot
    /// for every column of texts (with fewer numbers than texts), a list of columns, or refuse for none. A text that only test
    /// rows have is 0 in all these columns.
    #[arg(long, value_name = "refuse|one-hot|COLUMN,...", value_delimiter = ',', default_value = "refuse")]
    pub categorical: Vec<String>,
    /// NPZ: the array of the examples.
    #[arg(long, value_name = "ARRAY")]
    pub features: Option<String>,
    /// CSV: whether the first line names the columns [default: yes if a column is given by its name, if a feature in that line is
    /// not a number, or if its label or target is a text above numbers].
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    pub header: Option<bool>,
    /// CSV: the character between two cells, or tab [default: the most frequent of , ; and tab in the first line that is not empty].
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
    /// Refuse a training or a test part whose features, each counted as 8 bytes, take more [default: 8 GiB]. data.max_bytes of an
    /// experiment bounds both parts together.
    #[arg(long, value_name = "BYTES")]
    pub max_bytes: Option<u64>,
    /// How to show progress on stderr; auto is a bar on a terminal and plain lines elsewhere.
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto, value_name = "HOW")]
    pub progress: ProgressMode,
}

const MISSING: [Choice<Missing>; 3] = [
    ("refuse", "An error", Missing::Refuse),
    ("drop", "Its row is left out", Missing::Drop),
    ("mean", "The mean of its column", Missing::Mean),
];

const TARGETS: [Choice<TargetKind>; 3] = [
    ("classes", "A column of class numbers", TargetKind::Classes),
    ("values", "A column for each value to learn", TargetKind::Values),
    ("one-hot", "A column for each class, with a single 1 in each row", TargetKind::OneHot),
];

const FORMATS: [Choice<Format>; 5] = [
    ("idx", "Two files as MNIST has them, plain or gzipped", Format::Idx),
    ("csv", "A table, plain or gzipped", Format::Csv),
    ("npy", "Two NumPy arrays, plain or gzipped", Format::Npy),
    ("npz", "A NumPy archive", Format::Npz),
    ("pictures", "A folder with a folder of pictures (PNG, JPEG, WebP, GIF or BMP) for each class", Format::Pictures),
];

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
    pub what: Vec<PathBuf>,
    /// Write the first pictures as one PNG, each framed in its class's colour.
    #[arg(long, value_name = "PNG")]
    pub sheet: Option<PathBuf>,
}
