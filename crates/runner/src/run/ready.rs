//! The trials of one fleet, trained, and trained again where one has diverged.

use kernels::{Real, WrongSum, with_subnormals_flushed};
use net::{Ending, Examples, Fleet, Trained};

use super::origins::Origins;
use super::untrusted::Untrusted;
use crate::plan::Plan;
use crate::plan::trial::Trial;

/// Trials of one fleet, with all that they are trained on.
pub(super) struct Ready<'r, R> {
    pub(super) plan: &'r Plan,
    pub(super) trials: &'r [&'r Trial],
    pub(super) examples: &'r Examples<R>,
    pub(super) origins: &'r Origins,
}

pub(super) type TrainedFleet<'e, R> = (Fleet<'e, R>, Vec<Trained>);

impl<'r, R: Real> Ready<'r, R> {
    fn fleet(&self) -> Result<Fleet<'r, R>, WrongSum> {
        let Ready { plan, trials, examples, origins } = self;
        let starts = trials.iter().map(|trial| origins.start(trial, plan.data, examples)).collect::<Result<_, _>>()?;
        Ok(Fleet::new(examples, trials[0].config.batches(plan.data.train), starts))
    }

    pub(super) fn train(
        &self,
        keep_going: impl Fn(&Fleet<R>) -> bool,
    ) -> Result<Option<TrainedFleet<'r, R>>, Untrusted> {
        // Shared by trials that flush subnormals and trials that don't, and hence made outside of that.
        let mut fleet = self.fleet()?;
        let trained =
            with_subnormals_flushed(self.trials[0].config.flush_subnormals, || fleet.train_watched(keep_going))?;
        Ok(trained.map(|trained| (fleet, trained)))
    }

    /// Trains the fleet once more, as far as the last net that diverged in it: what a fault of the machine has brought about is not
    /// repeated. `false` if `keep_going` said no. A fleet whose nets end by the clock can't be repeated, and is believed.
    pub(super) fn believes(&self, trained: &[Trained], keep_going: &dyn Fn() -> bool) -> Result<bool, Untrusted> {
        let diverged = |&place: &usize| matches!(trained[place].ending, Ending::Diverged { .. });
        let places = || (0..trained.len()).filter(diverged);
        let by_the_clock = self.trials.iter().any(|trial| trial.config.stopping.seconds.is_some());
        if by_the_clock || places().next().is_none() {
            return Ok(true);
        }
        let mut fleet = self.fleet()?;
        let is_open = |fleet: &Fleet<R>| places().any(|place| fleet.ended(place).is_none());
        let again = |fleet: &Fleet<R>| is_open(fleet) && keep_going();
        with_subnormals_flushed(self.trials[0].config.flush_subnormals, || fleet.train_watched(again))?;
        if is_open(&fleet) && !keep_going() {
            return Ok(false);
        }
        for place in places() {
            let (first, second) = (&trained[place], fleet.ended(place));
            if !second.is_some_and(|second| second.is_same(first)) {
                return Err(Untrusted::of_two(self.trials[place], first, second));
            }
        }
        Ok(true)
    }
}
