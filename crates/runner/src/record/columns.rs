//! The columns of a finished trial: one table for the record, for trials.csv and for whoever shows, sorts or filters trials.

use net::Metric;
use rusqlite::types::Value;
use serde_json::json;

use super::seal::real;
use super::summary::Summary;
use crate::run::outcome::Status;
use crate::text::significant;

/// The content of a column, which decides how it is printed and which end of it is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// A whole number.
    Whole,
    /// A value of J, the lower the better.
    Cost,
    /// A share from 0 to 1, the higher the better.
    Accuracy,
    /// A time in seconds, the lower the better.
    Seconds,
    /// A relative error, the lower the better.
    Drift,
}

/// A column of a finished trial.
#[derive(Debug)]
pub struct Column {
    /// Its name in the record and in trials.csv.
    pub name: &'static str,
    /// Its content.
    pub kind: Kind,
    get: fn(&Summary) -> Value,
    set: fn(&mut Summary, Value),
}

/// A column of numbers that may be missing.
macro_rules! number {
    ($name:ident, $kind:ident) => {
        Column {
            name: stringify!($name),
            kind: Kind::$kind,
            get: |summary| real(summary.$name),
            set: |summary, value| summary.$name = to_number(value),
        }
    };
}

/// The engine of the first layer.
pub static ENGINE: Column = Column {
    name: "engine",
    kind: Kind::Text,
    get: |summary| summary.engine.clone().into(),
    set: |summary, value| summary.engine = to_text(value).unwrap_or_default(),
};
/// The end of the trial.
pub static STATUS: Column = Column {
    name: "status",
    kind: Kind::Text,
    get: |summary| summary.status.name().to_owned().into(),
    // Another word was not stored by this program: the seal says so.
    set: |summary, value| {
        summary.status = to_text(value).and_then(|name| Status::from_name(&name)).unwrap_or_default();
    },
};
static REASON: Column = Column {
    name: "reason",
    kind: Kind::Text,
    get: |summary| summary.reason.clone().into(),
    set: |summary, value| summary.reason = to_text(value),
};
static ENDED_AT: Column = Column {
    name: "ended_at",
    kind: Kind::Whole,
    get: |summary| summary.ended_at.into(),
    set: |summary, value| summary.ended_at = if let Value::Integer(number) = value { Some(number) } else { None },
};
static SECONDS: Column = Column {
    name: "seconds",
    kind: Kind::Seconds,
    get: |summary| real(summary.seconds),
    set: |summary, value| summary.seconds = to_number(value).unwrap_or_default(),
};
/// The last recorded cost, before the last update, or that of the record whose parameters are the final ones.
pub static FINAL_COST: Column = number!(final_cost, Cost);
/// J of the training examples.
pub static TRAIN_COST: Column = number!(train_cost, Cost);
/// The share of training examples in their right class.
pub static TRAIN_ACCURACY: Column = number!(train_accuracy, Accuracy);
/// J of the test examples.
pub static TEST_COST: Column = number!(test_cost, Cost);
/// The share of test examples in their right class.
pub static TEST_ACCURACY: Column = number!(test_accuracy, Accuracy);
/// J of the validation examples.
pub static VALIDATION_COST: Column = number!(validation_cost, Cost);
/// The share of validation examples in their right class.
pub static VALIDATION_ACCURACY: Column = number!(validation_accuracy, Accuracy);
static DRIFT: Column = number!(drift, Drift);

/// All columns in the order of the record, which the seal of a trial keeps.
pub static STORED: &[&Column] = &[
    &ENGINE,
    &STATUS,
    &REASON,
    &ENDED_AT,
    &FINAL_COST,
    &TRAIN_COST,
    &TRAIN_ACCURACY,
    &TEST_ACCURACY,
    &TEST_COST,
    &VALIDATION_ACCURACY,
    &VALIDATION_COST,
    &DRIFT,
    &SECONDS,
];

/// All columns in the order of trials.csv.
pub static WRITTEN: &[&Column] = &[
    &STATUS,
    &FINAL_COST,
    &TRAIN_COST,
    &TRAIN_ACCURACY,
    &TEST_ACCURACY,
    &TEST_COST,
    &VALIDATION_ACCURACY,
    &VALIDATION_COST,
    &SECONDS,
    &ENGINE,
    &DRIFT,
    &ENDED_AT,
    &REASON,
];

fn to_number(value: Value) -> Option<f64> {
    if let Value::Real(number) = value { Some(number) } else { None }
}

