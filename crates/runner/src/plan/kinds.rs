//! The kinds of fleets of a plan: fleets whose steps cost the same.

use std::collections::BTreeMap;

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
    /// Operations of a step's products.
    pub flop: f64,
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
                words: in_words(self, &trials),
            };
            kinds.entry(cost_of(self, &trials)).or_insert_with(new).places.push(place);
        }
        kinds.into_values().collect()
    }
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
