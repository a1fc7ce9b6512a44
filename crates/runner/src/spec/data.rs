//! The data of an experiment: where they are, and the dimensions that a net depends on.

use std::path::PathBuf;

use datasets::Task;

/// Where the pictures come from.
#[derive(Clone, Debug, PartialEq)]
pub enum DataSource {
    /// A known set, looked for by name.
    Set(String),
    /// Files.
    Files {
        /// Holds the training examples.
        train: PathBuf,
        /// Where the test examples are.
        test: TestFiles,
    },
}

/// Where the test examples of an experiment with files of its own come from.
#[derive(Clone, Debug, PartialEq)]
pub enum TestFiles {
    /// A file.
    File(PathBuf),
    /// A share of the training file's examples, drawn from a seed.
    Share {
        /// The share.
        share: f64,
        /// The seed.
        seed: u64,
    },
    /// There are none.
    Absent,
}

/// The SHA-256 that an experiment says its files have, in lower-case hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    /// That of the training file.
    pub train: Option<String>,
    /// That of the test file.
    pub test: Option<String>,
}

/// A share of the training examples that is set aside, and what they are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValidationSplit {
    /// The share.
    pub share: f64,
    /// The seed.
    pub seed: u64,
}

/// The sides of the data that a trial's work depends on.
#[derive(Clone, Copy, Debug)]
pub struct DataShape {
    /// `n[0]`, features an example.
    pub features: usize,
    /// Training examples.
    pub train: usize,
    /// Test examples.
    pub test: usize,
    /// Validation examples, set aside of the training examples.
    pub validation: usize,
    /// The task of a net.
    pub task: Task,
}

impl DataShape {
    /// Test and validation examples.
    pub fn held_out(&self) -> usize {
        self.test + self.validation
    }
}
