//! A data set as nets use it: training and test examples that have been checked together.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::contract::agreement::{self, AgreedTargets};
use crate::contract::checked_split::CheckedSplit;
use crate::contract::class_names;
use crate::contract::column_names::ColumnNames;
use crate::contract::error::Error;
use crate::contract::file::DataFile;
use crate::contract::hashed::HashedFile;
use crate::contract::pin::Pinned;
use crate::contract::target_matrix::TargetMatrix;
use crate::contract::targets::{TargetKind, TargetsChoice, Task};
use crate::split::Split;

/// The two files of a data set; they may be the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The file of the training examples.
    pub train: PathBuf,
    /// The file of the test examples.
    pub test: PathBuf,
}

/// The names of the datasets, as paths from the root of their file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Names {
    /// Training pictures, in the training file.
    pub train_x: String,
    /// Training labels or values, in the training file.
    pub train_y: String,
    /// Test pictures, in the test file.
    pub test_x: String,
    /// Test labels or values, in the test file.
    pub test_y: String,
    /// Class names, in either file; optional if it is the default.
    pub classes: String,
}

impl Names {
    /// Returns whether the class names are looked for where the files of the course have them.
    fn has_default_classes(&self) -> bool {
        self.classes == Self::default().classes
    }
}

impl Default for Names {
    /// Returns the names in the files of the deeplearning.ai course.
    fn default() -> Self {
        Self {
            train_x: "train_set_x".to_owned(),
            train_y: "train_set_y".to_owned(),
            test_x: "test_set_x".to_owned(),
            test_y: "test_set_y".to_owned(),
            classes: "list_classes".to_owned(),
        }
    }
}

/// A description of a data set to load: the files, the datasets in them, and what their targets are.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The file of the training examples.
    pub train: Pinned,
    /// The place of the test examples.
    pub test: TestSource,
    /// The datasets in the files.
    pub names: Names,
    /// The declared kind of the targets.
    pub targets: TargetsChoice,
    /// The most bytes that the pictures of both splits may take together, each value counted as 8 bytes (f64).
    pub max_bytes: u64,
}

/// The place that test examples come from.
#[derive(Clone, Debug, PartialEq)]
pub enum TestSource {
    /// A file, which may be that of the training examples.
    File(Pinned),
    /// The training file: the same share of each class is held out.
    Share {
        /// The share, between 0 and 1.
        share: f64,
        /// The seed of the draw.
        seed: u64,
    },
    /// No test examples.
    Absent,
}

/// The rule on the names of classes, for messages.
const SAME_CLASSES: &str = "both files must name the same classes";

/// The most bytes that the examples may take in memory unless another limit is given: 8 GiB.
pub const DEFAULT_MAX_BYTES: u64 = 8 << 30;

impl Source {
    /// Describes two files of any content with the datasets of the deeplearning.ai course, whose targets are what they look like.
    pub fn new(train: impl Into<PathBuf>, test: impl Into<PathBuf>) -> Self {
        Source {
            train: Pinned::any(train),
            test: TestSource::File(Pinned::any(test)),
            names: Names::default(),
            targets: TargetsChoice::Auto,
            max_bytes: DEFAULT_MAX_BYTES,
        }
    }

    /// Returns the files that are read.
    pub fn files(&self) -> Vec<&Pinned> {
        let test = if let TestSource::File(test) = &self.test { Some(test) } else { None };
        std::iter::once(&self.train).chain(test).collect()
    }
}

#[cfg(test)]
impl Source {
    /// Makes a source of two files with these names of datasets and this limit.
    pub fn of_files(files: &Files, names: &Names, max_bytes: u64) -> Self {
        Source { names: names.clone(), max_bytes, ..Self::new(&files.train, &files.test) }
    }
}

/// Training and test examples of the same shape and task, and the names of their classes.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSet {
    /// The examples that nets are trained on.
    pub train: Split,
    /// The examples that nets are tested on, if there are any.
    pub test: Option<Split>,
    /// The task of a net, the same for both splits.
    pub task: Task,
    /// The kind of the targets in the files.
    pub target_kind: TargetKind,
    /// The name of `target_kind` for a trial's id; `None` if it is the kind that releases without `data.targets` assumed.
    pub kind_in_id: Option<&'static str>,
    /// The number of classes for a trial's id; `None` if it follows from the labels, or from the names in the dataset that releases without
    /// `data.classes` read.
    pub classes_in_id: Option<usize>,
    /// The names of the classes, label 0 first; empty if the files name none.
    pub classes: Vec<String>,
    /// The names of the columns that the examples were made from, of the training file.
    pub columns: ColumnNames,
    /// True if there are no test examples but the training file holds some.
    pub test_left_out: bool,
}

