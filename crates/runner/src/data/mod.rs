//! Data sets: HDF5 files under a strict contract, and what can be said about them.
//!
//! A file is hostile until checked: [`DataSet::load`] allocates nothing of a declared size before the shape, the
//! type, the place and the stored size of every dataset are known to keep the contract of the `contract` module.

pub(crate) mod attribute;
pub mod catalog;
pub(crate) mod classes;
mod contact_sheet;
mod contract;
pub mod draw;
pub(crate) mod error;
pub mod fetch;
pub mod generate;
pub mod import;
mod inspect;
mod layout;
mod one;
mod part;
pub(crate) mod read;
mod scaling;
mod split;
pub(crate) mod storage;
mod targets;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use contact_sheet::ContactSheet;
pub use error::{Error, Problem};
pub use inspect::{DatasetLine, Figures, Inspection, PartSummary, TargetSummary, inspect};
pub use one::{Examples, OnePart};
pub use part::{Part, PixelType, Pixels};
pub use read::HDF5_SIGNATURE;
pub use scaling::{Scaling, ScalingChoice, TooWide};
pub use split::EmptySide;
pub use targets::{MOST_CLASSES, Targets, Task};

use contract::CheckedPart;
use read::DataFile;

/// The two files of a data set; they may be the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Holds the examples that nets are trained on.
    pub train: PathBuf,
    /// Holds the examples that nets are tested on.
    pub test: PathBuf,
}

/// The names of the datasets, as paths from the root of their file.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Training and test examples of the same shape and task, and the names of their classes.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSet {
    /// What nets are trained on.
    pub train: Part,
    /// What nets are tested on.
    pub test: Part,
    /// What both ask of a net.
    pub task: Task,
    /// The names of the classes, label 0 first; empty where the files name none.
    pub classes: Vec<String>,
}

impl DataSet {
    /// Reads both files, once each.
    ///
    /// `max_bytes` bounds the pictures of both parts together, each value counted as 8 bytes (f64).
    ///
    /// # Errors
    ///
    /// The first breach of the contract, in one line: file, dataset, what was found and what is allowed.
    /// Nothing is allocated for data before the metadata of both files keep the contract.
    pub fn load(files: &Files, names: &Names, max_bytes: u64) -> Result<Self, Error> {
        let train_file = DataFile::open(&files.train)?;
        let test_file = DataFile::open(&files.test)?;
        let mut train = CheckedPart::check(&train_file, &names.train_x, &names.train_y, max_bytes)?;
        let mut test = CheckedPart::check(&test_file, &names.test_x, &names.test_y, max_bytes)?;
        train.check_agreement(&test, max_bytes)?;
        let classes = agreed_classes(&train_file, &test_file, &names.classes)?;
        let values = train.values || test.values;
        (train.values, test.values) = (values, values);
        let (mut train_part, mut test_part) = (Part::read(&train)?, Part::read(&test)?);
        let (train, test) = ((&train, &mut train_part.targets), (&test, &mut test_part.targets));
        let task = targets::agree(train, test, &classes)?;
        Ok(Self { train: train_part, test: test_part, task, classes })
    }
}

fn agreed_classes(train: &DataFile, test: &DataFile, name: &str) -> Result<Vec<String>, Error> {
    let (in_train, in_test) = (classes::read(train, name)?, classes::read(test, name)?);
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
