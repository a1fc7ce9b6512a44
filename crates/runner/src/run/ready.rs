//! The training of a fleet, and its repetition if a net has diverged.

use kernels::{WrongSum, with_subnormals_flushed};
use net::{Ending, Examples, Fleet, InitialNet, Trained, Training};

use super::checkpoint::file::Number;
use super::checkpoint::fleet::{Before, FleetCheckpoint};
use super::first_layers::FirstLayers;
use super::untrusted::Untrusted;
use crate::plan::Plan;
use crate::plan::trial::Trial;

/// The trials of a fleet with everything that their training needs.
pub(super) struct Ready<'r, R> {
    pub(super) plan: &'r Plan,
    pub(super) trials: &'r [&'r Trial],
    pub(super) examples: &'r Examples<R>,
    pub(super) first_layers: &'r FirstLayers,
}

/// A fleet after its training.
pub(super) struct TrainedFleet<'e, R: 'static> {
    pub(super) fleet: Fleet<'e, R>,
    pub(super) trained: Vec<Trained>,
    /// The part that earlier runs have done.
    pub(super) before: Before,
}

impl<'r, R: Number> Ready<'r, R> {
    /// Makes the fleet, each of its nets before its training, of which `adapted` may make another.
    pub(super) fn fleet(&self, adapted: impl Fn(Training) -> Training) -> Result<Fleet<'r, R>, WrongSum> {
        let Ready { plan, trials, examples, first_layers } = self;
        let start = |trial: &&Trial| {
            let start = first_layers.initial_net(trial, plan.data, examples)?;
            Ok(InitialNet { training: adapted(start.training), ..start })
        };
        let starts = trials.iter().map(start).collect::<Result<_, WrongSum>>()?;
        Ok(Fleet::new(examples, trials[0].config.batches(plan.data.train), starts))
    }

    /// Trains the fleet, from its checkpoint on if there is one; `None` if `keep_going`, which is asked before each step, said no.
    pub(super) fn train(
        &self,
        checkpoint: Option<&FleetCheckpoint>,
        keep_going: impl Fn(&Fleet<R>) -> bool,
    ) -> Result<Option<TrainedFleet<'r, R>>, Untrusted> {
        // Outside `flushed`: trials that flush subnormals share initial layers with trials that don't.
        let make = || self.fleet(|training| training);
        let fresh = || Ok((make()?, Before::default()));
        let (mut fleet, before) = checkpoint.map_or_else(fresh, |checkpoint| checkpoint.resume(make, Fleet::resume))?;
        let watch = |fleet: &Fleet<R>| {
            let goes_on = keep_going(fleet);
            checkpoint.inspect(|checkpoint| checkpoint.before_step(fleet.iteration(), goes_on, || fleet.state()));
            goes_on
        };
        let flushes = self.trials[0].config.flush_subnormals;
        let trained = with_subnormals_flushed(flushes, || fleet.train_watched(watch));
        if let (Err(_), Some(checkpoint)) = (&trained, checkpoint) {
            checkpoint.remove();
        }
        Ok(trained?.map(|trained| TrainedFleet { fleet, trained, before }))
    }

    /// Trains the fleet again, up to the end of the last net that diverged: a divergence that a fault of the machine
    /// has caused does not repeat. Returns `false` if `keep_going` did. A fleet with a net that a clock may end can't
    /// be repeated, and is believed.
    pub(super) fn believes(&self, trained: &[Trained], keep_going: &dyn Fn() -> bool) -> Result<bool, Untrusted> {
        let diverged = |&place: &usize| matches!(trained[place].ending, Ending::Diverged { .. });
        let places = || (0..trained.len()).filter(diverged);
        let by_the_clock = self.trials.iter().any(|trial| trial.config.stopping.seconds.is_some());
        if by_the_clock || places().next().is_none() {
            return Ok(true);
        }
        let mut fleet = self.fleet(|training| training)?;
        let is_open = |fleet: &Fleet<R>| places().any(|place| fleet.ended(place).is_none());
        let again = |fleet: &Fleet<R>| is_open(fleet) && keep_going();
        with_subnormals_flushed(self.trials[0].config.flush_subnormals, || fleet.train_watched(again))?;
        if is_open(&fleet) && !keep_going() {
            return Ok(false);
        }
        for place in places() {
            let (first, second) = (&trained[place], fleet.ended(place));
            if !second.is_some_and(|second| second.is_same(first)) {
                return Err(Untrusted::two_results(self.trials[place], first, second));
            }
        }
        Ok(true)
    }
}
