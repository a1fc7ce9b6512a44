//! The expected end of a sweep, from the time that its trials have taken so far.

use super::shards::{ShardState, State};
use crate::cluster::submission::Submission;

/// Returns the seconds that the shards still need with as many at work as now; `None` if none is, or nothing tells.
///
/// A shard needs its planned seconds for the share of its trials that are left, times what the finished trials of all shards took over
/// what was planned for them; without a plan, its trials that are left take the mean of the finished ones.
pub(super) fn seconds_left(shards: &[ShardState], submission: Option<&Submission>) -> Option<f64> {
    let at_work = shards.iter().filter(|shard| shard.state == State::Running).count();
    if at_work == 0 {
        return None;
    }
    let planned = |shard: &ShardState| submission?.planned.get(shard.shard)?.seconds;
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
    let open = || shards.iter().filter(|shard| matches!(shard.state, State::Running | State::NotBegun));
    let all: Option<Vec<f64>> = open().map(left).collect();
    let all = all?;
    let longest = all.iter().copied().fold(0.0, f64::max);
    Some(longest.max(all.iter().sum::<f64>() / at_work as f64))
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
        assert_eq!(seconds_left(&shards, None), Some(30.0), "15 trials of 2 s each by one shard");
        assert_eq!(seconds_left(&shards[..1], None), None, "none is at work");
        let planned = vec![PlannedShard { trials: 10, seconds: Some(10.0) }; 3];
        let submission = Submission { shards: 3, jobs: Vec::new(), planned };
        assert_eq!(seconds_left(&shards, Some(&submission)), Some(30.0), "twice as slow as planned");
        let two = [shard(0, State::Running, 5, 10.0), shard(1, State::Running, 9, 18.0)];
        assert_eq!(seconds_left(&two, None), Some(10.0), "the longest of them");
    }
}
