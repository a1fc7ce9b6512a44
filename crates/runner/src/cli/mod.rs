//! The command line. Its help text is the docs of these types.

mod bench;
mod blas;
mod choice;
pub mod cluster;
mod command;
mod data;
mod exit_codes;
mod experiment;
mod keys;
mod models;
mod rehearse;
mod results;
mod shells;
mod sweep;

use clap::Parser;
use kernels::blas::Request;

use crate::terminal::ColorWhen;

pub use self::bench::Bench;
pub use self::blas::Blas;
pub use self::cluster::{Merge, Status, Submit};
pub use self::command::Command;
pub use self::data::{Data, Fetch, Generate, Import, Inspect};
use self::exit_codes::EXIT_CODES;
pub use self::experiment::{ExperimentArgs, Gradcheck, Trace};
pub use self::models::{Evaluate, Export, Predict, Train, WhichPart};
pub use self::rehearse::{REHEARSE, Rehearse};
pub use self::results::{Best, Claims, Compare, Report, Retrain, Show, Tag, Verify, Which, with_removals};
pub use self::shells::{COMPLETE, Completions, Man};
pub use self::sweep::Sweep;

/// Trains fully-connected deep networks on CPUs, very many of them, at BLAS speed and from first principles.
#[derive(Debug, Parser)]
#[command(name = "runner", version, max_term_width = 110)]
#[command(after_help = EXIT_CODES)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
    /// The BLAS to multiply with, given before the command that has this option.
    #[arg(long, value_name = "NAME|PATH", hide = true)]
    pub blas: Option<Request>,
    /// Say more: what is read and planned, and how long it takes.
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Say nothing on stderr but warnings and errors.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// When to use colours; auto respects NO_COLOR and CLICOLOR_FORCE.
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, value_name = "WHEN")]
    pub color: ColorWhen,
}
