//! The optional names of the classes.

use hdf5::types::{FixedAscii, FixedUnicode};
use hdf5::{Dataset, H5Type};

use super::error::{Error, Problem};
use super::read::{DataFile, describe};
use super::storage;
use super::targets::MOST_CLASSES;

/// The widths in which names are read, in bytes of storage. libhdf5 pads shorter ones to the narrowest that holds them.
const SHORT: usize = 64;
const LONG: usize = 1024;
const LONGEST: usize = 1 << 16;
/// The most bytes that all names may take, each padded to the width that it is read in.
const MOST_BYTES: usize = 1 << 26;

/// The class names at `name` in `file`, label 0 first; none where the dataset is absent.
pub(super) fn read(file: &DataFile, name: &str) -> Result<Vec<String>, Error> {
    match file.dataset(name) {
        Ok(dataset) => read_dataset(file, &dataset),
        Err(Problem::Missing { .. }) => Ok(Vec::new()),
        Err(problem) => Err(problem),
    }
    .map_err(|problem| problem.of(file.path(), name))
}

fn read_dataset(file: &DataFile, dataset: &Dataset) -> Result<Vec<String>, Problem> {
    let shape = dataset.space()?.shape();
    if !matches!(shape[..], [1..=MOST_CLASSES]) {
        return Err(Problem::Shape { found: shape, allowed: "[K], one name a class, K up to 65536" });
    }
    let found = dataset.dtype()?;
    let allowed = "text of fixed length up to 65536 bytes (for instance numpy's S16), 64 MiB together";
    let ascii = found.conv_to::<FixedAscii<LONGEST>>().is_some();
    let text = ascii || found.conv_to::<FixedUnicode<LONGEST>>().is_some();
    let width = [SHORT, LONG, LONGEST].into_iter().find(|&width| found.size() <= width);
    let Some(width) = width.filter(|width| text && shape[0] * width <= MOST_BYTES) else {
        return Err(Problem::Type { found: describe(&found), allowed });
    };
    let declared = (shape[0] * found.size()) as u64;
    storage::check(file, dataset, declared, MOST_BYTES as u64)?;
    // A file may call any bytes ASCII: only the bytes are taken, and decoded here.
    let names = match (width, ascii) {
        (SHORT, true) => read_names::<FixedAscii<SHORT>>(dataset, FixedAscii::as_bytes)?,
        (LONG, true) => read_names::<FixedAscii<LONG>>(dataset, FixedAscii::as_bytes)?,
        (_, true) => read_names::<FixedAscii<LONGEST>>(dataset, FixedAscii::as_bytes)?,
        (SHORT, false) => read_names::<FixedUnicode<SHORT>>(dataset, FixedUnicode::as_bytes)?,
        (LONG, false) => read_names::<FixedUnicode<LONG>>(dataset, FixedUnicode::as_bytes)?,
        (_, false) => read_names::<FixedUnicode<LONGEST>>(dataset, FixedUnicode::as_bytes)?,
    };
    names.into_iter().enumerate().map(|(index, bytes)| decode(index, &bytes)).collect()
}

fn read_names<T: H5Type>(dataset: &Dataset, bytes: fn(&T) -> &[u8]) -> Result<Vec<Vec<u8>>, Problem> {
    let names = dataset.as_reader().read_raw::<T>()?;
    Ok(names.iter().map(|name| bytes(name).to_vec()).collect())
}

fn decode(index: usize, bytes: &[u8]) -> Result<String, Problem> {
    const SHOWN: usize = 40;
    match std::str::from_utf8(bytes) {
        Ok(name) if !name.is_empty() && !name.chars().any(char::is_control) => Ok(name.to_owned()),
        _ => {
            let found = bytes[..bytes.len().min(SHOWN)].escape_ascii().to_string();
            Err(Problem::ClassName { index, found })
        }
    }
}
