//! One file of the pair: datasets of known size, filled a block at a time.

use std::path::Path;

use super::error::Error;
use super::source::{ExampleReader, FeatureBuffer, Summary};
use crate::contract::checked_split::REGRESSION;
use crate::contract::class_names;
use crate::contract::targets::Targets;
use crate::files::{self, DatasetHandle, NewHdf5, Part};
use crate::split::features::FeatureType;

/// The dataset with the replacement of a missing cell, for each feature.
const FILLINGS: &str = "feature_means";

/// The bytes gathered before they are written.
const BLOCK: usize = 1 << 22;

/// A file that is being written, under a temporary name.
pub(super) struct Writing {
    file: NewHdf5,
    x: DatasetHandle,
    block: FeatureBuffer,
    /// The greatest byte so far; `None` if the features are no bytes.
    most: Option<u8>,
}

impl Writing {
    /// Makes the file for `path`, with everything but the features. `set` is `train` or `test`.
    pub(super) fn new(
        path: &Path,
        set: &str,
        summary: &Summary,
        targets: &Targets,
        names: &[String],
    ) -> Result<Self, Error> {
        let mut file = NewHdf5::new(path)?;
        class_names::write(&mut file, "list_classes", names)?;
        write_targets(&mut file, &format!("{set}_set_y"), targets)?;
        summary.columns.write(&mut file)?;
        if !summary.fillings.is_empty() {
            file.dataset(FILLINGS, &[summary.fillings.len()], &summary.fillings)?;
        }
        let shape: Vec<usize> = [&[targets.examples()], summary.shape.as_slice()].concat();
        let name = format!("{set}_set_x");
        let x = match summary.feature_type {
            FeatureType::U8 => file.begin::<u8>(&name, &shape),
            FeatureType::F32 => file.begin::<f32>(&name, &shape),
            FeatureType::F64 => file.begin::<f64>(&name, &shape),
        };
        Ok(Writing { x: x?, file, block: FeatureBuffer::new(summary.feature_type), most: None })
    }

    /// Adds the next of `examples`.
    pub(super) fn add_next(&mut self, examples: &mut dyn ExampleReader) -> Result<(), Error> {
        examples.next(&mut self.block)?;
        if self.block.bytes() >= BLOCK { self.write_block() } else { Ok(()) }
    }

    fn write_block(&mut self) -> Result<(), Error> {
        match &mut self.block {
            FeatureBuffer::U8(values) => {
                self.most = self.most.max(values.iter().copied().max());
                self.file.add(self.x, values).map(|()| values.clear())
            }
            FeatureBuffer::F32(values) => self.file.add(self.x, values).map(|()| values.clear()),
            FeatureBuffer::F64(values) => self.file.add(self.x, values).map(|()| values.clear()),
        }?;
        Ok(())
    }

    /// Returns the complete file, still under its temporary name, and the greatest of its features if they are bytes.
    pub(super) fn finish(mut self) -> Result<(Part, Option<u8>), Error> {
        self.write_block()?;
        Ok((self.file.finish()?, self.most))
    }
}

/// Writes labels as i64, as the course's files have them; values as a row for each example, marked as values.
fn write_targets(file: &mut NewHdf5, name: &str, targets: &Targets) -> Result<(), files::Error> {
    match targets {
        Targets::Classes(labels) => {
            let labels: Vec<i64> = labels.iter().map(|&label| label.into()).collect();
            file.dataset(name, &[labels.len()], &labels)
        }
        Targets::Values(values) => {
            let rows = values.t();
            let y = file.begin::<f64>(name, rows.shape())?;
            file.attribute((name, REGRESSION), &[], &[1u8])?;
            file.add(y, &rows.iter().copied().collect::<Vec<_>>())
        }
    }
}

/// Selects the targets of these examples.
pub(super) fn selected(targets: &Targets, wanted: impl Fn(usize) -> bool) -> Targets {
    let examples: Vec<usize> = (0..targets.examples()).filter(|&example| wanted(example)).collect();
    targets.select(&examples)
}
