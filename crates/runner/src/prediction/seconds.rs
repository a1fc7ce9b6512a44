//! The predicted seconds of each fleet of a plan.

use std::collections::HashSet;

use super::speeds::{Speed, Steps};
use crate::plan::Plan;
use crate::plan::trial::Trial;

/// The predicted seconds of the fleets of a plan, as if no net diverged after its first step or stopped early.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The seconds of each fleet, in the order of [`Plan::fleets`].
    pub fleets: Vec<f64>,
    /// The number of fleets whose speed was not measured but interpolated.
    pub interpolated: usize,
}

impl Prediction {
    /// Predicts the fleets of `plan` by the measured `speeds`.
    pub fn new(plan: &Plan, speeds: &[Speed]) -> Self {
        let steps = Steps::of(plan, speeds);
        let mut fleets = vec![0.0; plan.fleets.len()];
        let mut interpolated = 0;
        let largest = speeds.iter().max_by(|a, b| a.kind.flop.total_cmp(&b.kind.flop));
        let mut costs = vec![[0.0; 3]; plan.fleets.len()];
        for kind in plan.kinds() {
            let measured = speeds.iter().find(|speed| speed.kind.fleet == kind.fleet);
            let step = measured.map_or_else(|| steps.seconds(plan, &kind), |speed| speed.step.unwrap_or(0.0));
            interpolated += if measured.is_some() { 0 } else { kind.places.len() };
            let start = measured.or(largest).map_or([0.0; 2], |speed| [speed.cold_start, speed.warm_start]);
            kind.places.iter().for_each(|&place| costs[place] = [step, start[0], start[1]]);
        }
        // A first layer is drawn for the first fleet that needs it.
        let mut drawn = HashSet::new();
        for (place, (fleet, [step, cold, warm])) in plan.fleets.iter().zip(costs).enumerate() {
            let trials = || plan.trials_of(fleet);
            let own: HashSet<String> = trials().map(|trial| trial.first_layer(plan.data.task)).collect();
            let all = own.len() as f64;
            let new = own.into_iter().filter(|layer| drawn.insert(layer.clone())).count() as f64;
            let iterations = trials().map(|trial| plan.iterations(trial)).max().unwrap_or(0);
            fleets[place] = warm + (cold - warm) * new / all + step * iterations as f64;
        }
        Prediction { fleets, interpolated }
    }

    /// Returns the seconds of a trial: its share of its fleet's, by operations, as the record has them.
    pub fn trial(&self, plan: &Plan, place: usize, trial: &Trial) -> f64 {
        let all = plan.fleet_flops(&plan.fleets[place]);
        if all > 0.0 { self.fleets[place] * plan.flops(trial) / all } else { 0.0 }
    }

    /// Returns the seconds of the fleets that `takes` says, the longest first, on `workers` workers.
    pub fn at_once(&self, plan: &Plan, workers: usize, takes: impl Fn(usize) -> bool) -> f64 {
        let mut places: Vec<usize> = (0..self.fleets.len()).filter(|&place| takes(place)).collect();
        places.sort_by(|&a, &b| plan.fleet_flops(&plan.fleets[b]).total_cmp(&plan.fleet_flops(&plan.fleets[a])));
        makespan(places.into_iter().map(|place| self.fleets[place]), workers)
    }
}

/// Returns the seconds until the last of fleets that take `seconds` is done, in this order, on `workers` workers that each take the next
/// one when they are free.
fn makespan(seconds: impl IntoIterator<Item = f64>, workers: usize) -> f64 {
    let mut free_at = vec![0.0_f64; workers.max(1)];
    for seconds in seconds {
        let first = free_at.iter_mut().min_by(|a, b| a.total_cmp(b)).expect("a worker");
        *first += seconds;
    }
    free_at.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::makespan;

    #[test]
    fn the_next_fleet_goes_to_the_worker_that_is_free_first() {
        assert_eq!(makespan([5.0, 4.0, 3.0, 1.0], 2), 7.0);
        assert_eq!(makespan([5.0, 4.0, 3.0, 1.0], 1), 13.0);
        assert_eq!(makespan([5.0, 4.0], 8), 5.0);
        assert_eq!(makespan([], 2), 0.0);
    }
}
