//! The numbers of trials that claims are about.

use super::column::measure_named;
use super::row::Row;
use crate::record::Record;
use crate::record::columns::{Column, Kind, WRITTEN, measures};
use crate::record::error::Error;
use crate::record::summary::Recorded;
use crate::run::outcome::Status;
use crate::spec::synonyms::nearest;

/// The name of the recorded cost in the history.
pub const COST: &str = "cost";

/// A number that a trial may have.
pub enum Quantity {
    /// A result.
    Result(&'static Column),
    /// 1 if the trial has this status, else 0.
    Status(Status),
    /// The value of a column of the history at an iteration.
    Recorded {
        /// The column.
        column: String,
        /// The iteration.
        iteration: i64,
    },
}

impl Quantity {
    /// Finds a quantity by its name.
    ///
    /// # Errors
    /// If there is none of this name; the message has the one that may be meant.
    pub fn find(name: &str) -> Result<Self, String> {
        if let Some((column, iteration)) = name.split_once('@') {
            let digits = Some(iteration).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            let number = digits.and_then(|digits| digits.parse().ok());
            let number =
                number.ok_or_else(|| format!("the iteration after @ is a whole number, found {iteration:?}"))?;
            return Ok(Quantity::Recorded { column: column.to_owned(), iteration: number });
        }
        let whole = || WRITTEN.iter().copied().find(|column| column.kind == Kind::Whole && column.name == name);
        if let Some(column) = measure_named(name).or_else(whole) {
            return Ok(Quantity::Result(column));
        }
        if let Some(status) = Status::from_name(name) {
            return Ok(Quantity::Status(status));
        }
        let names = || measures().map(|column| column.name).chain(Status::ALL.map(Status::name));
        Err(match nearest(name, names()) {
            Some(meant) => format!("there is no result {name} (did you mean {meant}?)"),
            None => {
                format!("there is no result {name}; there are {}, and cost@0", names().collect::<Vec<_>>().join(", "))
            }
        })
    }

    /// Returns its value for a finished trial; `None` if that has none. As in the means of `runner show`, the costs and accuracies are
    /// those of trials that completed.
    ///
    /// # Errors
    /// If the record can't be read.
    pub fn of(&self, row: &Row, record: &Record) -> Result<Option<f64>, Error> {
        let (Some(trial), Some(summary)) = (row.finished.as_ref(), row.summary()) else { return Ok(None) };
        Ok(match self {
            Quantity::Result(column) => {
                let has_it = summary.status == Status::Completed || matches!(column.kind, Kind::Whole | Kind::Seconds);
                column.json(summary).as_f64().filter(|_| has_it)
            }
            Quantity::Status(status) => Some(f64::from(u8::from(summary.status == *status))),
            // What a trial recorded before it diverged is in no mean either.
            Quantity::Recorded { .. } if summary.status != Status::Completed => None,
            Quantity::Recorded { column, iteration } => {
                let place = summary.metrics.iter().position(|name| name == column);
                let value = |recorded: &Recorded| match place {
                    _ if column == COST => Some(recorded.cost),
                    place => recorded.metrics.get(place?).copied().flatten(),
                };
                let history = record.history(&row.trial, trial)?;
                history.iter().find(|recorded| recorded.iteration == *iteration).and_then(value)
            }
        })
    }
}