impl DataSet {
    /// Reads the files, once each.
    ///
    /// # Errors
    ///
    /// If a file has another content than its pin, or for the first breach of the contract: file, dataset, what was found and what
    /// is allowed, in one line. Nothing is allocated for data before the metadata of both files keep the contract.
    pub fn load(source: &Source) -> Result<Self, Error> {
        let Source { names, targets, max_bytes, .. } = source;
        let train_file = HashedFile::open(&source.train)?;
        let test_file = match &source.test {
            TestSource::File(file) => Some(HashedFile::open(file)?),
            _ => None,
        };
        let mut train = CheckedSplit::check(train_file.file(), &names.train_x, &names.train_y, *max_bytes)?;
        let mut test = match &test_file {
            Some(file) => Some(CheckedSplit::check(file.file(), &names.test_x, &names.test_y, *max_bytes)?),
            None => None,
        };
        test.as_ref().map_or(Ok(()), |test| train.check_agreement(test, *max_bytes))?;
        let classes = agreed_classes(train_file.file(), test_file.as_ref().map(HashedFile::file), &names.classes)?;
        if classes.is_empty() && !names.has_default_classes() {
            let problem = format!("has no dataset `{}` for data.classes, the names of the classes", names.classes);
            return Err(Error::file(&source.train.path, problem));
        }

        let numbers = |split: &CheckedSplit| TargetMatrix::read(split, *targets).map_err(|problem| split.in_y(problem));
        let test_numbers = test.as_ref().map(|test| numbers(test).map(|numbers| (test, numbers))).transpose()?;
        let agreed = agreement::agree_on_targets(*targets, (&train, numbers(&train)?), test_numbers, &classes)?;
        let AgreedTargets { train: train_targets, test: test_targets, task, target_kind, kind_in_id, .. } = agreed;
        let classes_in_id = match task {
            Task::Classes(count) if agreed.named_beyond_labels && !names.has_default_classes() => Some(count),
            _ => None,
        };
        if let Task::Values(_) = task {
            train.name_values()?;
            test.as_mut().map_or(Ok(()), CheckedSplit::name_values)?;
            test.as_ref().map_or(Ok(()), |test| train.check_columns(test))?;
        }
        let columns = train.columns.clone();
        let train = Split::with_targets(&train, train_targets, || train_file.sha256())?;
        let test = match test.as_ref().zip(test_targets).zip(test_file.as_ref()) {
            Some(((split, targets), file)) => Some(Split::with_targets(split, targets, || file.sha256())?),
            None => None,
        };
        let (train, test) = match source.test {
            TestSource::Share { share, seed } => {
                let problem = |problem| Error::file(&source.train.path, format!("{problem} (data.test_share)"));
                let (kept, aside) = train.hold_out_stratified(share, seed).map_err(problem)?;
                (kept, Some(aside))
            }
            _ => (train, test),
        };
        let test_left_out = source.test == TestSource::Absent && train_file.file().has(&names.test_x);
        Ok(Self { train, test, task, target_kind, kind_in_id, classes_in_id, classes, columns, test_left_out })
    }
}

/// Reads the names of the classes from the files that have them.
fn agreed_classes(train: &DataFile, test: Option<&DataFile>, name: &str) -> Result<Vec<String>, Error> {
    let in_train = class_names::read(train, name)?;
    let Some(test) = test else { return Ok(in_train) };
    let in_test = class_names::read(test, name)?;
    let (named, names, unnamed) = if in_train.is_empty() { (test, &in_test, train) } else { (train, &in_train, test) };
    if in_train.is_empty() != in_test.is_empty() && class_names::are_other_numbers(names) {
        let other = format!("`{name}` of {} has {names:?}", named.path().display());
        let problem = format!("names no classes in `{name}`, so they are 0, 1, ..., but {other}; {SAME_CLASSES}");
        return Err(Error::file(unnamed.path(), problem));
    }
    if in_train.is_empty() {
        return Ok(in_test);
    }
    if !in_test.is_empty() && in_test != in_train {
        let other = format!("`{name}` of {} has {in_train:?}", train.path().display());
        let problem = format!("dataset `{name}` has the names {in_test:?}, but {other}; {SAME_CLASSES}");
        return Err(Error::file(test.path(), problem));
    }
    Ok(in_train)
}
