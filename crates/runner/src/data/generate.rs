//! Writes the built-in data set: two HDF5 files with the schema of the course's cat/non-cat files.
//!
//! | dataset | type | shape |
//! |---|---|---|
//! | `train_set_x` | u8 | pictures x side x side x 3 (R, G, B), contiguous |
//! | `train_set_y` | i64 | pictures; 1 is a cat |
//! | `list_classes` | ASCII, 7 bytes, padded with NUL | 2: "non-cat", "cat" |
//!
//! and the same in the test file, with `test_` for `train_`. The same request writes the same bytes.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use hdf5::types::FixedAscii;
use ndarray::{ArrayView1, ArrayView3};
use tempfile::NamedTempFile;

use super::Files;
use super::draw::{SIDES, draw, is_cat};
use super::new_files::{full_disk, new_dataset, new_file, put_in_place, temporary};

/// The most bytes that the pictures of both files may take: 16 GiB.
pub const MOST_BYTES: u64 = 16 << 30;

/// The stream of the first test picture. So far from the training pictures that a larger training set never reaches
/// it: the test set stays the same when the training set grows.
const FIRST_TEST_PICTURE: u64 = 1 << 32;

/// What to generate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where `train_drawn.h5` and `test_drawn.h5` go. Made if it isn't there; files of these names are replaced.
    pub folder: PathBuf,
    /// How many training pictures, at least 1. The first m of a larger set are the set of m.
    pub train: usize,
    /// How many test pictures, at least 1.
    pub test: usize,
    /// Width and height of each picture in pixels, in [`SIDES`].
    pub side: u32,
    /// Which of 2^64 data sets.
    pub seed: u64,
}

/// Why a data set was not generated. Each message is one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A set without pictures.
    #[error("{set} = 0 pictures: a data set needs at least 1 in each of train and test")]
    NoPictures {
        /// `train` or `test`.
        set: &'static str,
    },
    /// A side outside [`SIDES`].
    #[error("side = {side} pixels: from {} to {} are allowed", SIDES.start(), SIDES.end())]
    Side {
        /// What was asked for.
        side: u32,
    },
    /// More than [`MOST_BYTES`].
    #[error(
        "train + test = {train} + {test} pictures of {side} x {side} x 3 bytes are more than the {} GiB allowed: \
         ask for fewer or smaller ones",
        MOST_BYTES >> 30
    )]
    TooLarge {
        /// The training pictures asked for.
        train: usize,
        /// The test pictures asked for.
        test: usize,
        /// The side asked for.
        side: u32,
    },
    /// A file or folder could not be made, written, synced or renamed.
    #[error("cannot write {}: {reason}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// HDF5 could not write a dataset, though the folder still takes bytes.
    #[error("cannot write {dataset} of {}: {reason}", path.display())]
    Hdf5 {
        /// The file that was to be written.
        path: PathBuf,
        /// The dataset, or `the start` or `the end`.
        dataset: String,
        /// What HDF5 said, on one line.
        reason: String,
    },
}

/// Draws and writes both files, and calls `on_picture` after each picture.
///
/// Both are complete and on the disk under temporary names before either takes its own: on an error, files of an
/// earlier request are still there, and nothing else but the folder is. Memory does not grow with the counts.
///
/// # Errors
///
/// When the request asks for nothing or too much, or the folder can't be written (full, read-only, not a folder).
pub fn generate(request: &Request, mut on_picture: impl FnMut()) -> Result<Files, Error> {
    check(request)?;
    let Request { folder, train, test, .. } = request;
    fs::create_dir_all(folder).map_err(|reason| file_error(folder, reason))?;
    let files = Files { train: folder.join("train_drawn.h5"), test: folder.join("test_drawn.h5") };
    for path in [&files.train, &files.test] {
        // Renaming would fail too, but only once everything is drawn, and maybe after the other file was replaced.
        if path.is_dir() {
            return Err(file_error(path, io::ErrorKind::IsADirectory.into()));
        }
    }
    let written_train = write_file(request, &files.train, "train", 0..*train as u64, &mut on_picture)?;
    let test_pictures = FIRST_TEST_PICTURE..FIRST_TEST_PICTURE + *test as u64;
    let written_test = write_file(request, &files.test, "test", test_pictures, &mut on_picture)?;
    let written = [(written_train, files.train.as_path()), (written_test, files.test.as_path())];
    put_in_place(written, folder).map_err(|(path, reason)| file_error(&path, reason))?;
    Ok(files)
}

