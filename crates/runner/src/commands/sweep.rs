//! `runner sweep`: experiment → data → plan → workers → record → tables.

mod checkpoints;
mod divergence;
mod dry_run;
mod limits;
mod mixed;
mod prepared;
mod shard;
mod tally;
mod training;

use std::process::ExitCode;

use anyhow::Result;
use kernels::blas::Request;

use self::limits::Limits;
use self::prepared::PreparedSweep;
use self::training::Training;
use super::advice::advise;
use super::stop::stop_on_interrupt;
use crate::cli;

/// Trains the unfinished trials of an experiment, rung by rung if it has successive halving.
pub(super) fn run(args: &cli::Sweep, blas: Option<&Request>) -> Result<ExitCode> {
    args.progress.set_up();
    let stop = stop_on_interrupt()?;
    stop.at_the_end(" before the training began".to_owned());
    let limits = Limits::begin(args, &stop)?;
    let mut sweep = PreparedSweep::new(args, blas)?;
    advise(&sweep.plan);
    if args.dry_run {
        sweep.session().say_notes();
        return sweep.preview(args, &stop);
    }
    let mut training = Training::begin(&sweep, args, stop, limits)?;
    training.train(&mut sweep)?;
    training.end(&sweep)
}
