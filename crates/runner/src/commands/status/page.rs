//! The answer of `runner status`.

use std::num::NonZeroUsize;
use std::path::Path;

use datasets::text::count;
use serde_json::json;

use super::shards::{ShardState, State, SweepStatus};
use crate::cluster::submission::Submission;
use crate::commands::climbed::Climbed;
use crate::table::Table;
use crate::text::duration;

/// The answer.
pub(super) struct Page<'f> {
    folder: &'f Path,
    sweep: &'f SweepStatus,
    /// The seconds of a worker alone.
    work: Option<f64>,
    /// The seconds until the end.
    expected: Option<f64>,
    /// Whether Slurm has answered.
    slurm: bool,
}

impl<'f> Page<'f> {
    /// Makes the answer for the shards in `folder`.
    pub(super) fn of(folder: &'f Path, sweep: &'f SweepStatus, submission: Option<&Submission>, slurm: bool) -> Self {
        let work = work_left(&sweep.shards, submission).map(|left| left.iter().sum());
        Page { folder, sweep, work, expected: seconds_left(&sweep.shards, submission), slurm }
    }

    /// Returns whether every trial has finished, on all rungs that there are.
    pub(super) fn is_done(&self) -> bool {
        let SweepStatus { trials, finished, climbed, .. } = *self.sweep;
        trials > 0 && finished == trials && climbed.is_none_or(|climbed| climbed.is_last() || climbed.none_goes_on())
    }

    /// Writes it for a person: a row for each shard, and what they come to.
    pub(super) fn to_text(&self) -> String {
        let SweepStatus { shards, trials, finished, failed, climbed } = self.sweep;
        let mut table = Table::new(
            ["shard", "state", "trials", "finished", "failed"].into_iter().chain(self.slurm.then_some("slurm")),
        );
        for ShardState { shard, state, trials, finished, failed, slurm, .. } in shards {
            let trials = trials.map_or_else(String::new, |trials| trials.to_string());
            let row = [shard.to_string(), state.name().to_owned(), trials, finished.to_string(), failed.to_string()];
            table.row(row.into_iter().chain(self.slurm.then(|| slurm.clone().unwrap_or_default())));
        }
        let states = State::ALL.map(|state| (self.count(state), state.name()));
        let states: Vec<_> =
            states.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
        let failed = if *failed > 0 { format!(", {failed} failed") } else { String::new() };
        let end = match (self.expected, self.work) {
            (Some(seconds), _) => format!("; expected end in {}", duration(seconds)),
            (None, Some(seconds)) => format!("; a worker alone would need another {}", duration(seconds)),
            (None, None) => String::new(),
        };
        let rung = climbed.map_or_else(String::new, |climbed @ Climbed { rung, rungs, .. }| {
            let is_over = self.is_done() && climbed.none_goes_on();
            format!("; rung {rung} of {rungs}{}", if is_over { ", from which no setting goes on" } else { "" })
        });
        format!(
            "{table}{}: {}: {}; {finished} of {} finished{failed}{rung}{end}\n",
            self.folder.display(),
            count(shards.len(), "shard"),
            states.join(", "),
            count(*trials, "trial"),
        )
    }

    /// Writes it for a program.
    pub(super) fn to_json(&self) -> String {
        let SweepStatus { shards, trials, finished, failed, climbed } = self.sweep;
        let mut page = json!({
            "shards": shards, "trials": trials, "trials_finished": finished, "trials_failed": failed,
            "trials_left": trials.saturating_sub(finished + failed), "expected_seconds": self.expected,
            "worker_seconds_left": self.work, "slurm_answered": self.slurm, "rung": climbed.map(|climbed| climbed.rung),
            "rungs": climbed.map(|climbed| climbed.rungs),
        });
        for state in State::ALL {
            page[state.name().replace(' ', "_")] = self.count(state).into();
        }
        format!("{page:#}\n")
    }

    fn count(&self, state: State) -> usize {
        self.sweep.shards.iter().filter(|shard| shard.state == state).count()
    }
}

