//! Progress of a sweep: a bar on a terminal, a line a trial elsewhere.

use std::io::{IsTerminal, stderr};

use indicatif::ProgressBar;
use net::Score;

use super::bar;
use super::mode::ProgressMode;
use crate::run::outcome::{End, Outcome};
use crate::terminal::say;

/// Shows a sweep's progress. Its measure is flops, so that the time left is right when trials differ in size.
pub struct SweepProgress {
    shown: Shown,
    finished: usize,
    flops: f64,
    trials: usize,
    best: Option<f64>,
}

enum Shown {
    Bar(ProgressBar),
    Lines,
    Nothing,
}

impl SweepProgress {
    /// For a sweep of which `trials` with `flops` are to be done.
    pub fn new(mode: ProgressMode, trials: usize, flops: f64) -> Self {
        let shown = match mode {
            ProgressMode::None => Shown::Nothing,
            // indicatif draws nothing where there is no terminal.
            ProgressMode::Auto | ProgressMode::Bar if stderr().is_terminal() => Shown::Bar(bar_of(trials, flops)),
            _ => Shown::Lines,
        };
        SweepProgress { shown, finished: 0, flops: 0.0, trials, best: None }
    }

    /// A trial of `flops` has finished and is in the record.
    pub fn finished(&mut self, label: &str, outcome: &Outcome, flops: f64) {
        self.finished += 1;
        self.flops += flops;
        let cost = outcome.history.last().map(|record| record.cost);
        if matches!(outcome.end, End::Completed | End::Stopped { .. }) {
            self.best = self.best.into_iter().chain(cost).min_by(f64::total_cmp);
        }
        match &self.shown {
            Shown::Bar(bar) => {
                bar.set_position(mega(self.flops));
                let best = self.best.map(|cost| format!(", best cost {cost:.4}")).unwrap_or_default();
                bar.set_message(format!("{}/{} trials{best}", self.finished, self.trials));
            }
            Shown::Lines => {
                let width = self.trials.to_string().len();
                let what = match &outcome.end {
                    End::Completed => scores(outcome),
                    End::Stopped { iteration, reason } => {
                        format!("{}  stopped at iteration {iteration}: {reason}", scores(outcome))
                    }
                    End::Diverged { iteration, reason } => format!("diverged at iteration {iteration}: {reason}"),
                    End::Failed { reason } => format!("failed: {reason}"),
                };
                say(&format!("[{:width$}/{}] {label}  {what}  {:.1} s", self.finished, self.trials, outcome.seconds));
            }
            Shown::Nothing => {}
        }
    }

    /// The sweep has ended: the bar goes.
    pub fn end(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

/// The last cost, and how the net does: the share in the right class, or the cost where there are no classes.
fn scores(outcome: &Outcome) -> String {
    let cost = outcome.history.last().map_or(f64::NAN, |record| record.cost);
    let of = |score: Option<Score>| match score {
        Some(Score { accuracy: Some(accuracy), .. }) => format!("{accuracy:.3}"),
        Some(Score { cost, .. }) => format!("cost {cost:.4}"),
        None => "-".to_owned(),
    };
    format!("cost {cost:.4}  train {}  test {}", of(outcome.train), of(outcome.test))
}

fn bar_of(trials: usize, flops: f64) -> ProgressBar {
    let bar = bar::new(mega(flops).max(1), "{percent:>3}%");
    bar.set_message(format!("0/{trials} trials"));
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

fn mega(flops: f64) -> u64 {
    (flops / 1e6) as u64
}
