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
        let Claim { says, value, relative_to, at_least, at_most, .. } = self.claim;
        let judgement = |holds, number, because| Judgement { says: says.clone(), holds, number, because };
        let own = match self.number(&self.own, trials, record)? {
            Ok(own) => own,
            Err((holds, because)) => return Ok(judgement(holds, None, because)),
        };
        let (number, mut because) = match relative_to {
            None => (own.number, format!("{}{value} {}", own.taken, significant(own.number, DIGITS))),
            Some(condition) => {
                let others = match self.number(&self.others, trials, record)? {
                    Ok(others) => others,
                    Err((holds, because)) => return Ok(judgement(holds, None, because)),
                };
                let ratio = own.number / others.number;
                let times = significant(ratio, DIGITS);
                (ratio, format!("{}{value} {times} times that with {condition}", own.taken))
            }
        };
        because += &own.of;
        let bounds = [("at least", at_least), ("at most", at_most)];
        let bounds = bounds.iter().filter_map(|(word, bound)| Some(format!("{word} {}", (**bound)?)));
        because += &format!("; claimed: {}", bounds.collect::<Vec<_>>().join(", "));
        let holds = at_least.is_none_or(|least| number >= least) && at_most.is_none_or(|most| number <= most);
        Ok(judgement(Some(holds), Some(number), because))
    }

    /// Takes the number of the trials that fit a condition, or says whether the claim fails without it, and why there is none.
    fn number(
        &self,
        condition: &Option<Condition>,
        trials: &Trials,
        record: &Record,
    ) -> Result<Result<Taken, (Option<bool>, String)>, Error> {
        let fits = |row: &&Row| condition.as_ref().is_none_or(|condition| condition.holds(row));
        let rows: Vec<&Row> = first_of_each(trials.rows.iter().filter(fits)).collect();
        let open = rows.iter().filter(|row| row.summary().is_none()).count();
        if open > 0 {
            return Ok(Err((
                None,
                format!("{open} of its {} have not finished, or are damaged", count(rows.len(), "trial")),
            )));
        }
        let mut values = Vec::new();
        for row in &rows {
            values.extend(self.quantity.of(row, record)?);
        }
        let (value, take) = (&self.claim.value, self.claim.take);
        let Some(number) = take.of(&values) else {
            let none = match rows.len() {
                0 => "no trial fits its condition".to_owned(),
                all => format!("none of its {} has a {value}", count(all, "trial")),
            };
            return Ok(Err((Some(false), none)));
        };
        let taken = if values.len() > 1 { format!("{} ", take.name()) } else { String::new() };
        let of = match (values.len(), rows.len()) {
            (1, 1) => String::new(),
            (some, all) if some == all => format!(", of {}", count(all, "trial")),
            (some, all) => format!(", of the {some} of {} that have it", count(all, "trial")),
        };
        Ok(Ok(Taken { number, taken, of }))
    }
}

/// The number of some trials.
struct Taken {
    number: f64,
    /// How it was taken, if there are several values.
    taken: String,
    /// The number of trials, in words.
    of: String,
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
