//! The trials of a sweep that differ in one key only, the seed for instance, as one row: mean, standard deviation,
//! lowest and highest.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use super::sparkline::{sparkline, trial_costs};
use crate::record::Record;
use crate::record::error::Error;
use crate::record::machines::MachineNames;
use crate::record::stored::RecordedPoint;
use crate::record::summary::Summary;
use crate::run::outcome::Status;
use crate::spec::sweep_keys::Objective;
use crate::table::Table;
use crate::text::plain;

/// Points that differ in one key only, in the order of the experiment.
pub(super) struct Group<'r> {
    points: Vec<&'r RecordedPoint>,
}

/// The groups of the points that differ in `over` only, in the order of their first.
pub(super) fn groups<'r>(points: &'r [RecordedPoint], axes: &[String], over: &str) -> Vec<Group<'r>> {
    let (mut groups, mut places): (Vec<Group>, HashMap<Vec<String>, usize>) = (Vec::new(), HashMap::new());
    for point in points {
        let others = axes.iter().filter(|key| *key != over);
        let place = others.map(|key| point.values.get(key).map(ToString::to_string).unwrap_or_default()).collect();
        let place = *places.entry(place).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Group { points: Vec::new() });
        }
        groups[place].points.push(point);
    }
    groups
}

/// Statistics of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Statistics {
    count: usize,
    mean: f64,
    /// With count - 1 in the denominator; of several numbers only.
    deviation: Option<f64>,
    lowest: f64,
    highest: f64,
}

impl Statistics {
    /// Computes them; `None` if there are no numbers.
    fn of(numbers: &[f64]) -> Option<Self> {
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        let (lowest, highest) =
            numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
        let deviation = (numbers.len() > 1).then(|| (squares / (count - 1.0)).sqrt());
        (!numbers.is_empty()).then_some(Statistics { count: numbers.len(), mean, deviation, lowest, highest })
    }

    fn cells(statistics: Option<Self>, digits: usize) -> [String; 2] {
        let Some(Statistics { mean, deviation, lowest, highest, .. }) = statistics else { return Default::default() };
        let deviation = deviation.map(|deviation| format!(" ± {deviation:.digits$}")).unwrap_or_default();
        [format!("{mean:.digits$}{deviation}"), format!("{lowest:.digits$}..{highest:.digits$}")]
    }
}

impl Group<'_> {
    fn finished(&self) -> impl Iterator<Item = &Summary> {
        self.points.iter().filter_map(|point| point.finished.as_ref()).map(|finished| &finished.summary)
    }

    /// The statistics of what the completed trials have.
    fn statistics(&self, what: impl Fn(&Summary) -> Option<f64>) -> Option<Statistics> {
        let completed = self.finished().filter(|trial| trial.status == Status::Completed);
        Statistics::of(&completed.filter_map(what).collect::<Vec<_>>())
    }

    /// The number of finished trials with this status.
    fn with_status(&self, status: Status) -> usize {
        self.finished().filter(|trial| trial.status == status).count()
    }

    /// Orders the better mean first. A group with trials that diverged or failed comes after those whose trials all completed.
    pub(super) fn compare(&self, other: &Self, by: Objective) -> Ordering {
        let rank = |group: &Self| {
            let loss = group.statistics(|trial| trial.loss(by));
            let lost = group.with_status(Status::Diverged) + group.with_status(Status::Failed) > 0;
            (loss.is_none(), lost, loss.map_or(f64::INFINITY, |loss| loss.mean))
        };
        let (a, b) = (rank(self), rank(other));
        (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2))
    }

    /// Whether a trial of it has finished.
    pub(super) fn has_finished(&self) -> bool {
        self.finished().next().is_some()
    }
}

/// The table of the groups: a row each.
///
/// # Errors
/// If the record can't be read.
pub(super) fn table(
    record: &Record,
    groups: &[Group],
    axes: &[String],
    over: &str,
    machines: &MachineNames,
) -> Result<Table, Error> {
    let keys: Vec<&str> = axes.iter().map(String::as_str).filter(|key| *key != over).collect();
    let names = ["n", "final_cost", "cost_range", "train", "train_range", "test", "test_range", "status", "cost"];
    let mut table = Table::new(keys.iter().copied().chain(machines.column()).chain(names));
    for group in groups {
        let (mut curves, mut damaged) = (Vec::new(), 0);
        for point in &group.points {
            let Some(finished) = &point.finished else { continue };
            match trial_costs(record, &point.trial, finished)? {
                Some(costs) if finished.summary.status == Status::Completed => curves.push(costs),
                Some(_) => {}
                None => damaged += 1,
            }
        }
        let unfinished = group.points.iter().filter(|point| point.finished.is_none()).count();
        let finished = Status::ALL.map(|status| (group.with_status(status), status.name()));
        let others = [(unfinished, "not finished yet"), (damaged, "damaged; sweep again")];
        let counts = finished.into_iter().chain(others);
        let status: Vec<_> =
            counts.filter(|(count, _)| *count > 0).map(|(count, status)| format!("{count} {status}")).collect();
        let cost = group.statistics(|trial| trial.final_cost);
        let measured = [
            Statistics::cells(cost, 6),
            Statistics::cells(group.statistics(|trial| trial.train_accuracy), 4),
            Statistics::cells(group.statistics(|trial| trial.test_accuracy), 4),
        ];
        let values = keys.iter().map(|key| group.points[0].values.get(*key).map(plain).unwrap_or_default());
        let n = cost.map_or(0, |cost| cost.count).to_string();
        let rest = measured.into_iter().flatten().chain([status.join(", "), sparkline(&mean_curve(&curves))]);
        let finished = group.points.iter().filter_map(|point| point.finished.as_ref());
        let used: BTreeSet<&str> = finished.filter_map(|trial| machines.of(trial)).collect();
        let used = machines.column().map(|_| used.into_iter().collect::<Vec<_>>().join(" + "));
        table.row(values.chain(used).chain([n]).chain(rest));
    }
    Ok(table)
}

/// The mean at each record, as far as every curve has it.
fn mean_curve(curves: &[Vec<f64>]) -> Vec<f64> {
    let length = curves.iter().map(Vec::len).min().unwrap_or(0);
    (0..length).map(|i| curves.iter().map(|curve| curve[i]).sum::<f64>() / curves.len() as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::{Statistics, mean_curve};

    #[test]
    fn statistics_are_those_of_a_sample() {
        let of = Statistics::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!((of.count, of.mean, of.lowest, of.highest), (8, 5.0, 2.0, 9.0));
        assert!((of.deviation.unwrap() - (32.0f64 / 7.0).sqrt()).abs() < 1e-15);
        assert_eq!(Statistics::of(&[3.0]).unwrap().deviation, None);
        assert_eq!(Statistics::of(&[]), None);
    }

    #[test]
    fn a_mean_curve_ends_with_its_shortest() {
        assert_eq!(mean_curve(&[vec![1.0, 2.0, 3.0], vec![3.0, 6.0]]), [2.0, 4.0]);
        assert!(mean_curve(&[]).is_empty());
    }
}
