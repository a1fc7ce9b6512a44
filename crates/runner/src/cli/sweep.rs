//! The arguments of `runner sweep`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::blas::Blas;
use super::experiment::ExperimentArgs;
use crate::plan::shard::Shard;
use crate::progress::mode::ProgressMode;
use crate::text::parse_duration;

/// Arguments of `runner sweep`.
#[derive(Args, Debug)]
pub struct Sweep {
    /// The experiment.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Fleets (groups of nets that one worker trains together) to train at once [default: run.jobs, else cores / run.threads, where cores
    /// are those that this process may use].
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// The results directory [default: results/NAME].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// List the trials with their engines, flops, memory and predicted time, by speeds that are measured for some two seconds, and train
    /// nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Start anew: an existing results directory is renamed, never deleted.
    #[arg(long)]
    pub fresh: bool,
    /// Continue a sweep although finished trials were trained with another BLAS, BLAS core (its kernels, such as Haswell), plans of
    /// products (on an Intel instead of another processor) or number of threads per fleet. Training is chaotic: on one processor, up to
    /// 26% of the costs that a part of depth.toml recorded differed by more than 1% between two cores of OpenBLAS (docs/machines.md);
    /// other nets may differ less or more.
    #[arg(long, conflicts_with = "fresh")]
    pub mix: bool,
    /// Train only shard I of N, with I from 0 to N - 1, into DIR.shards/I-of-N; `runner merge` joins the shards.
    #[arg(long, value_name = "I/N", allow_hyphen_values = true)]
    pub shard: Option<Shard>,
    /// Train the shard that a scheduler's environment names: the task of a Slurm array, HyperQueue's task (N is needed
    /// then), or the rank of an MPI process.
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, conflicts_with = "shard")]
    pub shard_from_env: Option<Option<usize>>,
    /// End as Ctrl-C does when the command has run for this long, such as 90s, 45m or '1h 30m': finished trials are kept, and the exit
    /// code is 130 unless all are done.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub time_budget: Option<Duration>,
    /// End at the first trial that fails, with exit code 1. A trial that diverges has not failed.
    #[arg(long, conflicts_with = "max_fails")]
    pub fail_fast: bool,
    /// End when N trials have failed in this run, with exit code 1; without it, all others are trained.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_fails: Option<u32>,
    /// How to show progress on stderr; auto is a bar on a terminal and plain lines elsewhere.
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto, value_name = "HOW")]
    pub progress: ProgressMode,
    /// The BLAS.
    #[command(flatten)]
    pub blas: Blas,
}
