//! The arguments of `runner merge`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `runner merge`.
#[derive(Args, Debug)]
pub struct Merge {
    /// Results directories of shards, or directories that hold them, such as results/depth.shards.
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// The results directory of the whole sweep [default: results/depth for results/depth.shards, else results/NAME].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Join shards although they were trained with different BLAS libraries, BLAS cores (their kernels, such as Haswell) or numbers
    /// of threads per fleet.
    #[arg(long)]
    pub mix: bool,
}
