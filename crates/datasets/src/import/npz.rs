//! NumPy's NPZ: a zip archive of NPY files.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::error::{Error, one_line, quoted};
use super::npy::{LONGEST_HEADER, array_in};
use super::open::{GZIP, read_up_to};
use super::raw::{Arrays, RawArray};
use super::request::{Progress, Request, SplitName};
use super::source::{Report, Rules, Source};
use crate::files::{self, regular_file};

pub(super) const RULES: Rules = Rules {
    name: "NPZ",
    paths: 1,
    options: &["--label", "--target", "--targets", "--features"],
    begins: |start| matches!(start, b"PK\x03\x04" | b"PK\x05\x06"),
    endings: &[],
    holds_both: true,
    open,
};

fn open<'r>(request: &'r Request, split: SplitName, report: &mut Report) -> Result<Box<dyn Source + 'r>, Error> {
    if request.targets.len() > 1 {
        return Err(Error::Request("--target names one array of an archive".to_owned()));
    }
    let path = &request.paths(split)[0];
    let mut file = regular_file::open(path).map_err(|reason| Error::read(path, &reason))?;
    if read_up_to(&mut file, 2).map_err(|reason| Error::read(path, &reason))? == GZIP {
        return Err(Error::file(path, "a gzipped archive, which is not read; unpack it with gunzip"));
    }
    let mut archive = ZipArchive::new(file).map_err(|error| broken(path, &error.to_string()))?;
    let files: Vec<String> = archive.file_names_raw().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let arrays: Vec<String> = files.iter().filter_map(|name| name.strip_suffix(".npy").map(str::to_owned)).collect();
    if arrays.is_empty() {
        let is_spreadsheet = files.iter().any(|name| name.starts_with("xl/workbook"));
        let problem = match is_spreadsheet {
            true => "a spreadsheet; save it as CSV",
            false => "a zip archive without arrays (files that end in .npy)",
        };
        return Err(Error::file(path, problem));
    }
    let names = names_of_arrays(request, split, path, &arrays)?;
    if let Some(remark) = unread_arrays(request, &names, &arrays) {
        report(Progress::Found(format!("{}: {remark}", path.display())))?;
    }
    let [x, y] = names.map(|name| array(&mut archive, path, &name, request.max_bytes));
    Ok(Box::new(Arrays::new(x?, &y?, request)?))
}

/// Keras's and MedMNIST's names of both splits.
const PAIRS: [[&str; 4]; 4] = [
    ["x_train", "y_train", "x_test", "y_test"],
    ["X_train", "y_train", "X_test", "y_test"],
    ["train_images", "train_labels", "test_images", "test_labels"],
    ["train_x", "train_y", "test_x", "test_y"],
];

