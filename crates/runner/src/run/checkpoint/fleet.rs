//! The checkpoint of one fleet in training.

use std::cell::{Cell, OnceCell, RefCell};
use std::path::Path;
use std::time::Instant;

use net::{FleetState, StateMismatch};

use super::checkpoints::{Attempt, Checkpoints, Writing};
use super::due::Due;
use super::file::{Number, Unusable};
use crate::plan::trial::Trial;
use crate::terminal::warn;

/// The checkpoint of a fleet, which is read before its first step and written between its steps.
pub(in crate::run) struct FleetCheckpoint<'c> {
    checkpoints: &'c Checkpoints,
    trials: &'c [&'c Trial],
    attempt: Attempt,
    start: Instant,
    before: Cell<EarlierRuns>,
    due: OnceCell<Due>,
    /// The iteration after which it is of no use.
    last: Option<usize>,
    /// Whether its place is taken by a file of another origin.
    is_blocked: Cell<bool>,
    /// Held during a step after which it will be written if the process is asked to end.
    to_write: RefCell<Option<Writing<'c>>>,
}

/// The part of a training that earlier runs have done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::run) struct EarlierRuns {
    /// The updates made.
    pub(in crate::run) iteration: usize,
    /// The seconds spent.
    pub(in crate::run) seconds: f64,
}

/// Returns whether another training, or this one at another time, could go on from what this one can't.
fn is_of_use(problem: &Unusable, path: &Path) -> bool {
    match problem {
        Unusable::OtherTrials | Unusable::OtherMachine(_) | Unusable::PastTheStop(_) => true,
        Unusable::Unreadable(_) => path.is_file(),
        Unusable::Foreign | Unusable::Damaged => false,
    }
}

