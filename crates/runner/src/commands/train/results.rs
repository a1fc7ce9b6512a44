//! The files and the summary of a trained net.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;

use anyhow::{Result, bail};
use net::Score;

use super::provenance::provenance;
use crate::cli;
use crate::commands::answer::{may_be_written, print_names};
use crate::commands::failure::Failure;
use crate::commands::resume::same_again;
use crate::commands::session::Session;
use crate::commands::source::read_files;
use crate::machine::Machine;
use crate::model::{self, Model, Net};
use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::record::summary::Recorded;
use crate::run::checkpoint::checkpoints::{Writing, path_beside};
use crate::run::outcome::{End, Outcome, drift_bound};
use crate::spec::experiment::Experiment;
use crate::terminal::{say, warn};
use crate::text::{decimals, layers};
use datasets::files::{self, NewHdf5, Part, first_free, folder_of, make_folder, regular_file, write_whole};

/// Checks before the training that the files can be written: makes their folders, and in them files that are deleted at
/// once.
pub(super) fn can_be_written(model: &Path, history: Option<&Path>) -> Result<(), files::Error> {
    [Some(model), history].into_iter().flatten().try_for_each(|file| make_folder(folder_of(file)))?;
    NewHdf5::new(model)?;
    history.map_or(Ok(()), |history| Part::new(history).map(drop))
}

/// Refuses a net that a model file can't hold.
pub(super) fn fits_a_model(plan: &Plan, trial: &Trial) -> Result<()> {
    let parameters = plan.parameters(&trial.config);
    if parameters * 8.0 > model::MOST_BYTES as f64 {
        let most = model::MOST_BYTES / 8;
        bail!("model.hidden: {parameters:.0} weights and biases; a model file has at most {most}");
    }
    Ok(())
}

/// Describes the net in half a line.
pub(super) fn net_in_words(plan: &Plan, trial: &Trial) -> String {
    let layers = layers(&plan.widths(&trial.config));
    format!("{layers} in {}, {} engine", trial.config.dtype.name(), trial.engine.name())
}

/// Makes the model of a trained net.
pub(super) fn model_of(net: Net, session: &Session, trial: &Trial, outcome: &Outcome, machine: &Machine) -> Model {
    let Session { data, .. } = session;
    let provenance = provenance(session, trial, outcome, machine);
    let input = data.train.x.element();
    let (image_shape, scaling) = (data.train.image_shape, data.scaling.clone());
    let mut model = Model { net, input, image_shape, scaling, classes: Vec::new(), provenance };
    if let (Some(count), false) = (model.class_count(), data.classes.is_empty()) {
        // A file may name only one of two classes.
        let name = |class: usize| data.classes.get(class).cloned().unwrap_or_else(|| class.to_string());
        model.classes = (0..count).map(name).collect();
    }
    model
}

/// Refuses the files that a training is asked to write and that can't be, or mustn't: those that it reads, its checkpoint among them.
pub(super) fn may_write(args: &cli::Train, out: &Path, experiment: &Experiment) -> Result<()> {
    NewHdf5::can_be_at(out)?;
    let mut read = read_files(&args.experiment.file, experiment)?;
    read.push(path_beside(out));
    may_be_written([Some(out), args.history.as_deref()].into_iter().flatten(), &read, args.force)
}

/// The results of a training that are on the disk.
pub(super) struct Written {
    model: Option<PathBuf>,
    history: Result<(), files::Error>,
}

impl Written {
    /// Prints the name of the model.
    ///
    /// # Errors
    /// If the history could not be written, or stdout refuses.
    pub(super) fn report(self) -> Result<()> {
        let named = self.model.map_or(Ok(()), |model| print_names(&[&model]));
        self.history.map_err(|error| Failure::Unwritten(error.into()))?;
        named
    }
}

/// Writes the model, if there is one, and then the history, if it is asked for. A process that is asked to end waits for both,
/// and a history that can't be written leaves the model.
///
/// # Errors
/// If the model can't be written.
pub(super) fn write_results(
    args: &cli::Train,
    out: &Path,
    model: Option<&Model>,
    outcome: &Outcome,
    writing: &AtomicUsize,
) -> Result<Written> {
    let _writing = Writing::begin(writing);
    let write = |model: &Model| {
        let place = free_place(out, args.force);
        model.write(&place, args.force).map_err(|error| Failure::Unwritten(error.into())).map(|()| place)
    };
    let model = model.map(write).transpose()?;
    let history = args.history.as_deref().map(|path| free_place(path, args.force));
    let history = history.map_or(Ok(()), |path| write_history(&path, args.force, outcome));
    Ok(Written { model, history })
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

/// Reports the scores at the end, and the time.
pub(super) fn summary(trial: &Trial, outcome: &Outcome) {
    if outcome.drift.is_some_and(|drift| drift > drift_bound(trial.config.dtype)) {
        warn(
            "the training drifted further from the weights than rounding explains; run.engine=direct trains \
             without it",
        );
    }
    let of = |name: &str, score: Option<Score>| {
        score.map(|Score { cost, accuracy }| {
            let accuracy = accuracy.map(|accuracy| format!(", accuracy {accuracy:.4}")).unwrap_or_default();
            format!("{name} cost {}{accuracy}", decimals(cost, 6))
        })
    };
    let sets = [("train", outcome.train), ("test", outcome.test), ("validation", outcome.validation)];
    let scores: Vec<_> = sets.into_iter().filter_map(|(name, score)| of(name, score)).collect();
    let stopped = match &outcome.end {
        End::Stopped { iteration, reason } => format!("; stopped at iteration {iteration}: {reason}"),
        _ => String::new(),
    };
    let stopped = outcome.reason(&stopped);
    say(&format!("{}; {:.1} s, {} engine{stopped}", scores.join("; "), outcome.seconds, trial.engine.name()));
}

/// Says what is left of a training that was interrupted, whose checkpoint is at `iteration`.
pub(super) fn interrupted(iteration: Option<usize>, checkpoint: &Path) -> String {
    let nothing = "interrupted: no model is written".to_owned();
    iteration.map_or(nothing, |iteration| {
        let (checkpoint, again) = (checkpoint.display(), same_again());
        format!("interrupted at iteration {iteration}, kept in {checkpoint}; no model is written; to go on: {again}")
    })
}
