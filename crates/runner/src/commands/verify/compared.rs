//! The comparison of trials that were trained again with their records.

use std::collections::BTreeSet;

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
#[derive(Default)]
pub(super) struct Compared {
    /// The number of chosen trials; the others are in their fleets.
    chosen: usize,
    /// The numbers of compared trials and costs that this machine has recorded.
    here: (usize, usize),
    /// The numbers of compared trials and costs that other machines have recorded.
    elsewhere: (usize, usize),
    machines: BTreeSet<String>,
    /// The number of costs of other machines that differ by more than 1%, and the largest ratio of two costs.
    apart: usize,
    factor: f64,
    wrong: BTreeSet<String>,
}

impl Compared {
    /// Starts the comparison of `chosen` trials.
    pub(super) fn of(chosen: usize) -> Self {
        Compared { chosen, factor: 1.0, ..Compared::default() }
    }

    /// Compares everything but the seconds, bit for bit.
    pub(super) fn with_the_same_machine(
        &mut self,
        id: &str,
        recorded: (&Summary, &[Recorded]),
        found: (&Summary, &[Recorded]),
    ) {
        self.here.0 += 1;
        self.here.1 += found.1.len();
        if recorded.1 != found.1 || !recorded.0.is_repeated_by(found.0) {
            self.wrong.insert(id.to_owned());
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
        self.elsewhere.0 += 1;
        self.machines.insert(machine.to_owned());
        let first = |history: &[Recorded]| history.first().map(|first| first.iteration);
        let mut within = first(recorded) == first(found);
        for (then, now) in recorded.iter().zip(found).filter(|(then, now)| then.iteration == now.iteration) {
            let (least, most) = (then.cost.min(now.cost), then.cost.max(now.cost));
            self.elsewhere.1 += 1;
            self.apart += usize::from(most - least > 0.01 * most);
            self.factor = self.factor.max(most / least);
            within &= then.iteration > 0 || most - least <= FIRST_COST * epsilon(dtype) * most;
        }
        if !within {
            self.wrong.insert(id.to_owned());
        }
    }

    pub(super) fn say(&self, report: &mut Report) {
        let but = |said: String| {
            let ids = first_few(self.wrong.iter().map(String::as_str));
            if self.wrong.is_empty() { said } else { format!("{said}: not so {ids}") }
        };
        let right = Some(self.wrong.is_empty());
        let (trials, costs) = self.here;
        if trials > 0 {
            let others = count(trials.saturating_sub(self.chosen), "other");
            let of = format!("{} and {others} of the same fleets", count(self.chosen.min(trials), "trial"));
            report.line(right, "trained again", &but(format!("{of}, {}, bit for bit", count(costs, "cost"))));
        }
        let (trials, costs) = self.elsewhere;
        if trials > 0 {
            let machines = self.machines.iter().map(String::as_str).collect::<Vec<_>>().join("; ");
            report.line(
                right,
                "trained again",
                &but(format!(
                    "{} of another machine ({machines}), the first costs within \
                        {FIRST_COST:.0} epsilon",
                    count(trials, "trial")
                )),
            );
            let share = 100.0 * self.apart as f64 / costs.max(1) as f64;
            report.line(
                None,
                "on another machine",
                &format!(
                    "training is chaotic: {share:.0}% of {} differ by more than 1%, \
                        at most {:.2} times",
                    count(costs, "cost"),
                    self.factor
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
        let mut compared = Compared::of(1);
        compared.with_another_machine("id", dtype, "Zen", &history(recorded), &history(found));
        compared.wrong.len()
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
        let mut compared = Compared::of(3);
        let (mine, near) = (history(&[0.7, 0.6]), history(&[0.7, 0.6 + 1e-16]));
        compared.with_the_same_machine(
            "same",
            (&summary, &mine),
            (&Summary { seconds: 1.0, ..summary.clone() }, &mine),
        );
        assert!(compared.wrong.is_empty());
        compared.with_the_same_machine("cost", (&summary, &mine), (&summary, &near));
        compared.with_the_same_machine(
            "accuracy",
            (&summary, &mine),
            (&Summary { test_accuracy: Some(0.5), ..summary.clone() }, &mine),
        );
        assert_eq!(compared.wrong.len(), 2);
    }
}
