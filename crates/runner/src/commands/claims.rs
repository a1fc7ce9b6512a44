//! `runner claims`: whether the claims of an experiment hold in its record.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use super::answer::{mark, print, print_with_marks};
use super::climbed::{Climbed, Longest};
use crate::cli;
use crate::plan::Plan;
use crate::record::Record;
use crate::record::plan::StoredPlan;
use crate::record::shard_names::EXPERIMENT;
use crate::results::claim::{Judge, Judgement};
use crate::results::setting::first_of_each;
use crate::results::trials::Trials;
use crate::spec::claim::Claim;
use crate::spec::experiment::Experiment;
use crate::terminal::{say, warn};
use datasets::text::count;

/// Judges the claims of a record on stdout.
pub(super) fn run(args: &cli::Claims) -> Result<ExitCode> {
    let record = Record::read(&args.dir)?;
    let judgements = judge(&record, &args.dir)?;
    if args.json {
        print(&format!("{:#}\n", judgements.iter().map(in_json).collect::<Value>()))?;
    } else if judgements.is_empty() {
        say(&format!("{}: the experiment makes no claim; a table [[claim]] in its file is one", args.dir.display()));
    } else {
        print_with_marks(&judgements.iter().map(|judgement| line(judgement) + "\n").collect::<String>())?;
    }
    Ok(ExitCode::from(u8::from(!all_hold(&judgements))))
}

/// Refuses claims on a plan that can't be read.
pub(super) fn can_be_judged(plan: &Plan, experiment: &Experiment) -> Result<()> {
    let claims = &experiment.claims;
    if claims.is_empty() {
        return Ok(());
    }
    let planned = StoredPlan::of(plan, experiment, experiment.resolved.clone(), String::new());
    let trials = Trials::unfinished_of(planned);
    claims.iter().try_for_each(|claim| Judge::of(claim, &trials).map(drop))?;
    Ok(())
}

/// Judges the claims of the record in `folder`.
pub(super) fn judge(record: &Record, folder: &Path) -> Result<Vec<Judgement>> {
    let toml = record.asked()?.map(|asked| asked.toml).unwrap_or_default();
    let claims = Claim::all_in(&toml, &folder.join(EXPERIMENT))?;
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    judgements(&claims, &Trials::read(record, record.planned()?)?, record, folder)
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
    let planned = first_of_each(&trials.rows).count();
    let of_shards = record.whole_plan()?.map_or(0, |whole| whole.trials.saturating_sub(planned));
    if of_shards > 0 {
        return Ok(Some(format!("{} of other shards are not here", count(of_shards, "trial"))));
    }
    let Some(plan) = record.stored_plan()?.filter(|_| trials.rungs > 0) else { return Ok(None) };
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

fn line(Judgement { says, holds, because, .. }: &Judgement) -> String {
    format!("{} {says}: {because}", mark(*holds))
}

fn in_json(Judgement { says, holds, number, because }: &Judgement) -> Value {
    json!({ "says": says, "holds": holds, "number": number, "because": because })
}
