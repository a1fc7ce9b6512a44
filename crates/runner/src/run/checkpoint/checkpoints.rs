//! The checkpoints of a run: where they are, and which of them can be gone on from.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::file::{self, CheckpointFile, Header, Number, Unusable};
use crate::machine::Machine;
use crate::plan::trial::Trial;
use crate::spec::checkpoint_every::CheckpointEvery;
use crate::terminal::warn;
use datasets::files::{self, OpenFolder, first_free, folder_of, make_folder, remove_whole};
use net::FleetState;

/// The folder of a sweep's checkpoints, in its results directory.
const FOLDER: &str = "checkpoints";
/// The extension of their names.
const EXTENSION: &str = "ckpt";

/// The checkpoints of the fleets of a sweep, or of the one fleet of another training.
pub struct Checkpoints {
    place: Place,
    /// Everything beside the experiment that bits depend on.
    machine: String,
    pub(super) every: CheckpointEvery,
    /// The number of checkpoints that are being written, or will be after this step: a process that is asked to end waits for them.
    writing: Arc<AtomicUsize>,
    /// The files that are there.
    files: Mutex<BTreeSet<PathBuf>>,
    /// Whether a failure has been reported.
    has_failed: AtomicBool,
    /// The results directory: what gets its name after it was moved away is left alone.
    home: Option<(PathBuf, OpenFolder)>,
    /// Whether this process writes, renames and removes them.
    pub(super) is_writer: bool,
}

enum Place {
    /// A file for each fleet, named by the id of its first trial.
    Folder(PathBuf),
    /// One file.
    File(PathBuf),
}

/// The first training of a fleet, or its repetition because a net has diverged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The training whose results count.
    First,
    /// The training that must have the same results.
    Second,
}

impl Attempt {
    /// Every attempt.
    const ALL: [Attempt; 2] = [Attempt::First, Attempt::Second];

    /// Returns the file of this attempt, given that of the first one without its extension.
    fn file(self, stem: PathBuf) -> PathBuf {
        let stem = if self == Attempt::Second { stem.with_added_extension("again") } else { stem };
        stem.with_added_extension(EXTENSION)
    }
}

impl Checkpoints {
    /// Looks for the checkpoints of a sweep in its results directory; `writing` counts those that are being written.
    pub fn in_results(results: &Path, machine: &Machine, every: CheckpointEvery, writing: Arc<AtomicUsize>) -> Self {
        let folder = results.join(FOLDER);
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let files = entries.filter(|path| path.extension().is_some_and(|found| found == EXTENSION)).collect();
        let home = OpenFolder::open(results).ok().map(|home| (results.to_owned(), home));
        Checkpoints { home, ..Checkpoints::new(Place::Folder(folder), files, machine, every, writing) }
    }

    /// Looks for the checkpoint of the training of a model, beside its file.
    pub fn beside(model: &Path, machine: &Machine, every: CheckpointEvery, writing: Arc<AtomicUsize>) -> Self {
        let files = Attempt::ALL.map(|attempt| attempt.file(model.to_owned()));
        let files = files.into_iter().filter(|path| path.exists()).collect();
        Checkpoints::new(Place::File(model.to_owned()), files, machine, every, writing)
    }

    /// Takes those of a training that several ranks share, whose sums over the examples have another order. All ranks read the
    /// checkpoint; only one, which `is_writer`, sets that of another training aside.
    #[cfg(feature = "mpi")]
    pub fn of_ranks(self, is_writer: bool) -> Self {
        Checkpoints { machine: format!("{} batches shared by ranks", self.machine), is_writer, ..self }
    }

    fn new(
        place: Place,
        files: BTreeSet<PathBuf>,
        machine: &Machine,
        every: CheckpointEvery,
        writing: Arc<AtomicUsize>,
    ) -> Self {
        let (machine, files) = (machine.fingerprint(), Mutex::new(files));
        Checkpoints {
            place,
            machine,
            every,
            writing,
            files,
            has_failed: AtomicBool::new(false),
            home: None,
            is_writer: true,
        }
    }

    /// Returns the file of the fleet of `trials`.
    ///
    /// # Panics
    /// If there is no trial.
    pub fn path(&self, trials: &[&Trial]) -> PathBuf {
        self.path_of(&trials[0].id, Attempt::First)
    }

    pub(super) fn path_of(&self, first_trial: &str, attempt: Attempt) -> PathBuf {
        attempt.file(match &self.place {
            Place::Folder(folder) => folder.join(first_trial),
            Place::File(model) => model.clone(),
        })
    }

    /// Returns the number of updates after which the fleet of `trials` can go on; `None` if it has no checkpoint, or none of this machine.
    pub fn iteration(&self, trials: &[&Trial]) -> Option<usize> {
        Some(self.open(trials, Attempt::First).ok()??.header.iteration)
    }

    /// Removes the checkpoints of fleets whose trials are all finished.
    pub fn remove_finished(&self, finished: &HashSet<String>) {
        let is_finished = |path: &PathBuf| match CheckpointFile::open(path) {
            Ok(Some(checkpoint)) => checkpoint.header.trials.iter().all(|trial| finished.contains(trial)),
            Err(Unusable::Damaged) => path.file_prefix().is_some_and(|id| finished.contains(&*id.to_string_lossy())),
            _ => false,
        };
        let files = self.files().clone();
        files.iter().filter(|path| is_finished(path)).for_each(|path| self.remove_file(path));
    }

