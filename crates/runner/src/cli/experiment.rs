//! The arguments that name an experiment, and those of the commands that only look at one.

use std::path::PathBuf;

use clap::{Arg, Args};
use clap_complete::ArgValueCompleter;

use super::blas::Blas;
use super::keys::candidates;

/// An experiment and its overrides.
#[derive(Args, Debug)]
pub struct ExperimentArgs {
    /// The experiment, a TOML file such as experiments/depth.toml.
    #[arg(index = 1, value_name = "FILE")]
    pub file: PathBuf,
    /// Keys to set or replace, such as train.learning_rate=0.01 or 'sweep.seed=[1, 2]'. A key that the file sweeps is
    /// then fixed.
    #[arg(index = 2, value_name = "KEY=VALUE", add = ArgValueCompleter::new(candidates))]
    pub overrides: Vec<String>,
}

/// Gives FILE of [`ExperimentArgs`] another help. `Command::mut_arg` does too, but puts the argument behind all others, in manual pages.
pub(super) fn with_help_of_file(argument: Arg, help: &'static str) -> Arg {
    if argument.get_id() == "file" { argument.help(help) } else { argument }
}

/// Arguments of `runner gradcheck`.
#[derive(Args, Debug)]
pub struct Gradcheck {
    /// The experiment.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Compare at most this many elements of each parameter tensor, drawn with a fixed seed.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..))]
    pub elements: u32,
    /// Use at most this many training examples.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    pub examples: u32,
    /// The BLAS.
    #[command(flatten)]
    pub blas: Blas,
}

/// Arguments of `runner trace`.
#[derive(Args, Debug)]
pub struct Trace {
    /// The experiment.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Show the N-th step of the training.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub step: u32,
    /// Train on the first N examples alone.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub examples: Option<u32>,
    /// Print every number; otherwise large matrices are abbreviated, as NumPy does.
    #[arg(long)]
    pub full: bool,
    /// Print the step as JSON, every number with all its digits.
    #[arg(long)]
    pub json: bool,
    /// Write every matrix to an HDF5 file.
    #[arg(long, value_name = "FILE")]
    pub hdf5: Option<PathBuf>,
    /// Write a page for a browser, to step through with the arrow keys; it needs no network.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Replace files that are there already.
    #[arg(long)]
    pub force: bool,
    /// The BLAS.
    #[command(flatten)]
    pub blas: Blas,
}
