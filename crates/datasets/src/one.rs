//! One part of one file: what a trained net is evaluated on, or predicts from.

use std::path::Path;

use super::classes;
use super::contract::{CheckedPart, check_x, image_shape};
use super::error::Error;
use super::hashed::HashedFile;
use super::part::{Part, Pixels, read_pixels};
use super::pin::Pinned;
use super::read::{DataFile, names};
use super::targets::{Meaning, TargetsChoice, Task};

/// Examples with their targets, and the names of the classes that the file has.
#[derive(Clone, Debug, PartialEq)]
pub struct OnePart {
    /// The dataset of the examples.
    pub x_name: String,
    /// The dataset of the targets.
    pub y_name: String,
    /// The examples.
    pub part: Part,
    /// The names of the classes, label 0 first; empty where the file names none.
    pub classes: Vec<String>,
}

impl OnePart {
    /// Reads the first of `pairs` of datasets, examples and targets, of which `pinned` has either one. What its targets mean is
    /// said by what is `asked` of them: one column of classes is their numbers, several are one-hot.
    ///
    /// # Errors
    /// Another content than the file must have, or the first breach of the contract, in one line.
    pub fn load(
        pinned: &Pinned,
        pairs: &[(&str, &str)],
        class_names: &str,
        asked: Task,
        max_bytes: u64,
    ) -> Result<Self, Error> {
        let hashed = HashedFile::open(pinned)?;
        let file = hashed.file();
        let found = pairs.iter().find(|(x, y)| file.has(x) || file.has(y));
        let &(x, y) = found.ok_or_else(|| neither(file, pairs.iter().map(|(x, _)| *x)))?;
        let classes = classes::read(file, class_names)?;
        let checked = CheckedPart::check(file, x, y, max_bytes)?;
        let meaning = match asked {
            Task::Classes(_) if checked.outputs > 1 => Meaning::OneHot,
            Task::Classes(_) => Meaning::Classes,
            Task::Values(_) => Meaning::Values,
        };
        let (part, _) = Part::read(&checked, TargetsChoice::Said(meaning), || hashed.sha256())?;
        Ok(Self { x_name: x.to_owned(), y_name: y.to_owned(), part, classes })
    }
}

/// Examples without targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Examples {
    /// Their dataset.
    pub name: String,
    /// Pictures or features.
    pub pixels: Pixels,
    /// `[height, width, channels]` where they are stored as pictures.
    pub image_shape: Option<[usize; 3]>,
}

impl Examples {
    /// Reads the first of the datasets `wanted` that the file at `path` has.
    ///
    /// # Errors
    /// The first breach of the contract, in one line.
    pub fn load(path: &Path, wanted: &[&str], max_bytes: u64) -> Result<Self, Error> {
        let file = DataFile::open(path)?;
        let &name = wanted.iter().find(|name| file.has(name)).ok_or_else(|| neither(&file, wanted.iter().copied()))?;
        let read = || {
            let x = file.dataset(name)?;
            let (shape, element) = check_x(&file, &x, max_bytes)?;
            let pixels = read_pixels(&x, element, (shape[0], shape[1..].iter().product()))?;
            Ok(Self { name: name.to_owned(), pixels, image_shape: image_shape(&shape) })
        };
        read().map_err(|problem: super::Problem| problem.of(path, name))
    }
}

fn neither<'n>(file: &DataFile, wanted: impl Iterator<Item = &'n str>) -> Error {
    let wanted = wanted.map(str::to_owned).collect();
    let present = names(file.root()).unwrap_or_default();
    Error::NoPart { path: file.path().to_owned(), wanted, present }
}