    /// Removes the checkpoints of the fleets that begin with one of these trials.
    pub fn remove<'t>(&self, trials: impl IntoIterator<Item = &'t Trial>) {
        for trial in trials {
            Attempt::ALL.into_iter().for_each(|attempt| self.remove_file(&self.path_of(&trial.id, attempt)));
        }
    }

    /// Removes the folder of the checkpoints if it is empty, and returns the files that are left.
    pub fn tidy(&self) -> Vec<PathBuf> {
        if let (Place::Folder(folder), Ok(())) = (&self.place, self.at_home()) {
            // It fails where there is something else in it.
            let _ = fs::remove_dir(folder);
        }
        self.files().iter().cloned().collect()
    }

    /// Opens the checkpoint of the fleet of `trials`, if there is one.
    pub(super) fn open(&self, trials: &[&Trial], attempt: Attempt) -> Result<Option<CheckpointFile>, Unusable> {
        let path = self.path_of(&trials[0].id, attempt);
        if !self.files().contains(&path) {
            return Ok(None);
        }
        let Some(checkpoint) = CheckpointFile::open(&path)? else { return Ok(None) };
        let Header { trials: ids, machine, .. } = &checkpoint.header;
        if !ids.iter().eq(trials.iter().map(|trial| &trial.id)) {
            return Err(Unusable::OtherTrials);
        }
        if *machine != self.machine {
            return Err(Unusable::OtherMachine(machine.clone()));
        }
        Ok(Some(checkpoint))
    }

    /// Lets a process that is asked to end wait for a checkpoint that is about to be written, until this is dropped.
    pub(super) fn begin_writing(&self) -> Writing<'_> {
        Writing::begin(&self.writing)
    }

    /// Writes the checkpoint of the fleet of `trials`. Only the first failure is reported, because results count.
    pub(super) fn write<R: Number>(&self, trials: &[&Trial], attempt: Attempt, seconds: f64, state: &FleetState<R>) {
        let _writing = self.begin_writing();
        let path = self.path_of(&trials[0].id, attempt);
        let ids = trials.iter().map(|trial| trial.id.clone()).collect();
        let header = Header { trials: ids, machine: self.machine.clone(), iteration: state.iteration(), seconds };
        let place = self.held(&path);
        let written = self.at_home().map_err(|error| files::Error::system(&path, error));
        let written =
            written.and_then(|()| make_folder(folder_of(&place))).and_then(|()| file::write(&place, &header, state));
        let written = written.map_err(|error| error.at(&path));
        match written {
            Ok(()) => drop(self.files().insert(path)),
            Err(error) if !self.has_failed.swap(true, Ordering::Relaxed) => {
                warn(&format!("{error}; the training goes on without this checkpoint"));
            }
            Err(_) => {}
        }
    }

    /// Returns a path to a checkpoint that leads into the results directory also if that is moved away meanwhile.
    fn held(&self, path: &Path) -> PathBuf {
        let within = self
            .home
            .as_ref()
            .and_then(|(results, home)| path.strip_prefix(results).ok().map(|name| home.path(results).join(name)));
        within.unwrap_or_else(|| path.to_owned())
    }

    /// Checks that the results directory still has its name, which may be another sweep's otherwise.
    fn at_home(&self) -> io::Result<()> {
        let is_away = self.home.as_ref().is_some_and(|(results, home)| !home.is_at(results));
        if is_away { Err(io::Error::other("the results directory was moved away")) } else { Ok(()) }
    }

    /// Leaves a file of another origin where it is.
    pub(super) fn leave(&self, path: &Path) {
        self.files().remove(path);
    }

    /// Renames a checkpoint that another training can go on from, and returns its name: the first free one with a number in it.
    pub(super) fn set_aside(&self, path: &Path) -> io::Result<PathBuf> {
        let free = first_free(|number| path.with_extension(format!("{number}.{EXTENSION}")));
        self.at_home()?;
        fs::rename(self.held(path), self.held(&free))?;
        let mut files = self.files();
        files.remove(path);
        files.insert(free.clone());
        Ok(free)
    }

    fn remove_file(&self, path: &Path) {
        if !self.files().remove(path) || self.at_home().is_err() {
            return;
        }
        if let Err(error) = remove_whole(&self.held(path)).map_err(|error| error.at(path)) {
            warn(&format!("{error}; this checkpoint is of no more use"));
        }
    }

    fn files(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the place of the checkpoint of the training of a model.
pub fn path_beside(model: &Path) -> PathBuf {
    Attempt::First.file(model.to_owned())
}

/// A file that is being written, or about to be, for which a process that is asked to end waits.
pub struct Writing<'w>(&'w AtomicUsize);

impl<'w> Writing<'w> {
    /// Adds one to the `count` of files that are being written, until it is dropped.
    pub fn begin(count: &'w AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Writing(count)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
