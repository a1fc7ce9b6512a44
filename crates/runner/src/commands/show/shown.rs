//! The columns of `runner show`: what each prints of a setting, and how much it matters where there is little room.

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::sparkline::SPARKLINE;
use crate::record::columns::{Column, ENGINE, Kind, STATUS, TEST_ACCURACY, WRITTEN, measures};
use crate::results::column::{CURVE, TrialColumn, print_spread};
use crate::results::ranking::Score;
use crate::results::setting::{Setting, Statistics};
use crate::results::statistic::Statistic;
use crate::results::trials::Trials;
use crate::run::outcome::Status;
use crate::spec::axis::Scale;
use crate::text::{plain, short_name};

/// A column that is shown.
#[derive(Clone, Debug)]
pub(super) enum Shown {
    /// The value of a trial, or the mean and the standard deviation of a setting.
    Column(TrialColumn),
    /// A number of a setting.
    Statistic(Statistic),
    /// The status and the reason of a trial, or the number of a setting's trials with each status.
    Status,
    /// The costs, drawn.
    Curve,
}

/// The trials to show, and the manner.
pub(super) struct View<'t> {
    pub(super) trials: &'t Trials,
    /// The key that rows are aggregated over; `None` if a row is a trial.
    pub(super) over: Option<String>,
    pub(super) score: Score,
}

