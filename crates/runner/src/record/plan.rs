//! The plan in the record, with its seal.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde_json::{Map, json};

use super::Record;
use super::error::{Error, at};
use super::former;
use super::seal::Seal;
use crate::plan::Plan;

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
    /// The seal of all this, of the axes and of the plan.
    pub digest: String,
}

impl Record {
    /// What was asked; `None` if nothing has been planned here.
    ///
    /// # Errors
    /// If the database can't be read.
    pub fn asked(&self) -> Result<Option<Asked>, Error> {
        let select = "SELECT name, description, toml, data, digest FROM experiment";
        let rows = self.rows(select, [], |row| {
            let (name, description, toml) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Asked { name, description, toml, data: row.get(3)?, digest: row.get(4)? })
        })?;
        Ok(rows.into_iter().next())
    }

    /// Writes the plan that is about to run in place of the one before, which is kept among the former plans if it had other trials.
    /// Finished trials stay; histories without a trial are deleted.
    ///
    /// # Errors
    /// If the database can't be written.
    pub fn plan(&mut self, name: &str, description: &str, toml: &str, data: &str, plan: &Plan) -> Result<(), Error> {
        let ids: HashSet<&str> = plan.trials.iter().map(|trial| &*trial.id).collect();
        let is_sound = self.prove_plan().is_ok();
        let write = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            if is_sound {
                former::keep(&transaction, &ids)?;
            }
            transaction.execute_batch(
                "DELETE FROM experiment; DELETE FROM axis; DELETE FROM plan; DELETE FROM file; \
                 DELETE FROM history WHERE trial NOT IN (SELECT number FROM trial);",
            )?;
            transaction
                .execute("INSERT INTO experiment VALUES (?1, ?2, ?3, ?4, '')", [name, description, toml, data])?;
            let mut insert = transaction.prepare("INSERT INTO axis VALUES (?1, ?2, ?3, ?4)")?;
            for (position, axis) in plan.axes.iter().enumerate() {
                let group = axis.group.map(|group| group as i64);
                let row: [Value; 4] = [
                    (position as i64).into(),
                    axis.key.clone().into(),
                    axis.scale.name().to_owned().into(),
                    group.into(),
                ];
                insert.execute(params_from_iter(row))?;
            }
            drop(insert);
            let mut insert = transaction.prepare("INSERT INTO plan VALUES (?1, ?2, ?3)")?;
            for (position, point) in plan.points.iter().enumerate() {
                let keys = plan.axes.iter().map(|axis| axis.key.clone());
                let values: Map<String, serde_json::Value> = keys.zip(point.values.iter().cloned()).collect();
                let id = plan.trials[point.trial].id.clone();
                let row: [Value; 3] = [(position as i64).into(), id.into(), json!(values).to_string().into()];
                insert.execute(params_from_iter(row))?;
            }
            drop(insert);
            transaction.execute("UPDATE experiment SET digest = ?1", [seal(&transaction)?])?;
            transaction.commit()
        };
        write(&mut self.connection).map_err(at(&self.path))
    }

    /// Checks that the plan is what was stored.
    ///
    /// # Errors
    /// [`Error::DamagedPlan`] if it isn't; or if the database can't be read.
    pub fn prove_plan(&self) -> Result<(), Error> {
        let stored = self.connection.query_row("SELECT digest FROM experiment", [], |row| row.get::<_, String>(0));
        let stored = stored.optional().map_err(at(&self.path))?;
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
