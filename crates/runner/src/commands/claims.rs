//! `runner claims`: whether the claims of an experiment hold in its record.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use super::answer::{mark, print, print_with_marks};
use super::climbed::{Climbed, Longest};
use crate::cli;
use crate::record::Record;
use crate::record::names::EXPERIMENT;
use crate::results::claim::{Judge, Judgement};
use crate::results::trials::Trials;
use crate::spec::claim::Claim;
use crate::terminal::{say, warn};

/// Judges the claims of a record on stdout.
pub(super) fn run(args: &cli::Claims) -> Result<ExitCode> {
    let record = Record::read(&args.dir)?;
    let judgements = judge(&record, &args.dir)?;
    if args.json {
        print(&format!("{:#}\n", judgements.iter().map(in_json).collect::<Value>()))?;
    } else if judgements.is_empty() {
        say(&format!(
            "{}: the experiment, as it was run, makes no claim; a table [[claim]] in its file is one",
            args.dir.display()
        ));
    } else {
        print_with_marks(&judgements.iter().map(|judgement| line(judgement) + "\n").collect::<String>())?;
    }
    Ok(ExitCode::from(u8::from(!all_hold(&judgements))))
}

/// Judges the claims of the record in `folder`.
pub(super) fn judge(record: &Record, folder: &Path) -> Result<Vec<Judgement>> {
    let toml = record.asked()?.map(|asked| asked.toml).unwrap_or_default();
    let claims = Claim::all_in(&toml, &folder.join(EXPERIMENT))?;
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    judgements(&claims, &Trials::newest(record)?, record, folder)
}

/// Judges claims by these trials of the record in `folder`.
pub(super) fn judgements(claims: &[Claim], trials: &Trials, record: &Record, folder: &Path) -> Result<Vec<Judgement>> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let missing = missing(trials, record, folder)?;
    let judge = |claim: &Claim| match &missing {
        None => Ok(Judge::of(claim, trials)?.judge(trials, record)?),
        Some(missing) => Ok(Judgement::open(claim, missing.clone())),
    };
    claims.iter().map(judge).collect()
}

/// Says which trials of the sweep are not in the plan of the record yet; `None` if all are.
fn missing(trials: &Trials, record: &Record, folder: &Path) -> Result<Option<String>> {
    if let Some(elsewhere) = trials.elsewhere_in_words() {
        return Ok(Some(elsewhere));
    }
    if trials.rungs == 0 {
        return Ok(None);
    }
    let Some(plan) = record.stored_plan()? else { return Ok(None) };
    let longest = Longest::of(&plan, &record.statuses()?);
    let climbed = longest.map(|longest| Climbed::to(longest, folder)).transpose()?;
    let climbed = climbed.filter(|climbed| !climbed.is_last() && !climbed.none_goes_on());
    Ok(climbed.map(|Climbed { rung, rungs, .. }| format!("the sweep is on rung {rung} of {rungs}")))
}

/// Says on stderr which claims hold, and warns of the others.
pub(super) fn say_judgements(judgements: &[Judgement]) {
    for judgement in judgements {
        if judgement.holds == Some(true) { say(&line(judgement)) } else { warn(&line(judgement)) }
    }
}

/// Returns whether every claim holds.
pub(super) fn all_hold(judgements: &[Judgement]) -> bool {
    judgements.iter().all(|judgement| judgement.holds == Some(true))
}

fn line(Judgement { claim, holds, because, .. }: &Judgement) -> String {
    format!("{} {}: {because}", mark(*holds), claim.says)
}

fn in_json(Judgement { claim, holds, number, because }: &Judgement) -> Value {
    json!({
        "says": claim.says, "holds": holds, "number": number, "because": because, "value": claim.value, "where": claim.trials,
        "take": claim.take.name(), "relative_to": claim.relative_to, "at_least": claim.at_least, "at_most": claim.at_most,
    })
}
