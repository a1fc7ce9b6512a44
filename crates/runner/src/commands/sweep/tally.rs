//! The summary of a sweep.

use std::time::Instant;

use kernels::peak;

use super::limits::CutShort;
use crate::commands::resume::same_again;
use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::run::outcome::{End, Outcome, drift_bound};
use crate::spec::trial::Dtype;
use crate::terminal::{say, warn};
use datasets::text::count;

/// The work that a run has done so far.
pub(super) struct Tally {
    start: Instant,
    completed: usize,
    diverged: usize,
    failed: usize,
    steps: usize,
    /// Operations of the products in f32, and in f64.
    flops: [f64; 2],
    direct_flops: f64,
    drifted: usize,
}

impl Tally {
    pub(super) fn new() -> Self {
        Tally {
            start: Instant::now(),
            completed: 0,
            diverged: 0,
            failed: 0,
            steps: 0,
            flops: [0.0; 2],
            direct_flops: 0.0,
            drifted: 0,
        }
    }

    pub(super) fn add(&mut self, plan: &Plan, trial: &Trial, outcome: &Outcome) {
        let config = &trial.config;
        let steps = match outcome.end {
            End::Completed => plan.iterations(trial),
            End::Stopped { iteration, .. } | End::Diverged { iteration, .. } => iteration,
            End::Failed { .. } => 0,
        };
        match outcome.end {
            End::Completed | End::Stopped { .. } => self.completed += 1,
            End::Diverged { .. } => self.diverged += 1,
            End::Failed { .. } => self.failed += 1,
        }
        // What an earlier run had done is no work of this one.
        let done = outcome.resumed_at.min(steps)..steps;
        self.steps += done.len();
        self.direct_flops += plan.direct_flops_of_steps(trial, done.clone());
        self.flops[usize::from(config.dtype == Dtype::F64)] += plan.flops_of_steps(trial, done);
        self.drifted += usize::from(outcome.drift.is_some_and(|drift| drift > drift_bound(config.dtype)));
    }

    pub(super) fn all(&self) -> usize {
        self.completed + self.diverged + self.failed
    }

    pub(super) fn failed(&self) -> usize {
        self.failed
    }

    /// Returns whether trials diverged and none completed.
    pub(super) fn only_diverged(&self) -> bool {
        self.diverged > 0 && self.completed == 0
    }

    pub(super) fn exit_code(&self, cut: Option<CutShort>) -> u8 {
        cut.map_or(u8::from(self.failed > 0), CutShort::exit_code)
    }

    /// Reports the work of `threads` threads, and warns of drifts.
    pub(super) fn say(&self, planned: usize, threads: usize, cut: Option<CutShort>) {
        if self.drifted > 0 {
            warn(&format!(
                "rounding took more than half of the digits of the first layer of {} (column drift of runner show), as it does where \
                 features lie far from 0; data.scale = \"standardize\", or run.engine = \"reduced\" or \"direct\", trains without it",
                count(self.drifted, "trial")
            ));
        }
        say(&self.line(planned, threads, cut));
    }

    fn line(&self, planned: usize, threads: usize, cut: Option<CutShort>) -> String {
        let seconds = self.start.elapsed().as_secs_f64();
        let Tally { completed, diverged, failed, .. } = self;
        let head = match (cut, planned) {
            (None, 0) => return "every trial was finished before".to_owned(),
            (Some(cut), _) => format!("{cut}: {} of {} finished", self.all(), count(planned, "trial")),
            (None, _) => count(planned, "trial"),
        };
        // The steps of fleets that were cut short are not counted here: a speed would be too low.
        let then = if cut.is_some() { format!("to go on: {}", same_again()) } else { self.speed(seconds, threads) };
        format!("{head} in {seconds:.1} s: {completed} completed, {diverged} diverged, {failed} failed; {then}")
    }

    /// Describes the work of all steps by its speed: per second, and as a share of the peak of `threads` cores.
    fn speed(&self, seconds: f64, threads: usize) -> String {
        let flops = self.flops.iter().sum::<f64>();
        let direct = if self.direct_flops > flops {
            format!(", {:.1} GFLOP/s direct-equivalent", self.direct_flops / seconds / 1e9)
        } else {
            String::new()
        };
        format!(
            "{} net-steps/s, {:.1} GFLOP/s done ({:.0}% of peak){direct}",
            four_digits(self.steps as f64 / seconds),
            flops / seconds / 1e9,
            100.0 * self.seconds_at_peak(threads) / seconds
        )
    }

    /// Computes the seconds that the products would take at the peak of `threads` cores, which it measures.
    fn seconds_at_peak(&self, threads: usize) -> f64 {
        let peaks = [peak::flops_of_threads::<f32>, peak::flops_of_threads::<f64>];
        let used = self.flops.iter().zip(peaks).filter(|(flops, _)| **flops > 0.0);
        used.fold(0.0, |seconds, (flops, peak)| seconds + flops / peak(threads))
    }
}

/// Formats a number with four digits that count, or with all of a larger one: speeds are compared, also those of large nets.
fn four_digits(number: f64) -> String {
    let decimals = (3.0 - number.log10().floor()).clamp(0.0, 3.0) as usize;
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_have_four_digits_that_count() {
        let found = [0.0, 0.4567, 1.4791, 14.791, 999.96, 59_052.3].map(four_digits);
        assert_eq!(found, ["0.000", "0.457", "1.479", "14.79", "1000.0", "59052"]);
    }
}
