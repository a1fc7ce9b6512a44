//! From a request to the sources that it names: which format, which files, which arrays.

use std::path::{Path, PathBuf};

use super::classes::SplitName;
use super::columns::Column;
use super::encoding::{Categorical, Missing};
use super::source::Source;
use super::{Error, Format, Progress, Request, csv_table, error, idx, npy, open, pictures, raw};
use crate::{TargetKind, TargetsChoice};

/// The format of what is at `path`, by its first bytes and else by its name.
pub(super) fn detect(path: &Path) -> Result<Format, Error> {
    if path.is_dir() {
        return Ok(Format::Pictures);
    }
    let mut start = Vec::new();
    open::read_up_to(&mut open::open(path)?, 4, &mut start).map_err(|reason| Error::read(path, &reason))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match start[..] {
        [0, 0, 0x08..=0x0e, 1..=4] => Ok(Format::Idx),
        [0x93, b'N', b'U', b'M'] => Ok(Format::Npy),
        [b'P', b'K', ..] => Ok(Format::Npz),
        _ if [".csv", ".tsv", ".txt", ".data"].iter().any(|end| name.ends_with(end)) => Ok(Format::Csv),
        _ => Err(Error::file(path, "neither IDX, CSV, NPY, NPZ nor a folder of pictures; --format says which it is")),
    }
}

/// Refuses what means nothing for this format.
pub(super) fn check_options(request: &Request, format: Format) -> Result<(), Error> {
    const TABLES_AND_ARCHIVES: &[Format] = &[Format::Csv, Format::Npz];
    for (given, option, formats) in [
        (request.label.is_some(), "--label", TABLES_AND_ARCHIVES),
        (!request.targets.is_empty(), "--target", TABLES_AND_ARCHIVES),
        (request.target_kind != TargetsChoice::Auto, "--targets", &[Format::Idx, Format::Npy, Format::Npz]),
        (request.features.is_some(), "--features", &[Format::Npz]),
        (request.header.is_some(), "--header", &[Format::Csv]),
        (request.delimiter.is_some(), "--delimiter", &[Format::Csv]),
        (request.missing != Missing::Refuse, "--missing", &[Format::Csv]),
        (request.categorical != Categorical::Refuse, "--categorical", &[Format::Csv]),
        (!request.ignored.is_empty(), "--ignore", &[Format::Csv]),
        (request.size.is_some(), "--side (or --height and --width)", &[Format::Csv, Format::Pictures]),
        (request.grey, "--grey", &[Format::Pictures]),
    ] {
        if given && !formats.contains(&format) {
            let found = request.train[0].display();
            return Err(Error::Request(format!("{option} is for {}; {found} is {}", names(formats), names(&[format]))));
        }
    }
    let needs_numbers = request.missing == Missing::Mean || request.categorical != Categorical::Refuse;
    if request.size.is_some() && needs_numbers {
        let problem =
            "the pixels of pictures are bytes: --missing mean and --categorical are for tables of other numbers";
        return Err(Error::Request(problem.to_owned()));
    }
    if format == Format::Npz && request.targets.len() > 1 {
        return Err(Error::Request("--target names one array of an archive".to_owned()));
    }
    Ok(())
}

fn names(formats: &[Format]) -> String {
    let name = |format: &Format| match format {
        Format::Idx => "IDX",
        Format::Csv => "CSV",
        Format::Npy => "NPY",
        Format::Npz => "NPZ",
        Format::Pictures => "a folder of pictures",
    };
    formats.iter().map(name).collect::<Vec<_>>().join(" and ")
}

