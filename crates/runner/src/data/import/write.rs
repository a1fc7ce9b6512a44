//! One file of the pair: datasets of known size, filled a block at a time.

use std::path::{Path, PathBuf};

use hdf5::Dataset;
use ndarray::{ArrayView2, ArrayView4};
use tempfile::NamedTempFile;

use super::Error;
use super::source::{Cells, Kept, Survey};
use crate::data::classes;
use crate::data::contract::REGRESSION;
use crate::data::new_files::{full_disk, new_dataset, new_file, temporary};
use crate::data::targets::Targets;

/// Bytes gathered before they are written.
const BLOCK: usize = 1 << 22;

/// A file that is being written, under a temporary name.
pub(super) struct Part {
    path: PathBuf,
    temporary: NamedTempFile,
    /// `None` once it is closed.
    file: Option<hdf5::File>,
    x: Option<Dataset>,
    x_name: String,
    shape: Vec<usize>,
    block: Cells,
    written: usize,
}

impl Part {
    /// Makes the file for `path`, with everything but the features. `set` is `train` or `test`.
    pub(super) fn new(
        path: &Path,
        set: &str,
        survey: &Survey,
        targets: &Targets,
        names: &[String],
    ) -> Result<Self, Error> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let temporary = temporary(folder, &stem).map_err(|reason| Error::write(path, reason))?;
        let mut part = Part {
            path: path.to_owned(),
            temporary,
            file: None,
            x: None,
            x_name: format!("{set}_set_x"),
            shape: survey.shape.clone(),
            block: Cells::new(survey.kept),
            written: 0,
        };
        let x_shape: Vec<usize> = [&[targets.examples()], survey.shape.as_slice()].concat();
        let made = part.make(set, survey.kept, x_shape, targets, names);
        made.map_err(|(dataset, reason)| part.failed(&dataset, &reason))?;
        Ok(part)
    }

    fn make(
        &mut self,
        set: &str,
        kept: Kept,
        x_shape: Vec<usize>,
        targets: &Targets,
        names: &[String],
    ) -> Result<(), (String, hdf5::Error)> {
        let y_name = format!("{set}_set_y");
        let file = new_file(self.temporary.path()).map_err(|reason| ("the start".to_owned(), reason))?;
        classes::write(&file, "list_classes", names).map_err(|reason| ("list_classes".to_owned(), reason))?;
        write_targets(&file, &y_name, targets).map_err(|reason| (y_name, reason))?;
        let builder = match kept {
            Kept::U8 => new_dataset::<u8>(&file),
            Kept::F32 => new_dataset::<f32>(&file),
            Kept::F64 => new_dataset::<f64>(&file),
        };
        let x = builder.shape(x_shape).create(self.x_name.as_str()).map_err(|reason| (self.x_name.clone(), reason))?;
        (self.file, self.x) = (Some(file), Some(x));
        Ok(())
    }

    /// Adds an example.
    pub(super) fn add(&mut self, example: &Cells) -> Result<(), Error> {
        match (&mut self.block, example) {
            (Cells::U8(block), Cells::U8(example)) => block.extend_from_slice(example),
            (Cells::F32(block), Cells::F32(example)) => block.extend_from_slice(example),
            (Cells::F64(block), Cells::F64(example)) => block.extend_from_slice(example),
            _ => unreachable!("a source keeps the element type of its survey"),
        }
        if self.block.bytes() >= BLOCK { self.write_block() } else { Ok(()) }
    }

    fn write_block(&mut self) -> Result<(), Error> {
        let count = self.block.len() / self.shape.iter().product::<usize>();
        let Some(x) = self.x.as_ref().filter(|_| count > 0) else { return Ok(()) };
        let written = match &self.block {
            Cells::U8(values) => write_rows(x, &self.shape, self.written, count, values),
            Cells::F32(values) => write_rows(x, &self.shape, self.written, count, values),
            Cells::F64(values) => write_rows(x, &self.shape, self.written, count, values),
        };
        written.map_err(|reason| self.failed(&self.x_name.clone(), &reason))?;
        self.block.clear();
        self.written += count;
        Ok(())
    }

    /// The complete file on the disk, still under its temporary name.
    pub(super) fn finish(mut self) -> Result<NamedTempFile, Error> {
        self.write_block()?;
        self.x = None;
        if let Some(file) = self.file.take() {
            let closed = file.flush().and_then(|()| file.close());
            closed.map_err(|reason| self.failed("the end", &reason))?;
        }
        self.temporary.as_file().sync_all().map_err(|reason| Error::write(&self.path, reason))?;
        Ok(self.temporary)
    }

    fn failed(&mut self, dataset: &str, said: &hdf5::Error) -> Error {
        match full_disk(self.temporary.as_file_mut()) {
            Some(reason) => Error::write(&self.path, reason),
            None => Error::Hdf5 {
                path: self.path.clone(),
                dataset: dataset.to_owned(),
                reason: super::error::one_line(&said.to_string()),
            },
        }
    }
}

fn write_rows<T: hdf5::H5Type>(
    x: &Dataset,
    shape: &[usize],
    start: usize,
    count: usize,
    values: &[T],
) -> hdf5::Result<()> {
    let rows = start..start + count;
    match *shape {
        [height, width, channels] => {
            x.write_slice(ArrayView4::from_shape((count, height, width, channels), values)?, (rows, .., .., ..))
        }
        _ => x.write_slice(ArrayView2::from_shape((count, values.len() / count), values)?, (rows, ..)),
    }
}

/// Labels as the course's files have them, i64; values a row an example, marked as what they are.
fn write_targets(file: &hdf5::File, name: &str, targets: &Targets) -> hdf5::Result<()> {
    match targets {
        Targets::Classes(labels) => {
            let dataset = new_dataset::<i64>(file).shape(labels.len()).create(name)?;
            dataset.write_raw(&labels.iter().map(|&label| i64::from(label)).collect::<Vec<_>>())
        }
        Targets::Values(values) => {
            let rows = values.t().as_standard_layout().into_owned();
            let dataset = new_dataset::<f64>(file).shape(rows.dim()).create(name)?;
            dataset.new_attr::<u8>().create(REGRESSION)?.write_scalar(&1u8)?;
            dataset.write_raw(&rows.iter().copied().collect::<Vec<_>>())
        }
    }
}

/// The targets of these examples.
pub(super) fn selected(targets: &Targets, wanted: impl Fn(usize) -> bool) -> Targets {
    let examples: Vec<usize> = (0..targets.examples()).filter(|&example| wanted(example)).collect();
    targets.select(&examples)
}
