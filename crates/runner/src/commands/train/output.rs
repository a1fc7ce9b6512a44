//! The files of a training: its model and its history.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use anyhow::Result;

use super::lock::ModelLock;
use super::results::summary;
use super::subject::Subject;
use crate::cli;
use crate::commands::answer::{may_be_written, print_names};
use crate::commands::failure::Failure;
use crate::commands::source::read_files;
use crate::model::Model;
use crate::plan::trial::Trial;
use crate::record::summary::Recorded;
use crate::run::checkpoint::checkpoints::{Checkpoints, Writing, path_beside};
use crate::run::outcome::{End, Outcome};
use crate::spec::experiment::Experiment;
use crate::terminal::warn;
use datasets::files::{self, NewHdf5, Part, first_free, folder_of, make_folder, regular_file, write_whole};

/// The files that a training is to write.
pub(super) struct Output<'a> {
    args: &'a cli::Train,
    pub(super) model: PathBuf,
    /// The number of files that are being written: a process that is asked to end waits for them.
    writing: Arc<AtomicUsize>,
}

impl<'a> Output<'a> {
    /// Names the files; `writing` counts those that are being written.
    pub(super) fn of(args: &'a cli::Train, subject: &Subject, writing: Arc<AtomicUsize>) -> Self {
        Output { args, model: args.out.clone().unwrap_or_else(|| subject.model_file()), writing }
    }

    fn history(&self) -> Option<&Path> {
        self.args.history.as_deref()
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        [Some(self.model.as_path()), self.history()].into_iter().flatten()
    }

    /// Refuses files that mustn't be written: those that the training reads, its checkpoint among them, and, without
    /// `--force`, those that are there.
    pub(super) fn may_be_written(&self, experiment: &Experiment) -> Result<()> {
        NewHdf5::can_be_at(&self.model)?;
        let mut read = read_files(&self.args.experiment.file, experiment)?;
        read.push(path_beside(&self.model));
        may_be_written(self.paths(), &read, self.args.force)
    }

    /// Makes the folders, and in them files that are deleted at once, before the training; then locks the model.
    ///
    /// # Errors
    /// If the files can't be written, or if another runner trains to the model.
    pub(super) fn hold(&self) -> Result<ModelLock> {
        self.can_be_written().map_err(Failure::of_writing)?;
        ModelLock::take(&self.model)
    }

    fn can_be_written(&self) -> Result<(), files::Error> {
        self.paths().try_for_each(|file| make_folder(folder_of(file)))?;
        NewHdf5::new(&self.model)?;
        self.history().map_or(Ok(()), |history| Part::new(history).map(drop))
    }

    /// Writes what a training leaves and removes its checkpoint; a net that has diverged leaves no model.
    ///
    /// # Errors
    /// If there is no model; if it can't be written, in which case the checkpoint is kept; if the history can't be written.
    pub(super) fn leave(
        &self,
        trial: &Trial,
        outcome: &Outcome,
        model: Option<Model>,
        checkpoints: &Checkpoints,
    ) -> Result<()> {
        let Some(model) = model else {
            self.write(None, outcome)?.report()?;
            let End::Diverged { iteration, reason } = outcome.end.clone() else {
                let dir = self.args.experiment.file.clone();
                return Err(Failure::NotKept { id: trial.id.clone(), dir }.into());
            };
            checkpoints.remove([trial]);
            let rate = trial.config.schedule.learning_rate;
            return Err(Failure::Diverged { iteration, reason, rate }.into());
        };
        summary(trial, outcome);
        let written = self.write(Some(&model), outcome)?;
        checkpoints.remove([trial]);
        written.report()
    }

    /// Writes the model, if there is one, and then the history, if it is asked for: one that can't be written leaves the model.
    fn write(&self, model: Option<&Model>, outcome: &Outcome) -> Result<Written> {
        let _writing = Writing::begin(&self.writing);
        let force = self.args.force;
        let write = |model: &Model| {
            let place = free_place(&self.model, force);
            model.write(&place, force).map_err(|error| Failure::Unwritten(error.into())).map(|()| place)
        };
        let model = model.map(write).transpose()?;
        let history = self.history().map(|path| free_place(path, force));
        let history = history.map_or(Ok(()), |path| write_history(&path, force, outcome));
        Ok(Written { model, history })
    }
}

/// The results of a training that are on the disk.
struct Written {
    model: Option<PathBuf>,
    history: Result<(), files::Error>,
}

impl Written {
    /// Prints the name of the model.
    ///
    /// # Errors
    /// If the history could not be written, or stdout refuses.
    fn report(self) -> Result<()> {
        let named = self.model.map_or(Ok(()), |model| print_names(&[&model]));
        self.history.map_err(|error| Failure::Unwritten(error.into()))?;
        named
    }
}

/// Returns `path`, or, if another program has put something there since the training began, a free name beside it: the training
/// is not lost.
fn free_place(path: &Path, replace: bool) -> PathBuf {
    if regular_file::is_at(path).is_ok_and(|is_there| replace || !is_there) {
        return path.to_owned();
    }
    let free = first_free(|number| match path.extension() {
        Some(extension) => path.with_extension(format!("{number}.{}", extension.display())),
        None => path.with_added_extension(number.to_string()),
    });
    warn(&format!("{} has appeared while this net trained; the result goes to {}", path.display(), free.display()));
    free
}

/// Writes the recorded costs and metrics: the shortest decimals that read back as the same f64, and an empty cell for a
/// metric that is not finite.
fn write_history(path: &Path, replace: bool, outcome: &Outcome) -> Result<(), files::Error> {
    write_whole(path, replace, |out| {
        let columns = outcome.metrics.columns.iter().map(String::as_str);
        writeln!(out, "{}", ["iteration", "cost"].into_iter().chain(columns).collect::<Vec<_>>().join(","))?;
        for Recorded { iteration, cost, metrics } in Recorded::all_of(outcome) {
            let metrics = metrics.iter().map(|value| value.map(|value| format!("{value:?}")).unwrap_or_default());
            let cells = [iteration.to_string(), format!("{cost:?}")].into_iter().chain(metrics);
            writeln!(out, "{}", cells.collect::<Vec<_>>().join(","))?;
        }
        Ok(())
    })
}
