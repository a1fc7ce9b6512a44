//! The columns of trials by the names that people give them: one table for what is shown, filtered, sorted and exported.

use serde_json::{Value, json};

use super::row::Row;
use super::trials::Trials;
use crate::record::columns::{Column, Kind, STATUS, WRITTEN, measures};
use crate::spec::synonyms::nearest;
use crate::spec::trial::keys::keys;
use crate::text::{decimals, plain, short_name};

/// The status of a trial that is not what was stored.
pub const DAMAGED: &str = "damaged";

/// The name of the curve that `runner show` draws.
pub const CURVE: &str = "curve";

/// Shorter names of results.
const ALIASES: [(&str, &str); 5] = [
    ("cost", "final_cost"),
    ("train", "train_accuracy"),
    ("test", "test_accuracy"),
    ("validation", "validation_accuracy"),
    ("tags", "tag"),
];

/// A column of trials.
#[derive(Clone, Debug)]
pub enum TrialColumn {
    /// The id.
    Trial,
    /// The rung of a sweep that halves, from 1.
    Rung,
    /// A key of the experiment, swept or fixed.
    Key(String),
    /// A result.
    Result(&'static Column),
    /// The machine, where there are several.
    Machine,
    /// The tags.
    Tags,
    /// The note.
    Note,
}

impl PartialEq for TrialColumn {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl TrialColumn {
    /// Returns its full name.
    pub fn name(&self) -> &str {
        match self {
            TrialColumn::Trial => "trial",
            TrialColumn::Rung => "rung",
            TrialColumn::Key(key) => key,
            TrialColumn::Result(column) => column.name,
            TrialColumn::Machine => "machine",
            TrialColumn::Tags => "tag",
            TrialColumn::Note => "note",
        }
    }

    /// Finds a column by its name, by a shorter one, or by the last part of a key's name.
    ///
    /// # Errors
    /// If no column has that name; the message has the one that may be meant.
    pub fn find(name: &str, trials: &Trials) -> Result<Self, String> {
        let name = full_name(name);
        if name == CURVE {
            return Err(format!("{CURVE} is a drawing without a value; only --columns takes it"));
        }
        let fixed = [TrialColumn::Trial, TrialColumn::Rung, TrialColumn::Machine, TrialColumn::Tags, TrialColumn::Note];
        let results = WRITTEN.iter().map(|column| TrialColumn::Result(column));
        if let Some(column) = fixed.into_iter().chain(results).find(|column| column.name() == name) {
            return Ok(column);
        }
        let swept = trials.axes.iter().map(|axis| axis.key.as_str());
        let all: Vec<&str> = swept.clone().chain(keys().map(|key| key.name())).collect();
        if all.contains(&name) {
            return Ok(TrialColumn::Key(name.to_owned()));
        }
        // A swept key is meant before one that is fixed.
        let short = |key: &&str| short_name(key) == name;
        if let Some(key) = swept.clone().find(short).or_else(|| all.iter().copied().find(short)) {
            return Ok(TrialColumn::Key(key.to_owned()));
        }
        let names: Vec<&str> = all.iter().copied().chain(WRITTEN.iter().map(|column| column.name)).collect();
        let short_names = names.iter().map(|name| short_name(name)).chain(ALIASES.map(|(alias, _)| alias));
        let meant = nearest(name, names.iter().copied()).or_else(|| nearest(name, short_names));
        Err(match meant {
            Some(meant) => format!("there is no column {name} (did you mean {meant}?)"),
            None => {
                let swept: Vec<_> = swept.map(short_name).collect();
                let results: Vec<_> = WRITTEN.iter().map(|column| column.name).collect();
                format!(
                    "there is no column {name}; there are trial, tag, note, {}, {}, and the fixed keys",
                    swept.join(", "),
                    results.join(", ")
                )
            }
        })
    }

    /// Returns the value of a trial in this column; null if it has none.
    pub fn read(&self, row: &Row) -> Value {
        match self {
            TrialColumn::Trial => json!(row.trial),
            TrialColumn::Rung => json!(row.rung),
            TrialColumn::Key(key) => row.setting(key),
            TrialColumn::Result(column) => match row.summary() {
                Some(trial) => column.json(trial),
                None if row.is_damaged && column.name == STATUS.name => json!(DAMAGED),
                None => Value::Null,
            },
            TrialColumn::Machine => json!(row.machine),
            TrialColumn::Tags => json!(row.tags),
            TrialColumn::Note => json!(row.note),
        }
    }

    /// Returns the value of a trial in this column in the form that all its spellings share, to be compared with others.
    pub fn canonical(&self, row: &Row) -> Value {
        match self {
            TrialColumn::Key(key) => row.canonical_setting(key),
            column => column.read(row),
        }
    }

    /// Formats a value for a table that people read.
    pub fn print(&self, value: &Value) -> String {
        match (self, value) {
            (TrialColumn::Result(column), Value::Number(number)) => {
                print_number(column.kind, number.as_f64().unwrap_or(f64::NAN))
            }
            (TrialColumn::Tags, Value::Array(tags)) => tags.iter().map(plain).collect::<Vec<_>>().join(" "),
            (_, value) => plain(value),
        }
    }

    /// Returns the result, if its values are numbers that a setting has the mean of.
    pub fn measure(&self) -> Option<&'static Column> {
        match self {
            TrialColumn::Result(column) if column.is_measure() => Some(column),
            _ => None,
        }
    }
}

/// Returns the full name of a result that a shorter one stands for.
fn full_name(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, full)| full)
}

/// Finds the result of this name, or of this shorter one, whose values are numbers that a setting has the mean of.
pub fn measure_named(name: &str) -> Option<&'static Column> {
    measures().find(|column| column.name == full_name(name))
}

/// Formats a measured number, with as many digits as its kind is worth.
pub fn print_number(kind: Kind, number: f64) -> String {
    let text = match kind {
        Kind::Cost => decimals(number, 6),
        Kind::Accuracy => format!("{number:.4}"),
        Kind::Seconds => format!("{number:.3}"),
        Kind::Drift => format!("{number:.0e}"),
        Kind::Text | Kind::Whole => format!("{number}"),
    };
    // A number that is rounded to zero has no sign.
    match text.strip_prefix('-') {
        Some(zero) if zero.parse() == Ok(0.0) => zero.to_owned(),
        _ => text,
    }
}

/// Formats a measured number and its spread, if there is one: `0.0392 ± 0.0012`.
pub fn print_spread(kind: Kind, number: f64, spread: Option<f64>) -> String {
    let spread = spread.map(|spread| format!(" ± {}", print_number(kind, spread)));
    print_number(kind, number) + &spread.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::print_number;
    use crate::record::columns::Kind;

    #[test]
    fn a_number_that_is_rounded_to_zero_has_no_sign() {
        let printed = [-0.0, -1e-9, -0.5].map(|number| print_number(Kind::Accuracy, number));
        assert_eq!(printed, ["0.0000", "0.0000", "-0.5000"]);
        assert_eq!([-0.0, -1e-9].map(|number| print_number(Kind::Cost, number)), ["0.000000", "-1.00000e-9"]);
    }
}
