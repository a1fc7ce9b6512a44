//! The data of an experiment: their source, and the dimensions that a net depends on.

use std::path::PathBuf;

use datasets::Task;
use serde::{Deserialize, Serialize};

use crate::text::path_as_text;

/// The source of the examples, as the provenance of a model has it too.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum DataSource {
    /// A known set.
    Set {
        /// Its name.
        set: String,
    },
    /// Files.
    Files {
        /// The file of the training examples.
        #[serde(serialize_with = "path_as_text")]
        train: PathBuf,
        /// The source of the test examples.
        #[serde(default)]
        test: TestFiles,
    },
}

/// The source of the test examples of an experiment that names its own files.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum TestFiles {
    /// A file.
    File(#[serde(serialize_with = "path_as_text")] PathBuf),
    /// A share of the training file's examples, drawn from a seed.
    Share {
        /// The share.
        share: f64,
        /// The seed.
        seed: u64,
    },
    /// No test examples.
    #[default]
    Absent,
}

/// The SHA-256 that the files must have, in lower-case hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    /// The hash of the training file; `None` if any content is allowed.
    pub train: Option<String>,
    /// The hash of the test file; `None` as above.
    pub test: Option<String>,
}

/// The share of the training examples that is set aside for validation, and the seed that draws them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ValidationSplit {
    /// The share.
    pub share: f64,
    /// The seed.
    pub seed: u64,
}

/// The dimensions of the data that the work of a trial depends on.
#[derive(Clone, Copy, Debug)]
pub struct DataShape {
    /// `n[0]`, the number of features of an example.
    pub features: usize,
    /// Training examples.
    pub train: usize,
    /// Test examples.
    pub test: usize,
    /// Validation examples, which are not among the training examples.
    pub validation: usize,
    /// The task of a net.
    pub task: Task,
}

impl DataSource {
    /// Returns the same source with absolute paths.
    pub fn absolute(&self) -> Self {
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        match self {
            DataSource::Files { train, test: TestFiles::File(test) } => {
                DataSource::Files { train: absolute(train), test: TestFiles::File(absolute(test)) }
            }
            DataSource::Files { train, test } => DataSource::Files { train: absolute(train), test: test.clone() },
            set @ DataSource::Set { .. } => set.clone(),
        }
    }
}

impl DataShape {
    /// Returns the number of test and validation examples together.
    pub fn held_out(&self) -> usize {
        self.test + self.validation
    }
}
