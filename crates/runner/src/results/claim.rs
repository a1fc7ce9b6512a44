//! The judgement of an experiment's claims by the trials of its record.

use super::condition::Condition;
use super::quantity::Quantity;
use super::row::Row;
use super::setting::first_of_each;
use super::trials::Trials;
use crate::record::Record;
use crate::record::error::Error;
use crate::spec::claim::Claim;
use crate::spec::error;
use crate::text::significant;
use datasets::text::count;

/// The digits of a number in a judgement.
const DIGITS: usize = 6;
/// Digits that tell any two numbers apart.
const ALL_DIGITS: usize = 17;

/// A claim, read for the trials of a plan.
pub struct Judge<'c> {
    claim: &'c Claim,
    /// The number of a trial that it is about.
    pub quantity: Quantity,
    own: Selection,
    others: Option<Selection>,
}

/// The trials that fit a key of a claim.
struct Selection {
    /// The key and its condition, as they are written.
    written: Option<(&'static str, String)>,
    condition: Option<Condition>,
}

/// Whether a claim holds, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The claim.
    pub claim: Claim,
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
        Judgement { claim: claim.clone(), holds: None, number: None, because }
    }
}

impl Selection {
    fn of(claim: &Claim, key: &'static str, text: Option<&String>, trials: &Trials) -> Result<Self, error::Error> {
        let parse = |text: &String| {
            Condition::parse(text, trials).map_err(|mistake| {
                claim.error(key, &format!("'{text}': at character {}: {}", mistake.at, mistake.problem))
            })
        };
        let condition = text.map(parse).transpose()?;
        Ok(Selection { written: text.map(|text| (key, text.clone())), condition })
    }

    fn fits(&self, row: &Row) -> bool {
        self.condition.as_ref().is_none_or(|condition| condition.holds(row))
    }

    /// Returns whether only the end of a trial shows whether it fits.
    fn needs_results(&self) -> bool {
        self.condition.as_ref().is_some_and(Condition::needs_results)
    }

    fn in_words(&self) -> String {
        self.written.as_ref().map(|(key, text)| format!("{key} = '{text}'")).unwrap_or_default()
    }
}

impl<'c> Judge<'c> {
    /// Reads a claim on `trials`, finished or not.
    ///
    /// # Errors
    /// If its value or a condition of it can't be read.
    pub fn of(claim: &'c Claim, trials: &Trials) -> Result<Self, error::Error> {
        let quantity = Quantity::find(&claim.value).map_err(|problem| claim.error("value", &problem))?;
        let own = Selection::of(claim, "where", claim.trials.as_ref(), trials)?;
        let others = claim.relative_to.as_ref();
        let others = others.map(|text| Selection::of(claim, "relative_to", Some(text), trials)).transpose()?;
        Ok(Judge { claim, quantity, own, others })
    }

    /// Refuses a claim if one of its conditions fits none of `trials`, which are all trials of the plan.
    ///
    /// # Errors
    /// If one fits none.
    pub fn has_trials(&self, trials: &Trials) -> Result<(), error::Error> {
        let is_empty =
            |selection: &&Selection| !selection.needs_results() && !trials.rows.iter().any(|row| selection.fits(row));
        let empty = [Some(&self.own), self.others.as_ref()].into_iter().flatten().find(is_empty);
        match empty.and_then(|selection| selection.written.as_ref()) {
            Some((key, text)) => Err(self.claim.error(key, &format!("no trial of the plan fits '{text}'"))),
            None => Ok(()),
        }
    }

    /// Judges the claim by the trials that have finished.
    ///
    /// # Errors
    /// If the record can't be read.
    pub fn judge(&self, trials: &Trials, record: &Record) -> Result<Judgement, Error> {
        let judgement = |holds, number, because| Judgement { claim: self.claim.clone(), holds, number, because };
        let none = |NoNumber { holds, because }| Ok(judgement(holds, None, because));
        let own = match self.number(&self.own, trials, record)? {
            Ok(own) => own,
            Err(reason) => return none(reason),
        };
        let (number, times) = match &self.others {
            None => (own.number, String::new()),
            Some(selection) => match self.number(selection, trials, record)? {
                Ok(others) if (own.number / others.number).is_finite() => {
                    let condition = self.claim.relative_to.as_deref().unwrap_or_default();
                    (own.number / others.number, format!(" times that with {condition}"))
                }
                Ok(Taken { number, name }) => {
                    let because = format!("{name} with {} is {number}: no ratio", selection.in_words());
                    return none(NoNumber { holds: Some(false), because });
                }
                Err(reason) => return none(reason),
            },
        };
        let holds = self.claim.holds(number);
        let short = significant(number, DIGITS);
        // Digits that are cut off may tell whether it holds.
        let is_clear = short.parse().is_ok_and(|short| self.claim.holds(short) == holds);
        let shown = if is_clear { short } else { significant(number, ALL_DIGITS) };
        let because = format!("{} is {shown}{times}; claimed: {}", own.name, bounds(self.claim));
        Ok(judgement(Some(holds), Some(number), because))
    }

    /// Takes the number of the trials of a selection.
    fn number(
        &self,
        selection: &Selection,
        trials: &Trials,
        record: &Record,
    ) -> Result<Result<Taken, NoNumber>, Error> {
        let is_open = |row: &Row| row.summary().is_none();
        let may_fit = |row: &&Row| selection.fits(row) || (is_open(row) && selection.needs_results());
        let rows: Vec<&Row> = first_of_each(trials.rows.iter().filter(may_fit)).collect();
        let all = count(rows.len(), "trial");
        let open = rows.iter().filter(|row| is_open(row)).count();
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
        let fails = |because| Err(NoNumber { holds: Some(false), because });
        Ok(match take.of(&values) {
            Some(number) => {
                let name = match (values.len(), rows.len()) {
                    (1, 1) => value.clone(),
                    (some, planned) if some == planned => take_of(all),
                    (some, _) => take_of(format!("the {some} of {all} that have it")),
                };
                Ok(Taken { number, name })
            }
            None if rows.is_empty() => fails(format!("no trial fits {}", selection.in_words())),
            None => fails(format!("none of its {all} has a {value}")),
        })
    }
}

/// The number of some trials.
struct Taken {
    number: f64,
    /// The value in words: how it was taken, and of which trials.
    name: String,
}

/// The reason why some trials have no number, and whether the claim fails by it.
struct NoNumber {
    holds: Option<bool>,
    because: String,
}

/// Writes the bounds of a claim in words.
fn bounds(claim: &Claim) -> String {
    let both = [("at least", claim.at_least), ("at most", claim.at_most)];
    let words = both.iter().filter_map(|(word, bound)| Some(format!("{word} {}", significant((*bound)?, ALL_DIGITS))));
    words.collect::<Vec<_>>().join(", ")
}
