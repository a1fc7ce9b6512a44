//! The judgement of an experiment's claims by the trials of its record.

use super::column::Column;
use super::condition::Condition;
use super::setting::first_of_each;
use super::trials::{Row, Trials};
use crate::record::Record;
use crate::record::columns::{self, Kind};
use crate::record::error::Error;
use crate::record::summary::Recorded;
use crate::run::outcome::Status;
use crate::spec::claim::Claim;
use crate::spec::error;
use crate::text::significant;
use datasets::text::count;

/// The digits of a number in a judgement.
const DIGITS: usize = 6;
/// The name of the recorded cost in the history.
const COST: &str = "cost";

/// A claim, read for the trials of a plan.
pub struct Judge<'c> {
    claim: &'c Claim,
    quantity: Quantity,
    own: Option<Condition>,
    others: Option<Condition>,
}

/// A number that a trial may have.
enum Quantity {
    Result(&'static columns::Column),
    Status(Status),
    /// A column of the history at an iteration.
    Recorded(String, i64),
}

/// Whether a claim holds, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The claim in a sentence.
    pub says: String,
    /// `None` if it can't be judged yet.
    pub holds: Option<bool>,
    /// The number; `None` if there is none.
    pub number: Option<f64>,
    /// The number and its bounds in words, or the reason why there is none.
    pub because: String,
}

impl Judgement {
    /// Makes that of a claim that can't be judged yet.
    pub fn open(claim: &Claim, because: String) -> Self {
        Judgement { says: claim.says.clone(), holds: None, number: None, because }
    }
}

impl<'c> Judge<'c> {
    /// Reads a claim on `trials`, finished or not.
    ///
    /// # Errors
    /// If its value or a condition of it can't be read.
    pub fn of(claim: &'c Claim, trials: &Trials) -> Result<Self, error::Error> {
        let quantity = Quantity::find(&claim.value, trials).map_err(|problem| claim.error("value", &problem))?;
        let condition = |key: &str, text: &Option<String>| {
            let parse = |text: &String| {
                Condition::parse(text, trials).map_err(|mistake| {
                    claim.error(key, &format!("'{text}': at character {}: {}", mistake.at, mistake.problem))
                })
            };
            text.as_ref().map(parse).transpose()
        };
        let (own, others) = (condition("where", &claim.trials)?, condition("relative_to", &claim.relative_to)?);
        Ok(Judge { claim, quantity, own, others })
    }

    /// Judges the claim by the trials that have finished.
    ///
    /// # Errors
    /// If the record can't be read.
    pub fn judge(&self, trials: &Trials, record: &Record) -> Result<Judgement, Error> {
        let Claim { says, relative_to, at_least, at_most, .. } = self.claim;
        let judgement = |holds, number, because| Judgement { says: says.clone(), holds, number, because };
        let own = match self.number(&self.own, trials, record)? {
            Ok(own) => own,
            Err(none) => return Ok(judgement(none.holds, None, none.because)),
        };
        let (number, times) = match relative_to {
            None => (own.number, String::new()),
            Some(condition) => match self.number(&self.others, trials, record)? {
                Ok(others) => (own.number / others.number, format!(" times that with {condition}")),
                Err(none) => return Ok(judgement(none.holds, None, none.because)),
            },
        };
        let bounds = [("at least", at_least), ("at most", at_most)];
        let bounds = bounds.iter().filter_map(|(word, bound)| Some(format!("{word} {}", (**bound)?)));
        let bounds = bounds.collect::<Vec<_>>().join(", ");
        let because = format!("{} is {}{times}; claimed: {bounds}", own.name, significant(number, DIGITS));
        let holds = at_least.is_none_or(|least| number >= least) && at_most.is_none_or(|most| number <= most);
        Ok(judgement(Some(holds), Some(number), because))
    }

    /// Takes the number of the trials that fit a condition.
    fn number(
        &self,
        condition: &Option<Condition>,
        trials: &Trials,
        record: &Record,
    ) -> Result<Result<Taken, NoNumber>, Error> {
        let fits = |row: &&Row| condition.as_ref().is_none_or(|condition| condition.holds(row));
        let rows: Vec<&Row> = first_of_each(trials.rows.iter().filter(fits)).collect();
        let all = count(rows.len(), "trial");
        let open = rows.iter().filter(|row| row.summary().is_none()).count();
        if open > 0 {
            let because = format!("{open} of its {all} have not finished, or are damaged");
            return Ok(Err(NoNumber { holds: None, because }));
        }
        let mut values = Vec::new();
        for row in &rows {
            values.extend(self.quantity.of(row, record)?);
        }
        let Claim { value, take, .. } = self.claim;
        let take_of = |of: String| format!("{} {value} of {of}", take.name());
        Ok(match take.of(&values) {
            Some(number) => {
                let name = match (values.len(), rows.len()) {
                    (1, 1) => value.clone(),
                    (some, planned) if some == planned => take_of(all),
                    (some, _) => take_of(format!("the {some} of {all} that have it")),
                };
                Ok(Taken { number, name })
            }
            None if rows.is_empty() => {
                Err(NoNumber { holds: Some(false), because: "no trial fits its condition".to_owned() })
            }
            None => Err(NoNumber { holds: Some(false), because: format!("none of its {all} has a {value}") }),
        })
    }
}

/// The number of some trials.
struct Taken {
    number: f64,
    /// What it is.
    name: String,
}

/// The reason why some trials have no number, and whether the claim fails by it.
struct NoNumber {
    holds: Option<bool>,
    because: String,
}

impl Quantity {
    /// Finds a quantity by its name.
    fn find(name: &str, trials: &Trials) -> Result<Self, String> {
        if let Some((column, iteration)) = name.split_once('@') {
            let number = iteration.parse().ok().filter(|iteration: &i64| *iteration >= 0);
            let number =
                number.ok_or_else(|| format!("the iteration behind @ is a whole number, found {iteration:?}"))?;
            return Ok(Quantity::Recorded(column.to_owned(), number));
        }
        if let Some(status) = Status::from_name(name) {
            return Ok(Quantity::Status(status));
        }
        match Column::find(name, trials)? {
            Column::Result(result) if result.kind != Kind::Text => Ok(Quantity::Result(result)),
            column => Err(format!("{} is no number that a trial ends with", column.name())),
        }
    }

    /// Returns its value for a finished trial; `None` if that has none.
    fn of(&self, row: &Row, record: &Record) -> Result<Option<f64>, Error> {
        let Some(trial) = row.finished.as_ref() else { return Ok(None) };
        Ok(match self {
            Quantity::Result(column) => column.json(&trial.summary).as_f64(),
            Quantity::Status(status) => Some(f64::from(u8::from(row.status() == Some(*status)))),
            Quantity::Recorded(column, at) => {
                let place = trial.summary.metrics.iter().position(|name| name == column);
                let value = |recorded: &Recorded| match place {
                    _ if column == COST => Some(recorded.cost),
                    place => recorded.metrics.get(place?).copied().flatten(),
                };
                let history = record.history(&row.trial, trial)?;
                history.iter().find(|recorded| recorded.iteration == *at).and_then(value)
            }
        })
    }
}
