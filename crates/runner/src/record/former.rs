//! Plans that a newer one has taken the place of: their trials are in the record, and they can be shown.

use std::collections::{HashMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Transaction, params_from_iter};
use serde_json::{Map, json};

use super::Record;
use super::error::Error;
use super::planned::{Planned, PlannedAxis};
use super::points::RecordedPoint;
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
    /// The number of its points.
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

impl Record {
    /// The former plans that are as they were stored, and the number of those that aren't.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn former_plans(&self) -> Result<(Vec<FormerPlan>, usize), Error> {
        if !self.has_table("former")? {
            return Ok((Vec::new(), 0));
        }
        let plans = self.rows(&format!("SELECT number, digest, {SEALED} FROM former ORDER BY number"), [], |row| {
            let mut seal = Seal::of("former");
            seal.add_row(row, 2)?;
            let axes = serde_json::from_str(&row.get::<_, String>(5)?);
            let points = serde_json::from_str(&row.get::<_, String>(6)?);
            let (Ok(axes), Ok(points), true) = (axes, points, seal.hex() == row.get::<_, String>(1)?) else {
                return Ok(None);
            };
            Ok(Some(FormerPlan { number: row.get(0)?, name: row.get(2)?, toml: row.get(3)?, axes, points }))
        })?;
        let all = plans.len();
        let sound: Vec<_> = plans.into_iter().flatten().collect();
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
        let mut select = transaction.prepare("SELECT key, scale, factor FROM axis ORDER BY position")?;
        let axes = select
            .query_map([], |row| Ok(PlannedAxis { key: row.get(0)?, scale: row.get(1)?, factor: row.get(2)? }))?;
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
    let mut select = transaction.prepare(&format!("SELECT number, digest, {SEALED} FROM former"))?;
    let former = select.query_map([], |row| {
        let mut seal = Seal::of("former");
        seal.add_row(row, 2)?;
        let is_sound = seal.hex() == row.get::<_, String>(1)?;
        let points: Points = serde_json::from_str(&row.get::<_, String>(6)?).unwrap_or_default();
        Ok((row.get::<_, i64>(0)?, is_sound && points.iter().any(|(id, _)| is_lost(id))))
    })?;
    for (number, _) in former.collect::<Result<Vec<_>, _>>()?.into_iter().filter(|(_, is_needed)| !is_needed) {
        transaction.execute("DELETE FROM former WHERE number = ?1", [number])?;
    }
    Ok(())
}
