//! Import of other formats into a pair of HDF5 files that keep the contract.
//!
//! A source is summarised first (its shape, its type and every label), and its features are then read example by example
//! into datasets of known size, so that memory does not grow with the number of examples. Files are hostile until read: no
//! declared size is allocated before that many bytes are there.

mod cell;
mod classes;
mod csv_table;
mod elements;
mod encoding;
mod error;
mod format;
mod idx;
mod jpeg;
mod label_encoder;
mod npy;
mod npz;
mod open;
mod pictures;
mod quotes;
mod raw;
mod request;
mod rows;
mod source;
#[cfg(test)]
mod tests;
mod write;

pub use error::Error;
pub use pictures::{picture, pictures_in};
pub use request::{Categorical, Format, Missing, Progress, Request};

use std::fs;
use std::iter;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use self::classes::{NumberedTargets, number_classes};
use self::request::SplitName;
use self::source::{Source, Summary};
use self::write::{Writing, selected};
use crate::contract::targets::Targets;
use crate::dataset::Files;
use crate::files::{NewHdf5, make_folder, put_in_place, regular_file};
use crate::split::scaling::Scaling;
use crate::split::stratified::stratified_holdout;
use crate::text::count;

/// Reads what `request` asks for and writes both files. `progress` is called at each stage, and stops the import by returning false.
///
/// Both files are complete and on the disk under temporary names before either takes its own: on an error, or when stopped, nothing has
/// changed except that the folder may have been made.
///
/// # Errors
/// See [`Error`].
pub fn import(request: &Request, mut progress: impl FnMut(Progress) -> bool) -> Result<Files, Error> {
    let report = &mut |stage| if progress(stage) { Ok(()) } else { Err(Error::Interrupted) };
    let files = check(request)?;
    let format = match request.format {
        Some(format) => format,
        None => Format::detect(&request.train[0])?,
    };
    format.check(request)?;
    let rules = format.rules();
    if let Some(test) = tested_on_training(request) {
        let remark =
            "the test examples are the training examples; --test-share 0.2 sets some of them aside for testing";
        report(Progress::Found(format!("{}: {remark}", test.display())))?;
    }
    let has_test = !request.test.is_empty() || (rules.holds_both && request.test_share.is_none());
    let mut train = (rules.open)(request, SplitName::Train, report)?;
    let mut test = has_test.then(|| (rules.open)(request, SplitName::Test, report)).transpose()?;
    let numbered = number_classes(&train.summary().targets, test.as_ref().map(|test| &test.summary().targets));
    let NumberedTargets { train: targets, test: test_targets, names } =
        numbered.map_err(|(split, problem)| Error::file(request.labels_path(split), problem))?;
    let values = train.summary().targets.may_be_values();
    let aside = match (&test_targets, request.test_share) {
        (None, Some(share)) => stratified_holdout(&targets, share, request.seed).map_err(|problem| {
            Error::Request(values.as_ref().map_or(problem.clone(), |values| format!("{problem}; {values}")))
        })?,
        _ => vec![false; targets.examples()],
    };
    train.fit(&|example| !aside[example])?;
    if let Some(test) = &mut test {
        train.encoding().map_or(Ok(()), |encoding| test.use_encoding(encoding))?;
        agree(request, &*train, &**test)?;
    }
    let of_train = train.remark().map(|remark| (SplitName::Train, remark));
    let of_test = test.as_ref().and_then(|test| test.remark()).map(|remark| (SplitName::Test, remark));
    let of_file = |(split, remark): (SplitName, String)| match test {
        Some(_) => format!("{}: {remark}", request.paths(split)[0].display()),
        None => remark,
    };
    let of_sources = of_train.into_iter().chain(of_test).map(of_file);
    of_sources.chain(values).try_for_each(|remark| report(Progress::Found(remark)))?;

    make_folder(&request.folder)?;
    let test_targets = test_targets.unwrap_or_else(|| selected(&targets, |example| aside[example]));
    let train_targets = selected(&targets, |example| !aside[example]);
    let summary = train.summary();
    report(Progress::Found(description(summary, &train_targets, &test_targets, &names)))?;
    let mut train_part = Writing::new(&files.train, "train", summary, &train_targets, &names)?;
    let mut test_part = Writing::new(&files.test, "test", summary, &test_targets, &names)?;
    let all = train_targets.examples() + test_targets.examples();
    let mut written = 0;
    let mut remarks = Vec::new();
    let all_test = test.as_ref().map(|test| (test, vec![true; test.summary().targets.examples()]));
    for (source, is_test) in iter::once((&train, aside)).chain(all_test) {
        let mut examples = source.read()?;
        for is_test in is_test {
            let part = if is_test { &mut test_part } else { &mut train_part };
            part.add_next(&mut *examples)?;
            written += 1;
            report(Progress::Written(written, all))?;
        }
        remarks.extend(examples.end()?);
    }
    let (train_part, most) = train_part.finish()?;
    let (test_part, _) = test_part.finish()?;
    remarks.extend(most.and_then(Scaling::faint_bytes));
    remarks.into_iter().try_for_each(|remark| report(Progress::Found(remark)))?;
    put_in_place([train_part, test_part], request.force)?;
    Ok(files)
}

