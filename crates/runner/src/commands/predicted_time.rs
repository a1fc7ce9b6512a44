//! The predicted time of a sweep, by speeds that are measured for a moment.

use std::collections::HashSet;
use std::time::Instant;

use anyhow::Result;
use datasets::text::count;

use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::prediction::seconds::Prediction;
use crate::prediction::speeds::{Speed, measure};
use crate::run::inputs::Inputs;
use crate::run::workers::Workers;
use crate::terminal::say;
use crate::text::duration;

/// The predicted time of a sweep.
pub(super) struct PredictedTime {
    prediction: Prediction,
    speeds: Vec<Speed>,
    /// The seconds that the data took until the first fleet could have begun.
    preparation: f64,
    jobs: usize,
}

impl PredictedTime {
    /// Measures the speeds of the fleets of `plan`, for some two seconds, and predicts its time with `jobs` fleets of `threads` threads at
    /// once; the data have taken the time since `begun`.
    pub(super) fn measure(
        plan: &Plan,
        inputs: &Inputs,
        (jobs, threads): (usize, usize),
        begun: Instant,
    ) -> Result<Self> {
        let workers = Workers::new(jobs, threads)?;
        let preparation = begun.elapsed().as_secs_f64();
        let speeds = measure::<anyhow::Error>(plan, inputs, &workers)?;
        let prediction = Prediction::new(plan, &speeds);
        Ok(PredictedTime { prediction, speeds, preparation, jobs })
    }

    /// Returns the predicted seconds of the trial at index `trial` of the plan; `None` if it is in no fleet.
    pub(super) fn trial(&self, plan: &Plan, trial: usize) -> Option<f64> {
        Some(self.prediction.trial(plan, plan.fleet_place(trial)?, &plan.trials[trial]))
    }

    /// Returns the predicted seconds of a shard of `plan`, whose fleets are trained `jobs` at once.
    pub(super) fn shard(&self, plan: &Plan, shard: &Plan, jobs: usize) -> f64 {
        let takes = |place: usize| shard.fleet_place(plan.fleets[place][0]).is_some();
        self.preparation + self.prediction.at_once(plan, jobs, takes)
    }

    /// Returns the predicted seconds of a shard with the longest fleet alone, if that is trained `times` as long.
    pub(super) fn longest_fleet(&self, times: f64) -> f64 {
        self.preparation + times * self.prediction.fleets.iter().copied().fold(0.0, f64::max)
    }

    /// Returns the predicted seconds of all fleets, one after the other.
    pub(super) fn of_one_worker(&self) -> f64 {
        self.prediction.fleets.iter().sum()
    }

    /// Says the time of the fleets with an unfinished trial, and the speeds that it follows from.
    pub(super) fn say(&self, plan: &Plan, finished: &HashSet<String>) {
        let is_left = |trial: &Trial| !finished.contains(&trial.id);
        let takes = |place: usize| plan.trials_of(&plan.fleets[place]).any(is_left);
        let training = self.prediction.at_once(plan, self.jobs, takes);
        say(&format!(
            "predicted: {} with {} at once, {} of it to read and prepare the data; measured just now, for nets that all train to their last step:",
            duration(self.preparation + training),
            self.jobs,
            duration(self.preparation),
        ));
        for Speed { kind, step, .. } in &self.speeds {
            let left: Vec<usize> = kind.places.iter().copied().filter(|&place| takes(place)).collect();
            if left.is_empty() {
                continue;
            }
            let seconds: f64 = left.iter().map(|&place| self.prediction.fleets[place]).sum();
            let speed = match step {
                Some(step) => format!("{} a step ({:.1} GFLOP/s)", duration(*step), kind.flop / step / 1e9),
                None => "every net diverges at its initial parameters".to_owned(),
            };
            let fleets = count(left.len(), "fleet");
            say(&format!("  {fleets} of {}: {speed}, {} of one worker", kind.words, duration(seconds)));
        }
        if self.prediction.interpolated > 0 {
            say(&format!(
                "  {} of other kinds: interpolated by their operations",
                count(self.prediction.interpolated, "fleet")
            ));
        }
    }
}