/// Returns the names of the arrays of examples and of labels of one split in an archive.
fn names_of_arrays(request: &Request, split: SplitName, path: &Path, present: &[String]) -> Result<[String; 2], Error> {
    // The names in archives of one split.
    const ALONE: [[&str; 2]; 5] =
        [["x", "y"], ["X", "y"], ["data", "target"], ["images", "labels"], ["features", "labels"]];
    let has = |name: &str| present.iter().any(|array| array == name);
    let list = || one_line(&present.join(", "));
    let one_side = !request.test.is_empty() || request.test_share.is_some();
    let label = request.label.as_deref().or(request.targets.first().map(String::as_str));
    let found = match (request.features.as_deref(), label) {
        (Some(features), Some(label)) if one_side => [features, label],
        (Some(_), Some(_)) => {
            let problem = "--features and --label (or --target) name the arrays of one part; \
                           give --test FILE for the other, or --test-share 0.2 to set some examples aside";
            return Err(Error::Request(problem.to_owned()));
        }
        (None, None) if one_side => {
            let mut pairs = ALONE.into_iter().chain(PAIRS.map(|[x, y, ..]| [x, y]));
            pairs.find(|names| names.iter().all(|name| has(name))).ok_or_else(|| {
                let problem = format!("holds the arrays {}; name two with --features and --label or --target", list());
                Error::file(path, problem)
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
            if split == SplitName::Train { [x, y] } else { [x_test, y_test] }
        }
        _ => {
            let problem = "an archive needs both --features and --label (or --target), or neither";
            return Err(Error::Request(problem.to_owned()));
        }
    };
    if let Some(absent) = found.iter().find(|name| !has(name)) {
        return Err(Error::file(path, format!("no array is called {}; there are {}", quoted(absent), list())));
    }
    Ok(found.map(str::to_owned))
}

/// Returns a remark if an archive has arrays that are not read, beside the `names` of this split and, if it holds both, of the other one.
fn unread_arrays(request: &Request, [x, y]: &[String; 2], present: &[String]) -> Option<String> {
    const SHOWN: usize = 8;
    let (read, instead): (&[&str], _) = match request.test_share {
        Some(share) => (&[x, y], format!("the test examples are a share of {share} of {x} (--test-share)")),
        None if !request.test.is_empty() => (&[x, y], format!("only {x} and {y} are taken of this file (--test)")),
        None => {
            let read = PAIRS.iter().find(|[x_train, ..]| x == x_train)?;
            (read, "--features and --label name others, with --test or --test-share".to_owned())
        }
    };
    let unread: Vec<String> =
        present.iter().filter(|name| !read.contains(&name.as_str())).map(|name| one_line(name)).collect();
    let (last, others) = unread.split_last()?;
    let list = match others.len() {
        0 => format!("{last} is"),
        1..SHOWN => format!("{} and {last} are", others.join(", ")),
        _ => format!("{}, ... ({} arrays) are", others[..SHOWN].join(", "), unread.len()),
    };
    Some(format!("its {list} not read; {instead}"))
}

/// Unpacks the array called `name` from the archive at `path` into a file without a name, and reads its header.
fn array(archive: &mut ZipArchive<File>, path: &Path, name: &str, limit: u64) -> Result<RawArray, Error> {
    // Messages name the archive and the array in it.
    let path = PathBuf::from(format!("{}: {}.npy", path.display(), one_line(name)));
    let entry = archive.by_name(&format!("{name}.npy"));
    let entry = entry.map_err(|error| broken(&path, &error.to_string()))?;
    let declared = entry.size();
    let most = limit.saturating_add(LONGEST_HEADER);
    if declared > most {
        let problem = format!("unpacks to {declared} bytes; the limit is {most} (--max-bytes)");
        return Err(Error::file(&path, problem));
    }
    let mut file = tempfile::tempfile().map_err(|reason| files::Error::system(&std::env::temp_dir(), reason))?;
    // More bytes than declared are an error of the archive; this bound holds even if its reader can't tell.
    unpack(&path, &mut entry.take(most), &mut file)?;
    array_in(path, Some(file), limit)
}

/// Copies what `entry` at `path` holds into `file`, which is in the folder for temporary files.
fn unpack(path: &Path, entry: &mut impl Read, file: &mut impl Write) -> Result<(), Error> {
    let mut block = vec![0; 1 << 16];
    loop {
        match entry.read(&mut block).map_err(|reason| broken(path, &reason.to_string()))? {
            0 => return Ok(()),
            count => {
                let written = file.write_all(&block[..count]);
                written.map_err(|reason| files::Error::system(&std::env::temp_dir(), reason))?;
            }
        }
    }
}

fn broken(path: &Path, reason: &str) -> Error {
    Error::file(path, format!("cannot be unpacked: {}", one_line(reason)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_not_an_error_of_the_archive() {
        let path = Path::new("a.npz: x.npy");
        let mut room = [0; 9];
        let error = unpack(path, &mut &b"ten bytes!"[..], &mut &mut room[..]).unwrap_err();
        let folder = std::env::temp_dir().display().to_string();
        assert!(error.to_string().starts_with(&format!("cannot write {folder}: ")), "{error}");
        assert!(matches!(error, Error::Write(_)));
    }
}
