//! `runner data import`: other people's formats into a pair of HDF5 files that keep the contract.
//!
//! A source is surveyed first (its shape, its type and every label), and its features are then read example by example
//! into datasets of known size, so that memory does not grow with the number of examples. Files are hostile until read: no
//! declared size is allocated before that many bytes are there.

mod choose;
mod classes;
mod columns;
mod csv_table;
mod elements;
mod encoding;
mod error;
mod idx;
mod label_encoder;
mod npy;
mod open;
mod pictures;
mod raw;
mod rows;
mod source;
#[cfg(test)]
mod tests;
mod write;

use std::path::PathBuf;

pub use encoding::{Categorical, Missing};
pub use error::{At, Error};
pub use pictures::{picture, pictures_in};

use self::choose::{check_options, detect, labels_of, paths_of, source};
use self::classes::{NumberedTargets, SplitName, number_classes};
use self::source::{FeatureBuffer, Source, Summary};
use self::write::{Writing, selected};
use crate::Files;
use crate::contract::targets::{Targets, TargetsChoice};
use crate::files::{make_folder, put_in_place};
use crate::split::stratified::stratified_holdout;
use crate::text::count;

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Two IDX files: examples, and labels.
    Idx,
    /// One table.
    Csv,
    /// Two NPY files: examples, and labels or values.
    Npy,
    /// One NPZ archive.
    Npz,
    /// A folder with a folder of pictures for each class.
    Pictures,
}

/// What to import.
#[derive(Clone, Debug)]
pub struct Request {
    /// The training examples, or all: a file or folder, and where the format has two files the labels.
    pub train: Vec<PathBuf>,
    /// The test examples alike; where there are none they are drawn from all by `test_share`.
    pub test: Vec<PathBuf>,
    /// The format; found out from the first file where nothing is said.
    pub format: Option<Format>,
    /// The share of all examples that become test examples.
    pub test_share: Option<f64>,
    /// What they are drawn from.
    pub seed: u64,
    /// Where `train_NAME.h5` and `test_NAME.h5` go. Made if it isn't there.
    pub folder: PathBuf,
    /// NAME.
    pub name: String,
    /// Whether files of these names may be replaced.
    pub force: bool,
    /// The column of a table, or the array of an archive, with the labels.
    pub label: Option<String>,
    /// The columns of a table, or the array of an archive, with values to be learned instead of labels.
    pub targets: Vec<String>,
    /// What the numbers of the second of two files, or of an archive's second array, are.
    pub target_kind: TargetsChoice,
    /// The columns of a table that are left out.
    pub ignored: Vec<String>,
    /// What becomes of buffer of a table without a value.
    pub missing: Missing,
    /// Which columns of a table are of texts.
    pub categorical: Categorical,
    /// The array of an archive with the examples.
    pub features: Option<String>,
    /// Whether the first line of a table names its columns; found out where nothing is said.
    pub header: Option<bool>,
    /// What separates the buffer of a table; found out where nothing is said.
    pub delimiter: Option<u8>,
    /// `(height, width)` of pictures: what those of a folder are resized to, and the features of a table are.
    pub size: Option<(usize, usize)>,
    /// Whether pictures are grey: of one channel, not three.
    pub grey: bool,
    /// The most bytes that the features, and the targets, may take as f64.
    pub max_bytes: u64,
}

/// What [`import`] tells its caller while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many examples of a table have been checked.
    Checked(usize),
    /// What was found.
    Found(String),
    /// So many examples of so many have been written.
    Written(usize, usize),
}