/// The source of one side, surveyed.
pub(super) fn source(
    request: &Request,
    format: Format,
    side: SplitName,
    tell: &mut dyn FnMut(Progress) -> Result<(), Error>,
) -> Result<Box<dyn Source>, Error> {
    let paths = paths_of(request, side);
    let limit = request.max_bytes;
    let targets =
        if request.targets.is_empty() { request.target_kind } else { TargetsChoice::Declared(TargetKind::Values) };
    let wanted = if matches!(format, Format::Idx | Format::Npy) { 2 } else { 1 };
    if paths.len() != wanted {
        let what = if wanted == 2 { "a file of examples and a file of labels" } else { "one path" };
        let found = paths.len();
        return Err(Error::file(
            &paths[0],
            format!("its format takes {what} for each of training and test, found {found}"),
        ));
    }
    if request.test.is_empty() && request.test_share.is_none() && format != Format::Npz {
        return Err(Error::Request(
            "no test examples: give --test FILE, or --test-share 0.2 to set some aside".to_owned(),
        ));
    }
    Ok(match format {
        Format::Idx => {
            let (x, y) = (idx::array(&paths[0], limit)?, idx::array(&paths[1], limit)?);
            Box::new(raw::Arrays::new(x, &y, targets)?)
        }
        Format::Npy => {
            let (x, y) = (npy::array(&paths[0], limit)?, npy::array(&paths[1], limit)?);
            Box::new(raw::Arrays::new(x, &y, targets)?)
        }
        Format::Npz => {
            let mut archive = npy::Archive::open(&paths[0], limit)?;
            let (x, y) = arrays_of(request, side, &paths[0], &archive.names())?;
            let (x, y) = (archive.array(&x)?, archive.array(&y)?);
            Box::new(raw::Arrays::new(x, &y, targets)?)
        }
        Format::Csv => {
            let format = csv_table::Format {
                label: request.label.as_deref().map_or(Column::Last, Column::from_text),
                targets: request.targets.iter().map(|target| Column::from_text(target)).collect(),
                ignored: request.ignored.iter().map(|column| Column::from_text(column)).collect(),
                header: request.header,
                delimiter: request.delimiter,
                picture: request.size,
                missing: request.missing,
                categorical: request.categorical.clone(),
            };
            Box::new(csv_table::Table::scan(&paths[0], &format, limit, &mut |rows| tell(Progress::Checked(rows)))?)
        }
        Format::Pictures => Box::new(pictures::Folder::scan(&paths[0], request.size, request.grey, limit)?),
    })
}

/// The names of the arrays of examples and of labels of one side in an archive.
fn arrays_of(request: &Request, side: SplitName, path: &Path, present: &[String]) -> Result<(String, String), Error> {
    // Keras's and MedMNIST's, in training and test; then archives of one side.
    const PAIRS: [[&str; 4]; 4] = [
        ["x_train", "y_train", "x_test", "y_test"],
        ["X_train", "y_train", "X_test", "y_test"],
        ["train_images", "train_labels", "test_images", "test_labels"],
        ["train_x", "train_y", "test_x", "test_y"],
    ];
    const ALONE: [[&str; 2]; 5] =
        [["x", "y"], ["X", "y"], ["data", "target"], ["images", "labels"], ["features", "labels"]];
    let has = |name: &str| present.iter().any(|array| array == name);
    let list = || error::one_line(&present.join(", "));
    let one_side = !request.test.is_empty() || request.test_share.is_some();
    let label = request.label.as_deref().or(request.targets.first().map(String::as_str));
    let found = match (request.features.as_deref(), label) {
        (Some(features), Some(label)) => [features, label].map(str::to_owned),
        (None, None) if one_side => {
            let both = ALONE
                .into_iter()
                .chain(PAIRS.map(|[x, y, ..]| [x, y]))
                .find(|names| names.iter().all(|name| has(name)));
            both.map(|names| names.map(str::to_owned)).ok_or_else(|| {
                Error::file(
                    path,
                    format!("holds the arrays {}; name two with --features and --label or --target", list()),
                )
            })?
        }
        (None, None) => {
            let all = PAIRS.into_iter().find(|names| names.iter().all(|name| has(name)));
            let [x, y, x_test, y_test] = all.ok_or_else(|| {
                let problem = format!(
                    "holds the arrays {}, not x_train, y_train, x_test and y_test; give --test or --test-share",
                    list()
                );
                Error::file(path, problem)
            })?;
            let [x, y] = if side == SplitName::Train { [x, y] } else { [x_test, y_test] };
            [x, y].map(str::to_owned)
        }
        _ => {
            return Err(Error::Request(
                "an archive needs both --features and --label (or --target), or neither".to_owned(),
            ));
        }
    };
    if let Some(absent) = found.iter().find(|name| !has(name)) {
        return Err(Error::file(path, format!("no array is called {}; there are {}", error::quoted(absent), list())));
    }
    let [x, y] = found;
    Ok((x, y))
}

/// The paths that one side is read from.
pub(super) fn paths_of(request: &Request, side: SplitName) -> &[PathBuf] {
    match side {
        SplitName::Test if !request.test.is_empty() => &request.test,
        _ => &request.train,
    }
}

/// The path that messages about labels name.
pub(super) fn labels_of(request: &Request, side: SplitName) -> &Path {
    let paths = paths_of(request, side);
    paths.last().unwrap_or(&request.folder)
}
