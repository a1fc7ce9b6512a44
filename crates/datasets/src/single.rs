//! Single splits of single files, for the evaluation or the predictions of a trained net.

use std::path::Path;

use crate::contract::checked_split::{CheckedSplit, check_x, image_shape};
use crate::contract::class_names;
use crate::contract::column_names::ColumnNames;
use crate::contract::error::Error;
use crate::contract::file::{DataFile, names};
use crate::contract::hashed::HashedFile;
use crate::contract::pin::Pinned;
use crate::contract::problem::Problem;
use crate::contract::targets::{TargetKind, TargetsChoice, Task};
use crate::split::Split;
use crate::split::features::{Features, read_features};

/// Examples with their targets, and the names that the file has.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedSplit {
    /// The dataset of the examples.
    pub x_name: String,
    /// The dataset of the targets.
    pub y_name: String,
    /// The examples.
    pub split: Split,
    /// The names of the classes, label 0 first; empty if the file names none.
    pub classes: Vec<String>,
    /// The names of the columns that they were made from.
    pub columns: ColumnNames,
}

impl NamedSplit {
    /// Reads the first of `pairs`, the names of a dataset of examples and one of targets, of which `pinned` has either one. The kind of its
    /// targets follows from `task`: of classes, one column holds their numbers, and several are one-hot, one for each class.
    ///
    /// # Errors
    /// If the file has another content than its pin, or for the first breach of the contract, in one line.
    pub fn load(
        pinned: &Pinned,
        pairs: &[(&str, &str)],
        class_names: &str,
        task: Task,
        max_bytes: u64,
    ) -> Result<Self, Error> {
        let hashed = HashedFile::open(pinned)?;
        let file = hashed.file();
        let found = pairs.iter().find(|(x, y)| file.has(x) || file.has(y));
        let &(x, y) = found.ok_or_else(|| neither(file, pairs.iter().map(|(x, _)| *x)))?;
        let classes = class_names::read(file, class_names)?;
        let mut checked = CheckedSplit::check(file, x, y, max_bytes)?;
        let target_kind = match task {
            Task::Classes(classes) if checked.outputs > 1 && checked.outputs != classes => {
                let columns = checked.outputs;
                let problem = format!("its rows have {columns} columns, but the net tells {classes} classes apart");
                return Err(checked.in_y(Problem::Breach(problem)));
            }
            Task::Classes(_) if checked.outputs > 1 => TargetKind::OneHot,
            Task::Classes(_) => TargetKind::Classes,
            Task::Values(_) => TargetKind::Values,
        };
        if let Task::Values(_) = task {
            checked.name_values()?;
        }
        let (split, _) = Split::read(&checked, TargetsChoice::Declared(target_kind), || hashed.sha256())?;
        Ok(Self { x_name: x.to_owned(), y_name: y.to_owned(), split, classes, columns: checked.columns })
    }
}

/// Examples without targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Unlabelled {
    /// Their dataset.
    pub name: String,
    /// Pictures or features.
    pub x: Features,
    /// `[height, width, channels]` if they are stored as pictures.
    pub image_shape: Option<[usize; 3]>,
    /// The names of the columns that they were made from.
    pub columns: ColumnNames,
}

impl Unlabelled {
    /// Reads the first of the datasets `wanted` that the file at `path` has.
    ///
    /// # Errors
    /// For the first breach of the contract, in one line.
    pub fn load(path: &Path, wanted: &[&str], max_bytes: u64) -> Result<Self, Error> {
        let file = DataFile::open(path)?;
        let &name = wanted.iter().find(|name| file.has(name)).ok_or_else(|| neither(&file, wanted.iter().copied()))?;
        let in_x = |problem: Problem| problem.in_dataset(path, name);
        let x = file.dataset(name).map_err(in_x)?;
        let (shape, element) = check_x(&file, &x, max_bytes).map_err(in_x)?;
        let features = shape[1..].iter().product();
        let columns = ColumnNames::of_features(&file, features)?;
        let x = read_features(&x, element, (shape[0], features)).map_err(in_x)?;
        Ok(Self { name: name.to_owned(), x, image_shape: image_shape(&shape), columns })
    }
}

/// Returns the error that a file has none of the datasets that are looked for.
fn neither<'n>(file: &DataFile, wanted: impl Iterator<Item = &'n str>) -> Error {
    let wanted: Vec<String> = wanted.map(str::to_owned).collect();
    Error::no_split(file.path(), &wanted, &names(file.root()).unwrap_or_default())
}
