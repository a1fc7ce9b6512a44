//! The inspection of a data file: its datasets, its classes and its values, for a person to read.

mod report;

use std::path::PathBuf;

use crate::contract::agreement;
use crate::contract::checked_split::CheckedSplit;
use crate::contract::class_names;
use crate::contract::column_names::{ColumnNames, FEATURE_NAMES};
use crate::contract::element_type::describe;
use crate::contract::error::Error;
use crate::contract::file::{DataFile, names};
use crate::contract::hashed::HashedFile;
use crate::contract::pin::Pinned;
use crate::contract::problem::Problem;
use crate::contract::targets::{TargetKind, Targets, TargetsChoice, Task};
use crate::dataset::Names;
use crate::split::Split;
use crate::split::features::Features;

/// The most names that are listed.
const LISTED: usize = 40;

/// The contents of one data file.
#[derive(Debug)]
pub struct Inspection {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
    /// The first names in the root of the file.
    pub datasets: Vec<DatasetLine>,
    /// The number of names beyond those.
    pub further: usize,
    /// The names of the classes, label 0 first; empty if the file names none.
    pub classes: Vec<String>,
    /// The names of the features; empty if the file names none.
    pub features: Vec<String>,
    /// The names of the values of a target; empty if the file names none.
    pub values: Vec<String>,
    /// The splits that keep the contract: training, test or both.
    pub splits: Vec<SplitSummary>,
    /// Every breach of the contract. A file without any can be trained on.
    pub problems: Vec<Error>,
}

/// One name in the root of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetLine {
    /// The name, as in the file.
    pub name: String,
    /// Its declared shape; `None` if it is not a dataset.
    pub shape: Option<Vec<usize>>,
    /// Its element type, or what it is instead of a dataset.
    pub kind: String,
}

/// A split that keeps the contract, with summary statistics of its values.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitSummary {
    /// The dataset of the pictures.
    pub x_name: String,
    /// The dataset of the targets.
    pub y_name: String,
    /// Pictures or features, and targets.
    pub split: Split,
    /// The kind that the targets look like.
    pub target_kind: TargetKind,
    /// True if they are training examples.
    pub is_training: bool,
    /// The statistics of the pictures or features, as stored.
    pub features: Statistics,
    /// The statistics of the targets.
    pub targets: TargetSummary,
}

/// Summary statistics of many values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// The mean of all values.
    pub mean: f64,
}

/// Summary statistics of the targets of a split.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetSummary {
    /// The number of examples of each class that the file has.
    Classes(Vec<usize>),
    /// The statistics of each output.
    Values(Vec<Statistics>),
}

/// Inspects the file of `pinned` for the splits whose datasets `names` names; one of the two is enough.
///
/// `max_bytes` bounds the pictures of a split, each value counted as 8 bytes (f64).
///
/// # Errors
///
/// If the file cannot be opened as HDF5, has another content than its pin, or changes while it is read. Breaches of the contract
/// inside an HDF5 file are in [`Inspection::problems`], beside all that could be read.
pub fn inspect(pinned: &Pinned, names: &Names, max_bytes: u64) -> Result<Inspection, Error> {
    let hashed = HashedFile::open(pinned)?;
    let (file, path) = (hashed.file(), pinned.path.as_path());
    let mut problems = Vec::new();
    let (datasets, further) = list(file).unwrap_or_else(|problem| {
        problems.push(problem.in_dataset(path, "/"));
        (Vec::new(), 0)
    });
    let classes = class_names::read(file, &names.classes).unwrap_or_else(|error| {
        problems.push(error);
        Vec::new()
    });
    let mut splits: Vec<InspectedSplit> = Vec::new();
    let wanted = [(&names.train_x, &names.train_y, true), (&names.test_x, &names.test_y, false)];
    for (x, y, is_training) in wanted.into_iter().filter(|(x, y, _)| file.has(x) || file.has(y)) {
        let read = |checked: CheckedSplit| {
            let (split, target_kind) = Split::read(&checked, TargetsChoice::Auto, || hashed.sha256())?;
            Ok(InspectedSplit { x, y, split, target_kind, columns: checked.outputs, is_training })
        };
        match CheckedSplit::check(file, x, y, max_bytes).and_then(read) {
            Ok(inspected) => splits.push(inspected),
            Err(error) => problems.push(error),
        }
    }
    // Both parts have the names of the same dataset.
    problems.dedup_by_key(|problem| problem.to_string());
    let at = |inspected: &InspectedSplit, problem: Problem| problem.in_dataset(path, inspected.y);
    for inspected in &splits {
        let targets = &inspected.split.targets;
        problems.extend(agreement::check_named(targets, classes.len()).err().map(|problem| at(inspected, problem)));
        if inspected.is_training && inspected.target_kind == TargetKind::Classes {
            problems
                .extend(agreement::check_numbered(targets, classes.len()).err().map(|problem| at(inspected, problem)));
        }
    }
    if let [train, test] = &splits[..] {
        let untrained = agreement::check_trained(&train.split.targets, &test.split.targets);
        problems.extend(untrained.err().map(|problem| at(test, problem)));
    }
    let task = match splits.iter().find(|inspected| inspected.target_kind == TargetKind::OneHot) {
        Some(inspected) => Task::Classes(inspected.columns),
        None => agreement::task(splits.iter().map(|inspected| &inspected.split.targets), classes.len()),
    };
    // Names that can't be read are among the problems already.
    let features = class_names::read(file, FEATURE_NAMES).unwrap_or_default();
    let named = match splits.first().filter(|_| matches!(task, Task::Values(_))) {
        Some(inspected) => ColumnNames::default().with_targets(file, inspected.columns),
        None => Ok(ColumnNames::default()),
    };
    let values = named.map(|names| names.targets).unwrap_or_else(|problem| {
        problems.push(problem);
        Vec::new()
    });
    let splits: Vec<_> = splits.into_iter().map(|inspected| SplitSummary::new(inspected, task)).collect();
    if splits.is_empty() && problems.is_empty() {
        let present: Vec<String> = datasets.iter().map(|line| line.name.clone()).collect();
        problems.push(Error::no_split(path, &[names.train_x.clone(), names.test_x.clone()], &present));
    }
    let (bytes, sha256) = (file.bytes(), hashed.sha256()?);
    Ok(Inspection {
        path: path.to_owned(),
        bytes,
        sha256,
        datasets,
        further,
        classes,
        features,
        values,
        splits,
        problems,
    })
}

