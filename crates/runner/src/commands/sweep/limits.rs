//! The limits at which a sweep ends before its last trial.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use datasets::text::count;
use humantime::format_duration;
use signal_hook::consts::SIGTERM;
use signal_hook::low_level;

use crate::cli;
use crate::commands::failure::{Failure, INTERRUPTED};
use crate::commands::stop::Stop;
use crate::run::workers::NoThread;

/// The limits of a sweep.
pub(super) struct Limits {
    time_budget: Option<Duration>,
    /// Whether the time budget has ended the sweep.
    is_over: Arc<AtomicBool>,
    /// The number of failed trials that ends the sweep.
    max_fails: Option<usize>,
}

/// The reason why a sweep has ended before its last trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CutShort {
    /// Ctrl-C, SIGTERM or SIGHUP.
    Signal,
    /// The time budget was over.
    TimeBudget(Duration),
    /// This number of trials have failed.
    Fails(usize),
}

impl Limits {
    /// Starts the clock. At the end of the time budget the process sends itself the signal SIGTERM, so that it ends as by Ctrl-C.
    pub(super) fn begin(args: &cli::Sweep, stop: &Stop) -> Result<Self, NoThread> {
        let limits = Limits::of(args);
        if let Some(budget) = limits.time_budget {
            let (is_over, stop) = (Arc::clone(&limits.is_over), stop.clone());
            let end = move || {
                thread::sleep(budget);
                // A second signal would end the process at once.
                if !stop.is_asked() {
                    is_over.store(true, Ordering::Relaxed);
                    stop.because(CutShort::TimeBudget(budget).to_string());
                    let _ = low_level::raise(SIGTERM);
                }
            };
            thread::Builder::new().name("time budget".to_owned()).spawn(end)?;
        }
        Ok(limits)
    }

    fn of(args: &cli::Sweep) -> Self {
        let max_fails = args.max_fails.or(args.fail_fast.then_some(1)).map(|most| most as usize);
        Limits { time_budget: args.time_budget, is_over: Arc::default(), max_fails }
    }

    /// Returns whether `failed` trials end the sweep.
    pub(super) fn ends_at(&self, failed: usize) -> bool {
        self.max_fails.is_some_and(|most| failed >= most)
    }

    /// Names the limit in the error of a sweep that was interrupted before its training.
    pub(super) fn name_in(&self, error: anyhow::Error) -> anyhow::Error {
        match (error.downcast_ref(), self.reason(0)) {
            (Some(Failure::Interrupted), reason @ CutShort::TimeBudget(_)) => {
                Failure::NoTime(reason.to_string()).into()
            }
            _ => error,
        }
    }

    /// Returns the reason why a sweep with `failed` trials was stopped.
    pub(super) fn reason(&self, failed: usize) -> CutShort {
        match self.time_budget {
            _ if self.ends_at(failed) => CutShort::Fails(failed),
            Some(budget) if self.is_over.load(Ordering::Relaxed) => CutShort::TimeBudget(budget),
            _ => CutShort::Signal,
        }
    }
}

impl CutShort {
    /// Returns the exit code of a sweep that ended so.
    pub(super) fn exit_code(self) -> u8 {
        match self {
            CutShort::Signal | CutShort::TimeBudget(_) => INTERRUPTED,
            CutShort::Fails(_) => 1,
        }
    }
}

impl fmt::Display for CutShort {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            CutShort::Signal => f.write_str("interrupted"),
            CutShort::TimeBudget(budget) => write!(f, "the time budget of {} is over", format_duration(budget)),
            CutShort::Fails(failed) => write!(f, "ended after {}", count(failed, "failed trial")),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn limits(options: &[&str]) -> Limits {
        let words = ["runner", "sweep", "depth.toml"].iter().chain(options);
        match Cli::try_parse_from(words).expect("options of a sweep").command {
            Command::Sweep(args) => Limits::of(&args),
            _ => unreachable!("the command is sweep"),
        }
    }

    #[test]
    fn a_sweep_ends_at_the_number_of_failed_trials_that_was_given_and_by_default_at_none() {
        assert!(!limits(&[]).ends_at(1000));
        let fail_fast = limits(&["--fail-fast"]);
        assert!(!fail_fast.ends_at(0) && fail_fast.ends_at(1));
        let three = limits(&["--max-fails", "3"]);
        assert!(!three.ends_at(2) && three.ends_at(3) && three.ends_at(4));
        assert_eq!(three.reason(4), CutShort::Fails(4));
        assert_eq!(three.reason(2), CutShort::Signal);
    }

    #[test]
    fn the_reason_is_said_in_words_with_its_exit_code() {
        let budget = limits(&["--time-budget", "1h 30m"]);
        assert_eq!(budget.reason(0), CutShort::Signal, "its time is not over");
        budget.is_over.store(true, Ordering::Relaxed);
        let said = |reason: CutShort| (reason.to_string(), reason.exit_code());
        assert_eq!(said(budget.reason(0)), ("the time budget of 1h 30m is over".to_owned(), 130));
        assert_eq!(said(CutShort::Fails(2)), ("ended after 2 failed trials".to_owned(), 1));
        assert_eq!(said(CutShort::Signal), ("interrupted".to_owned(), 130));
    }
}