fn check(request: &Request) -> Result<(), Error> {
    let &Request { train, test, side, .. } = request;
    for (set, count) in [("train", train), ("test", test)] {
        if count == 0 {
            return Err(Error::NoPictures { set });
        }
    }
    if !SIDES.contains(&side) {
        return Err(Error::Side { side });
    }
    let bytes_each = u64::from(side) * u64::from(side) * 3;
    let bytes = (train as u64).checked_add(test as u64).and_then(|count| count.checked_mul(bytes_each));
    if bytes.is_none_or(|bytes| bytes > MOST_BYTES) {
        return Err(Error::TooLarge { train, test, side });
    }
    Ok(())
}

/// One complete, synced file under a temporary name; dropping it removes it.
fn write_file(
    request: &Request,
    path: &Path,
    set: &str,
    pictures: Range<u64>,
    on_picture: &mut impl FnMut(),
) -> Result<NamedTempFile, Error> {
    let mut temporary =
        temporary(&request.folder, &format!("{set}_drawn")).map_err(|reason| file_error(path, reason))?;
    if let Err((dataset, reason)) = write_sets(request, temporary.path(), set, pictures, on_picture) {
        return Err(why(path, temporary.as_file_mut(), dataset, &reason));
    }
    temporary.as_file().sync_all().map_err(|reason| file_error(path, reason))?;
    Ok(temporary)
}

fn why(path: &Path, file: &mut fs::File, dataset: String, said: &hdf5::Error) -> Error {
    match full_disk(file) {
        Some(reason) => file_error(path, reason),
        None => Error::Hdf5 {
            path: path.to_owned(),
            dataset,
            reason: said.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
        },
    }
}

fn write_sets(
    request: &Request,
    temporary: &Path,
    set: &str,
    pictures: Range<u64>,
    on_picture: &mut impl FnMut(),
) -> Result<(), (String, hdf5::Error)> {
    let during = |dataset: &str| {
        let dataset = dataset.to_owned();
        |reason| (dataset, reason)
    };
    let (x, y) = (format!("{set}_set_x"), format!("{set}_set_y"));
    let file = new_file(temporary).map_err(during("the start"))?;
    write_classes(&file).map_err(during("list_classes"))?;
    write_pictures(&file, &x, request, pictures.clone(), on_picture).map_err(during(&x))?;
    write_labels(&file, &y, request.seed, pictures).map_err(during(&y))?;
    file.flush().and_then(|()| file.close()).map_err(during("the end"))
}

fn write_pictures(
    file: &hdf5::File,
    name: &str,
    request: &Request,
    pictures: Range<u64>,
    on_picture: &mut impl FnMut(),
) -> hdf5::Result<()> {
    let side = request.side as usize;
    let count = (pictures.end - pictures.start) as usize;
    let dataset = new_dataset::<u8>(file).shape((count, side, side, 3)).create(name)?;
    for (row, index) in pictures.enumerate() {
        let picture = draw(request.seed, index, is_cat(request.seed, index), request.side);
        let view = ArrayView3::from_shape((side, side, 3), &picture)?;
        dataset.write_slice(view, (row, .., .., ..))?;
        on_picture();
    }
    Ok(())
}

/// Labels take 8 bytes a picture: written a block at a time, they need no more memory for more pictures.
fn write_labels(file: &hdf5::File, name: &str, seed: u64, pictures: Range<u64>) -> hdf5::Result<()> {
    const BLOCK: usize = 8192;
    let count = (pictures.end - pictures.start) as usize;
    let dataset = new_dataset::<i64>(file).shape(count).create(name)?;
    for start in (0..count).step_by(BLOCK) {
        let end = count.min(start + BLOCK);
        let labels: Vec<i64> = (start..end).map(|row| is_cat(seed, pictures.start + row as u64).into()).collect();
        dataset.write_slice(ArrayView1::from(&labels), start..end)?;
    }
    Ok(())
}

fn write_classes(file: &hdf5::File) -> hdf5::Result<()> {
    let class = |name: &[u8]| FixedAscii::<7>::from_ascii(name).map_err(|error| hdf5::Error::from(error.to_string()));
    let classes = [class(b"non-cat")?, class(b"cat")?];
    let dataset = new_dataset::<FixedAscii<7>>(file).shape(classes.len()).create("list_classes")?;
    dataset.write_raw(&classes)
}

fn file_error(path: &Path, reason: io::Error) -> Error {
    Error::File { path: path.to_owned(), reason }
}

#[cfg(test)]
mod tests;
