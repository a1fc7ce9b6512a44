//! Conditions on trials, such as `depth >= 4 and (status = completed or not tag = old)`.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::column::{DAMAGED, TrialColumn};
use super::lexer::{Comparison, Mistake, Token, tokens};
use super::row::Row;
use super::statistic::Statistic;
use super::trials::Trials;
use crate::record::columns::{Kind, STATUS};
use crate::run::outcome::Status;
use crate::spec::synonyms::nearest;
use crate::spec::trial::keys::{canonical, check_value, takes_numbers};

/// Parentheses in each other, and `not` after `not`, at most.
const DEEPEST: usize = 100;

/// A condition on a trial.
#[derive(Clone, Debug)]
pub enum Condition {
    /// At least one of them holds.
    Any(Vec<Condition>),
    /// All of them hold.
    All(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// The value of a column compared with a given one.
    Compare(TrialColumn, Comparison, Value),
}

impl Condition {
    /// Reads a condition on `trials`.
    ///
    /// # Errors
    /// If it is no condition; the message has the first mistake and its place.
    pub fn parse(text: &str, trials: &Trials) -> Result<Self, Mistake> {
        let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0, trials };
        let condition = parser.any()?;
        match parser.peek() {
            (_, Token::End) => Ok(condition),
            (at, token) => Err(Mistake::new(*at, format!("expected and, or or the end, found {}", token.shown()))),
        }
    }

    /// Returns whether only the end of a trial shows whether it holds.
    pub fn needs_results(&self) -> bool {
        match self {
            Condition::Any(conditions) | Condition::All(conditions) => conditions.iter().any(Condition::needs_results),
            Condition::Not(condition) => condition.needs_results(),
            Condition::Compare(column, ..) => matches!(column, TrialColumn::Result(_) | TrialColumn::Machine),
        }
    }

    /// Returns whether it holds for a trial. A value that is missing is equal to nothing, and neither above nor below anything.
    pub fn holds(&self, row: &Row) -> bool {
        match self {
            Condition::Any(conditions) => conditions.iter().any(|condition| condition.holds(row)),
            Condition::All(conditions) => conditions.iter().all(|condition| condition.holds(row)),
            Condition::Not(condition) => !condition.holds(row),
            // A trial has a tag if it is one of its tags; a tag is compared by = and != only.
            Condition::Compare(TrialColumn::Tags, comparison, tag) => {
                row.tags.iter().any(|own| tag == own) == (*comparison == Comparison::Equal)
            }
            Condition::Compare(column, comparison, given) => compare(&column.canonical(row), *comparison, given),
        }
    }
}

fn compare(found: &Value, comparison: Comparison, given: &Value) -> bool {
    let numbers = found.as_f64().zip(given.as_f64());
    let order = numbers.and_then(|(found, given)| found.partial_cmp(&given));
    let equal = || match (found, given) {
        (Value::Array(found), Value::Array(given)) => {
            let same = |(found, given): (&Value, &Value)| compare(found, Comparison::Equal, given);
            found.len() == given.len() && found.iter().zip(given).all(same)
        }
        _ => order.map_or(found == given, Ordering::is_eq),
    };
    match comparison {
        Comparison::Equal => equal(),
        Comparison::Unequal => !equal(),
        Comparison::Below => order.is_some_and(Ordering::is_lt),
        Comparison::AtMost => order.is_some_and(Ordering::is_le),
        Comparison::Above => order.is_some_and(Ordering::is_gt),
        Comparison::AtLeast => order.is_some_and(Ordering::is_ge),
    }
}

struct Parser<'t> {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    trials: &'t Trials,
}

