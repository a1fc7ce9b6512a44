//! The kinds of fleets of a plan: fleets whose steps cost the same.

use std::collections::{BTreeMap, BTreeSet};

use net::{Batches, Metric, Set};

use super::Plan;
use super::trial::Trial;
use crate::spec::data::DataShape;
use crate::spec::trial::TrialConfig;
use crate::text::{layers, plain, short_name};

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
    /// A description of its nets, with the settings in which they differ from others of the plan.
    pub words: String,
    /// Everything that the cost of their steps depends on, whatever else is in the plan.
    pub cost: String,
}

/// The keys whose values the cost of a net's step depends on, beside its widths, element type, engine and batches.
const BY_VALUE: [&str; 8] = [
    "model.activation",
    "model.cost",
    "model.dropout",
    "train.optimizer",
    "train.shuffle",
    "train.metrics",
    "train.record_every",
    "run.flush_subnormals",
];

/// The keys of which it only counts that they are set.
const BY_PRESENCE: [&str; 7] = [
    "train.weight_decay",
    "train.clip_norm",
    "train.stop_cost",
    "train.patience",
    "train.restore_best",
    "train.stop_seconds",
    "train.diverge_above",
];

impl Plan {
    /// Groups the fleets by the cost of their steps.
    pub fn kinds(&self) -> Vec<FleetKind> {
        let settings: Vec<_> = self.trials.iter().map(|trial| settings(&trial.config)).collect();
        let mut own = self.fleets.iter().flatten().map(|&trial| &settings[trial]);
        let first = own.next().cloned().unwrap_or_default();
        let shared = own.fold(first, |shared, of_trial| &shared & of_trial);
        let mut kinds: BTreeMap<String, FleetKind> = BTreeMap::new();
        for (place, fleet) in self.fleets.iter().enumerate() {
            let nets: Vec<_> = fleet.iter().map(|&trial| (&self.trials[trial].config, &settings[trial])).collect();
            let cost = cost_of(self, &self.trials[fleet[0]], &nets);
            let new = || FleetKind {
                fleet: fleet.clone(),
                places: Vec::new(),
                flop: self.trials_of(fleet).map(|trial| self.flops_per_step(trial)).sum(),
                steps: steps_for_a_mean(&nets[0].0.batches(self.data.train)),
                words: in_words(self, &self.trials[fleet[0]], &nets, &shared),
                cost: cost.clone(),
            };
            kinds.entry(cost.clone()).or_insert_with(new).places.push(place);
        }
        kinds.into_values().collect()
    }
}

/// Lists the settings of a trial that the cost of its step depends on.
fn settings(config: &TrialConfig) -> BTreeSet<String> {
    let canonical = config.canonical();
    let by_value =
        BY_VALUE.iter().filter_map(|key| Some(format!("{}={}", short_name(key), plain(canonical.get(key)?))));
    let by_presence = BY_PRESENCE.iter().filter_map(|key| canonical.get(key).map(|_| short_name(key).to_owned()));
    by_value.chain(by_presence).collect()
}

/// Returns the steps of an epoch if its last batch lowers the mean by a hundredth or more; else 1.
fn steps_for_a_mean(batches: &Batches) -> usize {
    let steps = batches.steps_per_epoch();
    if batches.examples() as f64 > 0.99 * (steps * batches.size()) as f64 { 1 } else { steps }
}

/// A net of a fleet: its trial, and those of its settings that its cost depends on.
type Net<'p> = (&'p TrialConfig, &'p BTreeSet<String>);

/// Describes everything that the cost of a fleet's step depends on.
fn cost_of(plan: &Plan, Trial { config, engine, .. }: &Trial, nets: &[Net]) -> String {
    let net = |(config, settings): &Net| {
        let settings: Vec<_> = settings.iter().map(String::as_str).collect();
        format!("{} {}{}", layers(&plan.widths(config)), settings.join(" "), held_out(config, plan.data))
    };
    let mut nets: Vec<_> = nets.iter().map(net).collect();
    nets.sort_unstable();
    let batches = config.batches(plan.data.train);
    format!(
        "{}, {} in {} columns, {} of {} examples: {}",
        config.dtype.name(),
        engine.name(),
        engine.columns(&plan.data_sizes()),
        batches.size(),
        batches.examples(),
        nets.join("; ")
    )
}

