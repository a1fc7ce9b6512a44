//! Progress of a sweep: a bar on a terminal, elsewhere a line for each trial, and in between the state of the trials in training.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use net::Score;
use serde_json::{Value, json};

use super::bar;
use super::event::with_summary;
use super::foretold::{AFTER, Foretold};
use super::mode::{Form, ProgressMode};
use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::run::outcome::{End, Outcome, Status};
use crate::run::running_fleets::{RunningFleet, RunningFleets};
use crate::terminal::{clear_from_here, emit, say};
use crate::text::decimals;

/// A trial that takes longer than this is shown on its way.
const LONG: Duration = Duration::from_secs(2);
/// Trials on their way that one line or event lists at most.
const LISTED: usize = 8;
/// Columns of the share that is done.
const PERCENT: usize = "100%".len();

/// Shows a sweep's progress. Its measure is flops, so that the time left is right when trials differ in size.
pub struct SweepProgress {
    shared: Arc<Shared>,
    ticker: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    has_ended: Condvar,
}

struct State {
    form: Form,
    bar: Option<ProgressBar>,
    fleets: RunningFleets,
    trials: usize,
    all_flops: f64,
    flops: f64,
    /// The part of `flops` that earlier runs had done, up to the checkpoints of the fleets.
    flops_before: f64,
    /// Finished trials by their status, in the order of [`Status::ALL`].
    finished: [usize; 3],
    best: Option<f64>,
    begun: Instant,
    /// The time of the whole training, once its beginning has foretold it.
    foretold: Option<Foretold>,
    /// When something was shown last.
    shown: Instant,
    is_over: bool,
}

impl SweepProgress {
    /// Starts to show a sweep that has `trials` of `flops` to train; `fleets` are those that train at the moment.
    pub fn new(mode: ProgressMode, fleets: &RunningFleets, trials: usize, flops: f64) -> Self {
        let form = mode.form();
        let state = State {
            form,
            bar: (form == Form::Bar).then(|| bar_of(trials, flops)),
            fleets: fleets.clone(),
            trials,
            all_flops: flops,
            flops: 0.0,
            flops_before: 0.0,
            finished: [0; 3],
            best: None,
            begun: Instant::now(),
            foretold: None,
            shown: Instant::now(),
            is_over: false,
        };
        if form == Form::Events {
            emit(&json!({ "event": "begin", "trials": trials, "flops": flops }));
        }
        let shared = Arc::new(Shared { state: Mutex::new(state), has_ended: Condvar::new() });
        let every = match form {
            Form::Bar => Duration::from_millis(200),
            Form::Events => Duration::from_secs(1),
            Form::Lines => Duration::from_secs(10),
            Form::Nothing => Duration::MAX,
        };
        // Where there is no thread to be had, progress is shown trial by trial.
        let ticker = (trials > 0).then_some(every).and_then(|every| {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("progress".to_owned()).spawn(move || shared.tick(every)).ok()
        });
        SweepProgress { shared, ticker }
    }

    /// Shows that a trial has finished and is in the record.
    pub fn finished(&self, plan: &Plan, trial: &Trial, outcome: &Outcome) {
        self.shared.state().finished(plan, trial, outcome);
    }

    /// Removes the bar at the end of the sweep. If all trials are done, says the time that was foretold beside the time that they took.
    pub fn end(self) {
        self.shared.state().end();
        self.shared.has_ended.notify_all();
        // A ticker that has panicked shows no more, which is no reason to lose a sweep.
        let _ = self.ticker.map(JoinHandle::join);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows how far the trials are, at each of these intervals, until the end.
    fn tick(&self, every: Duration) {
        let mut state = self.state();
        let mut shown = Instant::now();
        while !state.is_over {
            let wait = every.saturating_sub(shown.elapsed());
            let wait = if state.foretold.is_none() { wait.min(AFTER) } else { wait };
            let waited = self.has_ended.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if !state.is_over {
                state.foretell();
                if shown.elapsed() >= every {
                    state.show_running(every);
                    shown = Instant::now();
                }
            }
        }
    }
}

impl State {
    fn finished(&mut self, plan: &Plan, trial: &Trial, outcome: &Outcome) {
        let status = outcome.end.status();
        self.finished[Status::ALL.iter().position(|known| *known == status).expect("every status")] += 1;
        self.flops += plan.flops(trial);
        self.flops_before += plan.flops_of_steps(trial, 0..outcome.resumed_at.min(plan.iterations(trial)));
        self.shown = Instant::now();
        let cost = outcome.final_record().map(|record| record.cost);
        if status == Status::Completed {
            self.best = self.best.into_iter().chain(cost).min_by(f64::total_cmp);
        }
        let finished = self.count();
        match self.form {
            Form::Bar => self.draw(None),
            Form::Lines => {
                let width = self.trials.to_string().len();
                let what = match &outcome.end {
                    End::Completed => scores(outcome),
                    End::Stopped { iteration, reason } => {
                        format!("{}  stopped at iteration {iteration}: {reason}", scores(outcome))
                    }
                    End::Diverged { iteration, reason } => format!("diverged at iteration {iteration}: {reason}"),
                    End::Failed { reason } => format!("failed: {reason}"),
                };
                let label = plan.label(trial);
                say(&format!("[{finished:width$}/{}] {label}  {what}  {:.1} s", self.trials, outcome.seconds));
            }
            Form::Events => {
                let event = json!({
                    "event": "trial", "trial": trial.id, "label": plan.label(trial), "finished": finished, "trials": self.trials,
                });
                emit(&with_summary(event, trial, outcome));
            }
            Form::Nothing => {}
        }
    }

