//! Trials of one record, copied into another with everything that their seals cover.

use std::collections::HashSet;
use std::sync::LazyLock;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, Transaction, params};

use super::Record;
use super::columns::STORED;
use super::entries::{Named, replace};
use super::error::{Error, at};

/// The columns of a trial from `id` to `metrics`, then those of [`copy`].
static SELECT: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<_> = STORED.iter().map(|column| format!("trial.{}", column.name)).collect();
    format!(
        "SELECT trial.id, trial.config, {}, trial.metrics, machine.fingerprint, machine.toml, data.said, fleet.trials, \
         trial.digest, trial.number FROM trial JOIN machine ON machine.number = trial.machine \
         JOIN data ON data.number = trial.data JOIN fleet ON fleet.number = trial.fleet ORDER BY trial.number",
        names.join(", ")
    )
});
/// The number of columns from `id` to `metrics`.
static OWN: LazyLock<usize> = LazyLock::new(|| STORED.len() + 3);

impl Record {
    /// Copies the trials of `other` with these ids and their histories, in one transaction; a trial that is here
    /// already is replaced.
    ///
    /// # Errors
    /// If either database refuses; then nothing is copied.
    pub fn adopt(&mut self, other: &Record, ids: &HashSet<&str>) -> Result<(), Error> {
        let transaction = self.connection.transaction().map_err(at(&self.path))?;
        let mut select = other.connection.prepare_cached(&SELECT).map_err(at(&other.path))?;
        let mut rows = select.query([]).map_err(at(&other.path))?;
        while let Some(row) = rows.next().map_err(at(&other.path))? {
            let id: String = row.get(0).map_err(at(&other.path))?;
            if ids.contains(&*id) {
                copy(&transaction, &other.connection, &id, row).map_err(at(&self.path))?;
            }
        }
        transaction.commit().map_err(at(&self.path))
    }
}

/// Copies the trial of a `row` of [`SELECT`].
fn copy(transaction: &Transaction, from: &Connection, id: &str, row: &Row) -> rusqlite::Result<()> {
    let own = (0..*OWN).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>()?;
    let after = |place: usize| row.get::<_, String>(*OWN + place);
    let machine = Named::machine(transaction, after(0)?, after(1)?)?;
    let data = Named::of(transaction, "data", "said", after(2)?)?;
    let fleet = Named::of(transaction, "fleet", "trials", after(3)?)?;
    let number: i64 = row.get(*OWN + 5)?;
    let mut select = from
        .prepare_cached("SELECT iteration, cost, metrics FROM history WHERE trial = ?1 ORDER BY iteration")?;
    let history = select.query_map(params![number], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?;
    replace(transaction, id, own, [&machine, &data, &fleet], after(4)?, history.collect::<Result<_, _>>()?)
}
