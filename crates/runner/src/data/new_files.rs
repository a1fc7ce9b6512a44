//! New HDF5 files: written under a temporary name beside their place, and put there at the end.

use std::fs::{self, Permissions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// An empty file in `folder` for what will be called `stem`; gone when dropped.
pub(crate) fn temporary(folder: &Path, stem: &str) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(&format!(".{stem}."))
        .suffix(".part")
        // As any new file's: the umask applies. A temporary file is otherwise its owner's alone.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
}

/// Gives complete, synced files their names in `folder`; else the path that couldn't be written, and why.
pub(crate) fn put_in_place<const N: usize>(
    written: [(NamedTempFile, &Path); N],
    folder: &Path,
) -> Result<(), (PathBuf, io::Error)> {
    for (written, path) in written {
        written.persist(path).map_err(|failed| (path.to_owned(), failed.error))?;
    }
    // The new names are safe from a power cut only once their folder is on the disk.
    let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|reason| (folder.to_owned(), reason))
}

/// HDF5 tells of a full disk in a paragraph about buffers. The file itself, asked to take more, says it in four words;
/// nothing, if it takes more.
pub(crate) fn full_disk(file: &mut fs::File) -> Option<io::Error> {
    let more = file.seek(SeekFrom::End(0)).and_then(|_| file.write_all(&[0; 1 << 16]));
    more.and_then(|()| file.sync_all()).err()
}

/// Makes a new file in HDF5's first format, whichever library is linked: from release 2.0 on it would be another one, with the time
/// of writing in its root.
pub(crate) fn new_file(path: &Path) -> hdf5::Result<hdf5::File> {
    hdf5::File::with_options().with_fapl(|access| access.libver_earliest()).create(path)
}

/// HDF5 stamps each dataset with the time of its writing, unless told not to: the same request gives the same bytes.
pub(crate) fn new_dataset<T: hdf5::H5Type>(file: &hdf5::Group) -> hdf5::DatasetBuilderEmpty {
    file.new_dataset::<T>().obj_track_times(false)
}