/// Reads what `request` asks for and writes both files. `progress` is told, and stops the work by returning false.
///
/// Both are complete and on the disk under temporary names before either takes its own: on an error, or when stopped, nothing
/// has changed but that the folder is there.
///
/// # Errors
/// See [`Error`].
pub fn import(request: &Request, mut progress: impl FnMut(Progress) -> bool) -> Result<Files, Error> {
    let tell = &mut |what| if progress(what) { Ok(()) } else { Err(Error::Interrupted) };
    let files = check(request)?;
    let format = match request.format {
        Some(format) => format,
        None => detect(&request.train[0])?,
    };
    check_options(request, format)?;
    let mut train = source(request, format, SplitName::Train, tell)?;
    let mut test = match (!request.test.is_empty(), format) {
        (true, _) => Some(source(request, format, SplitName::Test, tell)?),
        (false, Format::Npz) if request.test_share.is_none() => Some(source(request, format, SplitName::Test, tell)?),
        (false, _) => None,
    };
    let settled = number_classes(&train.summary().targets, test.as_ref().map(|test| &test.summary().targets));
    let NumberedTargets { train: targets, test: test_targets, names } =
        settled.map_err(|(side, problem)| Error::file(labels_of(request, side), problem))?;
    let aside = match (&test_targets, request.test_share) {
        (None, Some(share)) => stratified_holdout(&targets, share, request.seed).map_err(Error::Request)?,
        _ => vec![false; targets.examples()],
    };
    train.learn(&|example| !aside[example])?;
    if let Some(test) = &mut test {
        train.encoding().map_or(Ok(()), |encoding| test.apply(encoding))?;
        agree(request, train.summary(), test.summary())?;
    }
    for source in [Some(&train), test.as_ref()].into_iter().flatten() {
        source.remark().map_or(Ok(()), |remark| tell(Progress::Found(remark)))?;
    }

    make_folder(&request.folder)?;
    let of_test = test_targets.clone().unwrap_or_else(|| selected(&targets, |example| aside[example]));
    let of_train = selected(&targets, |example| !aside[example]);
    let summary = train.summary();
    tell(Progress::Found(in_words(summary, &of_train, &of_test, &names)))?;
    let mut train_part = Writing::new(&files.train, "train", summary, &of_train, &names)?;
    let mut test_part = Writing::new(&files.test, "test", summary, &of_test, &names)?;
    let all = of_train.examples() + of_test.examples();
    let mut written = 0;
    let mut count = || {
        written += 1;
        tell(Progress::Written(written, all))
    };
    let mut remarks = copy(&*train, |example, buffer| {
        if aside[example] {
            test_part.add(buffer)?
        } else {
            train_part.add(buffer)?
        }
        count()
    })?
    .into_iter()
    .collect::<Vec<_>>();
    if let Some(test) = &test {
        remarks.extend(copy(&**test, |_, buffer| test_part.add(buffer).and_then(|()| count()))?);
    }
    remarks.into_iter().try_for_each(|remark| tell(Progress::Found(remark)))?;
    put_in_place([train_part.finish()?, test_part.finish()?], request.force)?;
    Ok(files)
}

/// What can be said without reading.
fn check(request: &Request) -> Result<Files, Error> {
    let Request { name, folder, test_share, .. } = request;
    let refuse = |problem: String| Err(Error::Request(problem));
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > 100 || name.starts_with('.') || !name.chars().all(allowed) {
        return refuse(format!(
            "the name {} cannot be part of a file's name; --name takes letters, digits, - _ and .",
            error::quoted(name)
        ));
    }
    if let Some(share) = test_share
        && !(*share > 0.0 && *share < 1.0)
    {
        return refuse(format!("a test share of {share}; it must lie between 0 and 1"));
    }
    if request.test_share.is_some() && !request.test.is_empty() {
        return refuse("give --test or --test-share, not both".to_owned());
    }
    let files = Files { train: folder.join(format!("train_{name}.h5")), test: folder.join(format!("test_{name}.h5")) };
    for path in [&files.train, &files.test] {
        if path.is_dir() || (path.exists() && !request.force) {
            return refuse(format!(
                "{} is there already; --force replaces a file, --name takes another name",
                path.display()
            ));
        }
    }
    Ok(files)
}

fn agree(request: &Request, train: &Summary, test: &Summary) -> Result<(), Error> {
    if (&train.shape, train.feature_type) == (&test.shape, test.feature_type) {
        return Ok(());
    }
    let shown = |summary: &Summary| format!("{:?} of {}", summary.shape, summary.feature_type.name());
    let problem = format!("examples are {}, but the training examples are {}", shown(test), shown(train));
    Err(Error::file(&paths_of(request, SplitName::Test)[0], problem))
}

fn in_words(summary: &Summary, train: &Targets, test: &Targets, names: &[String]) -> String {
    let shape: Vec<String> = summary.shape.iter().map(usize::to_string).collect();
    let feature_type = summary.feature_type.name();
    let asked = match crate::contract::agreement::task([train, test], names.len()) {
        crate::Task::Classes(classes) => format!("{classes} classes"),
        crate::Task::Values(outputs) => format!("{} an example", count(outputs, "value")),
    };
    format!(
        "{} training and {} test examples of {} ({feature_type}), {asked}",
        train.examples(),
        test.examples(),
        shape.join(" x ")
    )
}

/// Gives every example of `source` to `take`, with its number; what a person should know of them.
fn copy(
    source: &dyn Source,
    mut take: impl FnMut(usize, &FeatureBuffer) -> Result<(), Error>,
) -> Result<Option<String>, Error> {
    let mut examples = source.read()?;
    let mut buffer = FeatureBuffer::new(source.summary().feature_type);
    for example in 0..source.summary().targets.examples() {
        buffer.clear();
        examples.next(&mut buffer)?;
        take(example, &buffer)?;
    }
    examples.end()
}