/// Checks what can be checked without reading, and returns the paths of the two files.
fn check(request: &Request) -> Result<Files, Error> {
    let Request { folder, test_share, .. } = request;
    let refuse = |problem: String| Err(Error::Request(problem));
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = request.name.clone().unwrap_or_else(|| stem(&request.train[0]));
    if name.is_empty() || name.len() > 100 || name.starts_with('.') || !name.chars().all(allowed) {
        let (name, rule) =
            (error::quoted(&name), "ASCII letters, digits, - _ and . (at most 100), not beginning with a dot");
        return refuse(match request.name {
            Some(_) => format!("the name {name} cannot be part of a file's name; --name takes {rule}"),
            None => {
                let path = request.train[0].display();
                format!("{path}: {name} cannot be the name of the set; --name gives another: {rule}")
            }
        });
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
        NewHdf5::can_be_at(path)?;
        if regular_file::is_at(path)? && !request.force {
            return refuse(format!(
                "{} is there already; --force replaces a file, --name takes another name",
                path.display()
            ));
        }
    }
    Ok(files)
}

/// Returns the name of a file or folder up to its first dot: `digits` for `some/digits.csv.gz`.
fn stem(path: &Path) -> String {
    let normal: PathBuf = path.components().collect();
    let name = normal.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// Returns the path of the test examples if it leads to the training examples.
fn tested_on_training(request: &Request) -> Option<&PathBuf> {
    let identity = |path: &PathBuf| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    // Of two paths the first has the examples.
    let (train, test) = (request.train.first()?, request.test.first()?);
    identity(train).is_some_and(|train| identity(test) == Some(train)).then_some(test)
}

/// Checks that training and test examples have the same features and targets in the same order, of the same shape and type.
fn agree(request: &Request, train: &dyn Source, test: &dyn Source) -> Result<(), Error> {
    for (what, train, test) in
        [("feature", train.names(), test.names()), ("target", train.target_names(), test.target_names())]
    {
        if let (Some(train), Some(test)) = (train, test)
            && let Some((train, test)) = train.into_iter().zip(test).find(|(train, test)| train != test)
        {
            let [train, test] = [train, test].map(error::quoted);
            let rule = if what == "feature" { "both need one order" } else { "both need the same" };
            let problem = format!("a {what} is called {test} where the training table has {train}; {rule}");
            return Err(Error::file(&request.paths(SplitName::Test)[0], problem));
        }
    }
    let (train, test) = (train.summary(), test.summary());
    if (&train.shape, train.feature_type) == (&test.shape, test.feature_type) {
        return Ok(());
    }
    let shown = |summary: &Summary| format!("{:?} of {}", summary.shape, summary.feature_type.name());
    let problem = format!("examples are {}, but the training examples are {}", shown(test), shown(train));
    Err(Error::file(&request.paths(SplitName::Test)[0], problem))
}

/// Describes what is written, for the person who imports.
fn description(summary: &Summary, train: &Targets, test: &Targets, names: &[String]) -> String {
    let shape: Vec<String> = summary.shape.iter().map(usize::to_string).collect();
    let feature_type = summary.feature_type.name();
    let task = match crate::contract::agreement::task([train, test], names.len()) {
        crate::Task::Classes(classes) => format!("{classes} classes"),
        crate::Task::Values(outputs) => format!("{} an example", count(outputs, "value")),
    };
    format!(
        "{} training and {} test examples of {} ({feature_type}), {task}",
        train.examples(),
        test.examples(),
        shape.join(" x ")
    )
}
