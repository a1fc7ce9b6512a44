//! The plan in the record, with its seal.

use std::collections::{BTreeMap, HashSet};

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Transaction, params};
use serde_json::{Map, json};

use super::Record;
use super::error::{Error, at};
use super::former;
use super::planned::PlannedAxis;
use super::seal::Seal;
use crate::plan::{Plan, PlannedPoint};
use crate::spec::experiment::Experiment;

/// The queries of the rows that the seal covers, in this order. Each row begins with the name of its table; the digest
/// itself is left out.
const SEALED: [&str; 3] = [
    "SELECT 'experiment', name, description, toml, data FROM experiment",
    "SELECT 'axis', position, key, scale, factor FROM axis ORDER BY position",
    "SELECT 'plan', position, trial, point FROM plan ORDER BY position",
];

/// The question of a sweep, as the record has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The name of the experiment.
    pub name: String,
    /// Its description.
    pub description: String,
    /// The experiment as resolved.
    pub toml: String,
    /// The data in words.
    pub data: String,
}

/// A plan, or the part of it that a shard's record keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPlan {
    /// The question of the sweep.
    pub asked: Asked,
    /// The swept keys in order.
    pub axes: Vec<PlannedAxis>,
    /// Its points by their places in the whole plan, from 0.
    pub points: BTreeMap<i64, StoredPoint>,
}

/// A point of a plan as the record keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPoint {
    /// The id of its trial.
    pub trial: String,
    /// The swept keys with their values, as JSON.
    pub values: String,
}

impl StoredPlan {
    /// Describes the plan of an experiment, which is given as resolved, on data in words.
    pub fn of(plan: &Plan, experiment: &Experiment, toml: String, data: String) -> Self {
        let axes = plan.axes.iter().map(|axis| PlannedAxis {
            key: axis.key.clone(),
            scale: axis.scale.name().to_owned(),
            factor: axis.group.map(|group| group as i64),
        });
        let point = |point: &PlannedPoint| {
            let keys = plan.axes.iter().map(|axis| axis.key.clone());
            let values: Map<String, serde_json::Value> = keys.zip(point.values.iter().cloned()).collect();
            StoredPoint { trial: plan.trials[point.trial].id.clone(), values: json!(values).to_string() }
        };
        let (name, description) = (experiment.name.clone(), experiment.description.clone());
        let points = (0..).zip(plan.points.iter().map(point)).collect();
        StoredPlan { asked: Asked { name, description, toml, data }, axes: axes.collect(), points }
    }

    /// Computes the seal that a record with this plan has.
    pub fn digest(&self) -> String {
        let StoredPlan { asked: Asked { name, description, toml, data }, axes, points } = self;
        let mut seal = Seal::of("plan");
        ["experiment", name, description, toml, data].iter().for_each(|text| seal.add(ValueRef::from(*text)));
        for (position, PlannedAxis { key, scale, factor }) in (0..).zip(axes) {
            seal.add_all(&["axis".to_owned().into(), Value::Integer(position), key.clone().into()]);
            seal.add_all(&[scale.clone().into(), (*factor).into()]);
        }
        for (position, StoredPoint { trial, values }) in points {
            seal.add(ValueRef::from("plan"));
            seal.add(ValueRef::Integer(*position));
            [trial, values].iter().for_each(|text| seal.add(ValueRef::from(text.as_str())));
        }
        seal.hex()
    }
}

impl Record {
    /// Reads the question of the sweep; `None` if nothing has been planned here.
    pub fn asked(&self) -> Result<Option<Asked>, Error> {
        let select = "SELECT name, description, toml, data FROM experiment";
        self.row(select, [], |row| {
            Ok(Asked { name: row.get(0)?, description: row.get(1)?, toml: row.get(2)?, data: row.get(3)? })
        })
    }

    /// Reads the seal of the question, of the axes and of the plan; `None` if nothing has been planned here.
    pub fn digest(&self) -> Result<Option<String>, Error> {
        self.row("SELECT digest FROM experiment", [], |row| row.get(0))
    }

    /// Reads the newest plan as it is stored; `None` if nothing has been planned here.
    pub fn stored_plan(&self) -> Result<Option<StoredPlan>, Error> {
        let Some(asked) = self.asked()? else { return Ok(None) };
        let select = "SELECT position, trial, point FROM plan ORDER BY position";
        let points =
            self.rows(select, [], |row| Ok((row.get(0)?, StoredPoint { trial: row.get(1)?, values: row.get(2)? })))?;
        Ok(Some(StoredPlan { asked, axes: self.axes()?, points: points.into_iter().collect() }))
    }

    /// Writes a plan in place of the one before, which is kept among the former plans if it had other trials. Finished
    /// trials stay; histories without a trial are deleted.
    pub fn write_plan(&mut self, plan: &StoredPlan) -> Result<(), Error> {
        self.write_plan_and(plan, |_| Ok(()))
    }

    /// Writes a plan as [`Record::write_plan`] does, and more in the same transaction.
    pub(super) fn write_plan_and(
        &mut self,
        plan: &StoredPlan,
        more: impl FnOnce(&Transaction) -> rusqlite::Result<()>,
    ) -> Result<(), Error> {
        let ids: HashSet<&str> = plan.points.values().map(|point| &*point.trial).collect();
        let is_sound = self.prove_plan().is_ok();
        self.in_transaction(|transaction| {
            if is_sound {
                former::keep(transaction, &ids)?;
            }
            transaction.execute_batch(
                "DELETE FROM experiment; DELETE FROM axis; DELETE FROM plan; DELETE FROM file; DELETE FROM shard; \
                 DELETE FROM whole_plan; DELETE FROM history WHERE trial NOT IN (SELECT number FROM trial);",
            )?;
            let StoredPlan { asked: Asked { name, description, toml, data }, axes, points } = plan;
            transaction
                .execute("INSERT INTO experiment VALUES (?1, ?2, ?3, ?4, '')", [name, description, toml, data])?;
            let mut insert = transaction.prepare("INSERT INTO axis VALUES (?1, ?2, ?3, ?4)")?;
            for (position, PlannedAxis { key, scale, factor }) in axes.iter().enumerate() {
                insert.execute(params![position as i64, key, scale, factor])?;
            }
            let mut insert = transaction.prepare("INSERT INTO plan VALUES (?1, ?2, ?3)")?;
            for (position, StoredPoint { trial, values }) in points {
                insert.execute(params![position, trial, values])?;
            }
            transaction.execute("UPDATE experiment SET digest = ?1", [seal(transaction)?])?;
            more(transaction)
        })
    }

    /// Checks that the plan is what was stored.
    ///
    /// # Errors
    /// [`Error::DamagedPlan`] if it isn't; or if the database can't be read.
    pub fn prove_plan(&self) -> Result<(), Error> {
        let stored = self.digest()?;
        let found = seal(&self.connection).map_err(at(&self.path))?;
        // A run that ended before it wrote a plan leaves neither plan nor trials, which is no damage.
        let nothing = stored.is_none() && self.number("SELECT COUNT(*) FROM trial")? == 0;
        let proved = stored.map_or(nothing && found == Seal::of("plan").hex(), |stored| stored == found);
        if proved { Ok(()) } else { Err(Error::DamagedPlan(self.path.clone())) }
    }
}

fn seal(connection: &Connection) -> rusqlite::Result<String> {
    let mut seal = Seal::of("plan");
    for select in SEALED {
        let mut rows = connection.prepare(select)?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            seal.add_row(row, 0)?;
        }
    }
    Ok(seal.hex())
}
