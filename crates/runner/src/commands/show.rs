//! `runner show`: the settings or the trials of a sweep, best first.

use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use self::order::Sort;
use self::shown::{Shown, View, csv_cell};
use super::answer::print;
use super::layout::{TableColumn, left_out, names_of, room, set};
use super::selected::SelectedTrials;
use crate::cli;
use crate::machine::OTHER_ARITHMETIC;
use crate::record::Record;
use crate::record::error::Error;
use crate::results::column::CURVE;
use crate::results::ranking::warning_of_costs;
use crate::results::setting::{Setting, different_trials};
use crate::results::shared;
use crate::results::trials::Trials;
use crate::spec::axis::Scale;
use crate::spec::difference::differences;
use crate::table::csv;
use crate::terminal::{note, say, warn};
use crate::text::short_name;
use datasets::text::count;

mod order;
mod shown;
mod sparkline;

/// Prints the table on stdout, and around it on stderr what it shows.
pub(super) fn run(args: &cli::Show) -> Result<ExitCode> {
    let selected = SelectedTrials::read(&args.which)?;
    let trials = &selected.trials;
    let sort = Sort::read(args.sort.as_deref(), trials)?;
    let over = if args.trials { None } else { over(args, trials)? };
    let mut settings = trials.settings(over.as_deref(), |row| selected.has(row));
    sort.sort(&mut settings);
    let view = View { trials, over, score: sort.score(trials) };
    let asked = view.asked(&args.columns)?;
    let is_export = args.json || args.csv;
    if is_export && asked.iter().any(|column| matches!(column, Shown::Curve)) {
        bail!("--columns: {CURVE} is drawn in tables only; history.csv has the costs");
    }
    let is_empty = settings.is_empty();
    let unfinished = different_trials(trials.unfinished().filter(|row| selected.has(row)));
    say(&if is_empty { nothing(args, trials) } else { header(args, &view, &settings, unfinished, &sort) });
    settings.truncate(args.limit.unwrap_or(usize::MAX));
    let (text, left_out) = if is_export {
        let shown = if asked.is_empty() { view.export() } else { asked };
        (if args.json { json(&view, &shown, &settings) } else { in_csv(&view, &shown, &settings) }, String::new())
    } else if is_empty {
        Default::default()
    } else {
        let is_asked = !asked.is_empty();
        let shown = if is_asked { asked } else { view.table(&settings) };
        let room = room().filter(|_| !args.wide && !is_asked);
        table(&selected.record, &view, &settings, &shown, room)?
    };
    let (former, damaged) =
        if args.which.plan.is_none() { former(&selected.record, trials)? } else { Default::default() };
    let shared = shared::in_words(trials, |row| selected.has(row));
    let costs = sort.ranks_by().and_then(|score| warning_of_costs(trials, score, |row| selected.has(row)));
    // Before the answer is printed: a pager may take it for hours, in which a sweep could not begin.
    drop(selected.record);
    print(&text)?;
    if !left_out.is_empty() {
        say(&format!("left out: {left_out}; --wide shows all, --columns A,B,C those"));
    }
    trials.elsewhere_in_words().iter().for_each(|elsewhere| warn(&format!("{}: {elsewhere}", trials.name)));
    shared.iter().chain(&former).for_each(|line| note(line));
    costs.iter().for_each(|costs| warn(costs));
    if damaged > 0 {
        warn(&format!("damaged in the record, and left out: {}", count(damaged, "former plan")));
    }
    if !trials.machines.is_empty() {
        let names = trials.machines.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        warn(&format!("trials of several machines ({names}): {OTHER_ARITHMETIC}"));
    }
    Ok(ExitCode::from(u8::from(is_empty && args.which.condition.is_some())))
}

/// Says that there is no trial to show, and of how many.
fn nothing(args: &cli::Show, trials: &Trials) -> String {
    let (finished, unfinished) = (different_trials(trials.finished()), different_trials(trials.unfinished()));
    let open = if unfinished == 0 { String::new() } else { format!(", {unfinished} not finished yet") };
    match &args.which.condition {
        Some(condition) => format!(
            "{}: no trial fits --where '{condition}', of {}{open}",
            trials.name,
            count(finished, "finished trial")
        ),
        None => format!("{}: no trial is finished yet, of {}", trials.name, unfinished),
    }
}

/// Chooses the key to aggregate over: the one that is asked for, else the seed if there are several.
fn over(args: &cli::Show, trials: &Trials) -> Result<Option<String>> {
    let Some(key) = &args.over else {
        return Ok(trials.seed().filter(|_| trials.has_seeds()).map(str::to_owned));
    };
    let is_meant = |swept: &str| swept == key || short_name(swept) == key;
    let Some(axis) = trials.axes.iter().find(|axis| is_meant(&axis.key)) else {
        let swept: Vec<_> = trials.axes.iter().map(|axis| axis.key.as_str()).collect();
        let swept = if swept.is_empty() { "nothing".to_owned() } else { swept.join(", ") };
        bail!("--over: {key} is not swept in {}; swept is {swept}", args.which.dir.display());
    };
    if axis.has_scale(Scale::Rungs) {
        let short = short_name(&axis.key);
        bail!(
            "--over: {key} is the length of the rungs, whose trainings differ in it; --where '{short} = N' shows one rung"
        );
    }
    Ok(Some(axis.key.clone()))
}

