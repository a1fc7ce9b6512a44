//! The training of many fleets, for a sweep or for its verification.

use std::collections::HashSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::checkpoint::checkpoints::Checkpoints;
use super::execute::{Error, FleetTrials, execute};
use super::fleet;
use super::inputs::Inputs;
use super::outcome::Outcome;
use super::running_fleets::RunningFleets;
use super::workers::Workers;
use crate::plan::Plan;
use crate::plan::trial::Trial;

/// The training of fleets of a plan.
pub struct Run<'r> {
    /// The plan.
    pub plan: &'r Plan,
    /// Its examples.
    pub inputs: &'r Inputs,
    /// Those who train.
    pub workers: &'r Workers,
    /// Whether the training is to end early.
    pub stop: &'r AtomicBool,
    /// The fleets that train at the moment, and how far they are.
    pub running: &'r RunningFleets,
    /// The checkpoints that fleets go on from, and write; `None` if there are to be none.
    pub checkpoints: Option<&'r Checkpoints>,
}

impl Run<'_> {
    /// Trains `fleets` of the plan and hands the outcomes to `write`, as [`execute()`] does, until the training is to end.
    ///
    /// # Errors
    /// If a training can't be trusted, the system has no more threads, or `write` fails.
    pub fn train<'p, E>(
        &self,
        fleets: &[FleetTrials<'p>],
        write: impl FnMut(Vec<(&'p Trial, Outcome)>) -> Result<(), E>,
    ) -> Result<(), Error<E>> {
        let &Run { plan, inputs, workers, stop, running, checkpoints } = self;
        let wrong = OnceLock::new();
        let run = |trials: &[&Trial], keep_going: &dyn Fn() -> bool| {
            let guard = running.enter(plan, trials);
            let watch = |iteration, latest| {
                guard.step(iteration, latest);
                keep_going()
            };
            match fleet::train(plan, trials, None, inputs, checkpoints, &watch) {
                Ok(trained) => Some(trained?.0),
                Err(error) => {
                    stop.store(true, Ordering::Relaxed);
                    let _ = wrong.set(error);
                    None
                }
            }
        };
        let result = execute(fleets, workers, stop, run, write);
        match wrong.into_inner() {
            Some(wrong) => Err(wrong.into()),
            None => result,
        }
    }
}

/// Returns the fleets with an unfinished trial, the longest first, so that no long one is left alone at the end; equal
/// ones stay in declared order. They are whole, finished trials included: the other rows of a product can change the
/// last bits of a trial, which must not depend on what was finished before.
pub fn left_to_train<'p>(plan: &'p Plan, finished: &HashSet<String>) -> Vec<FleetTrials<'p>> {
    let fleets = plan.fleets.iter().map(|fleet| plan.trials_of(fleet).collect::<Vec<_>>());
    let mut left: Vec<_> = fleets.filter(|fleet| fleet.iter().any(|trial| !finished.contains(&trial.id))).collect();
    let flops = |fleet: &FleetTrials| -> f64 { fleet.iter().map(|trial| plan.flops(trial)).sum() };
    left.sort_by(|a, b| flops(b).total_cmp(&flops(a)));
    left
}
