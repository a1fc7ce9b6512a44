//! The handles of an HDF5 file, and their closing.

use std::mem;
use std::path::Path;

use hdf5::{Dataset, File};

/// Opens a file without HDF5's own lock, which would fail at the part's. A new one has HDF5's first format, whichever library is
/// linked: from release 2.0 on it would be another one, with the time of writing in its root.
pub(super) fn open(place: &Path, new: bool) -> hdf5::Result<File> {
    let mut options = File::with_options();
    options.with_fapl(|access| access.file_locking(false).libver_earliest());
    if new { options.create(place) } else { options.open(place) }
}

/// The handles that libhdf5 writes a file through.
///
/// They are closed only once all is flushed: to close what can't be written frees memory twice in libhdf5 2.2.0, which ends the
/// process. Those of a file that can't be written are left open, and the file without its name, until the process ends.
pub(super) struct Handles {
    pub(super) datasets: Vec<Dataset>,
    /// `None` once it is closed.
    file: Option<File>,
}

impl Handles {
    /// Makes a file at `place`.
    pub(super) fn new(place: &Path) -> hdf5::Result<Self> {
        Ok(Handles { datasets: Vec::new(), file: Some(open(place, true)?) })
    }

    pub(super) fn file(&self) -> &File {
        self.file.as_ref().expect("open until the end")
    }

    /// Flushes and closes the file, unless it is closed already.
    pub(super) fn close(&mut self) -> hdf5::Result<()> {
        if let Some(file) = &self.file {
            file.flush()?;
        }
        self.datasets.clear();
        self.file.take().map_or(Ok(()), File::close)
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        if self.close().is_err() {
            mem::forget((mem::take(&mut self.datasets), self.file.take()));
        }
    }
}
