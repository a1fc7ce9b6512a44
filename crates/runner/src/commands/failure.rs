//! Failures of commands, and their exit codes.

use std::error::Error;
use std::io;

use datasets::files::DiskFailure;
use kernels::blas::{self, Refused};
use kernels::{WrongProduct, WrongSum};

use crate::model;
use crate::plan::engine;
use crate::record;
use crate::run::untrusted::Untrusted;
use crate::run::{execute, training};

/// An error with an exit code or a message of its own; all others exit with 2.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The BLAS computes a product wrongly.
    #[error(transparent)]
    WrongProduct(#[from] WrongProduct),
    /// The BLAS has computed the examples' inner products wrongly.
    #[error(transparent)]
    WrongSum(#[from] WrongSum),
    /// A training can't be trusted.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// This BLAS is refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No usable BLAS was found.
    #[error(transparent)]
    Blas(#[from] blas::Error),
    /// The system has no more threads for this program.
    #[error("can't start a thread: {0}; use fewer --jobs, or raise the limit (ulimit -u)")]
    NoThread(String),
    /// The user interrupted it.
    #[error("interrupted before the training began")]
    Interrupted,
    /// The net diverged, so that there is no model to write.
    #[error(
        "diverged at iteration {iteration}: {reason}; no model is written; try a smaller train.learning_rate than {rate:?}"
    )]
    Diverged {
        /// The first such iteration.
        iteration: usize,
        /// The quantity that is not finite, or too large.
        reason: String,
        /// The learning rate.
        rate: f64,
    },
    /// A trial of a record has come out otherwise.
    #[error(
        "trial {id}: its costs are not those of the record, on the same machine; runner check tests the BLAS, runner verify the record"
    )]
    NotRepeated {
        /// The trial's id.
        id: String,
    },
    /// A trial has different results in two records.
    #[error(
        "trial {id} has two results: {first}, {second}; one of the two computes wrongly at times, or is another build: \
         runner verify --retrain all tells which; nothing is joined"
    )]
    Doubled {
        /// The trial's id.
        id: String,
        /// The result, machine and directory of one record.
        first: String,
        /// The result, machine and directory of the other record.
        second: String,
    },
    /// The model of a trained net could not be written.
    #[error(transparent)]
    NotKept(model::Error),
    /// The record is complete, but its tables could not be written.
    #[error("{kept} finished trials are in the record, but a table of them could not be written: {error}")]
    NotExported {
        /// The error.
        error: record::error::Error,
        /// Trials in the record.
        kept: usize,
    },
    /// The disk is full or broken.
    #[error(transparent)]
    Disk(Box<dyn Error + Send + Sync>),
    /// The result could not be written to stdout.
    #[error("stdout can't be written: {0}")]
    Unanswered(io::Error),
    /// The files are written, but their names could not be written to stdout.
    #[error("{names}: kept, but stdout can't be written: {error}")]
    Unnamed {
        /// The files on the disk.
        names: String,
        /// The system's message.
        error: io::Error,
    },
    /// The record could not be written, which cut the sweep short.
    #[error("{kept} finished trials are kept, the rest was not run: {error}")]
    CutShort {
        /// The error.
        error: record::error::Error,
        /// Trials in the record.
        kept: usize,
    },
}

impl Failure {
    /// Converts an error of a plan: a wrong product exits with 3, an engine that can't train a trial with 2.
    pub(super) fn of_plan(error: engine::Error) -> anyhow::Error {
        match error {
            engine::Error::WrongSum(wrong) => Failure::from(wrong).into(),
            error => error.into(),
        }
    }

    /// Converts an error of writing: a fault of the disk exits with 1, a place that can't be written with 2.
    pub(super) fn of_writing<E: DiskFailure + Error + Send + Sync + 'static>(error: E) -> anyhow::Error {
        if error.is_disk_failure() { Failure::Disk(Box::new(error)).into() } else { error.into() }
    }

    /// Converts the error of a training that was cut short, with the number of trials that are `kept`.
    pub(super) fn of_training(error: training::Error<record::error::Error>, kept: usize) -> Self {
        match error {
            training::Error::Untrusted(error) => Failure::Untrusted(error),
            training::Error::Cut(execute::Error::Write(error)) => Failure::CutShort { error, kept },
            training::Error::Cut(execute::Error::NoThread(reason)) => Failure::NoThread(reason),
        }
    }

    /// Returns the exit code, see `runner --help`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::WrongProduct(_)
            | Failure::WrongSum(_)
            | Failure::Untrusted(_)
            | Failure::Refused(_)
            | Failure::NotRepeated { .. }
            | Failure::Doubled { .. }
            | Failure::Blas(blas::Error::Refused(_)) => 3,
            Failure::Blas(_) | Failure::NoThread(_) => 2,
            Failure::Interrupted => 130,
            Failure::CutShort { .. }
            | Failure::NotExported { .. }
            | Failure::Diverged { .. }
            | Failure::NotKept(_)
            | Failure::Disk(_)
            | Failure::Unanswered(_)
            | Failure::Unnamed { .. } => 1,
        }
    }
}

impl From<io::Error> for Failure {
    /// Takes the error as that of a thread that could not be started.
    fn from(error: io::Error) -> Self {
        Failure::NoThread(error.to_string())
    }
}