/// Returns the seconds that a worker alone would need for what is left of each shard that is not done; `None` if none is at work, or
/// nothing tells.
///
/// A shard needs its planned seconds for the share of its trials that are left, times what the finished trials of all shards took over
/// what was planned for them; without a plan, its trials that are left take the mean of the finished ones.
fn work_left(shards: &[ShardState], submission: Option<&Submission>) -> Option<Vec<f64>> {
    at_work(shards)?;
    let planned = |shard: &ShardState| {
        let submission = submission?;
        Some(submission.planned.get(shard.shard)?.seconds? * submission.workers as f64)
    };
    let share = |shard: &ShardState| shard.trials.map_or(0.0, |trials| shard.finished as f64 / trials.max(1) as f64);
    let sum = |of: &dyn Fn(&ShardState) -> f64| shards.iter().map(of).sum::<f64>();
    let took = sum(&|shard| shard.seconds);
    let finished = sum(&|shard| shard.finished as f64);
    let planned_for_it = sum(&|shard| planned(shard).unwrap_or(0.0) * share(shard));
    let pace = if took > 0.0 && planned_for_it > 0.0 { took / planned_for_it } else { 1.0 };
    let left = |shard: &ShardState| match (planned(shard), shard.trials) {
        (Some(seconds), _) => Some(seconds * (1.0 - share(shard)) * pace),
        (None, Some(trials)) if finished > 0.0 => Some((trials - shard.finished) as f64 * took / finished),
        _ => None,
    };
    shards
        .iter()
        .filter(|shard| matches!(shard.state, State::Running | State::Stopped | State::NotBegun))
        .map(left)
        .collect()
}

/// Counts the shards at work; `None` if none is.
fn at_work(shards: &[ShardState]) -> Option<NonZeroUsize> {
    NonZeroUsize::new(shards.iter().filter(|shard| shard.state == State::Running).count())
}

/// Returns the seconds until the end, with as many shards at work as now; `None` also without a submission, since only that says how many
/// workers a shard has.
fn seconds_left(shards: &[ShardState], submission: Option<&Submission>) -> Option<f64> {
    let (workers, at_work) = (submission?.workers as f64, at_work(shards)?.get() as f64);
    let left = work_left(shards, submission)?;
    let longest = left.iter().copied().fold(0.0, f64::max);
    Some(longest.max(left.iter().sum::<f64>() / at_work) / workers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::submission::PlannedShard;

    fn shard(number: usize, state: State, finished: usize, seconds: f64) -> ShardState {
        ShardState { shard: number, state, trials: Some(10), finished, failed: 0, slurm: None, seconds }
    }

    #[test]
    fn what_is_left_takes_as_long_as_what_was_done_and_is_shared_by_those_at_work() {
        let shards =
            [shard(0, State::Done, 10, 20.0), shard(1, State::Running, 5, 10.0), shard(2, State::NotBegun, 0, 0.0)];
        let submission = |workers, seconds| {
            let planned = vec![PlannedShard { trials: 10, seconds }; 3];
            Submission { shards: 3, workers, jobs: Vec::new(), merge: None, planned }
        };
        let left = |shards, workers, seconds| seconds_left(shards, Some(&submission(workers, seconds)));
        assert_eq!(left(&shards, 1, None), Some(30.0), "15 trials of 2 s each by one shard");
        assert_eq!(left(&shards[..1], 1, None), None, "none is at work");
        assert_eq!(left(&shards, 1, Some(10.0)), Some(30.0), "twice as slow as planned");
        let two = [shard(0, State::Running, 5, 10.0), shard(1, State::Running, 9, 18.0)];
        assert_eq!(left(&two, 1, None), Some(10.0), "the longest of them");
        assert_eq!(left(&shards, 4, None), Some(7.5), "four workers train at once");
        assert_eq!(left(&shards, 4, Some(5.0)), Some(7.5), "as fast as planned with four workers");
        assert_eq!(work_left(&shards, None), Some(vec![10.0, 20.0]));
        let requeued = [shard(0, State::Running, 5, 10.0), shard(1, State::Stopped, 5, 10.0)];
        assert_eq!(left(&requeued, 1, None), Some(20.0), "a shard that was stopped goes on");
        assert_eq!(seconds_left(&shards, None), None, "nothing says how many workers a shard has");
    }
}
