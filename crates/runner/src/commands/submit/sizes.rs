//! The sizes of the jobs: shards, cores, memory and time, from the plan and its predicted time.

use std::time::Duration;

use anyhow::{Result, bail};

use super::prepared::PreparedSubmission;
use crate::cli::cluster::{Options, Shards};
use crate::cluster::script;
use crate::cluster::submission::PlannedShard;
use crate::commands::predicted_time::PredictedTime;
use crate::commands::resources::enough_memory;
use crate::machine;
use crate::plan::Plan;
use crate::spec::rungs::Rungs;
use crate::terminal::say;
use crate::text::duration;
use datasets::text::count;

/// The seconds that a shard should take: a scheduler starts some ten jobs a minute.
const SHARD: f64 = 600.0;
/// The most shards by default: Slurm's arrays end at number 1000.
const MOST_SHARDS: usize = 1000;
/// The part of the time limit that is above twice the predicted time.
const MARGIN: Duration = Duration::from_secs(300);
/// The bytes of the program itself, which the plan leaves out.
const PROGRAM: f64 = 128.0 * 1024.0 * 1024.0;

/// The sizes of the jobs.
pub(super) struct Sizes {
    pub(super) shards: usize,
    pub(super) cpus: usize,
    /// The workers of a shard.
    pub(super) jobs: usize,
    pub(super) mem: String,
    pub(super) time: Duration,
    pub(super) planned: Vec<PlannedShard>,
    /// The predicted times; `None` if nothing was to be predicted.
    predicted: Option<PredictedSizes>,
}

/// Predicted times in seconds.
struct PredictedSizes {
    of_one_worker: f64,
    /// That of the longest shard.
    longest: f64,
    /// That of a shard of the last rung, at most.
    last: f64,
}

impl Sizes {
    /// Takes what the options say, and for the rest what the plan needs; `before` is the number of shards of an earlier submission, which
    /// stays.
    pub(super) fn of(prepared: &PreparedSubmission, options: &Options, before: Option<usize>) -> Result<Self> {
        let PreparedSubmission { plan, experiment, rungs, .. } = prepared;
        let threads = experiment.threads;
        let cpus = options.cpus.map_or(experiment.jobs.unwrap_or(1) * threads, usize::from);
        if cpus < threads {
            bail!("--cpus: {cpus} cores are fewer than the {threads} threads of a fleet (run.threads)");
        }
        let jobs = cpus / threads;
        let needs_time = options.time.is_none() || !matches!(options.shards, Some(Shards::Exactly(_)));
        let predicted = if needs_time { Some(measured(prepared, jobs)?) } else { None };
        let asked = match options.shards {
            Some(Shards::Exactly(number)) => Some(number),
            _ => None,
        };
        let shards = match (before, asked) {
            (Some(before), Some(asked)) if before != asked => {
                bail!("--shards: this sweep was submitted in {before} shards, which stay; found {asked}")
            }
            (Some(number), _) | (None, Some(number)) => number,
            (None, None) => usual_shards(plan, predicted.as_ref(), jobs),
        };
        let planned = planned_shards(plan, predicted.as_ref(), shards, jobs);
        let predicted = predicted.map(|predicted| PredictedSizes {
            of_one_worker: predicted.of_one_worker(),
            longest: planned.iter().filter_map(|shard| shard.seconds).fold(0.0, f64::max),
            // A shard of the last rung may have a single fleet, but trains it for longest.
            last: predicted.longest_fleet(times_longer(rungs)),
        });
        let time = time_limit(options, predicted.as_ref())?;
        let above = rungs.ahead(&prepared.session.experiment);
        let of_rungs = above.into_iter().map(|rung| plan.largest_of(rung).peak_bytes(jobs.min(rung.settings), threads));
        let bytes = 1.25 * (of_rungs.fold(plan.peak_bytes(jobs, threads), f64::max) + PROGRAM);
        let mem = options.mem.clone().unwrap_or_else(|| format!("{:.0}M", (bytes / f64::from(1 << 20)).ceil()));
        Ok(Sizes { shards, cpus, jobs, mem, time, planned, predicted })
    }

    /// Says what was predicted, and what each shard has.
    pub(super) fn say(&self) {
        let limit = duration(script::limit(self.time).as_secs_f64());
        if let Some(PredictedSizes { of_one_worker, longest, last }) = self.predicted {
            let on_the_last = format!(", on the last rung up to {}", duration(last));
            let on_the_last = if last > longest { &on_the_last } else { "" };
            say(&format!(
                "predicted: {} of one worker; the longest of {} takes {}{on_the_last}, measured on this machine ({})",
                duration(of_one_worker),
                count(self.shards, "shard"),
                duration(longest),
                machine::cpu(),
            ));
        }
        say(&format!("each shard: {}, {} of memory, {limit} at most", count(self.cpus, "core"), self.mem));
    }
}

/// Returns the number of shards if nobody asks for one: each takes some ten minutes.
fn usual_shards(plan: &Plan, predicted: Option<&PredictedTime>, jobs: usize) -> usize {
    let seconds = predicted.map_or(0.0, PredictedTime::of_one_worker) / jobs as f64;
    let most = MOST_SHARDS.min(plan.fleets.len().div_ceil(jobs)).max(1);
    ((seconds / SHARD).ceil() as usize).clamp(1, most)
}

/// Lists the trials and the predicted time of each shard.
fn planned_shards(plan: &Plan, predicted: Option<&PredictedTime>, shards: usize, jobs: usize) -> Vec<PlannedShard> {
    let mut own = plan.clone();
    let planned = plan.divided(shards).into_iter().map(|fleets| {
        own.set_fleets(fleets);
        let seconds = predicted.map(|predicted| predicted.shard(plan, &own, jobs));
        PlannedShard { trials: own.own_trials().count(), seconds }
    });
    planned.collect()
}

/// Returns how many times as long the last rung trains as the first.
fn times_longer(rungs: &Rungs) -> f64 {
    let lengths = rungs.lengths();
    lengths[lengths.len() - 1].amount() as f64 / lengths[0].amount() as f64
}

/// Returns the time that is asked for, or else one with room above the predicted one.
fn time_limit(options: &Options, predicted: Option<&PredictedSizes>) -> Result<Duration> {
    let longest = predicted.map_or(0.0, |predicted| predicted.longest.max(predicted.last));
    let time = options.time.unwrap_or_else(|| Duration::from_secs_f64(2.0 * longest) + MARGIN);
    if options.signal() >= script::limit(time) {
        bail!(
            "--signal: {} before its time limit of {} a shard would be asked to end as it begins; give less, or a longer --time",
            duration(options.signal().as_secs_f64()),
            duration(script::limit(time).as_secs_f64())
        );
    }
    Ok(time)
}

/// Measures the speeds here, with as many fleets at once as a shard has, or as fit on this machine.
fn measured(prepared: &PreparedSubmission, jobs: usize) -> Result<PredictedTime> {
    let PreparedSubmission { plan, session, begun, .. } = prepared;
    let threads = session.experiment.threads;
    let at_once = jobs.min(machine::cores() / threads).max(1);
    enough_memory(
        session.bytes_needed(plan, at_once),
        "to predict the time needs",
        "give --time and --shards, or submit from a larger machine",
    )?;
    let inputs = session.inputs(plan)?;
    PredictedTime::measure(plan, &inputs, (at_once, threads), *begun)
}
