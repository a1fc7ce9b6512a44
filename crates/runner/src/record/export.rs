//! The tables trials.csv and history.csv, tidy data for pandas, polars or a spreadsheet, made from the record.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use super::Record;
use super::columns::WRITTEN;
use super::error::Error;
use super::machines::MachineNames;
use super::stored::RecordedPoint;
use super::summary::Recorded;
use crate::text::plain;

/// Writes both tables into `folder`, each whole or not at all.
///
/// # Errors
/// If the record can't be read or a file can't be written.
pub fn export(record: &Record, folder: &Path) -> Result<(), Error> {
    let points = record.points()?;
    let axes = record.axes()?;
    let machines = record.machines_in_words(&points)?;
    record.write_file(folder, "trials.csv", |out| write_trials(out, &axes, &points, &machines))?;
    record.write_file(folder, "history.csv", |out| write_history(out, record, &points, &machines))
}

/// Writes a row for each finished point: trial, swept keys, status and scores.
fn write_trials(
    out: &mut dyn io::Write,
    axes: &[String],
    points: &[RecordedPoint],
    machines: &MachineNames,
) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let columns = WRITTEN.iter().map(|column| column.name);
    let keys = axes.iter().map(String::as_str);
    csv.write_record(["trial"].into_iter().chain(keys).chain(columns).chain(machines.column()))?;
    for point in points {
        let Some(finished) = &point.finished else { continue };
        let swept = axes.iter().map(|key| point.values.get(key).map(plain).unwrap_or_default());
        let rest = WRITTEN.iter().map(|column| column.csv(&finished.summary));
        let machine = machines.of(finished).map(str::to_owned);
        csv.write_record([point.trial.clone()].into_iter().chain(swept).chain(rest).chain(machine))?;
    }
    csv.flush()
}

/// Writes a row for each recorded cost, with a column for each metric that some trial records. Numbers are the shortest
/// decimals that read back as the same f64, so that equal bits are equal bytes.
fn write_history(
    out: &mut dyn io::Write,
    record: &Record,
    points: &[RecordedPoint],
    machines: &MachineNames,
) -> io::Result<()> {
    let mut columns: Vec<&str> = Vec::new();
    for name in points.iter().filter_map(|point| point.finished.as_ref()).flat_map(|trial| &trial.summary.metrics) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    let names = ["trial", "iteration", "cost"].into_iter().chain(columns.iter().copied()).chain(machines.column());
    writeln!(out, "{}", names.collect::<Vec<_>>().join(","))?;
    let mut written = HashSet::new();
    for point in points {
        let Some(trial) = &point.finished else { continue };
        if !written.insert(&point.trial) {
            continue;
        }
        let places: Vec<_> =
            columns.iter().map(|column| trial.summary.metrics.iter().position(|name| name == column)).collect();
        for Recorded { iteration, cost, metrics } in record.history(&point.trial, trial).map_err(io::Error::other)? {
            write!(out, "{},{iteration},{cost:?}", point.trial)?;
            for place in &places {
                let value = place.and_then(|place| metrics.get(place).copied().flatten());
                write!(out, ",{}", value.map(|value| format!("{value:?}")).unwrap_or_default())?;
            }
            writeln!(out, "{}", machines.of(trial).map(|name| format!(",{name}")).unwrap_or_default())?;
        }
    }
    Ok(())
}
