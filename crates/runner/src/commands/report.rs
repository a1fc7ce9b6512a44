//! `runner report`: a sweep as one HTML file that opens anywhere, without a network.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Result, bail};
use datasets::files::{folder_of, make_folder, regular_file, write_whole};
use datasets::text::count;

use self::data::{AxisValues, Data};
use self::page::{AxisInWords, MachineInWords, Share, Words};
use self::proof::Line;
use self::ranked_settings::RankedSettings;
use self::state::State;
use super::answer::{may_be_written, print_names};
use super::claims::judgements;
use super::failure::Failure;
use crate::cli;
use crate::record::Record;
use crate::record::error::Error;
use crate::record::names::EXPERIMENT;
use crate::record::plan::Asked;
use crate::record::planned::PlannedAxis;
use crate::results::claim::Judgement;
use crate::results::row::Row;
use crate::results::shared;
use crate::results::trials::{SEED, Trials};
use crate::spec::claim::Claim;
use crate::terminal::{say, warn};
use crate::text::{bytes, visible};

mod best_setting;
mod curves;
mod data;
#[cfg(test)]
mod examples;
mod importance;
mod page;
mod proof;
mod ranked_settings;
mod state;
mod words;

/// Writes the page and prints its name.
pub(super) fn run(args: &cli::Report) -> Result<ExitCode> {
    let out = args.out.clone().unwrap_or_else(|| args.dir.join("report.html"));
    let record = Record::read(&args.dir)?;
    let Some(asked) = record.asked()? else {
        bail!("{}: nothing has been planned here; run the sweep again", args.dir.display());
    };
    is_free_or_a_report(&out)?;
    let page = page(&record, &args.dir, &asked)?;
    make_folder(folder_of(&out)).map_err(Failure::of_writing)?;
    write_whole(&out, true, |file| file.write_all(page.as_bytes())).map_err(Failure::of_writing)?;
    print_names(&[&out])?;
    say(&format!("{}: {} with all it needs", asked.name, bytes(page.len() as f64)));
    if args.open {
        open(&out);
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses to write over what no report has written.
fn is_free_or_a_report(out: &Path) -> Result<()> {
    may_be_written([out], &[] as &[&Path], true)?;
    if !regular_file::is_at(out)? {
        return Ok(());
    }
    let mut beginning = vec![0; page::BEGINNING.len()];
    let read = regular_file::open(out).is_ok_and(|mut file| file.read_exact(&mut beginning).is_ok());
    if read && beginning == page::BEGINNING.as_bytes() {
        return Ok(());
    }
    bail!("{}: this file is not a report, and is left as it is; choose another name with --out", out.display());
}

/// Opens the page in what the system opens HTML files with.
fn open(out: &Path) {
    let started = Command::new("xdg-open").arg(out).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    if let Err(error) = started {
        warn(&format!("can't start xdg-open: {error}; open {} by hand", out.display()));
    }
}

/// Gathers all of the page.
fn page(record: &Record, folder: &Path, asked: &Asked) -> Result<String> {
    let planned = record.planned()?;
    let mut damaged = HashSet::new();
    let curves = curves::read(record, &planned.points, &mut damaged)?;
    let planned_points = planned.points.len();
    let trials = Trials::proved(record, planned, &damaged)?.with_elsewhere(record)?;
    let claims = claims(record, folder, &trials)?;
    let swept = trials.axes.iter().map(|axis| axis_in_words(axis, &trials.rows)).collect();
    let shared = shared::in_words(&trials, |_| true);
    let trials = trials.once_each();
    let curves: Vec<_> = trials.rows.iter().map(|row| curves[row.place].clone()).collect();
    let (axes, points) = (&trials.axes, &trials.rows);
    let ranked = RankedSettings::of(&trials);
    let data = Data::of(&trials, &curves, &ranked);
    let words = Words {
        name: asked.name.clone(),
        description: visible(&asked.description).into_owned(),
        tally: words::tally(&ranked, &trials),
        answer: best_setting::answer(&ranked, &trials),
        notes: best_setting::notes(&ranked, &trials),
        claims,
        data: visible(&asked.data).into_owned(),
        axes: swept,
        base: words::base(&asked.toml, axes),
        objective: data::in_words(ranked.score),
        importance: shares(&ranked, &trials),
        proof: proof::lines(record, folder, planned_points, points)?,
        machines: machines(record, points)?,
        toml: visible(&asked.toml).into_owned(),
        left_out: words::left_out(&data.curves, points, shared),
        folder: folder.display().to_string(),
        version: env!("CARGO_PKG_VERSION"),
    };
    Ok(page::render(&words, &data))
}

/// Judges the claims of the experiment.
fn claims(record: &Record, folder: &Path, trials: &Trials) -> Result<Vec<Line>> {
    let claims = Claim::all_in(&trials.toml, &folder.join(EXPERIMENT))?;
    let judgements = judgements(&claims, trials, record, folder)?.into_iter();
    let line = |Judgement { claim, holds, because, .. }: Judgement| {
        Line::new(holds, &visible(&claim.says), visible(&because).into_owned(), String::new())
    };
    Ok(judgements.map(line).collect())
}

fn axis_in_words(axis: &PlannedAxis, points: &[Row]) -> AxisInWords {
    const NAMED: usize = 12;
    let values = AxisValues::of(axis, points).values;
    let text = |place: usize| words::short(values[place]);
    let listed = match values.len() {
        0 => String::new(),
        count if count <= NAMED => (0..count).map(text).collect::<Vec<_>>().join(", "),
        count if values[0].is_number() => format!("from {} to {}", text(0), text(count - 1)),
        count => format!("{}, …, {}", text(0), text(count - 1)),
    };
    AxisInWords { key: axis.key.clone(), count: values.len(), listed, scale: axis.scale.clone() }
}

/// Computes the share that each key explains, the largest first; in successive halving of the first rung, where every setting was trained.
fn shares(ranked: &RankedSettings, trials: &Trials) -> Vec<Share> {
    let Trials { axes, rows: points, .. } = trials;
    let first = points.iter().map(|point| point.rung).min();
    let is_ranked = |point: &&Row| {
        let is_over = matches!(State::of(point), State::Completed | State::Diverged);
        is_over && Some(point.rung) == first
    };
    let losses = |point: &Row| point.loss(ranked.score).unwrap_or(f64::INFINITY);
    let losses: Vec<f64> = points.iter().filter(is_ranked).map(losses).collect();
    let mut shares: Vec<Share> = axes.iter().filter_map(|axis| share(axis, points, is_ranked, &losses)).collect();
    shares.sort_by(|a, b| b.percent.unwrap_or(-1.0).total_cmp(&a.percent.unwrap_or(-1.0)));
    shares
}

fn share(axis: &PlannedAxis, points: &[Row], is_ranked: impl Fn(&&Row) -> bool, losses: &[f64]) -> Option<Share> {
    let column = AxisValues::of(axis, points);
    if column.values.len() < 2 {
        return None;
    }
    let at: Vec<_> = points.iter().zip(&column.at).filter(|(point, _)| is_ranked(point)).map(|(_, at)| *at).collect();
    if at.iter().collect::<HashSet<_>>().len() < 2 {
        return None;
    }
    // Seeds are names, though numbers: neighbours have nothing in common.
    let are_numbers = axis.key != SEED && column.values.iter().all(|value| value.is_number());
    let numbers: Vec<Option<f64>> = at.iter().map(|at| column.values[(*at)?].as_f64()).collect();
    let found = importance::importance(&at, are_numbers.then_some(&*numbers), losses);
    let absent = if at.contains(&None) { ", and the trials without it" } else { "" };
    let groups = match found {
        Some(found) if found.is_binned => {
            format!("{} of {} values{absent}", count(found.groups, "bin"), column.values.len())
        }
        Some(found) => format!("{}{absent}", count(found.groups, "value")),
        None if losses.windows(2).all(|pair| pair[0] == pair[1]) => "all trials rank alike".to_owned(),
        None => "too few trials to say".to_owned(),
    };
    let percent = found.map(|found| (found.share * 1000.0).round() / 10.0);
    Some(Share { key: axis.key.clone(), percent, groups })
}

/// Lists the machines that the finished trials were trained on.
fn machines(record: &Record, points: &[Row]) -> Result<Vec<MachineInWords>, Error> {
    let ids = points.iter().map(|point| point.trial.as_str()).collect();
    let trained = record.trained_on(&ids)?;
    let machines = record.machines()?.into_iter().filter(|(number, _)| trained.contains_key(number));
    let in_words = |(number, machine): (i64, crate::machine::Machine)| {
        let trials = count(trained[&number], "trial");
        MachineInWords { summary: format!("{trials}: {}", machine.summary()), toml: machine.to_toml() }
    };
    Ok(machines.map(in_words).collect())
}
