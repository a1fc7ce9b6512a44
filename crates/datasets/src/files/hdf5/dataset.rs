//! A dataset that is filled row by row, and compared with what was meant.

use std::ops::Range;

use hdf5::{Dataset, File, Hyperslab};
use ndarray::{ArrayD, ArrayViewD};
use sha2::{Digest, Sha256};

use crate::files::elements::Element;

/// The number of bytes that are read back at a time.
const BLOCK: usize = 1 << 22;

/// The shape and digest of a dataset that is filled row by row.
pub(super) struct NewDataset {
    pub(super) name: String,
    shape: Vec<usize>,
    rows: usize,
    sha256: Sha256,
    read: fn(&Dataset, &[usize]) -> hdf5::Result<Option<Sha256>>,
}

impl NewDataset {
    /// Makes the dataset `name` of `file`, without rows.
    pub(super) fn begin<T: Element>(file: &File, name: &str, shape: &[usize]) -> hdf5::Result<(Self, Dataset)> {
        // HDF5 stamps each dataset with the time of its writing, unless told not to: the same request gives the same bytes.
        let dataset = file.new_dataset::<T>().obj_track_times(false).shape(shape).create(name)?;
        let (name, shape) = (name.to_owned(), shape.to_owned());
        Ok((NewDataset { name, shape, rows: 0, sha256: Sha256::new(), read: read_back::<T> }, dataset))
    }

    /// Writes the next rows to the `dataset`.
    #[track_caller]
    pub(super) fn add<T: Element>(&mut self, dataset: &Dataset, values: &[T]) -> hdf5::Result<()> {
        let mut block = self.shape.clone();
        block[0] = values.len() / self.shape[1..].iter().product::<usize>();
        let view = ArrayViewD::from_shape(&block[..], values).expect("whole rows");
        let end = self.rows + block[0];
        dataset.write_slice(view, rows_of(self.rows..end, &self.shape))?;
        T::digest(values, &mut self.sha256);
        self.rows = end;
        Ok(())
    }

    #[track_caller]
    pub(super) fn assert_full(&self) {
        assert_eq!(Some(&self.rows), self.shape.first(), "rows of {}", self.name);
    }

    /// Returns whether `file` has exactly what was added.
    pub(super) fn matches(self, file: &File) -> hdf5::Result<bool> {
        let found = (self.read)(&file.dataset(&self.name)?, &self.shape)?;
        Ok(found.map(Sha256::finalize) == Some(self.sha256.finalize()))
    }
}

/// Digests a dataset of exactly this type and shape; `None` if it has another one.
fn read_back<T: Element>(dataset: &Dataset, shape: &[usize]) -> hdf5::Result<Option<Sha256>> {
    if dataset.shape() != shape || !dataset.dtype()?.is::<T>() {
        return Ok(None);
    }
    let mut sha256 = Sha256::new();
    let row = shape[1..].iter().product::<usize>() * size_of::<T>();
    let block = (BLOCK / row.max(1)).max(1);
    for start in (0..shape[0]).step_by(block) {
        let rows = start..shape[0].min(start + block);
        let values: ArrayD<T> = dataset.as_reader().no_convert().read_slice(rows_of(rows, shape))?;
        T::digest(values.as_slice().expect("in C order"), &mut sha256);
    }
    Ok(Some(sha256))
}

fn rows_of(rows: Range<usize>, shape: &[usize]) -> Hyperslab {
    let all = shape[1..].iter().map(|_| (..).into());
    Hyperslab::new([rows.into()].into_iter().chain(all).collect::<Vec<_>>())
}