fn to_text(value: Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

impl Column {
    /// Returns whether its values are numbers that a mean is taken of.
    pub fn is_measure(&self) -> bool {
        !matches!(self.kind, Kind::Text | Kind::Whole)
    }

    /// Returns the value that the record keeps.
    pub(super) fn stored(&self, summary: &Summary) -> Value {
        (self.get)(summary)
    }

    /// Takes a value that the record has kept.
    pub(super) fn restore(&self, summary: &mut Summary, value: Value) {
        (self.set)(summary, value);
    }

    /// Returns the value as JSON.
    pub fn json(&self, summary: &Summary) -> serde_json::Value {
        match (self.get)(summary) {
            Value::Real(number) => json!(number),
            Value::Integer(number) => json!(number),
            Value::Text(text) => json!(text),
            Value::Null | Value::Blob(_) => serde_json::Value::Null,
        }
    }

    /// Formats the value for trials.csv: numbers as the shortest decimals that give them back, but for the seconds.
    pub fn csv(&self, summary: &Summary) -> String {
        match ((self.get)(summary), self.kind) {
            (Value::Real(seconds), Kind::Seconds) => format!("{seconds:.6}"),
            (Value::Real(drift), Kind::Drift) => format!("{drift:e}"),
            (Value::Real(number), _) => significant(number, 17),
            (Value::Integer(number), _) => number.to_string(),
            (Value::Text(text), _) => text,
            (Value::Null | Value::Blob(_), _) => String::new(),
        }
    }

    /// Returns the value if it is a number with a fraction; `None` if it is missing.
    pub fn number(&self, summary: &Summary) -> Option<f64> {
        to_number((self.get)(summary))
    }

    /// Returns the number that the trial is judged by if this column decides, the lower the better; `None` if it did not complete, or the
    /// column is no score.
    pub fn loss(&self, summary: &Summary) -> Option<f64> {
        if summary.status != Status::Completed {
            return None;
        }
        let number = self.number(summary)?;
        match self.kind {
            Kind::Text | Kind::Whole => None,
            Kind::Accuracy => Some(-number),
            Kind::Cost | Kind::Seconds | Kind::Drift => Some(number),
        }
    }
}

/// Lists the columns whose values are numbers that a mean is taken of, in the order of trials.csv.
pub fn measures() -> impl Iterator<Item = &'static Column> {
    WRITTEN.iter().copied().filter(|column| column.is_measure())
}

/// Finds the column of a metric that halving ranks by; `None` is the last recorded cost.
pub fn of_objective(objective: Option<Metric>) -> &'static Column {
    let named = |metric: Metric| WRITTEN.iter().copied().find(|column| column.name == metric.name());
    objective.map_or(&FINAL_COST, |metric| named(metric).expect("a score of a whole set has a column"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn summary() -> Summary {
        Summary {
            engine: "dual".to_owned(),
            status: Status::Completed,
            reason: Some("why".to_owned()),
            ended_at: Some(7),
            final_cost: Some(0.1),
            train_cost: Some(0.2),
            train_accuracy: Some(0.3),
            test_accuracy: Some(0.4),
            test_cost: Some(0.5),
            validation_accuracy: Some(0.6),
            validation_cost: Some(0.7),
            drift: Some(1e-9),
            seconds: 2.5,
            metrics: Vec::new(),
        }
    }

    #[test]
    fn what_the_record_keeps_is_what_it_gives_back() {
        let mut read = Summary::default();
        STORED.iter().for_each(|column| column.restore(&mut read, column.stored(&summary())));
        assert_eq!(read, summary());
        let missing = Summary::default();
        STORED.iter().for_each(|column| column.restore(&mut read, column.stored(&missing)));
        assert_eq!(read, missing);
    }

    #[test]
    fn the_record_and_the_table_have_the_same_columns() {
        let names = |columns: &[&Column]| columns.iter().map(|column| column.name).collect::<BTreeSet<_>>();
        assert_eq!(names(STORED), names(WRITTEN));
        assert_eq!([STORED.len(), WRITTEN.len()], [names(STORED).len(); 2]);
    }

    #[test]
    fn a_higher_accuracy_and_a_lower_cost_are_less_of_a_loss() {
        assert_eq!(TEST_ACCURACY.loss(&summary()), Some(-0.4));
        assert_eq!(FINAL_COST.loss(&summary()), Some(0.1));
        assert_eq!(ENGINE.loss(&summary()), None);
        assert_eq!(FINAL_COST.loss(&Summary { status: Status::Diverged, ..summary() }), None);
    }
}
