//! `runner merge`: the records of a sweep's shards → one record → tables.

mod missing;
mod plan;
mod source;
mod trial_sources;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use datasets::text::count;

use self::missing::Missing;
use self::plan::JoinedPlan;
use self::source::{Source, TargetState};
use self::trial_sources::TrialSources;
use super::answer::print_names;
use super::claims::{all_hold, judge, say_judgements};
use super::climbed::{Climbed, Longest};
use super::failure::Failure;
use super::promotion::NONE_GOES_ON;
use crate::cli;
use crate::machine::{Machine, OTHER_ARITHMETIC};
use crate::record::Record;
use crate::record::error::Error;
use crate::record::export::export;
use crate::record::folder::{results_folder, with_a_name};
use crate::record::notes::Notes;
use crate::record::plan::StoredPlan;
use crate::record::shard_names::results_of;
use crate::run::outcome::Status;
use crate::terminal::{note, say, warn};
use crate::text::first_and_others;

/// Joins the shards. Exit code 1 if trials are missing or failed.
pub(super) fn run(args: &cli::Merge) -> Result<ExitCode> {
    let shards = source::in_folders(&args.dirs)?;
    let out = args.out.clone().unwrap_or_else(|| default_out(&args.dirs, &shards[0].asked.name));
    let (decided, mut record) = loop {
        let decided = Decided::of(&shards, &out, args.mix)?;
        let record = Record::open(&out).map_err(Failure::of_writing)?;
        if decided.is_of(&record)? {
            break (decided, record);
        }
        note(&format!("{}: another runner has written here meanwhile; it is read again", out.display()));
        // Reading it beside itself, and closing that, would release SQLite's locks.
        record.close().map_err(Failure::of_writing)?;
    };
    decided.write(&mut record, &shards, &out).map_err(Failure::of_writing)?;
    let Decided { joined, .. } = &decided;
    let damaged: HashSet<String> = record.finished()?.damaged.into_iter().collect();
    export(&record, &out, &damaged).map_err(Failure::of_writing)?;
    let missing = Missing::of(&record, joined, &shards, &damaged)?;
    missing.say(&out);
    let all_are_done = missing.is_none();
    let is_over = all_are_done && !say_next_rung(&joined.plan, &record.statuses()?, &out)?;
    let judgements = if is_over { judge(&record, &out)? } else { Vec::new() };
    record.close().map_err(Failure::of_writing)?;
    say_judgements(&judgements);
    print_names(&[&out])?;
    Ok(ExitCode::from(u8::from(!all_are_done || !all_hold(&judgements))))
}

/// Names the results directory of the sweep.
fn default_out(dirs: &[PathBuf], name: &str) -> PathBuf {
    let of_one = match dirs {
        [dir] => results_of(&with_a_name(dir)),
        _ => None,
    };
    of_one.unwrap_or_else(|| results_folder(None, name))
}

/// The plan and the trials that a merge writes, decided from the shards and from what an earlier merge has left.
struct Decided {
    merged_before: Option<Source>,
    /// The state of the target from which it is decided.
    before: TargetState,
    joined: JoinedPlan,
    sources: TrialSources,
}

impl Decided {
    fn of(shards: &[Source], out: &Path, mix: bool) -> Result<Self> {
        let (before, mut merged_before) = source::of_target(out)?;
        let joined = plan::joined(shards, merged_before.as_ref())?;
        merged_before.as_mut().map_or(Ok(()), |before| before.count_within(&joined.plan))?;
        let all: Vec<&Source> = merged_before.iter().chain(shards).collect();
        let mut sources = TrialSources::of(&all, &joined.plan);
        trial_sources::compare_doubled(&all, &mut sources, mix)?;
        refuse_mixed(&all, mix)?;
        Ok(Decided { merged_before, before, joined, sources })
    }

    /// Returns whether `record`, which is locked now, still has the plan and the trials that were decided from.
    fn is_of(&self, record: &Record) -> Result<bool, Error> {
        Ok(TargetState::of(record)? == self.before)
    }

    /// Writes the plan, the chosen trials, and the files beside the record.
    fn write(&self, record: &mut Record, shards: &[Source], out: &Path) -> Result<(), Error> {
        let JoinedPlan { plan, whole } = &self.joined;
        record.write_joined(plan, whole)?;
        let all: Vec<&Source> = self.merged_before.iter().chain(shards).collect();
        let taken = self.sources.by_source(all.len());
        let planned: HashSet<&str> = plan.points.values().map(|point| &*point.trial).collect();
        for (source, trials) in all.iter().zip(&taken).filter(|(source, _)| !source.is_target) {
            let shard = source.open()?;
            if let Some(damaged) = first_and_others(&record.adopt(&shard, trials)?) {
                let folder = source.folder.display();
                warn(&format!("{folder}: damaged in its record, and left out: trial {damaged}"));
            }
            let left = record.adopt_notes(&shard, &planned)?;
            let left: Vec<String> = left.iter().map(|id| on_what(id)).collect();
            if let Some(left) = first_and_others(&left) {
                let (folder, out) = (source.folder.display(), out.display());
                warn(&format!("{folder}: the note on {left} is left there: {out} has another one"));
            }
        }
        record.write_origin(out, &plan.asked.toml, None)
    }
}

/// Names what a note is on: a trial by its id, or the sweep.
fn on_what(id: &str) -> String {
    if id == Notes::OF_SWEEP { "the sweep".to_owned() } else { format!("trial {id}") }
}

/// Says whether the shards go on with a next rung, if the plan doesn't have the last one; returns `true` if they do.
fn say_next_rung(plan: &StoredPlan, statuses: &HashMap<String, Status>, out: &Path) -> Result<bool> {
    let Some(longest) = Longest::of(plan, statuses) else { return Ok(false) };
    let climbed = Climbed::to(longest, out)?;
    if climbed.none_goes_on() {
        say(NONE_GOES_ON);
    } else if !climbed.is_last() {
        say("this rung is complete; the same shards, swept again, train the next one");
        return Ok(true);
    }
    Ok(false)
}

/// Refuses records that were trained with different libraries, cores, plans of products or numbers of threads, unless that is allowed;
/// warns of different builds of the runner.
fn refuse_mixed(sources: &[&Source], is_allowed: bool) -> Result<()> {
    // The trials, and the first record, of each kind of machine.
    let mut kinds: BTreeMap<String, (usize, &Source)> = BTreeMap::new();
    // The same of each build of the runner.
    let mut builds = kinds.clone();
    for source in sources {
        for (toml, trials) in &source.machines {
            let Some(machine) = Machine::from_toml(toml) else { continue };
            kinds.entry(machine.arithmetic()).or_insert((0, source)).0 += trials;
            builds.entry(machine.build()).or_insert((0, source)).0 += trials;
        }
    }
    let each = |of: &BTreeMap<String, (usize, &Source)>, word: &str| {
        let each = of.iter().map(|(kind, (trials, first))| {
            format!("{} {word} {kind} (first in {})", count(*trials, "trial"), first.folder.display())
        });
        each.collect::<Vec<_>>().join(", ")
    };
    if builds.len() > 1 {
        let each = each(&builds, "by");
        warn(&format!("{each}: where these builds round differently, {OTHER_ARITHMETIC}"));
    }
    if kinds.len() < 2 {
        return Ok(());
    }
    let each = each(&kinds, "on");
    if is_allowed {
        warn(&format!("{each}: {OTHER_ARITHMETIC} (column machine of trials.csv and runner show)"));
        return Ok(());
    }
    bail!("{each}: {OTHER_ARITHMETIC}; --mix joins them all the same")
}
