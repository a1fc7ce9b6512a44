//! A data set as nets use it: training and test examples that have been checked together.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::contract::agreement::{self, Settled};
use crate::contract::checked_split::CheckedSplit;
use crate::contract::class_names;
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
    /// Holds the examples that nets are trained on.
    pub train: PathBuf,
    /// Holds the examples that nets are tested on.
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
    /// Class names, in either file or none.
    pub classes: String,
}

impl Default for Names {
    /// The names in the files of the deeplearning.ai course.
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

/// What to load: the files, the datasets in them, and what their targets are.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Holds the training examples.
    pub train: Pinned,
    /// The test examples.
    pub test: TestSource,
    /// The datasets in the files.
    pub names: Names,
    /// What the targets are.
    pub targets: TargetsChoice,
    /// The most bytes that the pictures of both splits may take together, each value counted as 8 bytes (f64).
    pub max_bytes: u64,
}

/// Where test examples come from.
#[derive(Clone, Debug, PartialEq)]
pub enum TestSource {
    /// A file, which may be that of the training examples.
    File(Pinned),
    /// They are drawn from the training file's, the same share of each class.
    Share {
        /// The share.
        share: f64,
        /// What they are drawn from.
        seed: u64,
    },
    /// There are none.
    Absent,
}

impl Source {
    /// The files.
    pub fn files(&self) -> Vec<&Pinned> {
        let test = if let TestSource::File(test) = &self.test { Some(test) } else { None };
        std::iter::once(&self.train).chain(test).collect()
    }
}

#[cfg(test)]
impl Source {
    /// Two files of any content, with targets that are what they look like.
    pub fn of_files(files: &Files, names: &Names, max_bytes: u64) -> Self {
        Source {
            train: Pinned::any(&files.train),
            test: TestSource::File(Pinned::any(&files.test)),
            names: names.clone(),
            targets: TargetsChoice::Auto,
            max_bytes,
        }
    }
}

/// Training and test examples of the same shape and task, and the names of their classes.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSet {
    /// What nets are trained on.
    pub train: Split,
    /// What nets are tested on, if there is anything.
    pub test: Option<Split>,
    /// What both ask of a net.
    pub task: Task,
    /// What the targets in the files mean.
    pub target_kind: TargetKind,
    /// What a trial's id says of the target_kind; nothing where it is what releases without `data.targets` took the numbers for.
    pub kind_in_id: Option<&'static str>,
    /// The names of the classes, label 0 first; empty where the files name none.
    pub classes: Vec<String>,
    /// Whether there are no test examples but the training file holds some.
    pub test_left_out: bool,
}

impl DataSet {
    /// Reads the files, once each.
    ///
    /// # Errors
    ///
    /// A file with another content than it must have, or the first breach of the contract, in one line: file, dataset, what was
    /// found and what is allowed. Nothing is allocated for data before the metadata of both files keep the contract.
    pub fn load(source: &Source) -> Result<Self, Error> {
        let Source { names, targets, max_bytes, .. } = source;
        let train_file = HashedFile::open(&source.train)?;
        let test_file = match &source.test {
            TestSource::File(file) => Some(HashedFile::open(file)?),
            _ => None,
        };
        let train = CheckedSplit::check(train_file.file(), &names.train_x, &names.train_y, *max_bytes)?;
        let test = match &test_file {
            Some(file) => Some(CheckedSplit::check(file.file(), &names.test_x, &names.test_y, *max_bytes)?),
            None => None,
        };
        test.as_ref().map_or(Ok(()), |test| train.check_agreement(test, *max_bytes))?;
        let classes = agreed_classes(train_file.file(), test_file.as_ref().map(HashedFile::file), &names.classes)?;

        let numbers = |split: &_| {
            TargetMatrix::read(split, *targets).map_err(|problem| problem.of(split.file.path(), &split.y_name))
        };
        let test_numbers = test.as_ref().map(|test| numbers(test).map(|numbers| (test, numbers))).transpose()?;
        let settled = agreement::settle(*targets, (&train, numbers(&train)?), test_numbers, &classes)?;
        let Settled { train: train_targets, test: test_targets, task, target_kind, kind_in_id } = settled;
        let train_split = Split::with(&train, train_targets, || train_file.sha256())?;
        let given = test.as_ref().zip(test_targets).zip(test_file.as_ref());
        let given = given.map(|((split, targets), file)| Split::with(split, targets, || file.sha256())).transpose()?;
        let drawn = |share, seed| {
            train_split
                .hold_out_stratified(share, seed)
                .map_err(|problem| Error::Share { path: source.train.path.clone(), problem })
        };
        let (train, test) = match source.test {
            TestSource::Share { share, seed } => drawn(share, seed).map(|(kept, aside)| (kept, Some(aside)))?,
            _ => (train_split, given),
        };
        let test_left_out = source.test == TestSource::Absent && train_file.file().has(&names.test_x);
        Ok(Self { train, test, task, target_kind, kind_in_id, classes, test_left_out })
    }
}

fn agreed_classes(train: &DataFile, test: Option<&DataFile>, name: &str) -> Result<Vec<String>, Error> {
    let in_train = class_names::read(train, name)?;
    let Some(test) = test else { return Ok(in_train) };
    let in_test = class_names::read(test, name)?;
    if in_train.is_empty() {
        return Ok(in_test);
    }
    if !in_test.is_empty() && in_test != in_train {
        return Err(Error::Disagree {
            path: test.path().to_owned(),
            dataset: name.to_owned(),
            found: format!("the names {in_test:?}"),
            other: format!("`{name}` of {} has {in_train:?}", train.path().display()),
            rule: "both files must name the same classes",
        });
    }
    Ok(in_train)
}
