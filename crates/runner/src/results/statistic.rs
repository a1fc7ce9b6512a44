//! The numbers of a setting as a whole, by the names that tables and exports give them.

use serde_json::{Value, json};

use super::column::{measure_named, print_number};
use super::setting::{Setting, Statistics};
use crate::record::columns::{Column, Kind, measures};
use crate::run::outcome::Status;

/// A number of a setting, beside the mean of a measure.
#[derive(Clone, Copy, Debug)]
pub enum Statistic {
    /// `n`: the number of trials that completed.
    Count,
    /// `NAME_sd`: the standard deviation of a measure.
    Deviation(&'static Column),
    /// `NAME_lowest`.
    Lowest(&'static Column),
    /// `NAME_highest`.
    Highest(&'static Column),
    /// `NAME_range`: both ends.
    Range(&'static Column),
}

impl Statistic {
    /// Finds a statistic by its name; `None` if no statistic has that name.
    pub fn find(name: &str) -> Option<Self> {
        if name == Statistic::Count.name() {
            return Some(Statistic::Count);
        }
        let of =
            |end, statistic: fn(&'static Column) -> Self| name.strip_suffix(end).and_then(measure_named).map(statistic);
        let range = || measures().filter_map(Statistic::range_of).find(|range| range.name() == name);
        of("_sd", Statistic::Deviation)
            .or_else(|| of("_lowest", Statistic::Lowest))
            .or_else(|| of("_highest", Statistic::Highest))
            .or_else(range)
    }

    /// Returns the range of a measure; `None` unless it is a cost or an accuracy.
    pub fn range_of(column: &'static Column) -> Option<Self> {
        matches!(column.kind, Kind::Cost | Kind::Accuracy).then_some(Statistic::Range(column))
    }

    /// Returns its name in tables and exports.
    pub fn name(self) -> String {
        match self {
            Statistic::Count => "n".to_owned(),
            Statistic::Deviation(column) => format!("{}_sd", column.name),
            Statistic::Lowest(column) => format!("{}_lowest", column.name),
            Statistic::Highest(column) => format!("{}_highest", column.name),
            Statistic::Range(column) => {
                format!("{}_range", column.name.trim_end_matches("_accuracy").trim_start_matches("final_"))
            }
        }
    }

    /// Explains why a condition can't be on it, since conditions are on trials.
    pub fn not_of_trials(self) -> String {
        format!(
            "{} is a number of a setting, and a condition is on single trials; --sort and --columns take it",
            self.name()
        )
    }

    /// Returns its value for a setting with every digit; null if the setting has none.
    pub fn value(self, setting: &Setting) -> Value {
        let ends = |found: Statistics| json!([found.lowest, found.highest]);
        match self {
            Statistic::Count => json!(setting.with_status(Status::Completed)),
            Statistic::Range(column) => setting.statistics(column).map_or(Value::Null, ends),
            _ => self.number(setting).map_or(Value::Null, Value::from),
        }
    }

    /// Returns the number that settings are ordered by: of a range its width.
    pub fn number(self, setting: &Setting) -> Option<f64> {
        let of = |column| setting.statistics(column);
        match self {
            Statistic::Count => Some(setting.with_status(Status::Completed) as f64),
            Statistic::Deviation(column) => of(column)?.deviation,
            Statistic::Lowest(column) => of(column).map(|found| found.lowest),
            Statistic::Highest(column) => of(column).map(|found| found.highest),
            Statistic::Range(column) => of(column).map(|found| found.highest - found.lowest),
        }
    }

    /// Formats it for a table; empty if the setting has none.
    pub fn print(self, setting: &Setting) -> String {
        let print = |column: &Column, number: Option<f64>| {
            number.map(|number| print_number(column.kind, number)).unwrap_or_default()
        };
        match self {
            Statistic::Count => setting.with_status(Status::Completed).to_string(),
            Statistic::Range(column) => setting.statistics(column).map_or_else(String::new, |found| {
                format!("{}..{}", print(column, Some(found.lowest)), print(column, Some(found.highest)))
            }),
            Statistic::Deviation(column) | Statistic::Lowest(column) | Statistic::Highest(column) => {
                print(column, self.number(setting))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Statistic;

    #[test]
    fn every_statistic_is_found_by_the_name_that_it_is_shown_under() {
        for name in ["n", "final_cost_sd", "test_accuracy_lowest", "seconds_highest", "cost_range", "train_cost_range"]
        {
            assert_eq!(Statistic::find(name).map(Statistic::name).as_deref(), Some(name));
        }
        assert_eq!(Statistic::find("cost_sd").map(Statistic::name).as_deref(), Some("final_cost_sd"));
        for name in ["status_sd", "final_cost", "sd", "_sd", "seconds_range"] {
            assert!(Statistic::find(name).is_none(), "{name}");
        }
    }
}
