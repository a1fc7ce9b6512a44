//! Finished trials and machines, entered into the record.

use std::sync::LazyLock;

use rusqlite::types::Value;
use rusqlite::{Transaction, params, params_from_iter};
use serde_json::json;

use super::Record;
use super::columns::STORED;
use super::error::Error;
use super::seal::Seal;
use super::summary::{Recorded, Summary};
use crate::machine::Machine;
use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::run::outcome::Outcome;

impl Record {
    /// Enters finished trials of `plan` with their histories, durably, in one transaction. One that failed before, or was
    /// damaged, is replaced.
    ///
    /// # Errors
    /// If the database can't be written; then nothing of these trials is in it. [`Error::Nameless`] if it was removed or replaced.
    pub fn insert(&mut self, plan: &Plan, finished: &[(&Trial, Outcome)], machine: &Machine) -> Result<(), Error> {
        let written = self.in_transaction(|transaction| {
            let machine = Named::machine(transaction, machine.fingerprint(), machine.to_toml())?;
            let data = Named::of(transaction, "data", "said", plan.data_hash.clone())?;
            for (trial, outcome) in finished {
                let fleet = if outcome.is_alone { vec![&*trial.id] } else { plan.fleet_of(trial) };
                let fleet = Named::of(transaction, "fleet", "trials", json!(fleet).to_string())?;
                insert_one(transaction, trial, outcome, [&machine, &data, &fleet])?;
            }
            Ok(())
        });
        // SQLite goes on writing to a file without a name.
        self.prove_place()?;
        written
    }
}

/// Texts that many trials share, and their number.
pub(super) struct Named {
    number: i64,
    texts: Vec<String>,
}

impl Named {
    /// Finds `text` in a table of texts, or enters it.
    pub(super) fn of(transaction: &Transaction, table: &str, column: &str, text: String) -> rusqlite::Result<Self> {
        let insert = format!("INSERT INTO {table} ({column}) VALUES (?1) ON CONFLICT DO NOTHING");
        transaction.prepare_cached(&insert)?.execute([&text])?;
        let find = format!("SELECT number FROM {table} WHERE {column} = ?1");
        let number = transaction.prepare_cached(&find)?.query_row([&text], |row| row.get(0))?;
        Ok(Named { number, texts: vec![text] })
    }

    /// Finds a machine, or enters it.
    pub(super) fn machine(transaction: &Transaction, fingerprint: String, toml: String) -> rusqlite::Result<Self> {
        let insert = "INSERT INTO machine (fingerprint, toml) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        transaction.prepare_cached(insert)?.execute([&fingerprint, &toml])?;
        let find = "SELECT number FROM machine WHERE fingerprint = ?1 AND toml = ?2";
        let number = transaction.prepare_cached(find)?.query_row([&fingerprint, &toml], |row| row.get(0))?;
        Ok(Named { number, texts: vec![fingerprint, toml] })
    }
}

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<_> = STORED.iter().map(|column| column.name).collect();
    let columns = format!("id, config, {}, metrics, machine, data, fleet, digest", names.join(", "));
    let places: Vec<_> = (1..=columns.split(',').count()).map(|place| format!("?{place}")).collect();
    format!("INSERT INTO trial ({columns}) VALUES ({})", places.join(", "))
});

/// Inserts a trial; `shared` are its machine, data and fleet.
fn insert_one(
    transaction: &Transaction,
    trial: &Trial,
    outcome: &Outcome,
    shared: [&Named; 3],
) -> rusqlite::Result<()> {
    let own = values(trial, &Summary::of(trial.engine, outcome));
    let history: Vec<_> = Recorded::all_of(outcome).iter().map(Recorded::values).collect();
    let mut seal = Seal::of("trial");
    seal.add_all(&own);
    shared.iter().flat_map(|named| &named.texts).for_each(|text| seal.add(text.as_str().into()));
    history.iter().for_each(|row| seal.add_all(row));

    replace(transaction, &trial.id, own, shared, seal.hex(), history)
}

/// Enters a trial in place of the one with the same `id`, if there is one. `own` are its columns from `id` to `metrics`,
/// `shared` the machine, the data and the fleet.
pub(super) fn replace(
    transaction: &Transaction,
    id: &str,
    own: Vec<Value>,
    shared: [&Named; 3],
    digest: String,
    history: Vec<[Value; 3]>,
) -> rusqlite::Result<()> {
    let old = "DELETE FROM history WHERE trial = (SELECT number FROM trial WHERE id = ?1)";
    transaction.prepare_cached(old)?.execute([id])?;
    transaction.prepare_cached("DELETE FROM trial WHERE id = ?1")?.execute([id])?;
    let row = own.into_iter().chain(shared.map(|named| named.number.into())).chain([digest.into()]);
    transaction.prepare_cached(&INSERT)?.execute(params_from_iter(row))?;
    let number = transaction.last_insert_rowid();
    let mut insert = transaction.prepare_cached("INSERT INTO history VALUES (?1, ?2, ?3, ?4)")?;
    for [iteration, cost, metrics] in history {
        insert.execute(params![number, iteration, cost, metrics])?;
    }
    Ok(())
}

/// Lists a trial's own columns, from `id` to `metrics`.
fn values(trial: &Trial, summary: &Summary) -> Vec<Value> {
    let identity = [trial.id.clone().into(), trial.config.canonical().to_string().into()];
    let columns = STORED.iter().map(|column| column.stored(summary));
    identity.into_iter().chain(columns).chain([json!(summary.metrics).to_string().into()]).collect()
}
