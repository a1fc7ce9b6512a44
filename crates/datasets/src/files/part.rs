//! Files under temporary names, how they get their final ones, and the removal of those that killed runs left behind.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Dir, Mode, OFlags, RenameFlags, renameat_with};
use tempfile::NamedTempFile;

use super::error::Error;
use super::folder::{folder_of, sync_folder};
use super::regular_file;

/// The number of random letters and digits in the name of a part.
const RANDOM: usize = 6;
/// The end of the name of a part.
const SUFFIX: &str = ".part";

/// Returns the start of the names of parts of the file `name`.
fn prefix(name: &OsStr) -> Vec<u8> {
    [b".", name.as_bytes(), b"."].concat()
}

/// A file `.NAME.xxxxxx.part` beside the place of NAME: locked for as long as it is written, and gone when dropped.
pub struct Part {
    file: NamedTempFile,
    /// The final path.
    path: PathBuf,
}

impl Part {
    /// Makes an empty part for `path`, and removes those of the same name that killed runs left behind.
    ///
    /// # Errors
    /// If the system refuses, or something is at `path` that is no regular file.
    pub fn new(path: &Path) -> Result<Self, Error> {
        let failed = |reason| Error::system(path, reason);
        let name = path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidFilename.into()))?;
        regular_file::is_at(path)?;
        let folder = folder_of(path);
        // As any other new file's: the umask decides. A temporary file is otherwise its owner's alone, who can open it in any case.
        let mode = replaced_mode(path).map_or(0o666, |mode| mode & 0o666 | 0o600);
        remove_orphans(folder, name);
        loop {
            let file = tempfile::Builder::new()
                .prefix(OsStr::from_bytes(&prefix(name)))
                .suffix(SUFFIX)
                .rand_bytes(RANDOM)
                .permissions(Permissions::from_mode(mode))
                .tempfile_in(folder)
                .map_err(failed)?;
            if is_held(file.as_file()).map_err(failed)? {
                return Ok(Part { file, path: path.to_owned() });
            }
        }
    }

    /// Returns the final path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the temporary path.
    pub(super) fn place(&self) -> &Path {
        self.file.path()
    }

    /// Returns the file to write to.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Opens the file again to read it.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn reopen(&self) -> Result<File, Error> {
        File::open(self.place()).map_err(|reason| Error::system(&self.path, reason))
    }
}

/// Returns the permission bits of the file at `path`, which its replacement keeps; `None` if there is none.
fn replaced_mode(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|replaced| replaced.mode() & 0o777)
}

/// Locks a new part. It is not held if another run took it for an orphan before it was locked.
fn is_held(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(file.metadata()?.nlink() > 0),
        Err(TryLockError::WouldBlock) => Ok(false),
        // Some network file systems have no locks. Then a part can't be taken for an orphan either.
        Err(TryLockError::Error(_)) => Ok(true),
    }
}

/// Gives complete files their final names: all of them or, if the file system allows a renaming to be undone, none. A file that has the
/// name already is replaced only with `replace`, and only if it is a regular file.
///
/// # Errors
/// If the system refuses, or something has appeared meanwhile that is not to be replaced.
pub fn put_in_place<const N: usize>(parts: [Part; N], replace: bool) -> Result<(), Error> {
    for Part { file, path } in &parts {
        // Afterwards closing the file can't fail.
        file.as_file().sync_all().map_err(|reason| Error::system(path, reason))?;
    }
    let folders = parts.each_ref().map(|part| folder_of(&part.path).to_owned());
    let mut placed = Vec::new();
    for part in parts {
        match rename(part, replace, N > 1) {
            Ok(done) => placed.push(done),
            Err(error) => {
                placed.into_iter().rev().for_each(Placed::undo);
                return Err(error);
            }
        }
    }
    // The replaced files are removed only now.
    drop(placed);
    for (index, folder) in folders.iter().enumerate() {
        if !folders[..index].contains(folder) {
            sync_folder(folder)?;
        }
    }
    Ok(())
}

/// A file that has its final name, and what is needed to undo the renaming.
enum Placed {
    /// There was nothing of that name.
    New(PathBuf),
    /// The file that had the name before has the part's name now.
    Exchanged(Part),
    /// It has replaced the file that was there.
    Replaced,
}

impl Placed {
    fn undo(self) {
        match self {
            Placed::New(path) => drop(fs::remove_file(path)),
            Placed::Exchanged(part) => drop(exchange(&part)),
            Placed::Replaced => {}
        }
    }
}

fn exchange(part: &Part) -> rustix::io::Result<()> {
    renameat_with(CWD, part.place(), CWD, &part.path, RenameFlags::EXCHANGE)
}

/// Gives `part` its name, in a way that can be undone if `can_be_undone` and the file system knows how.
fn rename(part: Part, replace: bool, can_be_undone: bool) -> Result<Placed, Error> {
    regular_file::is_at(&part.path)?;
    if let Some(mode) = replaced_mode(&part.path).filter(|_| replace) {
        let permissions = Permissions::from_mode(mode);
        part.file.as_file().set_permissions(permissions).map_err(|reason| Error::system(&part.path, reason))?;
    }
    if replace && can_be_undone && exchange(&part).is_ok() {
        return Ok(Placed::Exchanged(part));
    }
    let Part { file, path } = part;
    if can_be_undone || !replace {
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(Placed::New(path)),
            Err(failed) if failed.error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(Error::system(&path, failed.error));
            }
            Err(_) if !replace => return Err(Error::Appeared(path)),
            Err(failed) => return persist(failed.file, path),
        }
    }
    persist(file, path)
}

fn persist(file: NamedTempFile, path: PathBuf) -> Result<Placed, Error> {
    match file.persist(&path) {
        Ok(_) => Ok(Placed::Replaced),
        Err(failed) => Err(Error::system(&path, failed.error)),
    }
}

/// Removes the parts of the file `name` that killed runs left in `folder`. The kernel frees a lock with its process, so that a
/// part that can be locked belongs to no run. Errors are ignored, because nothing depends on the removal.
pub(super) fn remove_orphans(folder: &Path, name: &OsStr) {
    // Not std's listing, which panics where the folder can't be closed.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(entries) = rustix::fs::open(folder, flags, Mode::empty()).and_then(Dir::new) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name().to_bytes();
        if is_part(found, name) {
            remove_if_orphan(&folder.join(OsStr::from_bytes(found)));
        }
    }
}

/// Returns whether `found` has exactly the form of a part's name: files of others may look like it.
fn is_part(found: &[u8], name: &OsStr) -> bool {
    let random = found.strip_prefix(&prefix(name)[..]).and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

fn remove_if_orphan(path: &Path) {
    // Neither a link is followed nor a pipe waited for. A network file system locks only what is open for writing.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let Ok(part) = OpenOptions::new().write(true).custom_flags(flags.bits().cast_signed()).open(path) else { return };
    if part.metadata().is_ok_and(|part| part.is_file()) && part.try_lock().is_ok() {
        let _ = fs::remove_file(path);
    }
}
