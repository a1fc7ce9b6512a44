//! `runner show`: the points of a sweep, best first, each with a sparkline of its cost.

use std::cmp::Ordering;
use std::process::ExitCode;

use anyhow::{Result, bail};

use self::sparkline::{sparkline, trial_costs};
use super::answer::print;
use crate::cli;
use crate::record::Record;
use crate::record::error::Error;
use crate::record::machines::MachineNames;
use crate::record::stored::RecordedPoint;
use crate::record::summary::Summary;
use crate::run::outcome::Status;
use crate::spec::sweep_keys::Objective;
use crate::table::Table;
use crate::terminal::say;
use crate::text::plain;
use datasets::text::count;

mod aggregate;
mod sparkline;

/// Prints the table on stdout.
pub(super) fn run(args: &cli::Show) -> Result<ExitCode> {
    let record = Record::read(&args.dir)?;
    let axes = record.axes()?;
    let mut points = record.points()?;
    let unfinished = points.iter().filter(|point| point.finished.is_none()).count();
    let finished = points.len() - unfinished;
    let machines = record.machines_in_words(&points)?;
    let over = if args.trials { None } else { over(args, &axes, &points)? };
    let table = match &over {
        Some(over) => {
            let mut groups = aggregate::groups(&points, &axes, over);
            groups.retain(aggregate::Group::has_finished);
            if let Some(objective) = args.sort.objective() {
                groups.sort_by(|a, b| a.compare(b, objective));
            }
            groups.truncate(args.limit.unwrap_or(usize::MAX));
            aggregate::table(&record, &groups, &axes, over, &machines)?
        }
        None => {
            points.retain(|point| point.finished.is_some());
            if let Some(objective) = args.sort.objective() {
                points.sort_by(|a, b| compare(objective, a, b));
            }
            points.truncate(args.limit.unwrap_or(usize::MAX));
            trials(&record, &points, &axes, &machines)?
        }
    };
    print(&table.to_string())?;
    if let Some((name, _)) = record.experiment()? {
        let rest = if unfinished > 0 { format!(", {unfinished} not finished yet") } else { String::new() };
        let how = over.map(|over| {
            format!("; mean ± standard deviation and lowest..highest over {over}, --trials shows a row a trial")
        });
        say(&format!("{name}: {}{rest}{}", count(finished, "trial"), how.unwrap_or_default()));
    }
    if machines.column().is_some() {
        let names = machines.all().into_iter().collect::<Vec<_>>().join(", ");
        say(&format!(
            "warning: trials of several machines ({names}), and a fifth of all costs differ by more than 1% between two"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The key to aggregate over: the one that is asked for, else the seed if there are several.
fn over(args: &cli::Show, axes: &[String], points: &[RecordedPoint]) -> Result<Option<String>> {
    const SEED: &str = "seed";
    if let Some(key) = &args.over {
        if !axes.contains(key) {
            let swept = if axes.is_empty() { "nothing".to_owned() } else { axes.join(", ") };
            bail!("--over: {key} is not swept in {}; swept is {swept}", args.dir.display());
        }
        return Ok(Some(key.clone()));
    }
    let mut seeds = points.iter().filter_map(|point| point.values.get(SEED));
    let first = seeds.next();
    Ok(seeds.any(|seed| Some(seed) != first).then(|| SEED.to_owned()))
}

/// A row a trial.
fn trials(record: &Record, points: &[RecordedPoint], axes: &[String], machines: &MachineNames) -> Result<Table, Error> {
    let names = ["final_cost", "train", "test", "seconds", "engine", "drift", "status", "cost"];
    let keys = axes.iter().map(String::as_str);
    let mut table = Table::new(["trial"].into_iter().chain(keys).chain(machines.column()).chain(names));
    for point in points {
        let Some(finished) = &point.finished else { continue };
        let trial = &finished.summary;
        let number = |value: Option<f64>, digits| value.map(|value| format!("{value:.digits$}")).unwrap_or_default();
        let (status, costs) = match trial_costs(record, &point.trial, finished)? {
            Some(costs) => (status(trial), costs),
            None => ("damaged; sweep again".to_owned(), Vec::new()),
        };
        let swept = axes.iter().map(|key| point.values.get(key).map(plain).unwrap_or_default());
        let rest = [
            number(trial.final_cost, 6),
            number(trial.train_accuracy, 4),
            number(trial.test_accuracy, 4),
            format!("{:.3}", trial.seconds),
            trial.engine.clone(),
            trial.drift.map(|drift| format!("{drift:.0e}")).unwrap_or_default(),
            status,
            sparkline(&costs),
        ];
        let machine = machines.of(finished).map(str::to_owned);
        table.row([point.trial.clone()].into_iter().chain(swept).chain(machine).chain(rest));
    }
    Ok(table)
}

fn status(trial: &Summary) -> String {
    let name = trial.status.name();
    let status = match (trial.status, trial.ended_at) {
        (Status::Completed, None) => return name.to_owned(),
        (Status::Completed, Some(iteration)) => format!("stopped at {iteration}"),
        (_, Some(iteration)) => format!("{name} at {iteration}"),
        (_, None) => name.to_owned(),
    };
    trial.reason.iter().fold(status, |status, reason| format!("{status}: {reason}"))
}

/// Orders the better trial first; those that didn't complete last, and ties as in the experiment.
fn compare(by: Objective, a: &RecordedPoint, b: &RecordedPoint) -> Ordering {
    let loss = |point: &RecordedPoint| point.loss(by).unwrap_or(f64::INFINITY);
    loss(a).total_cmp(&loss(b))
}
