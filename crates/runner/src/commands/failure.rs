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

/// An error that doesn't exit with 2.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The BLAS computes wrongly.
    #[error(transparent)]
    WrongProduct(#[from] WrongProduct),
    /// The BLAS has computed the examples' inner products wrongly.
    #[error(transparent)]
    WrongSum(#[from] WrongSum),
    /// A training can't be trusted.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// This BLAS is not used like that.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is no BLAS that can be used.
    #[error(transparent)]
    Blas(#[from] blas::Error),
    /// The system has no more threads for this program.
    #[error("can't start a thread: {0}; use fewer --jobs, or raise the limit (ulimit -u)")]
    NoThread(String),
    /// A person asked it to end.
    #[error("interrupted before the training began")]
    Interrupted,
    /// There is no net to keep.
    #[error("diverged at iteration {iteration}: {reason}; no model is written")]
    Diverged {
        /// The first such iteration.
        iteration: usize,
        /// The quantity that is not finite, or too large.
        reason: String,
    },
    /// A trained net could not be kept.
    #[error(transparent)]
    NotKept(model::Error),
    /// The record is complete, the tables are not.
    #[error("{kept} finished trials are in the record, but a table of them could not be written: {error}")]
    NotExported {
        /// The error.
        error: record::error::Error,
        /// Trials in the record.
        kept: usize,
    },
    /// The disk is full or broken, which is nobody's mistake.
    #[error(transparent)]
    Disk(Box<dyn Error + Send + Sync>),
    /// The answer is there, but nobody hears it.
    #[error("stdout can't be written: {0}")]
    Unanswered(io::Error),
    /// The work is done, but nobody hears of it.
    #[error("{names}: kept, but stdout can't be written: {error}")]
    Unnamed {
        /// The files on the disk.
        names: String,
        /// The system's message.
        error: io::Error,
    },
    /// Something could not be written while work was under way.
    #[error("{kept} finished trials are kept, the rest was not run: {error}")]
    CutShort {
        /// The error.
        error: record::error::Error,
        /// Trials in the record.
        kept: usize,
    },
}

impl Failure {
    /// A wrong product exits with 3; what an engine can't do is a mistake of the experiment's.
    pub(super) fn of_plan(error: engine::Error) -> anyhow::Error {
        match error {
            engine::Error::WrongSum(wrong) => Failure::from(wrong).into(),
            error => error.into(),
        }
    }

    /// An error of writing: the disk's own exits with 1, and a place that can't be written with 2.
    pub(super) fn of_writing<E: DiskFailure + Error + Send + Sync + 'static>(error: E) -> anyhow::Error {
        if error.is_disk_failure() { Failure::Disk(Box::new(error)).into() } else { error.into() }
    }

    /// A sweep that was cut short, with what is `kept` of it.
    pub(super) fn of_training(error: training::Error<record::error::Error>, kept: usize) -> Self {
        match error {
            training::Error::Untrusted(error) => Failure::Untrusted(error),
            training::Error::Cut(execute::Error::Write(error)) => Failure::CutShort { error, kept },
            training::Error::Cut(execute::Error::NoThread(reason)) => Failure::NoThread(reason),
        }
    }

    /// The exit code, see `runner --help`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::WrongProduct(_)
            | Failure::WrongSum(_)
            | Failure::Untrusted(_)
            | Failure::Refused(_)
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
    /// No thread.
    fn from(error: io::Error) -> Self {
        Failure::NoThread(error.to_string())
    }
}
