//! The optional names of the two classes.

use hdf5::types::{FixedAscii, FixedUnicode};
use hdf5::{Dataset, H5Type};

use super::error::{Error, Problem};
use super::read::{DataFile, describe};
use super::storage;

/// The longest name read, in bytes of storage. Shorter ones are padded by libhdf5.
const LONGEST: usize = 1 << 16;
/// A sigmoid output tells two classes apart.
const MOST: usize = 2;

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
    if !matches!(shape[..], [1..=MOST]) {
        return Err(Problem::Shape { found: shape, allowed: "[1] or [2], one name a class" });
    }
    let found = dataset.dtype()?;
    let allowed = "text of fixed length up to 65536 bytes (for instance numpy's S16)";
    if found.size() > LONGEST {
        return Err(Problem::Type { found: describe(&found), allowed });
    }
    let ascii = found.conv_to::<FixedAscii<LONGEST>>().is_some();
    if !ascii && found.conv_to::<FixedUnicode<LONGEST>>().is_none() {
        return Err(Problem::Type { found: describe(&found), allowed });
    }
    let declared = (shape[0] * found.size()) as u64;
    storage::check(file, dataset, declared, (MOST * LONGEST) as u64)?;
    // A file may call any bytes ASCII: only the bytes are taken, and decoded here.
    let names = if ascii {
        read_names::<FixedAscii<LONGEST>>(dataset, FixedAscii::as_bytes)?
    } else {
        read_names::<FixedUnicode<LONGEST>>(dataset, FixedUnicode::as_bytes)?
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
