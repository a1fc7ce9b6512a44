//! The training of a fleet, and its repetition if a net has diverged.

use kernels::{WrongSum, with_subnormals_flushed};
use net::{Ending, Examples, Fleet, InitialNet, Trained, Training};

use super::checkpoint::file::Number;
use super::checkpoint::fleet::{EarlierRuns, FleetCheckpoint};
use super::first_layers::FirstLayers;
use super::inputs::Inputs;
use super::untrusted::Untrusted;
use crate::plan::Plan;
use crate::plan::trial::Trial;

/// The trials of a fleet with everything that their training needs.
pub(super) struct FleetJob<'r, R> {
    pub(super) plan: &'r Plan,
    pub(super) trials: &'r [&'r Trial],
    pub(super) examples: &'r Examples<R>,
    pub(super) first_layers: &'r FirstLayers,
}

/// A fleet after its training.
pub(super) struct TrainedFleet<'e, R: 'static> {
    pub(super) fleet: Fleet<'e, R>,
    /// The results; `None` if it was not trained to its end.
    pub(super) trained: Option<Vec<Trained>>,
    /// The part that earlier runs have done.
    pub(super) before: EarlierRuns,
}

impl<'r> FleetJob<'r, f32> {
    /// Takes the examples of the plan's `inputs` that these trials train on.
    pub(super) fn new(plan: &'r Plan, trials: &'r [&'r Trial], inputs: &'r Inputs) -> Self {
        FleetJob { plan, trials, examples: inputs.f32(plan.input_form(trials[0])), first_layers: &inputs.first_layers }
    }
}

impl<'r> FleetJob<'r, f64> {
    /// Takes the examples of the plan's `inputs` that these trials train on.
    pub(super) fn new(plan: &'r Plan, trials: &'r [&'r Trial], inputs: &'r Inputs) -> Self {
        FleetJob { plan, trials, examples: inputs.f64(plan.input_form(trials[0])), first_layers: &inputs.first_layers }
    }
}

impl<'r, R: Number> FleetJob<'r, R> {
    /// Makes the fleet, each of its nets before its training, of which `adapted` may make another.
    pub(super) fn fleet(&self, adapted: impl Fn(Training) -> Training) -> Result<Fleet<'r, R>, WrongSum> {
        let FleetJob { plan, trials, examples, first_layers } = self;
        let start = |trial: &&Trial| {
            let start = first_layers.initial_net(trial, plan.data, examples)?;
            Ok(InitialNet { training: adapted(start.training), ..start })
        };
        let starts = trials.iter().map(start).collect::<Result<_, WrongSum>>()?;
        Ok(Fleet::new(examples, trials[0].config.batches(plan.data.train), starts))
    }

    /// Trains the fleet, from its checkpoint on if there is one, until it `is_over`. `keep_going` is asked before each step.
    pub(super) fn train(
        &self,
        checkpoint: Option<&FleetCheckpoint>,
        is_over: impl Fn(&Fleet<R>) -> bool,
        keep_going: impl Fn(&Fleet<R>) -> bool,
    ) -> Result<TrainedFleet<'r, R>, Untrusted> {
        // Outside `flushed`: trials that flush subnormals share initial layers with trials that don't.
        let make = || self.fleet(|training| training);
        let fresh = || Ok((make()?, EarlierRuns::default()));
        let (mut fleet, before) = checkpoint.map_or_else(fresh, |checkpoint| checkpoint.resume(make, Fleet::resume))?;
        let watch = |fleet: &Fleet<R>| {
            if is_over(fleet) {
                return false;
            }
            let goes_on = keep_going(fleet);
            checkpoint.inspect(|checkpoint| checkpoint.before_step(fleet.iteration(), goes_on, || fleet.state()));
            goes_on
        };
        let flushes = self.trials[0].config.flush_subnormals;
        let trained = with_subnormals_flushed(flushes, || fleet.train(watch));
        if let (Err(_), Some(checkpoint)) = (&trained, checkpoint) {
            checkpoint.remove();
        }
        Ok(TrainedFleet { fleet, trained: trained?, before })
    }

    /// Returns whether the training must be repeated before it is believed: if a net has diverged, since a fault of the machine may have
    /// caused that, and does not repeat. A fleet with a net that a clock may end can't be repeated.
    pub(super) fn must_repeat(&self, trained: &[Trained]) -> bool {
        let by_the_clock = self.trials.iter().any(|trial| trial.config.stopping.seconds.is_some());
        !by_the_clock && trained.iter().any(has_diverged)
    }

    /// Trains the fleet again, up to the end of the last net that diverged, from the checkpoint of this repetition on if there is one.
    /// Returns `false` if `keep_going` did.
    pub(super) fn repeats(
        &self,
        trained: &[Trained],
        checkpoint: Option<&FleetCheckpoint>,
        keep_going: &dyn Fn() -> bool,
    ) -> Result<bool, Untrusted> {
        let places = || (0..trained.len()).filter(|&place| has_diverged(&trained[place]));
        let is_over = |fleet: &Fleet<R>| places().all(|place| fleet.ended(place).is_some());
        let fleet = self.train(checkpoint, is_over, |_| keep_going())?.fleet;
        if !is_over(&fleet) && !keep_going() {
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

fn has_diverged(trained: &Trained) -> bool {
    matches!(trained.ending, Ending::Diverged { .. })
}
