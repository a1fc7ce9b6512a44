//! When the next checkpoint of a fleet is due.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::spec::checkpoint_every::CheckpointEvery;

/// The training takes at least this many times as long as all its checkpoints and one more like the last.
const TIMES_AS_LONG: u32 = 100;
/// A training that is interrupted after less than this is not worth a checkpoint.
const MOMENT: Duration = Duration::from_secs(1);
/// The clock is read about so often: a step can take less time than that.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The times of a fleet's checkpoints.
pub(super) struct Due {
    every: CheckpointEvery,
    /// When the last checkpoint was written, or the training began, and the iteration.
    pub(super) last: Cell<(Instant, usize)>,
    start: Instant,
    /// The time that all checkpoints have taken, and one more like the last will take.
    cost: Cell<Duration>,
    /// The time that the last one has taken.
    last_cost: Cell<Duration>,
    /// When the clock was read last, and the iteration.
    looked: Cell<(Instant, usize)>,
    /// The iterations from there to the next look.
    pause: Cell<usize>,
}

impl Due {
    /// Begins at `iteration`.
    pub(super) fn new(every: CheckpointEvery, iteration: usize) -> Self {
        let now = (Instant::now(), iteration);
        let (cost, last_cost) = (Cell::default(), Cell::default());
        Due { every, last: Cell::new(now), start: now.0, cost, last_cost, looked: Cell::new(now), pause: Cell::new(1) }
    }

    /// Returns whether a checkpoint is due before the step `iteration`.
    pub(super) fn is_now(&self, iteration: usize) -> bool {
        match self.every {
            CheckpointEvery::Never => false,
            CheckpointEvery::Iterations(count) => iteration.is_multiple_of(count) && iteration > self.last.get().1,
            CheckpointEvery::Time(time) => {
                let (looked, at) = self.looked.get();
                if iteration < at + self.pause.get() {
                    return false;
                }
                let now = Instant::now();
                let step = (now - looked) / u32::try_from(iteration - at).unwrap_or(u32::MAX).max(1);
                let steps = LOOK_EVERY.as_nanos() / step.as_nanos().max(1);
                // Steps can become slower: the pause grows with care.
                self.pause.set((2 * self.pause.get()).min(usize::try_from(steps).unwrap_or(usize::MAX)).max(1));
                self.looked.set((now, iteration));
                now - self.last.get().0 >= time && now - self.start >= TIMES_AS_LONG * self.cost.get()
            }
        }
    }

    /// Returns whether a training that is interrupted before the step `iteration` is worth a checkpoint.
    pub(super) fn is_worth_it(&self, iteration: usize) -> bool {
        self.has_steps_to_keep(iteration) && self.last.get().0.elapsed() >= MOMENT
    }

    /// Returns whether steps before `iteration` are in no checkpoint that there should be.
    pub(super) fn has_steps_to_keep(&self, iteration: usize) -> bool {
        self.every != CheckpointEvery::Never && iteration > self.last.get().1
    }

    /// Takes note of a checkpoint of `iteration`, or the attempt at one, that has taken the time `cost` until now.
    pub(super) fn written(&self, iteration: usize, cost: Duration) {
        self.last.set((Instant::now(), iteration));
        self.cost.set(self.cost.get() - self.last_cost.replace(cost) + 2 * cost);
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    #[test]
    fn iterations_are_counted_from_the_start_of_the_training() {
        let due = Due::new(CheckpointEvery::Iterations(30), 60);
        let times: Vec<_> = (60..200).filter(|&iteration| due.is_now(iteration)).collect();
        assert_eq!(times, [90, 120, 150, 180]);
        assert!((0..200).all(|iteration| !Due::new(CheckpointEvery::Never, 0).is_now(iteration)));
    }

    #[test]
    fn a_checkpoint_waits_for_its_time_and_until_all_are_one_percent_of_the_training() {
        let due = Due::new(CheckpointEvery::Time(Duration::from_millis(50)), 0);
        let wait = |from: usize| {
            let start = Instant::now();
            let found = (from..).find(|&iteration| {
                sleep(Duration::from_micros(100));
                due.is_now(iteration)
            });
            (start.elapsed(), found.unwrap())
        };
        let (first, at) = wait(1);
        assert!(first >= Duration::from_millis(49), "{first:?}");
        let mut at = at;
        for whole in [400, 600] {
            due.written(at, Duration::from_millis(2));
            at = wait(at + 1).1;
            assert!(due.start.elapsed() >= Duration::from_millis(whole), "{:?}", due.start.elapsed());
        }
    }

    #[test]
    fn the_clock_is_read_for_few_of_many_short_steps() {
        let due = Due::new(CheckpointEvery::Time(Duration::from_secs(3600)), 0);
        let mut looks = 0;
        for iteration in 1..1_000_000 {
            let before = due.looked.get();
            due.is_now(iteration);
            looks += usize::from(due.looked.get() != before);
        }
        assert!(looks < 1000, "{looks} looks");
    }

    #[test]
    fn an_interruption_after_less_than_a_moment_is_not_worth_it() {
        let due = Due::new(CheckpointEvery::default(), 5);
        assert!(!due.is_worth_it(6));
        due.last.set((Instant::now() - MOMENT, 5));
        assert!(due.is_worth_it(6) && !due.is_worth_it(5));
        due.written(6, Duration::ZERO);
        assert!(!due.is_worth_it(7));
        let never = Due::new(CheckpointEvery::Never, 0);
        never.last.set((Instant::now() - MOMENT, 0));
        assert!(!never.is_worth_it(6));
    }
}
