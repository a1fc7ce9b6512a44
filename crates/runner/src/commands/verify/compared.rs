//! The comparison of trials that were trained again with their records.

use std::collections::{BTreeSet, HashSet};

use super::report::Report;
use crate::record::summary::{Recorded, Summary};
use crate::spec::trial::Dtype;
use crate::text::first_few;
use datasets::text::count;

/// The largest relative difference of the first cost on another machine, in units of the element type's epsilon. The
/// first cost is J before any update, after a single forward pass; docs/machines.md measures a difference of 1.5 at
/// most. Later costs are chaotic.
const FIRST_COST: f64 = 1000.0;

/// The outcome of a comparison, trial by trial.
pub(super) struct Compared<'i> {
    /// The ids of the chosen trials; the others are in their fleets.
    chosen: HashSet<&'i str>,
    /// The trials that this machine has recorded.
    here: Tally,
    /// The trials that other machines have recorded.
    elsewhere: Tally,
    machines: BTreeSet<String>,
    /// The number of costs of other machines that differ by more than 1%, and the largest ratio of two costs.
    apart: usize,
    factor: f64,
}

/// The numbers of compared trials and costs, and the ids of the trials that are wrong.
#[derive(Default)]
struct Tally {
    chosen: usize,
    others: usize,
    costs: usize,
    wrong: BTreeSet<String>,
}

impl Tally {
    fn add(&mut self, is_chosen: bool) {
        *if is_chosen { &mut self.chosen } else { &mut self.others } += 1;
    }

    fn trials(&self) -> usize {
        self.chosen + self.others
    }

    /// Reports what was compared, and which trials are wrong.
    fn say(&self, report: &mut Report, compared: &str) {
        let ids = first_few(self.wrong.iter().map(String::as_str));
        let not_so = if self.wrong.is_empty() { String::new() } else { format!(": not so {ids}") };
        report.line(Some(self.wrong.is_empty()), "trained again", &format!("{compared}{not_so}"));
    }
}

impl<'i> Compared<'i> {
    /// Starts the comparison of the trials that were `chosen`, and of those in their fleets.
    pub(super) fn of(chosen: &[&'i str]) -> Self {
        let (here, elsewhere) = (Tally::default(), Tally::default());
        Compared {
            chosen: chosen.iter().copied().collect(),
            here,
            elsewhere,
            machines: BTreeSet::new(),
            apart: 0,
            factor: 1.0,
        }
    }

    /// Compares everything but the seconds, bit for bit.
    pub(super) fn with_the_same_machine(
        &mut self,
        id: &str,
        recorded: (&Summary, &[Recorded]),
        found: (&Summary, &[Recorded]),
    ) {
        self.here.add(self.chosen.contains(id));
        self.here.costs += found.1.len();
        if recorded.1 != found.1 || !recorded.0.is_repeated_by(found.0) {
            self.here.wrong.insert(id.to_owned());
        }
    }

    /// Holds the first cost to its bound, and counts the others that differ.
    pub(super) fn with_another_machine(
        &mut self,
        id: &str,
        dtype: Dtype,
        machine: &str,
        recorded: &[Recorded],
        found: &[Recorded],
    ) {
        self.elsewhere.add(self.chosen.contains(id));
        self.machines.insert(machine.to_owned());
        let first = |history: &[Recorded]| history.first().map(|first| first.iteration);
        let mut within = first(recorded) == first(found);
        for (then, now) in recorded.iter().zip(found).filter(|(then, now)| then.iteration == now.iteration) {
            let (least, most) = (then.cost.min(now.cost), then.cost.max(now.cost));
            self.elsewhere.costs += 1;
            self.apart += usize::from(most - least > 0.01 * most);
            self.factor = self.factor.max(most / least);
            within &= then.iteration > 0 || most - least <= FIRST_COST * epsilon(dtype) * most;
        }
        if !within {
            self.elsewhere.wrong.insert(id.to_owned());
        }
    }

    pub(super) fn say(&self, report: &mut Report) {
        let Compared { here, elsewhere, machines, apart, factor, .. } = self;
        let in_words = |tally: &Tally| {
            let (chosen, others) = (count(tally.chosen, "trial"), count(tally.others, "other"));
            format!("{chosen} and {others} of the same fleets")
        };
        if here.trials() > 0 {
            here.say(report, &format!("{}, {}, bit for bit", in_words(here), count(here.costs, "cost")));
        }
        if elsewhere.trials() > 0 {
            let machines = machines.iter().map(String::as_str).collect::<Vec<_>>().join("; ");
            let of = format!("{} of another machine ({machines})", in_words(elsewhere));
            elsewhere.say(report, &format!("{of}, the first costs within {FIRST_COST:.0} epsilon"));
            let share = 100.0 * *apart as f64 / elsewhere.costs.max(1) as f64;
            let costs = count(elsewhere.costs, "cost");
            report.line(
                None,
                "on another machine",
                &format!(
                    "training is chaotic: {share:.0}% of {costs} differ by more than 1%, at most {factor:.2} times"
                ),
            );
        }
    }
}

fn epsilon(dtype: Dtype) -> f64 {
    match dtype {
        Dtype::F32 => f32::EPSILON.into(),
        Dtype::F64 => f64::EPSILON,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(costs: &[f64]) -> Vec<Recorded> {
        (0..).zip(costs).map(|(iteration, &cost)| Recorded { iteration, cost, metrics: Vec::new() }).collect()
    }

    fn wrong(dtype: Dtype, recorded: &[f64], found: &[f64]) -> usize {
        let mut compared = Compared::of(&[]);
        compared.with_another_machine("id", dtype, "Zen", &history(recorded), &history(found));
        compared.elsewhere.wrong.len()
    }

    #[test]
    fn on_another_machine_the_first_cost_is_held_to_its_bound_and_no_later_one() {
        assert_eq!(wrong(Dtype::F32, &[0.7, 0.6], &[0.70005, 0.1]), 0);
        assert_eq!(wrong(Dtype::F32, &[0.7, 0.6], &[0.7002, 0.6]), 1);
        assert_eq!(wrong(Dtype::F64, &[0.7], &[0.7 + 1e-13]), 0);
        assert_eq!(wrong(Dtype::F64, &[0.7], &[0.7 + 1e-12]), 1);
        assert_eq!(wrong(Dtype::F64, &[0.7], &[]), 1, "a cost that is not there");
    }

    #[test]
    fn on_the_same_machine_every_bit_counts() {
        let summary = Summary { seconds: 2.0, ..Summary::default() };
        let mut compared = Compared::of(&["same", "cost"]);
        let (mine, near) = (history(&[0.7, 0.6]), history(&[0.7, 0.6 + 1e-16]));
        compared.with_the_same_machine(
            "same",
            (&summary, &mine),
            (&Summary { seconds: 1.0, ..summary.clone() }, &mine),
        );
        assert!(compared.here.wrong.is_empty());
        compared.with_the_same_machine("cost", (&summary, &mine), (&summary, &near));
        compared.with_the_same_machine(
            "accuracy",
            (&summary, &mine),
            (&Summary { test_accuracy: Some(0.5), ..summary.clone() }, &mine),
        );
        assert_eq!(compared.here.wrong.len(), 2);
        assert_eq!((compared.here.chosen, compared.here.others), (2, 1));
        assert!(compared.elsewhere.wrong.is_empty(), "a mistake of this machine's trials is none of the others'");
    }
}
