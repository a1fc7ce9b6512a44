//! Failures of commands, and their exit codes.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use datasets::files::DiskFailure;
use kernels::blas::{self, Refused};
use kernels::{WrongProduct, WrongSum};
use net::Bound;

use crate::plan::engine;
use crate::record;
use crate::record::names::EXPERIMENT;
use crate::run::execute;
use crate::run::untrusted::Untrusted;
use crate::shell_words::quoted_path;
use crate::terminal::say;

/// The exit code of a command that was interrupted, or whose time budget is over.
pub(super) const INTERRUPTED: u8 = 130;

/// An error of a command itself.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The user interrupted it.
    #[error("interrupted before the training began")]
    Interrupted,
    /// Its time budget, which this names, was over.
    #[error("{0} before the training began")]
    NoTime(String),
    /// The net diverged, so that there is no model to write.
    #[error("diverged at iteration {iteration}: {reason}; no model is written; {}", against_divergence(*iteration, reason, *rate))]
    Diverged {
        /// The first such iteration.
        iteration: usize,
        /// The quantity that is not finite, or too large.
        reason: String,
        rate: f64,
    },
    /// A trial of a record, trained again, has other costs.
    #[error(
        "trial {id}: its costs are not those of the record, on the same machine; runner check tests the BLAS, runner verify the record"
    )]
    NotRepeated { id: String },
    /// A trial of a record, trained again, stopped at another iteration, before or after its net was to be taken.
    #[error(
        "trial {id}: it stopped at another iteration than in the record, so that its net could not be kept, and no model is written; to train \
         it without its fleet: runner train {0}, with its settings as KEY=VALUE",
        quoted_path(&dir.join(EXPERIMENT))
    )]
    NotKept {
        id: String,
        /// The directory of the record.
        dir: PathBuf,
    },
    /// A trial has different results in two records.
    #[error(
        "trial {id} has two results: {first}, {second}; one of the two computes wrongly at times, or is another build: \
         runner verify --retrain all tells which; nothing is joined"
    )]
    Doubled {
        id: String,
        /// The result, machine and directory of one record.
        first: String,
        /// The result, machine and directory of the other record.
        second: String,
    },
    /// The record is complete, but its tables could not be written.
    #[error("{}", with_the_kept(error, &format!("{kept} finished trials are in the record, but a table of them could not be written")))]
    NotExported { error: record::error::Error, kept: usize },
    /// A file could not be written.
    #[error(transparent)]
    Unwritten(Box<dyn Error + Send + Sync>),
    /// The result could not be written to stdout.
    #[error("stdout can't be written: {0}")]
    Unanswered(io::Error),
    /// The files are written, but their names could not be written to stdout.
    #[error("{names}: kept, but stdout can't be written: {error}")]
    Unnamed { names: String, error: io::Error },
    /// The record could not be written, which cut the sweep short.
    #[error("{}", with_the_kept(error, &format!("{kept} finished trials are kept, the rest was not run")))]
    CutShort { error: record::error::Error, kept: usize },
    /// Slurm has some of the jobs, but not all, or may have one.
    #[error("{0}")]
    PartlySubmitted(String),
}

/// Says which trials are `kept` before the error, unless they are not: a record without a name can't be found.
fn with_the_kept(error: &record::error::Error, kept: &str) -> String {
    if matches!(error, record::error::Error::Nameless { .. }) { error.to_string() } else { format!("{kept}: {error}") }
}

/// Says what may keep a training from diverging as one of this learning rate did.
fn against_divergence(iteration: usize, reason: &str, rate: f64) -> String {
    match iteration {
        _ if reason == Bound::Moments.to_string() => {
            "the square of a gradient has overflowed: try model.dtype=f64, or smaller targets".to_owned()
        }
        0 => format!("that was before its first update: {}", against_divergence_at_once(reason)),
        _ => format!("try a smaller train.learning_rate than {rate:?}"),
    }
}

/// Says what may keep a training from diverging before its first update, which no learning rate does.
pub(super) fn against_divergence_at_once(reason: &str) -> &'static str {
    if reason == Bound::Cost.to_string() {
        "try a larger train.diverge_above"
    } else {
        "try another model.init, or data.scale=standardize if the inputs are large"
    }
}

impl Failure {
    /// Converts an error of writing: a fault of the disk exits with 1, a place that can't be written with 2.
    pub(super) fn of_writing<E: DiskFailure + Error + Send + Sync + 'static>(error: E) -> anyhow::Error {
        if error.is_disk_failure() { Failure::Unwritten(Box::new(error)).into() } else { error.into() }
    }

    /// Converts the error of a training that was cut short, with the number of trials that are `kept`.
    pub(super) fn of_training(error: execute::Error<record::error::Error>, kept: usize) -> anyhow::Error {
        match error {
            execute::Error::Untrusted(error) => error.into(),
            execute::Error::Write(error) => Failure::CutShort { error, kept }.into(),
            execute::Error::NoThread(error) => error.into(),
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Failure::NotRepeated { .. } | Failure::NotKept { .. } | Failure::Doubled { .. } => 3,
            Failure::Interrupted | Failure::NoTime(_) => INTERRUPTED,
            Failure::CutShort { .. }
            | Failure::NotExported { .. }
            | Failure::Diverged { .. }
            | Failure::Unwritten(_)
            | Failure::PartlySubmitted(_)
            | Failure::Unanswered(_)
            | Failure::Unnamed { .. } => 1,
        }
    }
}

/// Says that a command was stopped before it had written anything, and returns its exit code.
pub(super) fn interrupted(error: &dyn Error) -> ExitCode {
    say(&error.to_string());
    ExitCode::from(INTERRUPTED)
}

/// Returns the exit code of a command that ends with this error, see `runner --help`.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    let is_untrusted = error.is::<WrongProduct>()
        || error.is::<WrongSum>()
        || error.is::<Untrusted>()
        || error.is::<Refused>()
        || matches!(error.downcast_ref(), Some(blas::Error::Refused(_)))
        || matches!(error.downcast_ref(), Some(engine::Error::WrongSum(_)));
    if is_untrusted { 3 } else { error.downcast_ref().map_or(2, Failure::exit_code) }
}