    /// Foretells the end, once.
    fn foretell(&mut self) {
        self.foretold = self.foretold.or_else(|| Foretold::after(self.begun.elapsed(), self.own_fraction()));
    }

    fn end(&mut self) {
        self.is_over = true;
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            clear_from_here();
        }
        if self.form == Form::Events {
            let [completed, diverged, failed] = self.finished;
            emit(&json!({
                "event": "end", "trials": self.trials, "completed": completed, "diverged": diverged, "failed": failed,
                "seconds": self.begun.elapsed().as_secs_f64(), "predicted_seconds": self.foretold.map(|foretold| foretold.seconds),
            }));
        }
        if let Some(foretold) = self.foretold.filter(|_| self.count() == self.trials) {
            say(&foretold.beside(self.begun.elapsed()).to_string());
        }
    }

    fn count(&self) -> usize {
        self.finished.iter().sum()
    }

    /// Shows the fleets on their way: in the bar, as an event, or in a line for each if nothing was said for that long.
    fn show_running(&mut self, every: Duration) {
        let running = self.fleets.list();
        let running = &running[..running.len().min(LISTED)];
        match self.form {
            Form::Bar => {
                self.draw(running.first().filter(|_| self.shown.elapsed() >= LONG).map(Arc::as_ref));
            }
            Form::Lines if self.shown.elapsed() >= every => {
                running.iter().for_each(|running| say(&format!("{}  {}", running.label, in_words(running))));
            }
            Form::Events => emit(&json!({
                "event": "progress", "finished": self.count(), "trials": self.trials, "fraction": self.fraction(),
                "best_cost": self.best,
                "running": running.iter().map(|running| as_json(running)).collect::<Vec<_>>(),
            })),
            Form::Lines | Form::Nothing => {}
        }
    }

    /// Computes the share of the operations that are done, in finished trials and in those on their way.
    fn fraction(&self) -> f64 {
        let running: f64 = self.fleets.list().iter().map(|running| running.flops_done()).sum();
        if self.all_flops > 0.0 { ((self.flops + running) / self.all_flops).min(1.0) } else { 1.0 }
    }

    /// Computes the share of the operations of this run that are done.
    fn own_fraction(&self) -> f64 {
        let of_running: f64 = self.fleets.list().iter().map(|running| running.flops_before()).sum();
        let before = (self.flops_before + of_running) / self.all_flops;
        if before < 1.0 { (self.fraction() - before) / (1.0 - before) } else { 1.0 }
    }

    fn draw(&self, on_its_way: Option<&RunningFleet>) {
        let Some(bar) = &self.bar else { return };
        // A fleet that ends before it is in the record does not draw the bar back.
        bar.set_position(mega(self.fraction() * self.all_flops).max(bar.position()));
        let words = [
            Some(format!("{}/{} trials", self.count(), self.trials)),
            self.best.map(|cost| format!("best cost {}", decimals(cost, 4))),
            on_its_way.map(|running| format!("iteration {} of {}", running.iteration(), running.iterations)),
            on_its_way.and_then(RunningFleet::cost).map(|cost| format!("cost {}", decimals(cost, 4))),
        ];
        bar.set_message(bar::fitting(words.into_iter().flatten(), PERCENT));
        bar.tick();
    }
}

fn in_words(running: &RunningFleet) -> String {
    let cost = running.cost().map(|cost| format!(", cost {}", decimals(cost, 4))).unwrap_or_default();
    format!("iteration {} of {}{cost}", running.iteration(), running.iterations)
}

fn as_json(running: &RunningFleet) -> Value {
    json!({
        "trials": running.trials, "iteration": running.iteration(), "iterations": running.iterations, "cost": running.cost(),
    })
}

/// Writes the final cost, and how the net does: the share in the right class, or the cost where there are no classes.
fn scores(outcome: &Outcome) -> String {
    let cost = outcome.final_record().map_or(f64::NAN, |record| record.cost);
    let of = |score: Option<Score>| match score {
        Some(Score { accuracy: Some(accuracy), .. }) => format!("{accuracy:.3}"),
        Some(Score { cost, .. }) => format!("cost {}", decimals(cost, 4)),
        None => "-".to_owned(),
    };
    format!("cost {}  train {}  test {}", decimals(cost, 4), of(outcome.train), of(outcome.test))
}

fn bar_of(trials: usize, flops: f64) -> ProgressBar {
    let bar = bar::new(mega(flops).max(1), "{percent:>3}%");
    bar.set_message(bar::fitting([format!("0/{trials} trials")], PERCENT));
    bar
}

fn mega(flops: f64) -> u64 {
    (flops / 1e6) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_foretold_from_what_this_run_has_done() {
        // Of 1000 operations 100 are of a fleet that is at 60 %, and was at 50 % when this run began.
        let fleets = RunningFleets::resumed(100.0, 1000, 500, 599);
        let progress = SweepProgress::new(ProgressMode::None, &fleets, 0, 1000.0);
        let share = progress.shared.state().own_fraction();
        assert!((share - 10.0 / 950.0).abs() < 1e-12, "{share}");
        progress.shared.state().flops = 500.0;
        progress.shared.state().flops_before = 450.0;
        let share = progress.shared.state().own_fraction();
        assert!((share - 60.0 / 500.0).abs() < 1e-12, "{share}");
    }
}
