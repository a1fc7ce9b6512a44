//! The division of trials into fleets.

use std::hash::Hash;

use indexmap::IndexMap;

use super::engine::workload;
use super::trial::Trial;
use crate::spec::data::DataShape;

/// Groups trials into fleets, by a rule that depends only on the experiment and the shape of the data. Trials of a
/// fleet have the same element type, engine, batches and number of iterations; those that start with the same first
/// layer are neighbours. A trial whose time is limited is alone: its clock would measure the others, too, and they would lose it at a step
/// that no other run repeats. A fleet has as many rows as [`net::Engine::rows_per_fleet`] says, but no more than a quarter
/// of the trials that could share it, so that a small sweep keeps several cores busy.
pub(super) fn of(trials: &[Trial], data: DataShape) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..trials.len()).collect();
    let mut fleets: Vec<Vec<usize>> = Vec::new();
    let kind = |&trial: &usize| {
        let Trial { config, engine, .. } = &trials[trial];
        let timed = config.stopping.seconds.map(|_| trial);
        (config.dtype, *engine, config.flush_subnormals, config.batch, config.iterations(data.train), timed)
    };
    for group in grouped(all, kind) {
        let Trial { config, engine, .. } = &trials[group[0]];
        let most = engine.rows_per_fleet(workload(config, data), config.dtype.bytes() as usize);
        let most_nets = group.len().div_ceil(4);
        let mut rows = usize::MAX;
        for trial in grouped(group, |&trial| trials[trial].first_layer(data.task)).into_iter().flatten() {
            let width = trials[trial].config.first_width(data.task);
            match fleets.last_mut() {
                Some(fleet) if rows.saturating_add(width) <= most && fleet.len() < most_nets => fleet.push(trial),
                _ => {
                    fleets.push(vec![trial]);
                    rows = 0;
                }
            }
            rows += width;
        }
    }
    fleets
}

/// Groups the items with equal keys. Groups, and the items in them, keep the order of `items`.
fn grouped<T, K: Eq + Hash>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<Vec<T>> {
    let mut groups: IndexMap<K, Vec<T>> = IndexMap::new();
    for item in items {
        groups.entry(key(&item)).or_default().push(item);
    }
    groups.into_values().collect()
}

#[cfg(test)]
mod tests {
    use net::Engine;

    use super::*;
    use crate::spec::trial::{Dtype, Length, TrialConfig};
    use datasets::Task;

    const CATS: DataShape = DataShape { features: 12_288, train: 209, test: 50, validation: 0, task: Task::Classes(2) };

    fn trial(hidden: &[usize], seed: u32, engine: Engine) -> Trial {
        let config = TrialConfig::of(&format!("model.hidden = {hidden:?}\nseed = {seed}"));
        Trial { id: String::new(), config, engine }
    }

    #[test]
    fn narrow_nets_are_stacked_until_their_rows_are_enough_for_a_product_and_wide_ones_go_alone() {
        let trials: Vec<_> = (0..18).map(|seed| trial(&[5, 3], seed, Engine::Dual)).collect();
        let sizes: Vec<_> = of(&trials, CATS).iter().map(Vec::len).collect();
        assert_eq!(sizes, [4, 4, 4, 4, 2]);
        let trials: Vec<_> = (0..3).map(|seed| trial(&[400], seed, Engine::Dual)).collect();
        assert_eq!(of(&trials, CATS), [[0], [1], [2]]);
    }

    #[test]
    fn what_streams_all_features_at_each_step_streams_them_for_many_nets() {
        let trials: Vec<_> = (0..68).map(|seed| trial(&[20, 7], seed, Engine::Direct)).collect();
        let sizes: Vec<_> = of(&trials, CATS).iter().map(Vec::len).collect();
        assert_eq!(sizes, [16, 16, 16, 16, 4]);
    }

    #[test]
    fn mini_batches_are_put_together_for_many_nets() {
        let mut trials: Vec<_> = (0..16).map(|seed| trial(&[128], seed, Engine::Direct)).collect();
        assert_eq!(of(&trials, CATS).len(), 8, "two nets of 128 are 320 rows at most");
        trials.iter_mut().for_each(|trial| trial.config.batch.size = Some(64));
        assert_eq!(of(&trials, CATS).iter().map(Vec::len).collect::<Vec<_>>(), [4; 4]);
    }

    #[test]
    fn a_small_sweep_is_several_fleets_all_the_same() {
        let trials: Vec<_> = (0..9).map(|seed| trial(&[20, 7], seed, Engine::Direct)).collect();
        let sizes: Vec<_> = of(&trials, CATS).iter().map(Vec::len).collect();
        assert_eq!(sizes, [3, 3, 3]);
    }

    #[test]
    fn depths_and_widths_may_differ_in_a_fleet_but_not_what_makes_its_steps_differ() {
        let mut trials: Vec<_> = (0..10).map(|_| trial(&[4], 1, Engine::Dual)).collect();
        trials[1].config.hidden = vec![3, 9, 9];
        trials[2].config.dtype = Dtype::F64;
        trials[3].config.length = Length::Iterations(11);
        trials[4].config.flush_subnormals = false;
        trials[5].engine = Engine::Reduced;
        assert_eq!(of(&trials, CATS), [vec![0, 6], vec![7, 8], vec![9, 1], vec![2], vec![3], vec![4], vec![5]]);
    }

    #[test]
    fn a_trial_whose_time_is_limited_is_alone() {
        let mut trials: Vec<_> = (0..8).map(|seed| trial(&[4], seed, Engine::Dual)).collect();
        trials[1].config.stopping.seconds = Some(1.0);
        trials[4].config.stopping.seconds = Some(1.0);
        assert_eq!(of(&trials, CATS), [vec![0, 2], vec![3, 5], vec![6, 7], vec![1], vec![4]]);
    }

    #[test]
    fn nets_that_start_with_the_same_first_layer_stand_together() {
        let seeds = [1, 2, 1, 2, 1, 2, 1, 2];
        let trials: Vec<_> = seeds.iter().map(|&seed| trial(&[5], seed, Engine::Dual)).collect();
        assert_eq!(of(&trials, CATS), [[0, 2], [4, 6], [1, 3], [5, 7]]);
    }
}
