//! Plans that a newer one has taken the place of: their trials are in the record, and they can be shown.

use std::collections::{HashMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Row, Transaction, params_from_iter};
use serde_json::{Map, json};

use super::Record;
use super::error::Error;
use super::planned::{AXES, Planned, PlannedAxis, RecordedPoint};
use super::seal::Seal;
use super::stored::FinishedTrial;

type Points = Vec<(String, Map<String, serde_json::Value>)>;

/// A plan that another one has taken the place of.
#[derive(Clone, Debug)]
pub struct FormerPlan {
    /// Its number in the record, from 1.
    pub number: i64,
    /// The name of its experiment.
    pub name: String,
    /// The experiment as it was run.
    pub toml: String,
    /// The swept keys in order.
    pub axes: Vec<PlannedAxis>,
    points: Points,
}

impl FormerPlan {
    /// Reads a row of the table: the number of a plan, and the plan, unless it is not what was stored.
    fn from_row(row: &Row) -> rusqlite::Result<(i64, Option<Self>)> {
        let number = row.get(0)?;
        let mut seal = Seal::of("former");
        seal.add_row(row, 2)?;
        let axes = serde_json::from_str(&row.get::<_, String>(5)?);
        let points = serde_json::from_str(&row.get::<_, String>(6)?);
        let (Ok(axes), Ok(points), true) = (axes, points, seal.hex() == row.get::<_, String>(1)?) else {
            return Ok((number, None));
        };
        Ok((number, Some(FormerPlan { number, name: row.get(2)?, toml: row.get(3)?, axes, points })))
    }

    /// Lists the ids of its trials, point by point.
    pub fn trials(&self) -> impl Iterator<Item = &str> {
        self.points.iter().map(|(trial, _)| trial.as_str())
    }

    /// Counts its points.
    pub fn points(&self) -> usize {
        self.points.len()
    }

    /// Gives its points their trials.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn planned(self, record: &Record) -> Result<Planned, Error> {
        let FormerPlan { name, toml, axes, points, .. } = self;
        let trials: HashMap<String, FinishedTrial> = record.finished_trials()?.into_iter().collect();
        let points = points.into_iter().map(|(trial, values)| {
            let finished = trials.get(&trial).cloned();
            RecordedPoint { trial, values, finished }
        });
        Ok(Planned { name, toml, axes, points: points.collect() })
    }
}

/// The columns of a former plan that its seal covers.
const SEALED: &str = "name, toml, data, axes, points";

fn select() -> String {
    format!("SELECT number, digest, {SEALED} FROM former ORDER BY number")
}

impl Record {
    /// Reads the former plans that are as they were stored, and the number of those that aren't.
    pub fn former_plans(&self) -> Result<(Vec<FormerPlan>, usize), Error> {
        if !self.has_table("former")? {
            return Ok((Vec::new(), 0));
        }
        let plans = self.rows(&select(), [], FormerPlan::from_row)?;
        let all = plans.len();
        let sound: Vec<_> = plans.into_iter().filter_map(|(_, plan)| plan).collect();
        Ok((sound.clone(), all - sound.len()))
    }
}

/// Keeps the plan of the record among the former ones, if one with the trials `next` takes its place that lacks some of its finished
/// trials. Former plans all of whose trials are planned again are forgotten, and those that are not what was stored.
pub(super) fn keep(transaction: &Transaction, next: &HashSet<&str>) -> rusqlite::Result<()> {
    let texts = |select: &str| -> rusqlite::Result<Vec<String>> {
        transaction.prepare(select)?.query_map([], |row| row.get(0))?.collect()
    };
    let is_lost = |id: &String| !next.contains(id.as_str());
    let finished: HashSet<String> = texts("SELECT id FROM trial")?.into_iter().collect();
    if texts("SELECT trial FROM plan")?.iter().any(|id| is_lost(id) && finished.contains(id)) {
        let mut axes = transaction.prepare(AXES)?;
        let axes = axes.query_map([], PlannedAxis::from_row)?;
        let axes = json!(axes.collect::<Result<Vec<_>, _>>()?).to_string();
        let mut select = transaction.prepare("SELECT trial, point FROM plan ORDER BY position")?;
        let points = select.query_map([], |row| {
            let point: serde_json::Value = serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default();
            Ok(json!([row.get::<_, String>(0)?, point]))
        })?;
        let points = json!(points.collect::<Result<Vec<_>, _>>()?).to_string();
        let experiment = "SELECT name, toml, data FROM experiment";
        let texts =
            transaction.query_row(experiment, [], |row| Ok([row.get(0)?, row.get(1)?, row.get::<_, String>(2)?]))?;
        let row: Vec<Value> = texts.into_iter().chain([axes, points]).map(Value::Text).collect();
        let mut seal = Seal::of("former");
        seal.add_all(&row);
        let digest = seal.hex();
        transaction.execute("DELETE FROM former WHERE digest = ?1", [&digest])?;
        let insert = format!("INSERT INTO former ({SEALED}, digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        transaction.execute(&insert, params_from_iter(row.into_iter().chain([digest.into()])))?;
    }
    let mut former = transaction.prepare(&select())?;
    let former = former.query_map([], FormerPlan::from_row)?.collect::<Result<Vec<_>, _>>()?;
    let is_needed = |plan: &FormerPlan| plan.points.iter().any(|(id, _)| is_lost(id));
    for (number, _) in former.iter().filter(|(_, plan)| !plan.as_ref().is_some_and(is_needed)) {
        transaction.execute("DELETE FROM former WHERE number = ?1", [number])?;
    }
    Ok(())
}
