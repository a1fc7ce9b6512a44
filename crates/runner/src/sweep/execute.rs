//! Trials in parallel: one pool of workers, longest trial first, one writer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use rayon::ThreadPool;

use super::plan::Trial;
use super::trial::{Outcome, Status};

/// Runs `trials` on the workers of `pool` in the given order and hands each outcome to `write` on this thread, as it
/// comes. A trial that panics is an outcome too. When `stop` is set, or `write` fails, the running trials are dropped.
///
/// # Errors
/// The first error of `write`.
pub fn execute<'t, E>(
    trials: &[&'t Trial],
    pool: &ThreadPool,
    stop: &AtomicBool,
    run: impl Fn(&Trial, &dyn Fn() -> bool) -> Option<Outcome> + Sync,
    mut write: impl FnMut(&'t Trial, Outcome) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let keep_going = || !stop.load(Ordering::Relaxed);
    let (finished, outcomes) = mpsc::channel();
    thread::scope(|scope| {
        let (next, run, keep_going) = (&next, &run, &keep_going);
        scope.spawn(move || {
            pool.broadcast(|_| {
                while let Some(trial) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Some(outcome) = guarded(|| run(trial, keep_going)) else { break };
                    if finished.send((*trial, outcome)).is_err() {
                        break;
                    }
                }
            });
        });
        // Ends when the last worker has dropped its sender.
        for (trial, outcome) in &outcomes {
            if let Err(error) = write(trial, outcome) {
                stop.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(())
    })
}

fn guarded(run: impl FnOnce() -> Option<Outcome>) -> Option<Outcome> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let reason = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned();
        let status = Status::Failed { reason };
        Some(Outcome { status, history: Vec::new(), train_accuracy: None, test_accuracy: None, seconds: 0.0 })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::convert::Infallible;

    use kernels::Activation;
    use net::{Descent, Initialisation};

    use super::*;
    use crate::experiment::trial::{Dtype, TrialConfig};

    fn trials(count: u32) -> Vec<Trial> {
        let trial = |seed| Trial {
            id: format!("trial-{seed}"),
            config: TrialConfig {
                hidden: vec![2],
                activation: Activation::Relu,
                initialisation: Initialisation::He,
                dtype: Dtype::F32,
                descent: Descent { learning_rate: 0.1, iterations: 1, record_every: 1 },
                seed,
            },
        };
        (0..count).map(trial).collect()
    }

    fn completed() -> Option<Outcome> {
        let (status, history) = (Status::Completed, Vec::new());
        Some(Outcome { status, history, train_accuracy: None, test_accuracy: None, seconds: 0.0 })
    }

    fn pool(workers: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(workers).build().unwrap()
    }

    #[test]
    fn every_trial_is_written_once_whatever_the_number_of_workers() {
        let trials = trials(50);
        for workers in [1, 2, 7] {
            let mut written = Vec::new();
            let write = |trial: &Trial, _| {
                written.push(trial.id.clone());
                Ok::<_, Infallible>(())
            };
            let all: Vec<_> = trials.iter().collect();
            execute(&all, &pool(workers), &AtomicBool::new(false), |_, _| completed(), write).unwrap();
            assert_eq!(written.len(), 50);
            assert_eq!(written.into_iter().collect::<BTreeSet<_>>().len(), 50);
        }
    }

    #[test]
    fn a_trial_that_panics_fails_alone() {
        let trials = trials(4);
        let mut failed = Vec::new();
        let run = |trial: &Trial, _: &dyn Fn() -> bool| {
            assert!(trial.config.seed != 2, "seed two is cursed");
            completed()
        };
        let write = |trial: &Trial, outcome: Outcome| {
            if let Status::Failed { reason } = outcome.status {
                failed.push((trial.config.seed, reason));
            }
            Ok::<_, Infallible>(())
        };
        let all: Vec<_> = trials.iter().collect();
        execute(&all, &pool(2), &AtomicBool::new(false), run, write).unwrap();
        assert_eq!(failed, [(2, "seed two is cursed".to_owned())]);
    }

    #[test]
    fn an_error_of_the_writer_stops_the_sweep_and_is_returned() {
        let trials = trials(1000);
        let started = AtomicUsize::new(0);
        let run = |_: &Trial, keep_going: &dyn Fn() -> bool| {
            started.fetch_add(1, Ordering::Relaxed);
            thread::sleep(std::time::Duration::from_millis(1));
            if keep_going() { completed() } else { None }
        };
        let all: Vec<_> = trials.iter().collect();
        let error = execute(&all, &pool(2), &AtomicBool::new(false), run, |_, _| Err("disk full"));
        assert_eq!(error, Err("disk full"));
        assert!(started.into_inner() < 100);
    }

    #[test]
    fn a_stop_drops_the_running_trials_and_starts_no_more() {
        let trials = trials(10);
        let stop = AtomicBool::new(false);
        let mut written = 0;
        let write = |_: &Trial, _| {
            written += 1;
            stop.store(true, Ordering::Relaxed);
            Ok::<_, Infallible>(())
        };
        let run = |trial: &Trial, keep_going: &dyn Fn() -> bool| {
            while trial.config.seed > 0 && keep_going() {
                thread::yield_now();
            }
            if trial.config.seed == 0 { completed() } else { None }
        };
        let all: Vec<_> = trials.iter().collect();
        execute(&all, &pool(2), &stop, run, write).unwrap();
        assert_eq!(written, 1);
    }
}