/// Counts the held-out examples that a record of a net evaluates, for its metrics or for early stopping.
fn held_out(config: &TrialConfig, data: DataShape) -> String {
    let measures =
        |set| [Metric::Accuracy(set), Metric::Cost(set)].iter().any(|metric| config.metrics.contains(metric));
    let validates = measures(Set::Validation) || config.stopping.patience.is_some();
    let test = if measures(Set::Test) { format!(" test={}", data.test) } else { String::new() };
    let validation = if validates { format!(" validation={}", data.validation) } else { String::new() };
    test + &validation
}

/// Describes a fleet, as `2 x 784-512-10, direct, 128 examples`. Settings that not all nets of the plan share stand after
/// a net's widths, as in `784-512-10 (optimizer=adam)`.
fn in_words(plan: &Plan, Trial { config, engine, .. }: &Trial, nets: &[Net], shared: &BTreeSet<String>) -> String {
    let mut counts: BTreeMap<(Vec<usize>, Vec<&str>), usize> = BTreeMap::new();
    for (config, settings) in nets {
        let own = settings.difference(shared).map(String::as_str).collect();
        *counts.entry((plan.widths(config), own)).or_default() += 1;
    }
    let net = |((widths, own), count): (&(Vec<usize>, Vec<&str>), &usize)| {
        let times = if *count > 1 { format!("{count} x ") } else { String::new() };
        let own = if own.is_empty() { String::new() } else { format!(" ({})", own.join(" ")) };
        format!("{times}{}{own}", layers(widths))
    };
    let nets: Vec<_> = counts.iter().map(net).collect();
    let examples = config.batches(plan.data.train).size();
    format!("{}, {}, {examples} examples", nets.join(" + "), engine.name())
}

#[cfg(test)]
mod tests {
    use datasets::Task;

    use super::*;

    #[test]
    fn what_a_step_costs_follows_from_the_optimiser_and_not_from_the_learning_rate() {
        let of = |lines: &str| settings(&TrialConfig::of(lines));
        let plain = of("model.hidden = [5]");
        for same in ["train.learning_rate = 0.2", "seed = 7", "train.iterations = 3", "model.init = \"xavier\""] {
            assert_eq!(of(&format!("model.hidden = [5]\n{same}")), plain, "{same}");
        }
        for other in [
            "train.optimizer = \"adam\"",
            "model.activation = \"tanh\"",
            "model.dropout = 0.5",
            "train.metrics = [\"gradient_norm\"]",
            "train.record_every = 2",
            "train.weight_decay = 0.1",
            "train.clip_norm = 1.0",
            "run.flush_subnormals = false",
            "model.cost = \"mean-squared-error\"",
            "train.stop_cost = 0.1",
            "train.patience = 3",
            "train.patience = 3\ntrain.restore_best = true",
            "train.stop_seconds = 9",
            "train.diverge_above = 9",
        ] {
            assert_ne!(of(&format!("model.hidden = [5]\n{other}")), plain, "{other}");
        }
        let decays = |lambda: f64| of(&format!("model.hidden = [5]\ntrain.weight_decay = {lambda:?}"));
        assert_eq!(decays(0.1), decays(0.2));
    }

    #[test]
    fn held_out_examples_count_where_metrics_or_patience_evaluate_them() {
        let data = DataShape { features: 4, train: 9, test: 5, validation: 3, task: Task::Classes(2) };
        let of = |lines: &str| held_out(&TrialConfig::of(&format!("model.hidden = [5]\n{lines}")), data);
        for (lines, counted) in [
            ("train.metrics = [\"train_accuracy\", \"weight_norm\"]", ""),
            ("train.metrics = [\"test_accuracy\"]", " test=5"),
            ("train.metrics = [\"test_cost\", \"validation_accuracy\"]", " test=5 validation=3"),
            ("train.metrics = [\"validation_cost\"]", " validation=3"),
            ("train.patience = 2", " validation=3"),
        ] {
            assert_eq!(of(lines), counted, "{lines}");
        }
    }

    #[test]
    fn a_mean_takes_the_steps_of_an_epoch_where_the_last_batch_counts() {
        let steps = |examples, size| steps_for_a_mean(&Batches::new(examples, size, None));
        assert_eq!([(209, 208), (209, 209), (208, 104), (40, 16)].map(|(m, size)| steps(m, size)), [2, 1, 1, 3]);
        // Half a batch of 938, and one example less in the last of two.
        assert_eq!([(60_000, 64), (1999, 1000)].map(|(m, size)| steps(m, size)), [1, 1]);
    }
}
