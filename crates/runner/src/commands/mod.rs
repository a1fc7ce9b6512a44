//! One file a subcommand.

mod bench;
mod check;
mod data;
mod evaluate;
mod gradcheck;
mod predict;
mod rehearse;
mod session;
mod show;
mod stop;
mod sweep;
mod train;
mod verify;

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use kernels::blas::{self, Refused};
use kernels::{WrongProduct, WrongSum};

use self::rehearse::{Reading, rehearse};
use crate::cli::{Cli, Command};
use crate::model;
use crate::plan::engine;
use crate::record;
use crate::run::inputs::Prepared;
use crate::run::untrusted::Untrusted;
use crate::run::{execute, training};
use crate::spec::{DataSource, Experiment, TestFiles};
use crate::visible::visible;
use datasets::catalog::{self, KnownFiles};
use datasets::files::OfTheDisk;
use datasets::{DataSet, Expected, Pinned, SaidBy, Source, TestSource};

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
        /// What is not finite, or too large.
        reason: String,
    },
    /// A trained net could not be kept.
    #[error(transparent)]
    NotKept(model::Error),
    /// The record is complete, the tables are not.
    #[error("{kept} finished trials are in the record, but a table of them could not be written: {error}")]
    NotExported {
        /// What went wrong.
        error: record::Error,
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
        /// What is on the disk.
        names: String,
        /// What the system says.
        error: io::Error,
    },
    /// Something could not be written while work was under way.
    #[error("{kept} finished trials are kept, the rest is not done: {error}")]
    CutShort {
        /// What went wrong.
        error: record::Error,
        /// Trials in the record.
        kept: usize,
    },
}

impl Failure {
    /// A wrong product exits with 3; what an engine can't do is a mistake of the experiment's.
    fn of_plan(error: engine::Error) -> anyhow::Error {
        match error {
            engine::Error::WrongSum(wrong) => Failure::from(wrong).into(),
            error => error.into(),
        }
    }

    /// An error of writing: the disk's own exits with 1, and a place that can't be written with 2.
    fn of_writing<E: OfTheDisk + Error + Send + Sync + 'static>(error: E) -> anyhow::Error {
        if error.is_of_the_disk() { Failure::Disk(Box::new(error)).into() } else { error.into() }
    }

    /// A sweep that was cut short, with what is `kept` of it.
    fn of_training(error: training::Error<record::Error>, kept: usize) -> Self {
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

/// Runs a subcommand.
///
/// # Errors
/// Whatever stopped it, in one line.
pub fn run(Cli { command, blas }: Cli) -> Result<ExitCode> {
    let blas = blas.as_ref();
    match command {
        Command::Sweep(args) => sweep::run(&args, blas),
        Command::Train(args) => train::run(&args, blas),
        Command::Predict(args) => predict::run(&args, blas),
        Command::Evaluate(args) => evaluate::run(&args, blas),
        Command::Show(args) => show::run(&args),
        Command::Verify(args) => verify::run(&args, blas),
        Command::Gradcheck(args) => gradcheck::run(&args, blas),
        Command::Bench(args) => bench::run(&args),
        Command::Check => check::run(blas),
        Command::Data(command) => data::run(command),
        Command::Rehearse(args) => rehearse::run(&args),
    }
}

/// What an experiment trains on: known files with the content that is known, and others with what the experiment pins.
fn source_of(experiment: &Experiment) -> Result<Source> {
    let Experiment { source, pins, names, targets, max_bytes, .. } = experiment;
    let (train, test) = match source {
        DataSource::Set(name) => {
            let KnownFiles { train, test } = catalog::find(name)?;
            (train, TestSource::File(test))
        }
        DataSource::Files { train, test } => {
            let test = match test {
                TestFiles::File(path) => TestSource::File(Pinned::any(path)),
                &TestFiles::Share { share, seed } => TestSource::Share { share, seed },
                TestFiles::Absent => TestSource::Absent,
            };
            (Pinned::any(train), test)
        }
    };
    let train = pinned(train, pins.train.as_ref(), "data.train_sha256")?;
    let test = match test {
        TestSource::File(file) => TestSource::File(pinned(file, pins.test.as_ref(), "data.test_sha256")?),
        other => other,
    };
    Ok(Source { train, test, names: names.clone(), targets: *targets, max_bytes: *max_bytes })
}

/// A file with what an experiment says of it, beside what is known.
fn pinned(file: Pinned, sha256: Option<&String>, key: &'static str) -> Result<Pinned> {
    match (sha256, &file.expected) {
        (None, _) => Ok(file),
        (Some(sha256), Some(known)) if known.sha256 != *sha256 => {
            bail!("{key}: is {sha256}, and the set's own is {}; a known set has one content", known.sha256)
        }
        (Some(_), Some(_)) => Ok(file),
        (Some(sha256), None) => {
            let expected = Expected { sha256: sha256.clone(), said_by: SaidBy::Key(key) };
            Ok(Pinned { expected: Some(expected), ..file })
        }
    }
}

/// Reads what an experiment trains on, under the data contract, and prepares it for nets.
fn data_of(experiment: &Experiment) -> Result<Prepared> {
    Ok(Prepared::new(set_of(&source_of(experiment)?)?, experiment.validation, experiment.scaling)?)
}

/// Reads a data set, once that has been tried.
fn set_of(source: &Source) -> Result<DataSet> {
    rehearse(&Reading::of_set(source), &source.files())?;
    Ok(DataSet::load(source)?)
}

/// Writes to stdout, with nothing in it that steers a terminal. A reader that has seen enough (`| head`) is no error.
fn print(text: &str) -> Result<()> {
    put_out(text).map_err(|error| Failure::Unanswered(error).into())
}

/// Writes the names of what is on the disk now to stdout, a line each.
fn print_names(paths: &[&Path]) -> Result<()> {
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    put_out(&(names.join("\n") + "\n")).map_err(|error| Failure::Unnamed { names: names.join(", "), error }.into())
}

fn put_out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(visible(text).as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
