//! The tables trials.csv and history.csv, tidy data for pandas, polars or a spreadsheet, made from the record. Both are
//! written point by point, so that the memory that they take doesn't grow with the number of trials.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use indexmap::IndexSet;

use super::Record;
use super::columns::WRITTEN;
use super::error::Error;
use super::machines::MachineNames;
use super::planned::RecordedPoint;
use super::summary::Recorded;
use crate::text::plain;

/// Writes both tables into `folder`, each whole or not at all, without the trials of these ids, which are damaged.
///
/// # Errors
/// If the record can't be read, another trial is damaged, or a file can't be written.
pub fn export(record: &Record, folder: &Path, damaged: &HashSet<String>) -> Result<(), Error> {
    let axes: Vec<String> = record.axes()?.into_iter().map(|axis| axis.key).collect();
    let machines = record.machines_of_plan()?;
    record.write_file(folder, "trials.csv", |out| write_trials(out, record, &axes, &machines, damaged))?;
    let columns = record.metrics()?;
    let once = Once { shared: record.shared_trials()?, written: damaged.clone() };
    record.write_file(folder, "history.csv", |out| write_history(out, record, &columns, once, &machines))
}

impl Record {
    /// Lists the metrics beside the cost that finished trials of the plan record, in order of the first point that has each.
    fn metrics(&self) -> Result<Vec<String>, Error> {
        let select = "SELECT trial.metrics FROM plan JOIN trial ON trial.id = plan.trial \
                      GROUP BY trial.metrics ORDER BY MIN(plan.position)";
        let names = self.rows(select, [], |row| row.get::<_, String>(0))?;
        let names = names.iter().flat_map(|names| serde_json::from_str::<Vec<String>>(names).unwrap_or_default());
        Ok(names.collect::<IndexSet<_>>().into_iter().collect())
    }

    /// Finds the ids of the trials that several points share.
    fn shared_trials(&self) -> Result<HashSet<String>, Error> {
        let select = "SELECT trial FROM plan GROUP BY trial HAVING COUNT(*) > 1";
        Ok(self.rows(select, [], |row| row.get(0))?.into_iter().collect())
    }
}

/// The trials whose history is written already or never is; one that several points share is written at the first one.
struct Once {
    shared: HashSet<String>,
    written: HashSet<String>,
}

impl Once {
    fn is_due(&mut self, trial: &str) -> bool {
        !self.written.contains(trial) && (!self.shared.contains(trial) || self.written.insert(trial.to_owned()))
    }
}

/// Writes a row for each finished point: trial, swept keys, status and scores.
fn write_trials(
    out: &mut dyn io::Write,
    record: &Record,
    axes: &[String],
    machines: &MachineNames,
    damaged: &HashSet<String>,
) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let columns = WRITTEN.iter().map(|column| column.name);
    let keys = axes.iter().map(String::as_str);
    csv.write_record(["trial"].into_iter().chain(keys).chain(columns).chain(machines.column()))?;
    record.each_point(|RecordedPoint { trial, values, finished }| {
        let Some(finished) = finished.as_ref().filter(|_| !damaged.contains(&trial)) else { return Ok(()) };
        let swept = axes.iter().map(|key| values.get(key).map(plain).unwrap_or_default());
        let rest = WRITTEN.iter().map(|column| column.csv(&finished.summary));
        let machine = machines.of(finished).map(str::to_owned);
        csv.write_record([trial].into_iter().chain(swept).chain(rest).chain(machine)).map_err(io::Error::from)
    })?;
    csv.flush()
}

/// Writes a row for each recorded cost, with a column for each metric that some trial records. Numbers are the shortest
/// decimals that read back as the same f64, so that equal bits are equal bytes.
fn write_history(
    out: &mut dyn io::Write,
    record: &Record,
    columns: &[String],
    mut once: Once,
    machines: &MachineNames,
) -> io::Result<()> {
    let metrics = columns.iter().map(String::as_str);
    let names = ["trial", "iteration", "cost"].into_iter().chain(metrics).chain(machines.column());
    writeln!(out, "{}", names.collect::<Vec<_>>().join(","))?;
    record.each_point(|point| {
        let Some(trial) = point.finished.as_ref().filter(|_| once.is_due(&point.trial)) else { return Ok(()) };
        let places: Vec<_> =
            columns.iter().map(|column| trial.summary.metrics.iter().position(|name| name == column)).collect();
        for Recorded { iteration, cost, metrics } in record.history(&point.trial, trial)? {
            write!(out, "{},{iteration},{cost:?}", point.trial)?;
            for place in &places {
                let value = place.and_then(|place| metrics.get(place).copied().flatten());
                write!(out, ",{}", value.map(|value| format!("{value:?}")).unwrap_or_default())?;
            }
            writeln!(out, "{}", machines.of(trial).map(|name| format!(",{name}")).unwrap_or_default())?;
        }
        Ok(())
    })
}
