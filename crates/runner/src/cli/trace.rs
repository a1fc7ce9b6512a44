//! The arguments of `runner trace`.

use std::path::PathBuf;

use clap::Args;

use super::blas::Blas;
use super::experiment::ExperimentArgs;

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