impl<'c> FleetCheckpoint<'c> {
    /// Takes the fleet of `trials`, whose training begins now.
    pub(in crate::run) fn new(checkpoints: &'c Checkpoints, trials: &'c [&'c Trial]) -> Self {
        let (before, is_blocked) = (Cell::default(), Cell::new(false));
        let due = OnceCell::new();
        let (attempt, start) = (Attempt::First, Instant::now());
        let (last, to_write) = (None, RefCell::default());
        FleetCheckpoint { checkpoints, trials, attempt, start, before, due, last, is_blocked, to_write }
    }

    /// Makes that of the repetition of the training, which begins now.
    pub(in crate::run) fn again(&self) -> Self {
        FleetCheckpoint { attempt: Attempt::Second, ..FleetCheckpoint::new(self.checkpoints, self.trials) }
    }

    /// Reads and writes none after the iteration `last`: what happened there could not be done again.
    pub(in crate::run) fn until(self, last: Option<usize>) -> Self {
        FleetCheckpoint { last, ..self }
    }

    /// Makes the fleet, and lets it go on from its checkpoint; from its start if there is none that can be used.
    ///
    /// # Errors
    /// If it can't be made.
    pub(in crate::run) fn resume<T, R: Number, E>(
        &self,
        make: impl Fn() -> Result<T, E>,
        go_on: impl FnOnce(T, FleetState<'static, R>) -> Result<T, StateMismatch>,
    ) -> Result<(T, EarlierRuns), E> {
        let problem = match self.read() {
            Ok(None) => return Ok((make()?, EarlierRuns::default())),
            Ok(Some((before, state))) => match go_on(make()?, state) {
                Ok(fleet) => {
                    self.before.set(before);
                    return Ok((fleet, before));
                }
                Err(_) => Unusable::Damaged,
            },
            Err(problem) => problem,
        };
        let path = self.checkpoints.path_of(&self.trials[0].id, self.attempt);
        let mut is_kept = matches!(problem, Unusable::Foreign);
        let mut place = String::new();
        if self.checkpoints.is_writer && is_of_use(&problem, &path) {
            match self.checkpoints.set_aside(&path) {
                Ok(aside) => place = format!(", and is {} now", aside.display()),
                Err(error) => {
                    place = format!(", and can't be set aside ({error}), so that no other is written");
                    is_kept = true;
                }
            }
        }
        if is_kept {
            self.checkpoints.leave(&path);
            self.is_blocked.set(true);
        }
        warn(&format!("{}: {problem}{place}; the training begins anew", path.display()));
        Ok((make()?, EarlierRuns::default()))
    }

    fn read<R: Number>(&self) -> Result<Option<(EarlierRuns, FleetState<'static, R>)>, Unusable> {
        let Some(checkpoint) = self.checkpoints.open(self.trials, self.attempt)? else { return Ok(None) };
        if let Some(last) = self.last.filter(|last| checkpoint.header.iteration > *last) {
            return Err(Unusable::PastTheStop(last));
        }
        let before = EarlierRuns { iteration: checkpoint.header.iteration, seconds: checkpoint.header.seconds };
        Ok(Some((before, checkpoint.state()?)))
    }

    /// Writes the state of the fleet before the step `iteration` if that is due, or if the training does not go on.
    pub(in crate::run) fn before_step<'s, R: Number>(
        &self,
        iteration: usize,
        goes_on: bool,
        state: impl FnOnce() -> FleetState<'s, R>,
    ) {
        let due = self.due.get_or_init(|| Due::new(self.checkpoints.every, iteration));
        let is_wanted = if goes_on { due.is_now(iteration) } else { due.is_worth_it(iteration) };
        let may_be = |iteration| !self.is_blocked.get() && self.last.is_none_or(|last| iteration <= last);
        if is_wanted && may_be(iteration) {
            let start = Instant::now();
            let seconds = self.before.get().seconds + self.start.elapsed().as_secs_f64();
            self.checkpoints.write(self.trials, self.attempt, seconds, &state());
            due.written(iteration, start.elapsed());
        }
        // The step that follows may take longer than the end of a process may.
        let is_to_write = goes_on && due.has_steps_to_keep(iteration) && may_be(iteration + 1);
        if self.to_write.borrow().is_some() != is_to_write {
            self.to_write.replace(is_to_write.then(|| self.checkpoints.begin_writing()));
        }
    }

    /// Removes it: what it holds can't be trusted.
    pub(in crate::run) fn remove(&self) {
        self.checkpoints.remove(self.trials.iter().copied().take(1));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::machine::Machine;
    use crate::spec::checkpoint_every::CheckpointEvery;
    use crate::spec::trial::TrialConfig;
    use net::Engine;

    #[test]
    fn a_step_after_which_a_checkpoint_will_be_written_is_waited_for() {
        let machine = Machine::from_toml(
            "cpu = 'c'\ncores = 2\nthreads = 1\nos = 'o'\nhdf5 = '2'\n[runner]\nversion = '1'\ncommit = 'a'\nrustc = 'r'\n\
             profile = 'p'\n[blas]\nname = 'OpenBLAS'\nversion = '0.3'\ncore = 'Zen'\npath = '/p'\nsha256 = 'aa'\n\
             thread_layer = 't'\nthreads = 1\nconfig = ''\n",
        );
        let (machine, nowhere) = (machine.unwrap(), Path::new("/nowhere"));
        let trial = Trial { id: "a".to_owned(), config: TrialConfig::of("model.hidden = [2]"), engine: Engine::Direct };
        for (every, waits) in [(CheckpointEvery::default(), 1), (CheckpointEvery::Never, 0)] {
            let writing = Arc::new(AtomicUsize::new(0));
            let checkpoints = Checkpoints::beside(nowhere, &machine, every, Arc::clone(&writing));
            let trials = [&trial];
            let fleet = FleetCheckpoint::new(&checkpoints, &trials);
            let begin = |iteration| {
                fleet.before_step::<f32>(iteration, true, || unreachable!("none is due yet"));
                writing.load(Ordering::SeqCst)
            };
            assert_eq!(begin(0), 0, "nothing is lost in the first step");
            // However slow this machine is, the training takes less than a moment.
            let later = Instant::now() + Duration::from_secs(3600);
            fleet.due.get().expect("the training has begun").last.set((later, 0));
            assert_eq!([begin(1), begin(2)], [waits; 2]);
            fleet.before_step::<f32>(3, false, || unreachable!("it was trained for less than a moment"));
            assert_eq!(writing.load(Ordering::SeqCst), 0);
            begin(4);
            drop(fleet);
            assert_eq!(writing.load(Ordering::SeqCst), 0);
        }
    }
}