impl View<'_> {
    /// Chooses the columns of a table where nobody has asked for others: those that have a value in `settings`.
    pub(super) fn table(&self, settings: &[Setting]) -> Vec<Shown> {
        let has = |column: &TrialColumn| {
            settings.iter().flat_map(|setting| &setting.rows).any(|row| match column.read(row) {
                Value::Null => false,
                Value::Array(tags) => !tags.is_empty(),
                _ => true,
            })
        };
        let mut shown: Vec<Shown> = self.keys().into_iter().map(Shown::Column).collect();
        shown.extend([TrialColumn::Machine].into_iter().filter(has).map(Shown::Column));
        if self.over.is_some() {
            shown.push(Shown::Statistic(Statistic::Count));
        }
        for measure in measures().filter(|measure| has(&TrialColumn::Result(measure))) {
            shown.push(Shown::Column(TrialColumn::Result(measure)));
            let range = self.over.as_ref().and_then(|_| Statistic::range_of(measure));
            shown.extend(range.map(Shown::Statistic));
        }
        shown.extend([Shown::Column(TrialColumn::Result(&ENGINE)), Shown::Status]);
        shown.extend([TrialColumn::Tags, TrialColumn::Note].into_iter().filter(has).map(Shown::Column));
        shown.push(Shown::Curve);
        shown
    }

    /// Chooses the columns of an export where nobody has asked for others: all of them.
    pub(super) fn export(&self) -> Vec<Shown> {
        let mut shown: Vec<Shown> = self.keys().into_iter().map(Shown::Column).collect();
        if self.over.is_some() {
            shown.push(Shown::Statistic(Statistic::Count));
        }
        let results = WRITTEN.iter().map(|column| TrialColumn::Result(column));
        let is_shown = |column: &TrialColumn| self.over.is_none() || column.measure().is_some();
        shown.extend(results.filter(is_shown).map(Shown::Column));
        if self.over.is_some() {
            shown.push(Shown::Status);
        }
        shown.extend([TrialColumn::Machine, TrialColumn::Tags, TrialColumn::Note].map(Shown::Column));
        shown
    }

    /// Returns the columns that tell trials or settings apart.
    fn keys(&self) -> Vec<TrialColumn> {
        let id = self.over.is_none().then_some(TrialColumn::Trial);
        let rung = (self.trials.rungs > 0).then_some(TrialColumn::Rung);
        let swept = self.trials.axes.iter().filter(|axis| Some(&axis.key) != self.over.as_ref());
        let swept = swept.map(|axis| TrialColumn::Key(axis.key.clone()));
        id.into_iter().chain(rung).chain(swept).collect()
    }

    /// Finds the columns that are asked for.
    pub(super) fn asked(&self, names: &[String]) -> Result<Vec<Shown>> {
        let find = |name: &String| match (name.trim(), Statistic::find(name.trim()), &self.over) {
            (_, Some(statistic), Some(_)) => Ok(Shown::Statistic(statistic)),
            (name, Some(_), None) => Err(format!("{name} is a number of a setting, and here a row is a trial")),
            (CURVE, ..) => Ok(Shown::Curve),
            ("status", _, Some(_)) => Ok(Shown::Status),
            (name, ..) => TrialColumn::find(name, self.trials).map(Shown::Column),
        };
        names.iter().map(|name| find(name).map_err(|problem| anyhow!("--columns: {problem}"))).collect()
    }

    /// Returns the heading of a column in a table. A key has its last name, unless another column has that too.
    pub(super) fn heading(&self, shown: &Shown, all: &[Shown]) -> String {
        let Shown::Column(TrialColumn::Key(key)) = shown else { return shown.name() };
        let short = short_name(key);
        let same = all.iter().filter(|other| short_name(&other.name()) == short).count();
        if same > 1 { key.clone() } else { short.to_owned() }
    }

    /// Formats the cell of a setting in a table; the curve is left to its own module.
    pub(super) fn cell(&self, shown: &Shown, setting: &Setting) -> String {
        match shown {
            Shown::Column(column) => match column.measure().filter(|_| self.over.is_some()) {
                Some(measure) => mean(measure, setting),
                None => self
                    .distinct(column, setting)
                    .iter()
                    .map(|value| column.print(value))
                    .collect::<Vec<_>>()
                    .join(" + "),
            },
            Shown::Statistic(statistic) => statistic.print(setting),
            Shown::Status if self.over.is_some() => counts(setting).join(", "),
            Shown::Status => status(setting),
            Shown::Curve => String::new(),
        }
    }

    /// Lists the different values of a setting's trials, without those that are missing unless all are.
    fn distinct(&self, column: &TrialColumn, setting: &Setting) -> Vec<Value> {
        let mut values: Vec<Value> = Vec::new();
        for row in &setting.rows {
            let value = column.read(row);
            let is_untagged = matches!(column, TrialColumn::Tags) && value.as_array().is_some_and(Vec::is_empty);
            let is_empty = value.is_null() || is_untagged;
            if !is_empty && !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// Names the fields of a column in an export.
    pub(super) fn fields(&self, shown: &Shown) -> Vec<String> {
        let name = shown.name();
        match shown {
            Shown::Column(column) if self.over.is_some() && column.measure().is_some() => {
                ["", "_sd", "_lowest", "_highest"].iter().map(|end| format!("{name}{end}")).collect()
            }
            _ => vec![name],
        }
    }

    /// Returns the values of these fields.
    pub(super) fn values(&self, shown: &Shown, setting: &Setting) -> Vec<Value> {
        match shown {
            Shown::Column(column) => match column.measure().filter(|_| self.over.is_some()) {
                Some(measure) => match setting.statistics(measure) {
                    Some(found) => {
                        vec![json!(found.mean), json!(found.deviation), json!(found.lowest), json!(found.highest)]
                    }
                    None => vec![Value::Null; 4],
                },
                None => {
                    let mut values = self.distinct(column, setting);
                    vec![if values.len() > 1 { Value::Array(values) } else { values.pop().unwrap_or(Value::Null) }]
                }
            },
            Shown::Statistic(statistic) => vec![statistic.value(setting)],
            shown => vec![json!(self.cell(shown, setting))],
        }
    }

    /// Returns whether the rungs of the sweep differ in this key.
    fn is_rungs(&self, key: &str) -> bool {
        self.trials.axes.iter().any(|axis| axis.key == key && axis.has_scale(Scale::Rungs))
    }

    /// Returns the importance of a column, the lower the more important.
    pub(super) fn importance(&self, shown: &Shown) -> usize {
        match shown {
            // The rung says it too.
            Shown::Column(TrialColumn::Key(key)) if self.is_rungs(key) => 6,
            Shown::Column(TrialColumn::Key(_) | TrialColumn::Rung) => 0,
            Shown::Column(TrialColumn::Result(column)) if column.name == self.score.column.name => 0,
            Shown::Status => 1,
            Shown::Column(TrialColumn::Trial) => 2,
            Shown::Column(TrialColumn::Machine | TrialColumn::Tags) => 3,
            Shown::Column(TrialColumn::Result(column)) => match column.kind {
                Kind::Accuracy if column.name == TEST_ACCURACY.name => 4,
                Kind::Accuracy => 7,
                Kind::Cost => 8,
                Kind::Seconds => 9,
                Kind::Drift | Kind::Text | Kind::Whole => 10,
            },
            Shown::Statistic(Statistic::Count) | Shown::Column(TrialColumn::Note) => 5,
            Shown::Curve => 6,
            Shown::Statistic(_) => 11,
        }
    }
}

impl Shown {
    /// Returns its full name.
    pub(super) fn name(&self) -> String {
        match self {
            Shown::Column(column) => column.name().to_owned(),
            Shown::Statistic(statistic) => statistic.name(),
            Shown::Status => STATUS.name.to_owned(),
            Shown::Curve => CURVE.to_owned(),
        }
    }

    /// Counts the characters that it takes at least, whatever its cells are.
    pub(super) fn least_width(&self) -> usize {
        if matches!(self, Shown::Curve) { SPARKLINE } else { 0 }
    }
}

fn mean(measure: &Column, setting: &Setting) -> String {
    let print = |found: Statistics| print_spread(measure.kind, found.mean, found.deviation);
    setting.statistics(measure).map(print).unwrap_or_default()
}

/// Counts the trials of a setting by their status.
pub(super) fn counts(setting: &Setting) -> Vec<String> {
    let finished = Status::ALL.map(|status| (setting.with_status(status), status.name()));
    let others = [
        (setting.unfinished.len(), "not finished yet"),
        (setting.damaged(), "damaged; sweep again"),
        (setting.elsewhere, "of other shards"),
    ];
    let counts = finished.into_iter().chain(others).filter(|(count, _)| *count > 0);
    counts.map(|(count, status)| format!("{count} {status}")).collect()
}

/// Describes the end of the only trial of a setting.
fn status(setting: &Setting) -> String {
    let Some(trial) = setting.rows[0].summary() else { return "damaged; sweep again".to_owned() };
    let name = trial.status.name();
    let status = match (trial.status, trial.ended_at) {
        (Status::Completed, None) => return name.to_owned(),
        (Status::Completed, Some(iteration)) => format!("stopped at {iteration}"),
        (_, Some(iteration)) => format!("{name} at {iteration}"),
        (_, None) => name.to_owned(),
    };
    trial.reason.iter().fold(status, |status, reason| format!("{status}: {reason}"))
}

/// Formats a value for a cell of CSV.
pub(super) fn csv_cell(value: &Value) -> String {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_string) => {
            items.iter().map(plain).collect::<Vec<_>>().join(" ")
        }
        value => plain(value),
    }
}
