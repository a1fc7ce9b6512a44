//! The kinds of fleets of a plan: fleets whose steps cost the same.

use std::collections::BTreeMap;

use net::Batches;

use super::Plan;
use super::trial::Trial;
use crate::text::layers;

/// Fleets whose steps cost the same.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetKind {
    /// The first of them, which represents them: indices of trials.
    pub fleet: Vec<usize>,
    /// All of them: their places in [`Plan::fleets`].
    pub places: Vec<usize>,
    /// Operations of a step's products: a mean over an epoch, whose last batch may be smaller.
    pub flop: f64,
    /// The number of steps that must be timed together, or a multiple of it, for a mean that `flop` fits: those of an
    /// epoch if a step's mean has a hundredth less than a full batch, else 1.
    pub steps: usize,
    /// A description of its nets.
    pub words: String,
}

impl Plan {
    /// Groups the fleets by the cost of their steps.
    pub fn kinds(&self) -> Vec<FleetKind> {
        let mut kinds: BTreeMap<String, FleetKind> = BTreeMap::new();
        for (place, fleet) in self.fleets.iter().enumerate() {
            let trials: Vec<&Trial> = self.trials_of(fleet).collect();
            let new = || FleetKind {
                fleet: fleet.clone(),
                places: Vec::new(),
                flop: trials.iter().map(|trial| self.flops_per_step(trial)).sum(),
                steps: steps_for_a_mean(&trials[0].config.batches(self.data.train)),
                words: in_words(self, &trials),
            };
            kinds.entry(cost_of(self, &trials)).or_insert_with(new).places.push(place);
        }
        kinds.into_values().collect()
    }
}

/// Returns the steps of an epoch if its last batch lowers the mean by a hundredth or more; else 1.
fn steps_for_a_mean(batches: &Batches) -> usize {
    let steps = batches.steps_per_epoch();
    if batches.examples() as f64 > 0.99 * (steps * batches.size()) as f64 { 1 } else { steps }
}

/// Describes everything that the cost of a fleet's step depends on.
fn cost_of(plan: &Plan, trials: &[&Trial]) -> String {
    let mut nets: Vec<String> = trials
        .iter()
        .map(|trial| {
            let config = &trial.config;
            let decays = config.optimiser.decay.lambda != 0.0;
            let (rule, clips) =
                (std::mem::discriminant(&config.optimiser.algorithm), config.optimiser.clip_norm.is_some());
            let (widths, every) = (plan.widths(config), config.record_every);
            format!(
                "{widths:?} {:?} {:?} {rule:?} {decays} {clips} {:?} {every}",
                config.activations, config.dropout, config.metrics
            )
        })
        .collect();
    nets.sort_unstable();
    let Trial { config, .. } = trials[0];
    format!(
        "{:?} {:?} {:?} {} {}",
        config.dtype,
        plan.input_form(trials[0]),
        config.batch,
        config.flush_subnormals,
        nets.join("; ")
    )
}

/// Describes a fleet, as `2 x 784-512-10, direct, 128 examples`.
fn in_words(plan: &Plan, trials: &[&Trial]) -> String {
    let mut nets: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    for trial in trials {
        *nets.entry(plan.widths(&trial.config)).or_default() += 1;
    }
    let net = |(widths, count): (&Vec<usize>, &usize)| {
        let times = if *count > 1 { format!("{count} x ") } else { String::new() };
        format!("{times}{}", layers(widths))
    };
    let nets: Vec<_> = nets.iter().map(net).collect();
    let examples = trials[0].config.batches(plan.data.train).size();
    format!("{}, {}, {examples} examples", nets.join(" + "), trials[0].engine.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_takes_the_steps_of_an_epoch_where_the_last_batch_counts() {
        let steps = |examples, size| steps_for_a_mean(&Batches::new(examples, size, None));
        assert_eq!([(209, 208), (209, 209), (208, 104), (40, 16)].map(|(m, size)| steps(m, size)), [2, 1, 1, 3]);
        // Half a batch of 938, and one example less in the last of two.
        assert_eq!([(60_000, 64), (1999, 1000)].map(|(m, size)| steps(m, size)), [1, 1]);
    }
}
