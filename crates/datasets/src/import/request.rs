//! What can be asked of an import, and what it tells while it works.

use std::path::{Path, PathBuf};

use crate::contract::targets::{TargetKind, TargetsChoice};

/// A format of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Two IDX files: examples, and labels.
    Idx,
    /// One table.
    Csv,
    /// Two NPY files: examples, and labels or values.
    Npy,
    /// One NPZ archive.
    Npz,
    /// A folder with a folder of pictures for each class.
    Pictures,
}

/// The training or the test examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SplitName {
    Train,
    Test,
}

/// What becomes of a cell without a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// An error.
    #[default]
    Refuse,
    /// Its row is left out.
    Drop,
    /// The mean of its column over the training rows that have one.
    Mean,
}

/// Which columns hold texts, each of which gets a column of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Categorical {
    /// None: a text is an error.
    #[default]
    Refuse,
    /// Every column with a cell that is neither a number nor missing.
    OneHot,
    /// These, even if they are numbers.
    Columns(Vec<String>),
}

/// What to import.
#[derive(Clone, Debug)]
pub struct Request {
    /// The training examples, or all: a file or folder, and where the format has two files the labels.
    pub train: Vec<PathBuf>,
    /// The test examples alike; where there are none they are drawn from all by `test_share`.
    pub test: Vec<PathBuf>,
    /// The format; found out from the first file where nothing is said.
    pub format: Option<Format>,
    /// The share of all examples that become test examples.
    pub test_share: Option<f64>,
    /// What they are drawn from.
    pub seed: u64,
    /// Where `train_NAME.h5` and `test_NAME.h5` go. Made if it isn't there.
    pub folder: PathBuf,
    /// NAME.
    pub name: String,
    /// Whether files of these names may be replaced.
    pub force: bool,
    /// The column of a table, or the array of an archive, with the labels.
    pub label: Option<String>,
    /// The columns of a table, or the array of an archive, with values to be learned instead of labels.
    pub targets: Vec<String>,
    /// What the numbers of the second of two files, or of an archive's second array, are.
    pub target_kind: TargetsChoice,
    /// The columns of a table that are left out.
    pub ignored: Vec<String>,
    /// What becomes of buffer of a table without a value.
    pub missing: Missing,
    /// Which columns of a table are of texts.
    pub categorical: Categorical,
    /// The array of an archive with the examples.
    pub features: Option<String>,
    /// Whether the first line of a table names its columns; found out where nothing is said.
    pub header: Option<bool>,
    /// What separates the buffer of a table; found out where nothing is said.
    pub delimiter: Option<u8>,
    /// `(height, width)` of pictures: what those of a folder are resized to, and the features of a table are.
    pub size: Option<(usize, usize)>,
    /// Whether pictures are grey: of one channel, not three.
    pub grey: bool,
    /// The most bytes that the features, and the targets, may take as f64.
    pub max_bytes: u64,
}

/// What [`import`] tells its caller while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many examples of a table have been checked.
    Checked(usize),
    /// What was found.
    Found(String),
    /// So many examples of so many have been written.
    Written(usize, usize),
}

impl Request {
    /// Returns what the numbers of a targets array are: values if they were asked for by name.
    pub(super) fn declared_targets(&self) -> TargetsChoice {
        if self.targets.is_empty() { self.target_kind } else { TargetsChoice::Declared(TargetKind::Values) }
    }

    /// Returns the paths that one split is read from.
    pub(super) fn paths(&self, split: SplitName) -> &[PathBuf] {
        match split {
            SplitName::Test if !self.test.is_empty() => &self.test,
            _ => &self.train,
        }
    }

    /// Returns the path that messages about a split's labels name.
    pub(super) fn labels_path(&self, split: SplitName) -> &Path {
        self.paths(split).last().unwrap_or(&self.folder)
    }
}
