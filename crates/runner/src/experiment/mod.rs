//! An experiment: a TOML file and its overrides, every value and every point of its sweep checked before any work.

pub mod axis;
pub mod error;
mod reader;
mod source;
pub mod trial;

use std::path::Path;

use toml::{Table, Value};

use self::axis::Axis;
use self::error::Error;
use self::reader::Reader;
use self::trial::TrialConfig;
use crate::data::{Files, Names, ScalingChoice};
use crate::sweep::inputs::ValidationSplit;

/// Where the pictures come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSource {
    /// A known set, looked for by name.
    Set(String),
    /// Two files.
    Files(Files),
}

/// An experiment that can be run.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Names the results directory.
    pub name: String,
    /// What question it asks.
    pub description: String,
    /// Where the pictures come from.
    pub source: DataSource,
    /// The datasets in the files.
    pub names: Names,
    /// The most bytes that a picture dataset may take in memory.
    pub max_bytes: u64,
    /// How features are scaled.
    pub scaling: ScalingChoice,
    /// What of the training examples is set aside for validation.
    pub validation: Option<ValidationSplit>,
    /// The swept keys, in declared order.
    pub axes: Vec<Axis>,
    /// Every point, the last axis varying fastest.
    pub points: Vec<Point>,
    /// Trials at once; `None` for one a core.
    pub jobs: Option<usize>,
    /// OpenBLAS threads a product.
    pub blas_threads: usize,
    /// The file with overrides and ranges resolved, as it can be run again.
    pub resolved: Table,
}

/// One point of the sweep.
#[derive(Clone, Debug)]
pub struct Point {
    /// The values of the axes, in their order.
    pub values: Vec<Value>,
    /// The trial there.
    pub config: TrialConfig,
}

/// What [`Experiment::max_bytes`] is where `data.max_bytes` isn't given: 8 GiB.
pub const DEFAULT_MAX_BYTES: u64 = 8 << 30;

impl Experiment {
    /// Reads and checks an experiment.
    ///
    /// # Errors
    /// The first thing that is wrong, in one line.
    pub fn load(path: &Path, overrides: &[String]) -> Result<Self, Error> {
        let entries = source::read(path, overrides)?;
        let mut reader = Reader::new(path);
        for entry in &entries {
            reader.take(entry)?;
        }
        reader.finish(&entries)
    }
}
