//! Fleets trained in parallel by workers, with one writer of their outcomes.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::outcome::Outcome;
use super::untrusted::Untrusted;
use super::workers::{NoThread, Workers};
use crate::plan::trial::Trial;

/// The trials of a fleet.
pub type FleetTrials<'t> = Vec<&'t Trial>;

/// An error that ends a run.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Error<E> {
    /// A training can't be trusted.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// An outcome could not be written.
    #[error(transparent)]
    Write(E),
    /// The system has no more threads.
    #[error(transparent)]
    NoThread(#[from] NoThread),
}

/// Runs `fleets` on `workers` in the given order, and hands the outcomes to `write` on this thread: each call gets all
/// fleets that have finished since the last one. The trials of a fleet that panics are trained one by one, and those
/// that panic again have failed. When `stop` is set, or `write` fails, the running fleets are dropped.
///
/// # Errors
/// The first error of `write`, or the system's.
pub fn execute<'t, E>(
    fleets: &[FleetTrials<'t>],
    workers: &Workers,
    stop: &AtomicBool,
    run: impl Fn(&[&Trial], &dyn Fn() -> bool) -> Option<Vec<Outcome>> + Sync,
    mut write: impl FnMut(Vec<(&'t Trial, Outcome)>) -> Result<(), E>,
) -> Result<(), Error<E>> {
    let next = AtomicUsize::new(0);
    let keep_going = || !stop.load(Ordering::Relaxed);
    let (finished, outcomes) = mpsc::channel();
    thread::scope(|scope| {
        let (next, run, keep_going) = (&next, &run, &keep_going);
        let work = move || {
            workers.each(|| {
                while let Some(fleet) = fleets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Some(outcomes) = guarded(fleet, &|trials| run(trials, keep_going)) else { break };
                    let trials = fleet.iter().copied();
                    if finished.send(trials.zip(outcomes).collect::<Vec<_>>()).is_err() {
                        break;
                    }
                }
            })
        };
        let all = thread::Builder::new().spawn_scoped(scope, work).map_err(NoThread::from)?;
        // Ends when the last worker has dropped its sender.
        while let Ok(first) = outcomes.recv() {
            let others = outcomes.try_iter().flatten();
            if let Err(error) = write(first.into_iter().chain(others).collect()) {
                stop.store(true, Ordering::Relaxed);
                return Err(Error::Write(error));
            }
        }
        Ok(all.join().unwrap_or_else(|panic| resume_unwind(panic))?)
    })
}

/// Runs a fleet; if that panics, runs each of its trials alone, so that only the one at fault fails.
fn guarded(fleet: &[&Trial], run: &impl Fn(&[&Trial]) -> Option<Vec<Outcome>>) -> Option<Vec<Outcome>> {
    match catch_unwind(AssertUnwindSafe(|| run(fleet))) {
        Ok(outcomes) => outcomes,
        Err(_) if fleet.len() > 1 => {
            let alone: Option<Vec<_>> = fleet.chunks(1).map(|trial| guarded(trial, run)).collect();
            let mark = |outcome| Outcome { is_alone: true, ..outcome };
            alone.map(|outcomes| outcomes.into_iter().flatten().map(mark).collect())
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let reason = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned();
            Some(vec![Outcome::failed(reason)])
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::convert::Infallible;

    use net::Engine;

    use super::*;
    use crate::run::outcome::End;
    use crate::spec::trial::TrialConfig;

    fn trials(count: u32) -> Vec<Trial> {
        let trial = |seed| Trial {
            id: format!("trial-{seed}"),
            config: TrialConfig::of(&format!("model.hidden = [2]\nseed = {seed}")),
            engine: Engine::Direct,
        };
        (0..count).map(trial).collect()
    }

    /// Fleets of one, then of two, then of three trials, and so on.
    fn fleets(trials: &[Trial]) -> Vec<FleetTrials<'_>> {
        let mut left: Vec<_> = trials.iter().collect();
        (1..).map_while(|size| (!left.is_empty()).then(|| left.drain(..size.min(left.len())).collect())).collect()
    }

    fn completed(trials: &[&Trial]) -> Option<Vec<Outcome>> {
        let outcome = Outcome { end: End::Completed, ..Outcome::failed(String::new()) };
        Some(vec![outcome; trials.len()])
    }

    fn workers(count: usize) -> Workers {
        Workers::new(count, 1).unwrap()
    }

    #[test]
    fn every_trial_is_written_once_whatever_the_number_of_workers() {
        let trials = trials(50);
        for count in [1, 2, 7] {
            let mut written = Vec::new();
            let write = |outcomes: Vec<(&Trial, _)>| {
                written.extend(outcomes.into_iter().map(|(trial, _)| trial.id.clone()));
                Ok::<_, Infallible>(())
            };
            let run = |trials: &[&Trial], _: &dyn Fn() -> bool| completed(trials);
            execute(&fleets(&trials), &workers(count), &AtomicBool::new(false), run, write).unwrap();
            assert_eq!(written.len(), 50);
            assert_eq!(written.into_iter().collect::<BTreeSet<_>>().len(), 50);
        }
    }

    #[test]
    fn a_trial_that_panics_fails_alone_and_not_its_fleet() {
        let trials = trials(6);
        let (mut failed, mut done, mut alone) = (Vec::new(), 0, Vec::new());
        let run = |trials: &[&Trial], _: &dyn Fn() -> bool| {
            assert!(trials.iter().all(|trial| trial.config.seed != 2), "seed two is cursed");
            completed(trials)
        };
        let write = |outcomes: Vec<(&Trial, Outcome)>| {
            for (trial, outcome) in outcomes {
                alone.extend(outcome.is_alone.then_some(trial.config.seed));
                if let End::Failed { reason } = outcome.end {
                    failed.push((trial.config.seed, reason));
                } else {
                    done += 1;
                }
            }
            Ok::<_, Infallible>(())
        };
        execute(&fleets(&trials), &workers(2), &AtomicBool::new(false), run, write).unwrap();
        assert_eq!((failed, done), (vec![(2, "seed two is cursed".to_owned())], 5), "not the seed 1 of its fleet");
        assert_eq!(alone, [1, 2], "those of the fleet that panicked");
    }

    #[test]
    fn what_finishes_while_the_writer_writes_is_written_at_once() {
        let trials = trials(100);
        let mut writes = 0;
        let write = |_: Vec<(&Trial, Outcome)>| {
            writes += 1;
            thread::sleep(std::time::Duration::from_millis(20));
            Ok::<_, Infallible>(())
        };
        let run = |trials: &[&Trial], _: &dyn Fn() -> bool| completed(trials);
        let alone: Vec<FleetTrials> = trials.iter().map(|trial| vec![trial]).collect();
        execute(&alone, &workers(2), &AtomicBool::new(false), run, write).unwrap();
        assert!(writes < 20, "{writes} writes");
    }

    #[test]
    fn an_error_of_the_writer_stops_the_sweep_and_is_returned() {
        let trials = trials(1000);
        let started = AtomicUsize::new(0);
        let run = |trials: &[&Trial], keep_going: &dyn Fn() -> bool| {
            started.fetch_add(1, Ordering::Relaxed);
            thread::sleep(std::time::Duration::from_millis(1));
            if keep_going() { completed(trials) } else { None }
        };
        let alone: Vec<FleetTrials> = trials.iter().map(|trial| vec![trial]).collect();
        let error = execute(&alone, &workers(2), &AtomicBool::new(false), run, |_| Err("disk full"));
        assert_eq!(error, Err(Error::Write("disk full")));
        assert!(started.into_inner() < 100);
    }

    #[test]
    fn a_stop_drops_the_running_fleets_and_starts_no_more() {
        let trials = trials(10);
        let stop = AtomicBool::new(false);
        let mut written = 0;
        let write = |outcomes: Vec<(&Trial, Outcome)>| {
            written += outcomes.len();
            stop.store(true, Ordering::Relaxed);
            Ok::<_, Infallible>(())
        };
        let run = |trials: &[&Trial], keep_going: &dyn Fn() -> bool| {
            while trials[0].config.seed > 0 && keep_going() {
                thread::yield_now();
            }
            if trials[0].config.seed == 0 { completed(trials) } else { None }
        };
        execute(&fleets(&trials), &workers(2), &stop, run, write).unwrap();
        assert_eq!(written, 1);
    }
}
