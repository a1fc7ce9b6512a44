//! One split of a data set: its pictures or features and their targets, in memory.

pub(crate) mod features;
pub(crate) mod holdout;
mod layout;
pub(crate) mod permutation;
pub(crate) mod range;
pub(crate) mod scaling;
pub(crate) mod stratified;

use crate::contract::checked_split::CheckedSplit;
use crate::contract::error::Error;
use crate::contract::target_matrix::TargetMatrix;
use crate::contract::targets::{TargetKind, Targets, TargetsChoice};
use crate::split::features::{Features, read_features};

/// Examples and their targets, whose values have been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The examples, one in each row.
    pub x: Features,
    /// `[height, width, channels]` if the examples are pictures; a row holds them in C order.
    pub image_shape: Option<[usize; 3]>,
    /// The targets, one for each example.
    pub targets: Targets,
    /// The row of each example in the file, from 0 on.
    pub rows: Vec<usize>,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
}

impl Split {
    /// Reads a checked split, and checks its values: labels in range, everything finite, integers exact. Returns the kind of the
    /// targets with it.
    pub(crate) fn read(
        split: &CheckedSplit,
        choice: TargetsChoice,
        sha256: impl FnOnce() -> Result<String, Error>,
    ) -> Result<(Self, TargetKind), Error> {
        let numbers = TargetMatrix::read(split, choice).map_err(|problem| split.in_y(problem))?;
        let target_kind = numbers.target_kind(choice);
        let targets = numbers.targets(target_kind).map_err(|problem| split.in_y(problem))?;
        Ok((Split::with_targets(split, targets, sha256)?, target_kind))
    }

    /// Reads the examples of `split`, and joins them with `targets`, which have been read before.
    pub(crate) fn with_targets(
        split: &CheckedSplit,
        targets: Targets,
        sha256: impl FnOnce() -> Result<String, Error>,
    ) -> Result<Self, Error> {
        let x = read_features(&split.x, split.x_element, (split.examples, split.features))
            .map_err(|problem| split.in_x(problem))?;
        let rows = (0..split.examples).collect();
        Ok(Self { x, image_shape: split.image_shape(), targets, rows, sha256: sha256()? })
    }

    /// Returns the number of examples m.
    pub fn examples(&self) -> usize {
        self.targets.examples()
    }
}