impl Parser<'_> {
    fn peek(&self) -> &(usize, Token) {
        &self.tokens[self.next]
    }

    fn take(&mut self) -> (usize, Token) {
        let token = self.peek().clone();
        // The end is never passed.
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_next = matches!(&self.peek().1, Token::Word(found) if found.eq_ignore_ascii_case(word));
        if is_next {
            self.take();
        }
        is_next
    }

    fn any(&mut self) -> Result<Condition, Mistake> {
        let mut conditions = vec![self.all()?];
        while self.takes_word("or") {
            conditions.push(self.all()?);
        }
        Ok(if conditions.len() == 1 { conditions.remove(0) } else { Condition::Any(conditions) })
    }

    fn all(&mut self) -> Result<Condition, Mistake> {
        let mut conditions = vec![self.one()?];
        while self.takes_word("and") {
            conditions.push(self.one()?);
        }
        Ok(if conditions.len() == 1 { conditions.remove(0) } else { Condition::All(conditions) })
    }

    fn one(&mut self) -> Result<Condition, Mistake> {
        let at = self.peek().0;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Mistake::new(at, format!("more than {DEEPEST} parentheses and nots in each other")));
        }
        let condition = if self.takes_word("not") {
            Condition::Not(Box::new(self.one()?))
        } else if self.peek().1 == Token::Open {
            self.take();
            let inner = self.any()?;
            match self.take() {
                (_, Token::Close) => inner,
                (at, token) => {
                    return Err(Mistake::new(at, format!("expected ), and, or or, found {}", token.shown())));
                }
            }
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, Mistake> {
        let (at, name) = self.take();
        let (Token::Word(name) | Token::Quoted(name)) = name else {
            return Err(Mistake::new(at, format!("expected a key or column, found {}", name.shown())));
        };
        if let Some(statistic) = Statistic::find(&name) {
            return Err(Mistake::new(at, statistic.not_of_trials()));
        }
        let column = TrialColumn::find(&name, self.trials).map_err(|problem| Mistake::new(at, problem))?;
        let (at, compared) = self.take();
        let Token::Compare(comparison) = compared else {
            let problem = format!("expected =, !=, <, <=, > or >= after {name}, found {}", compared.shown());
            return Err(Mistake::new(at, problem));
        };
        let (at, given) = self.take();
        let given = match given {
            Token::Word(word) => value_of(&word),
            Token::Quoted(text) => json!(text),
            Token::List(list) => list,
            other => {
                return Err(Mistake::new(
                    at,
                    format!("expected a value to compare {name} with, found {}", other.shown()),
                ));
            }
        };
        let given = self.fitting(&column, comparison, given).map_err(|problem| Mistake::new(at, problem))?;
        Ok(match (&column, comparison) {
            // A tag of the sweep is one of each of its trials.
            (TrialColumn::Tags, Comparison::Equal) if self.is_of_sweep(&given) => Condition::All(Vec::new()),
            (TrialColumn::Tags, Comparison::Unequal) if self.is_of_sweep(&given) => Condition::Any(Vec::new()),
            _ => Condition::Compare(column, comparison, given),
        })
    }

    /// Returns whether the sweep itself has this tag.
    fn is_of_sweep(&self, tag: &Value) -> bool {
        self.trials.sweep_tags.iter().any(|own| tag == own)
    }

    /// Returns the given value as the column has its values.
    ///
    /// # Errors
    /// If the column can't have it: the condition would hold for no trial, or for all.
    fn fitting(&self, column: &TrialColumn, comparison: Comparison, given: Value) -> Result<Value, String> {
        let name = column.name();
        let is_ordered = !matches!(comparison, Comparison::Equal | Comparison::Unequal);
        if is_ordered && !given.is_number() {
            return Err(format!("{name} is compared by <, <=, > and >= with a number only, found {given}"));
        }
        let is_text = match column {
            TrialColumn::Key(key) => {
                let has_number = || self.trials.finished().any(|row| row.setting(key).is_number());
                let is_bound = || is_ordered && takes_numbers(key);
                let value = toml::Value::try_from(&given).map_err(|error| error.to_string())?;
                return match check_value(key, &value) {
                    Err(_) if given.is_number() && (is_bound() || has_number()) => Ok(given),
                    Err(problem) => Err(format!("{key} {problem}")),
                    Ok(()) => Ok(canonical(key, given)),
                };
            }
            TrialColumn::Result(result) => result.kind == Kind::Text,
            TrialColumn::Rung => false,
            TrialColumn::Trial | TrialColumn::Machine | TrialColumn::Tags | TrialColumn::Note => true,
        };
        if is_text && is_ordered {
            return Err(format!("{name} is a text: it is compared by = and != only"));
        }
        if !is_text && !given.is_number() {
            return Err(format!("{name} is compared with a number, found {given}"));
        }
        // An id may consist of digits, and be written without quotes.
        let given = if is_text && !given.is_string() { json!(self.written()) } else { given };
        let words = || Status::ALL.map(Status::name).into_iter().chain([DAMAGED]);
        match given.as_str() {
            Some(word) if name == STATUS.name && !words().any(|known| known == word) => {
                let meant = nearest(word, words()).map(|meant| format!(" (did you mean {meant}?)"));
                let all = words().collect::<Vec<_>>().join(", ");
                Err(format!("status is one of {all}, found {word}{}", meant.unwrap_or_default()))
            }
            _ => Ok(given),
        }
    }

    /// Returns the word that was taken last, as it is written.
    fn written(&self) -> String {
        self.tokens[self.next - 1].1.shown()
    }
}

/// Reads a word without quotes: a number or true or false if it is one, else a text.
fn value_of(word: &str) -> Value {
    let number = word.parse::<i64>().map(Value::from).or_else(|_| match word.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(json!(number)),
        _ => Err(()),
    });
    number.unwrap_or_else(|()| match word {
        "true" => json!(true),
        "false" => json!(false),
        text => json!(text),
    })
}
