//! Requests for an import, and its progress.

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

/// The name of a split: the training or the test examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SplitName {
    Train,
    Test,
}

/// The treatment of a cell without a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// It is an error.
    #[default]
    Refuse,
    /// Its row is left out.
    Drop,
    /// It is filled with the mean of its column over the training rows that have a value.
    Mean,
}

/// The columns that hold texts; each text becomes a column of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Categorical {
    /// No column: a text is an error.
    #[default]
    Refuse,
    /// Every column with a cell that is neither a number nor missing.
    OneHot,
    /// The columns of these names, even if they hold numbers.
    Columns(Vec<String>),
}

/// A description of what to import.
#[derive(Clone, Debug)]
pub struct Request {
    /// The training examples, or all examples: a file or folder, and a file of labels if the format has two files.
    pub train: Vec<PathBuf>,
    /// The test examples, likewise; if empty, `test_share` of all examples is held out.
    pub test: Vec<PathBuf>,
    /// The format; `None` if it is to be detected from the first file.
    pub format: Option<Format>,
    /// The share of all examples that become test examples.
    pub test_share: Option<f64>,
    /// The seed that they are drawn from.
    pub seed: u64,
    /// The folder of `train_NAME.h5` and `test_NAME.h5`. It is made if need be.
    pub folder: PathBuf,
    /// NAME in the names of the two files; `None` if it is the name of the first source up to its first dot.
    pub name: Option<String>,
    /// True if files of these names may be replaced.
    pub force: bool,
    /// The column of a table, or the array of an archive, with the labels.
    pub label: Option<String>,
    /// The columns of a table, or the array of an archive, with values to be learned instead of labels.
    pub targets: Vec<String>,
    /// The kind of the numbers in the second of two files, or in an archive's second array.
    pub target_kind: TargetsChoice,
    /// The columns of a table that are left out.
    pub ignored: Vec<String>,
    /// The treatment of cells of a table without a value.
    pub missing: Missing,
    /// The columns of a table that hold texts.
    pub categorical: Categorical,
    /// The array of an archive with the examples.
    pub features: Option<String>,
    /// True if the first line of a table names its columns; `None` if that is to be detected.
    pub header: Option<bool>,
    /// The delimiter of a table; `None` if it is to be detected.
    pub delimiter: Option<u8>,
    /// `(height, width)` of pictures: those of a folder are resized to it, and the features of a table are read as such.
    pub size: Option<(usize, usize)>,
    /// True if pictures are grey: of one channel, not three.
    pub grey: bool,
    /// The most bytes that the features, and the targets, may take as f64.
    pub max_bytes: u64,
}

/// Progress of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// This many examples of a table have been checked.
    Checked(usize),
    /// A remark on what was found.
    Found(String),
    /// This many examples have been written, of this many.
    Written(usize, usize),
}

impl Request {
    /// Returns the declared kind of targets of this many columns: values or classes if they were asked for by name.
    pub(super) fn declared_targets(&self, columns: usize) -> TargetsChoice {
        let classes = if columns == 1 { TargetKind::Classes } else { TargetKind::OneHot };
        match self.target_kind {
            _ if !self.targets.is_empty() => TargetsChoice::Declared(TargetKind::Values),
            TargetsChoice::Auto if self.label.is_some() => TargetsChoice::Declared(classes),
            choice => choice,
        }
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
