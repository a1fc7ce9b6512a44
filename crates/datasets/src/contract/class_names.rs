//! The optional names of the classes.

use hdf5::types::{FixedAscii, FixedUnicode};
use hdf5::{Container, Dataset, H5Type};

use crate::contract::element_type::describe;
use crate::contract::error::Error;
use crate::contract::file::DataFile;
use crate::contract::problem::{MOST_CLASSES, Problem};
use crate::contract::storage;
use crate::files::{self, NewHdf5};

/// The widths in which names are read, in bytes. A name is padded to the narrowest width that holds it.
const SHORT: usize = 64;
const LONG: usize = 1024;
const LONGEST: usize = 1 << 16;
/// The most bytes that all names may take, each padded to the width that it is read in.
const MOST_BYTES: usize = 1 << 26;

/// Reads the names at `name` in `file`, of classes label 0 first; an empty list if the dataset is absent.
///
/// Text of variable length is refused: libhdf5 trusts its lengths, which the file declares apart from the texts.
pub fn read(file: &DataFile, name: &str) -> Result<Vec<String>, Error> {
    match file.dataset(name) {
        Ok(dataset) => read_dataset(file, &dataset),
        Err(Problem::Missing { .. }) => Ok(Vec::new()),
        Err(problem) => Err(problem),
    }
    .map_err(|problem| problem.in_dataset(file.path(), name))
}

fn read_dataset(file: &DataFile, dataset: &Dataset) -> Result<Vec<String>, Problem> {
    let shape = dataset.space()?.shape();
    if !matches!(shape[..], [1..=MOST_CLASSES]) {
        return Err(Problem::Shape { found: shape, allowed: "[K], up to 65536 names" });
    }
    let size = dataset.dtype()?.size();
    let names =
        texts(dataset, shape[0], || storage::check(file, dataset, (shape[0] * size) as u64, MOST_BYTES as u64))?;
    names.into_iter().enumerate().map(|(index, bytes)| decode(index, &bytes)).collect()
}

/// Reads the `count` texts of a dataset or an attribute as bytes, if `check` passes.
pub fn texts(
    container: &Container,
    count: usize,
    check: impl FnOnce() -> Result<(), Problem>,
) -> Result<Vec<Vec<u8>>, Problem> {
    let found = container.dtype()?;
    let allowed = "text of fixed length up to 65536 bytes (for instance numpy's S16, as by np.char.encode(names)), 64 MiB together";
    let ascii = found.conv_to::<FixedAscii<LONGEST>>().is_some();
    let text = ascii || found.conv_to::<FixedUnicode<LONGEST>>().is_some();
    let width = [SHORT, LONG, LONGEST].into_iter().find(|&width| found.size() <= width);
    let Some(width) = width.filter(|width| text && count * width <= MOST_BYTES) else {
        return Err(Problem::Type { found: describe(&found), allowed });
    };
    check()?;
    // A file may call any bytes ASCII: only the bytes are taken, and decoded by the caller.
    match (width, ascii) {
        (SHORT, true) => read_as::<FixedAscii<SHORT>>(container, FixedAscii::as_bytes),
        (LONG, true) => read_as::<FixedAscii<LONG>>(container, FixedAscii::as_bytes),
        (_, true) => read_as::<FixedAscii<LONGEST>>(container, FixedAscii::as_bytes),
        (SHORT, false) => read_as::<FixedUnicode<SHORT>>(container, FixedUnicode::as_bytes),
        (LONG, false) => read_as::<FixedUnicode<LONG>>(container, FixedUnicode::as_bytes),
        (_, false) => read_as::<FixedUnicode<LONGEST>>(container, FixedUnicode::as_bytes),
    }
}

fn read_as<T: H5Type>(container: &Container, bytes: fn(&T) -> &[u8]) -> Result<Vec<Vec<u8>>, Problem> {
    let texts = container.as_reader().read_raw::<T>()?;
    Ok(texts.iter().map(|text| bytes(text).to_vec()).collect())
}

/// Writes the names of classes, label 0 first, in the layout that [`read`] takes; without names, nothing.
pub fn write(file: &mut NewHdf5, dataset: &str, names: &[String]) -> Result<(), files::Error> {
    match names.iter().map(String::len).max() {
        None => Ok(()),
        Some(0..=SHORT) => write_as::<SHORT>(file, dataset, names),
        Some(0..=LONG) => write_as::<LONG>(file, dataset, names),
        Some(_) => write_as::<LONGEST>(file, dataset, names),
    }
}

fn write_as<const WIDTH: usize>(file: &mut NewHdf5, dataset: &str, names: &[String]) -> Result<(), files::Error> {
    let text = |name: &String| name.parse::<FixedUnicode<WIDTH>>().expect("no longer than the widest");
    file.dataset(dataset, &[names.len()], &names.iter().map(text).collect::<Vec<_>>())
}

/// Returns whether `names` can't belong to classes that another file leaves without names, and so counts from 0: if they are whole numbers,
/// and one of them is not that of its class.
pub fn are_other_numbers(names: &[String]) -> bool {
    let numbers: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
    numbers.is_some_and(|numbers| numbers.iter().zip(0..).any(|(&number, class)| number != class))
}

fn decode(index: usize, bytes: &[u8]) -> Result<String, Problem> {
    const SHOWN: usize = 40;
    match std::str::from_utf8(bytes) {
        Ok(name) if !name.is_empty() && !name.chars().any(char::is_control) => Ok(name.to_owned()),
        _ => {
            let found = bytes[..bytes.len().min(SHOWN)].escape_ascii().to_string();
            Err(Problem::Breach(format!(
                "name {index} is \"{found}\"; allowed: non-empty UTF-8 text without control characters"
            )))
        }
    }
}
