//! The built-in data set, drawn and written: two HDF5 files with the schema of the course's cat/non-cat files.
//!
//! | dataset | type | shape |
//! |---|---|---|
//! | `train_set_x` | u8 | pictures x side x side x 3 (R, G, B), contiguous |
//! | `train_set_y` | i64 | pictures; 1 is a cat |
//! | `list_classes` | ASCII, 7 bytes, padded with NUL | 2: "non-cat", "cat" |
//!
//! and the same in the test file, with `test_` for `train_`. The same request writes the same bytes.

pub(crate) mod draw;
mod earlier;

use std::ops::Range;
use std::path::{Path, PathBuf};

use hdf5::types::FixedAscii;

use crate::dataset::Files;
use crate::files::{self, DiskFailure, NewHdf5, Part, make_folder, put_in_place, regular_file};
use crate::text;

pub use draw::SIDES;
use draw::{CLASSES, NAMES, draw, is_cat};
use earlier::drawn_size;

/// The most bytes that the pictures of both files may take: 16 GiB.
pub const MOST_BYTES: u64 = 16 << 30;

/// The index of the first test picture: so large that no training set reaches it, and the test set stays the same when the
/// training set grows.
const FIRST_TEST_PICTURE: u64 = 1 << 32;

/// A description of the set to generate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The folder of `train_drawn.h5` and `test_drawn.h5`. It is made if need be; drawn sets of these names are replaced.
    pub folder: PathBuf,
    /// The number of training pictures, at least 1. A larger set begins with the pictures of a smaller one.
    pub train: usize,
    /// The number of test pictures, at least 1.
    pub test: usize,
    /// Width and height of each picture in pixels, in [`SIDES`].
    pub side: u32,
    /// The seed that every picture is drawn from.
    pub seed: u64,
}

impl Request {
    /// Describes each drawn set of another size that the request replaces, in one line.
    pub fn replaced(&self) -> Vec<String> {
        let Files { train, test } = self.files();
        let of_other_size = |(path, set, count): (PathBuf, &str, usize)| {
            let (pictures, side) = drawn_size(&path, set)?;
            ((pictures, side) != (count, self.side as usize)).then(|| {
                format!(
                    "{}: an earlier set of {} of {side} x {side} pixels is replaced; --out DIR writes to another folder",
                    path.display(),
                    text::count(pictures, "picture")
                )
            })
        };
        [(train, "train", self.train), (test, "test", self.test)].into_iter().filter_map(of_other_size).collect()
    }

    /// Returns the paths of the two files.
    fn files(&self) -> Files {
        let Request { folder, .. } = self;
        Files { train: folder.join("train_drawn.h5"), test: folder.join("test_drawn.h5") }
    }
}

/// The reason why a data set was not generated, in one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request asks for nothing or for too much.
    #[error("{0}")]
    Request(String),
    /// A file of this name is not a drawn set.
    #[error(
        "{}: there is a file that is not a drawn set, and it is not written over; move it away, or choose another folder \
         with --out", .0.display()
    )]
    NotOurs(PathBuf),
    /// A file or folder could not be written.
    #[error(transparent)]
    File(#[from] files::Error),
    /// The caller has stopped it.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

impl DiskFailure for Error {
    fn is_disk_failure(&self) -> bool {
        matches!(self, Error::File(error) if error.is_disk_failure())
    }
}

/// Draws and writes both files. `on_picture` is called after each picture, and stops the work by returning false.
///
/// Both are complete and on the disk under temporary names before either takes its own: on an error, files of an
/// earlier request are still there, and nothing is new but the folder. Memory does not grow with the counts.
///
/// # Errors
///
/// If the request asks for nothing or too much, other files have these names, the folder can't be written (full,
/// read-only, not a folder), or it was stopped.
pub fn generate(request: &Request, mut on_picture: impl FnMut() -> bool) -> Result<Files, Error> {
    check(request)?;
    let Request { folder, train, test, .. } = request;
    let files = request.files();
    NewHdf5::can_be_at(&files.train)?;
    make_folder(folder)?;
    for (path, set) in [(&files.train, "train"), (&files.test, "test")] {
        if regular_file::is_at(path)? && drawn_size(path, set).is_none() {
            return Err(Error::NotOurs(path.clone()));
        }
    }
    let written_train = write_file(request, &files.train, "train", 0..*train as u64, &mut on_picture)?;
    let test_pictures = FIRST_TEST_PICTURE..FIRST_TEST_PICTURE + *test as u64;
    let written_test = write_file(request, &files.test, "test", test_pictures, &mut on_picture)?;
    put_in_place([written_train, written_test], true)?;
    Ok(files)
}

fn check(request: &Request) -> Result<(), Error> {
    let &Request { train, test, side, .. } = request;
    for (set, count) in [("train", train), ("test", test)] {
        if count == 0 {
            let problem = format!("{set} = 0 pictures: a data set needs at least 1 in each of train and test");
            return Err(Error::Request(problem));
        }
    }
    if !SIDES.contains(&side) {
        let (least, most) = (SIDES.start(), SIDES.end());
        return Err(Error::Request(format!("side = {side} pixels: from {least} to {most} are allowed")));
    }
    let bytes_each = u64::from(side) * u64::from(side) * 3;
    let bytes = (train as u64).checked_add(test as u64).and_then(|count| count.checked_mul(bytes_each));
    if bytes.is_none_or(|bytes| bytes > MOST_BYTES) {
        return Err(Error::Request(format!(
            "train + test = {train} + {test} pictures of {side} x {side} x 3 bytes are more than the {} GiB allowed: \
             ask for fewer or smaller ones",
            MOST_BYTES >> 30
        )));
    }
    Ok(())
}

/// Writes one complete file under a temporary name.
fn write_file(
    request: &Request,
    path: &Path,
    set: &str,
    pictures: Range<u64>,
    on_picture: &mut impl FnMut() -> bool,
) -> Result<Part, Error> {
    let mut file = NewHdf5::new(path)?;
    let names = NAMES.map(|name| FixedAscii::<7>::from_ascii(name).expect("7 ASCII letters at most"));
    file.dataset(CLASSES, &[names.len()], &names)?;

    let (count, side) = ((pictures.end - pictures.start) as usize, request.side as usize);
    let x = file.begin::<u8>(&format!("{set}_set_x"), &[count, side, side, 3])?;
    for index in pictures.clone() {
        file.add(x, &draw(request.seed, index, is_cat(request.seed, index), request.side))?;
        if !on_picture() {
            return Err(Error::Interrupted);
        }
    }

    // Labels take 8 bytes for each picture: written block by block, they need no more memory for more pictures.
    const BLOCK: u64 = 8192;
    let y = file.begin::<i64>(&format!("{set}_set_y"), &[count])?;
    for start in pictures.clone().step_by(BLOCK as usize) {
        let end = pictures.end.min(start + BLOCK);
        let labels: Vec<i64> = (start..end).map(|index| is_cat(request.seed, index).into()).collect();
        file.add(y, &labels)?;
    }
    Ok(file.finish()?)
}

#[cfg(test)]
mod tests;
