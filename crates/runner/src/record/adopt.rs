//! The trials of a record by their status, time and machine, and their copy into another record, proved on the way.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Connection, Row, Transaction};

use super::Record;
use super::columns::STORED;
use super::entries::{Named, replace};
use super::error::{Error, at};
use super::stored::{CLOCK, COLUMNS, FinishedTrial, HISTORY, NOT_SEALED, REFERENCES};
use crate::run::outcome::Status;

/// The number of a trial's own columns, from `id` to `metrics`.
const OWN: usize = STORED.len() + 3;

impl Record {
    /// Reads the status of every finished trial, without its proof.
    pub fn statuses(&self) -> Result<HashMap<String, Status>, Error> {
        let select = "SELECT id, status FROM trial";
        let rows = self.rows(select, [], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        Ok(rows.into_iter().filter_map(|(id, status)| Some((id, Status::from_name(&status)?))).collect())
    }

    /// Adds up the seconds of all finished trials.
    pub fn seconds(&self) -> Result<f64, Error> {
        let seconds = self.rows("SELECT seconds FROM trial", [], |row| row.get::<_, f64>(0))?;
        Ok(seconds.into_iter().sum())
    }

    /// Finds the ids of the trials of fleets that a clock may have ended, which don't repeat.
    pub fn timed(&self) -> Result<HashSet<String>, Error> {
        let select = "SELECT id FROM trial WHERE fleet IN (SELECT fleet FROM trial WHERE instr(config, ?1) > 0)";
        Ok(self.rows(select, [CLOCK], |row| row.get(0))?.into_iter().collect())
    }

    /// Copies the trials of `other` with these ids and their histories, in one transaction; one that is here already is
    /// replaced. Returns the ids of those that are not what was stored, which are left out.
    ///
    /// # Errors
    /// If either database refuses; then nothing is copied.
    pub fn adopt(&mut self, other: &Record, ids: &HashSet<&str>) -> Result<Vec<String>, Error> {
        let mut damaged = Vec::new();
        let select = format!("SELECT {} FROM trial {REFERENCES} ORDER BY trial.number", *COLUMNS);
        let transaction = self.connection.transaction().map_err(at(&self.path))?;
        let mut select = other.connection.prepare_cached(&select).map_err(at(&other.path))?;
        let mut rows = select.query([]).map_err(at(&other.path))?;
        while let Some(row) = rows.next().map_err(at(&other.path))? {
            let id: String = row.get(NOT_SEALED).map_err(at(&other.path))?;
            if ids.contains(&*id) && !copy(&transaction, &other.connection, &id, row).map_err(at(&self.path))? {
                damaged.push(id);
            }
        }
        transaction.commit().map_err(at(&self.path))?;
        Ok(damaged)
    }

    /// Counts the trials of the plan by the machine that trained them, which is given as machine.toml describes it.
    pub fn trials_by_machine(&self) -> Result<BTreeMap<String, usize>, Error> {
        let select = "SELECT machine.toml, COUNT(*) FROM trial JOIN machine ON machine.number = trial.machine \
                      WHERE trial.id IN (SELECT trial FROM plan) AND trial.status <> ?1 GROUP BY machine.toml";
        let rows = self.rows(select, [Status::Failed.name()], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        Ok(rows.into_iter().map(|(machine, trials)| (machine, trials as usize)).collect())
    }
}

/// Copies the trial of a `row` of [`COLUMNS`]; returns `false`, without a copy, if it is not what was stored.
fn copy(transaction: &Transaction, from: &Connection, id: &str, row: &Row) -> rusqlite::Result<bool> {
    let trial = FinishedTrial::from_row(row, 0)?;
    let mut select = from.prepare_cached(HISTORY)?;
    let history = select.query_map([trial.number], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?;
    let history = history.collect::<Result<Vec<[Value; 3]>, _>>()?;
    let mut seal = trial.seal.clone();
    history.iter().for_each(|row| seal.add_all(row));
    if !trial.is_sound(&seal) {
        return Ok(false);
    }
    let own = (0..OWN).map(|column| row.get(NOT_SEALED + column)).collect::<Result<_, _>>()?;
    let after = |place: usize| row.get(NOT_SEALED + OWN + place);
    let machine = Named::machine(transaction, after(0)?, after(1)?)?;
    let data = Named::of(transaction, "data", "said", after(2)?)?;
    let fleet = Named::of(transaction, "fleet", "trials", after(3)?)?;
    replace(transaction, id, own, [&machine, &data, &fleet], trial.digest, history)?;
    Ok(true)
}
