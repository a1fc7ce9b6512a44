//! Progress of one trial: a bar with its cost on a terminal, records elsewhere.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use net::HistoryPoint;
use serde_json::json;

use super::bar;
use super::event::with_summary;
use super::mode::{Form, ProgressMode};
use crate::plan::trial::Trial;
use crate::run::outcome::Outcome;
use crate::terminal::{clear_from_here, emit, say};
use crate::text::decimals;

/// Lines of a whole training, more or less, where it has more records than that.
const LINES: usize = 100;
/// A bar is drawn no more often: steps can take microseconds.
const DRAWN_EVERY: Duration = Duration::from_millis(100);
/// Events of a training come no more often.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Shows a trial's progress.
pub struct TrainingProgress {
    shown: Shown,
    iterations: usize,
    /// The iteration of the last line.
    last: Cell<Option<usize>>,
}

enum Shown {
    Bar {
        bar: ProgressBar,
        drawn: RefCell<Instant>,
    },
    /// A line every `every` iterations.
    Lines {
        every: usize,
    },
    Events {
        told: RefCell<Instant>,
    },
    Nothing,
}

impl TrainingProgress {
    /// Starts to show a training of `iterations` updates, with a record after each `record_every` of them.
    pub fn new(mode: ProgressMode, iterations: usize, record_every: usize) -> Self {
        let shown = match mode.form() {
            Form::Nothing => Shown::Nothing,
            Form::Bar => {
                let bar = bar::new(iterations as u64, "{pos}/{len}");
                Shown::Bar { bar, drawn: RefCell::new(Instant::now()) }
            }
            Form::Lines => {
                Shown::Lines { every: record_every * iterations.div_ceil(record_every).div_ceil(LINES).max(1) }
            }
            Form::Events => {
                emit(&json!({ "event": "begin", "trials": 1, "iterations": iterations }));
                Shown::Events { told: RefCell::new(Instant::now()) }
            }
        };
        TrainingProgress { shown, iterations, last: Cell::new(None) }
    }

    /// Shows the last recorded cost, as it is before a step.
    pub fn at(&self, latest: Option<HistoryPoint>) {
        let Some(HistoryPoint { iteration, cost }) = latest else { return };
        match &self.shown {
            Shown::Bar { bar, drawn } if drawn.borrow().elapsed() >= DRAWN_EVERY => {
                drawn.replace(Instant::now());
                bar.set_position(iteration as u64);
                let done = format!("{0}/{0}", self.iterations).len();
                bar.set_message(bar::fitting([format!("cost {}", decimals(cost, 4))], done));
            }
            Shown::Lines { every } if iteration.is_multiple_of(*every) => self.line(iteration, cost),
            Shown::Events { told } if told.borrow().elapsed() >= TOLD_EVERY => {
                told.replace(Instant::now());
                let iterations = self.iterations;
                emit(&json!({ "event": "progress", "iteration": iteration, "iterations": iterations, "cost": cost }));
            }
            _ => {}
        }
    }

    /// Removes the bar at the end of the training of `trial`, and shows its outcome; `None` if it was interrupted.
    pub fn end(&self, trial: &Trial, outcome: Option<&Outcome>) {
        match &self.shown {
            Shown::Bar { bar, .. } => {
                bar.finish_and_clear();
                clear_from_here();
            }
            Shown::Lines { .. } => {
                let last = outcome.and_then(|outcome| outcome.history.last());
                last.into_iter().for_each(|last| self.line(last.iteration, last.cost));
            }
            Shown::Events { .. } => {
                let event = json!({ "event": "end", "trial": trial.id });
                emit(&match outcome {
                    Some(outcome) => with_summary(event, trial, outcome),
                    None => event,
                });
            }
            Shown::Nothing => {}
        }
    }

    fn line(&self, iteration: usize, cost: f64) {
        if self.last.replace(Some(iteration)) != Some(iteration) {
            let width = self.iterations.to_string().len();
            say(&format!("iteration {iteration:width$} of {}  cost {}", self.iterations, decimals(cost, 6)));
        }
    }
}
