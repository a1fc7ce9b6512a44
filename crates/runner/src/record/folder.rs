//! The results directory: what may be written to, its lock, and how it is set aside.

use std::fs::{self, File, Metadata, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::error::Error;
use super::lock::locked;
use super::names::{DATABASE, FILES, JOURNAL, LOCK, LOG, LOGS};
use datasets::files::{first_free, folder_of};

/// Names the results directory that is asked for, or else that of the experiment `name`; with a name at its end, so that it can be renamed.
pub fn results_folder(asked: Option<PathBuf>, name: &str) -> PathBuf {
    with_a_name(&asked.unwrap_or_else(|| Path::new("results").join(name)))
}

/// Returns the path of a directory without needless parts, such as `./`, and with a name at its end: `.` has none.
pub fn with_a_name(folder: &Path) -> PathBuf {
    let folder: PathBuf = folder.components().collect();
    // Such as `.` and `..`.
    let is_nameless = folder.file_name().is_none();
    if is_nameless { fs::canonicalize(&folder).unwrap_or(folder) } else { folder }
}

/// Returns whether `path` names a file of the record in its folder, which only the commands of a sweep write.
pub fn is_of_a_record(path: &Path) -> bool {
    let own = [&FILES[..], &LOGS, &[DATABASE]].concat();
    path.file_name().is_some_and(|name| own.iter().any(|own| name == *own)) && folder_of(path).join(DATABASE).exists()
}

/// Looks at `path` itself, and does not follow it if it is a link.
fn found_at(path: &Path) -> Result<Option<Metadata>, Error> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Error::io(path, error)),
    }
}

/// Refuses a directory without a record but with files that a sweep would write over, and a record that is a link.
///
/// # Errors
/// The files that are there, in one line.
pub fn refuse_foreign(folder: &Path) -> Result<(), Error> {
    let path = folder.join(DATABASE);
    match found_at(&path)? {
        None => refuse_named(folder, &[&FILES[..], &LOGS].concat()),
        Some(found) if found.is_file() => Ok(()),
        Some(found) => {
            let what = if found.is_symlink() { "this is a link, which is not followed" } else { "this is no file" };
            Err(Error::NotARecord { path, reason: what.to_owned() })
        }
    }
}

/// Refuses a directory with a new record if it has files that a sweep would write over.
///
/// # Errors
/// The files that are there, in one line.
pub(super) fn refuse_files(folder: &Path) -> Result<(), Error> {
    refuse_named(folder, &FILES)
}

fn refuse_named(folder: &Path, names: &[&str]) -> Result<(), Error> {
    let mut there = Vec::new();
    for name in names {
        if found_at(&folder.join(name))?.is_some() {
            there.push(*name);
        }
    }
    if there.is_empty() { Ok(()) } else { Err(Error::Foreign { folder: folder.to_owned(), names: there.join(", ") }) }
}

/// Locks the directory for this process. The kernel frees the lock when the process ends, however it ends.
///
/// # Errors
/// If another runner has locked it, or the system refuses.
pub fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(LOCK);
    locked(&path).map_err(|error| match error {
        TryLockError::WouldBlock => Error::Locked(folder.to_owned()),
        TryLockError::Error(error) => Error::io(&path, error),
    })
}

/// Returns whether SQLite, which may only read, would refuse a record that can be read all the same.
pub(super) fn needs_writing(folder: &Path) -> bool {
    let is_there = |name| fs::symlink_metadata(folder.join(name)).is_ok();
    is_there(JOURNAL) || (is_there(LOG) && access(folder, Access::WRITE_OK).is_err())
}

/// Returns whether a runner is at work in the directory, as far as this machine sees its locks.
pub fn is_in_use(folder: &Path) -> bool {
    let lock = File::open(folder.join(LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Renames `folder`, unless another runner is at work in it, to the first free `folder.1`, `folder.2`, …
///
/// # Errors
/// If it is in use, or can't be renamed.
pub fn set_aside(folder: &Path) -> Result<PathBuf, Error> {
    let is_empty = || fs::read_dir(folder).is_ok_and(|mut files| files.next().is_none());
    let is_results = found_at(&folder.join(DATABASE))?.is_some() || is_empty();
    if !is_results {
        return Err(Error::NotResults(folder.to_owned()));
    }
    let _lock = lock(folder)?;
    let free = first_free(|number| {
        let mut name = folder.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    });
    fs::rename(folder, &free).map_err(|error| Error::io(folder, error))?;
    Ok(free)
}