/// A split that was read.
struct InspectedSplit<'n> {
    x: &'n str,
    y: &'n str,
    split: Split,
    target_kind: TargetKind,
    /// The number of values in one target.
    columns: usize,
    is_training: bool,
}

/// Lists the first names in the root, and counts the others. libhdf5 looks at all names to find one: to look each up would take the
/// square of their number.
fn list(file: &DataFile) -> Result<(Vec<DatasetLine>, usize), Problem> {
    let mut names = names(file.root())?;
    let further = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    let lines = names.into_iter().map(|name| {
        let (shape, kind) = match file.dataset(&name) {
            Ok(dataset) => match (dataset.space(), dataset.dtype()) {
                (Ok(space), Ok(dtype)) => (Some(space.shape()), describe(&dtype)),
                _ => (None, "damaged".to_owned()),
            },
            Err(Problem::NotADataset) => (None, "a group or a type".to_owned()),
            Err(Problem::Link { kind, .. }) => (None, format!("{kind}, not followed")),
            Err(_) => (None, "damaged".to_owned()),
        };
        DatasetLine { name, shape, kind }
    });
    Ok((lines.collect(), further))
}

impl SplitSummary {
    fn new(InspectedSplit { x, y, split, target_kind, is_training, .. }: InspectedSplit, task: Task) -> Self {
        let features = match &split.x {
            Features::U8(rows) => Statistics::of(rows.iter().map(|&value| f64::from(value))),
            Features::F32(rows) => Statistics::of(rows.iter().map(|&value| f64::from(value))),
            Features::F64(rows) => Statistics::of(rows.iter().copied()),
        };
        let targets = match &split.targets {
            Targets::Classes(labels) => {
                let present = labels.iter().max().map_or(0, |&label| label as usize + 1);
                let known = if let Task::Classes(known) = task { known } else { 0 };
                let mut counts = vec![0; known.max(present)];
                labels.iter().for_each(|&label| counts[label as usize] += 1);
                TargetSummary::Classes(counts)
            }
            Targets::Values(values) => TargetSummary::Values(
                values.outer_iter().map(|output| Statistics::of(output.iter().copied())).collect(),
            ),
        };
        Self { x_name: x.to_owned(), y_name: y.to_owned(), split, target_kind, is_training, features, targets }
    }
}

impl Statistics {
    /// Computes the statistics by a running mean, which stays finite even if the sum would not.
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let start = Self { min: f64::INFINITY, max: f64::NEG_INFINITY, mean: 0.0 };
        values.enumerate().fold(start, |Self { min, max, mean }, (before, value)| {
            let count = before as f64 + 1.0;
            Self { min: value.min(min), max: value.max(max), mean: mean + (value / count - mean / count) }
        })
    }
}

#[cfg(test)]
mod tests;