/// Describes the trials that are shown and their order, in a line.
fn header(args: &cli::Show, view: &View, settings: &[Setting], unfinished: usize, sort: &Sort) -> String {
    let trials = view.trials;
    let shown: usize = settings.iter().map(|setting| setting.rows.len()).sum();
    let mut parts = vec![match &args.which.condition {
        Some(_) => format!("{shown} of {}", count(different_trials(trials.finished()), "trial")),
        None => count(shown, "trial"),
    }];
    if unfinished > 0 {
        parts[0] += &format!(", {unfinished} not finished yet");
    }
    if trials.rungs > 1 && sort.has_last_rung_first() {
        parts.push("the last rung first".to_owned());
    }
    parts.push(sort.in_words());
    if let Some(over) = &view.over {
        parts.push(format!("mean ± standard deviation over {over} (--trials: a row for each trial)"));
    }
    let Trials { sweep_tags: tags, sweep_note: note, .. } = trials;
    let tags = if tags.is_empty() { String::new() } else { format!(" [{}]", tags.join(" ")) };
    let note = note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    format!("{}{tags}{note}: {}", trials.name, parts.join("; "))
}

/// Makes the table, and names the columns for which there is no `room`.
fn table(
    record: &Record,
    view: &View,
    settings: &[Setting],
    shown: &[Shown],
    room: Option<usize>,
) -> Result<(String, String), Error> {
    let column = |column: &Shown| TableColumn {
        heading: view.heading(column, shown),
        cells: settings.iter().map(|setting| view.cell(column, setting)).collect(),
        importance: view.importance(column),
        least_width: column.least_width(),
    };
    let mut columns: Vec<TableColumn> = shown.iter().map(column).collect();
    let left_out = left_out(&columns, room);
    for (place, column) in shown.iter().enumerate() {
        if matches!(column, Shown::Curve) && !left_out.contains(&place) {
            let curves = settings.iter().map(|setting| sparkline::curve(record, setting));
            columns[place].cells = curves.collect::<Result<_, _>>()?;
        }
    }
    let names = names_of(&columns, &left_out);
    Ok((set(&mut columns, &left_out).to_string(), names))
}

fn json(view: &View, shown: &[Shown], settings: &[Setting]) -> String {
    let mut lines = String::new();
    for setting in settings {
        let fields = shown.iter().flat_map(|column| view.fields(column).into_iter().zip(view.values(column, setting)));
        lines += &Value::Object(fields.collect::<Map<_, _>>()).to_string();
        lines.push('\n');
    }
    lines
}

fn in_csv(view: &View, shown: &[Shown], settings: &[Setting]) -> String {
    let header = shown.iter().flat_map(|column| view.fields(column));
    let cells =
        |setting| shown.iter().flat_map(move |column| view.values(column, setting)).map(|value| csv_cell(&value));
    csv(header, settings.iter().map(cells))
}

/// Describes the former plans that the record keeps, and counts those that are damaged.
fn former(record: &Record, trials: &Trials) -> Result<(Vec<String>, usize), Error> {
    let (plans, damaged) = record.former_plans()?;
    let own = data_of(record, trials.finished().map(|row| row.trial.as_str()))?;
    let in_words = plans.into_iter().map(|plan| {
        let swept: Vec<_> = plan.axes.iter().map(|axis| axis.key.as_str()).collect();
        let swept = if swept.is_empty() { "nothing swept".to_owned() } else { swept.join(" x ") };
        let mut other: Vec<_> = differences(&trials.toml, &plan.toml)
            .into_iter()
            .map(|(key, _, there)| there.map_or_else(|| format!("no {key}"), |value| format!("{key}={value}")))
            .collect();
        if data_of(record, plan.trials())?.zip(own.as_ref()).is_some_and(|(there, here)| there != *here) {
            other.push("other data".to_owned());
        }
        let other = if other.is_empty() { String::new() } else { format!("; there {}", other.join(", ")) };
        Ok(format!(
            "the record keeps a former plan too, --plan {}: {}, {} of {swept}{other}",
            plan.number,
            plan.name,
            count(plan.points(), "point"),
        ))
    });
    Ok((in_words.collect::<Result<_, Error>>()?, damaged))
}

/// Returns the description of a plan's data, which all of its trials have, from the first one that has finished.
fn data_of<'i>(record: &Record, mut ids: impl Iterator<Item = &'i str>) -> Result<Option<String>, Error> {
    let recipe = ids.find_map(|id| record.recipe(id).transpose()).transpose()?;
    Ok(recipe.map(|recipe| recipe.data))
}
