//! The training of a sweep into its record.

use std::collections::HashSet;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::checkpoints::{say_kept, say_left, say_resumed};
use super::divergence::against_divergence;
use super::limits::Limits;
use super::mixed::Mixed;
use super::prepared::{PreparedSweep, Rung};
use super::shard::trials_in_words;
use super::tally::Tally;
use crate::cli;
use crate::commands::answer::print_names;
use crate::commands::claims::{all_hold, judge, say_judgements};
use crate::commands::failure::Failure;
use crate::commands::promotion::NONE_GOES_ON;
use crate::commands::resume::same_again;
use crate::commands::session::Session;
use crate::commands::stop::Stop;
use crate::machine::Machine;
use crate::plan::Plan;
use crate::plan::prepared::PreparedData;
use crate::plan::trial::Trial;
use crate::progress::mode::ProgressMode;
use crate::progress::sweep::SweepProgress;
use crate::record::Record;
use crate::record::error::Error;
use crate::record::export::export;
use crate::record::folder::set_aside;
use crate::record::plan::StoredPlan;
use crate::record::shards::misplaced;
use crate::record::stored::Finished;
use crate::run::checkpoint::checkpoints::{Checkpoints, Writing};
use crate::run::running_fleets::RunningFleets;
use crate::run::training::{Run, left_to_train};
use crate::run::workers::Workers;
use crate::shell_words::quoted_path;
use crate::terminal::{say, warn};
use crate::text::{first_and_others, visible_line};
use datasets::text::count;

/// The state of a sweep's training, from rung to rung.
pub(super) struct Training {
    workers: Workers,
    stop: Stop,
    limits: Limits,
    record: Record,
    machine: Machine,
    /// True if other machines may have trained some of the trials.
    is_mix_allowed: bool,
    checkpoints: Checkpoints,
    /// The ids of the finished trials.
    finished: HashSet<String>,
    /// The ids of those that are damaged in the record, until they are trained again.
    damaged: HashSet<String>,
    mode: ProgressMode,
    tally: Tally,
    /// The number of trials that this run had to train, over all rungs so far.
    planned: usize,
    /// The number of trials of the plan that are in the record.
    kept: usize,
}

impl Training {
    /// Starts the workers, checks the BLAS, and opens the record. A sweep that can't be run is refused before anything
    /// is written.
    pub(super) fn begin(sweep: &PreparedSweep, args: &cli::Sweep, stop: Stop, limits: Limits) -> Result<Self> {
        let (session, plan, folder) = (sweep.session(), &sweep.plan, &sweep.folder);
        let machine = session.machine();
        let mixed = sweep.mixed(&machine, args.mix);
        sweep.refuse(&mixed, args.fresh)?;
        let workers = Workers::new(sweep.jobs, sweep.threads)?;
        session.check_blas(plan, &workers, None, &stop).map_err(|error| limits.name_in(error))?;
        if args.fresh && folder.exists() {
            say(&format!("{} is now {}", folder.display(), set_aside(folder)?.display()));
        }
        let mut record = Record::open(folder).map_err(Failure::of_writing)?;
        let again = same_again();
        stop.at_the_end(format!(": finished trials are kept in {}; to go on: {again}", folder.display()));
        if let Err(damaged @ Error::DamagedPlan(_)) = record.prove_plan() {
            warn(&format!("{damaged}; this run writes them anew"));
        }
        if let Some(problem) = misplaced(folder, record.shard()?.as_ref()) {
            bail!("{}: {problem}; --fresh sets it aside", folder.display());
        }
        let Finished { intact: mut finished, damaged } = record.finished().map_err(Failure::of_writing)?;
        finished.extend(sweep.merged.iter().cloned());
        // Another runner may have written here since the record was read.
        mixed.refuse(&record, plan, &finished)?;
        write_plan(&mut record, sweep, &machine).map_err(Failure::of_writing)?;
        say_header(sweep, &finished, &machine);
        mixed.warn(&record, plan, &finished)?;
        say_damaged(plan, &damaged);
        let checkpoints = sweep.checkpoints(&machine, &stop);
        let (mode, tally, kept) = (args.progress, Tally::new(), 0);
        let planned = plan.unfinished(&finished).count();
        let damaged = damaged.into_iter().collect();
        Ok(Training {
            workers,
            stop,
            limits,
            record,
            machine,
            is_mix_allowed: args.mix,
            checkpoints,
            finished,
            damaged,
            mode,
            tally,
            planned,
            kept,
        })
    }

    /// Trains the unfinished trials of `sweep`, rung after rung. If a rung can't begin, the tables of those below are written.
    pub(super) fn train(&mut self, sweep: &mut PreparedSweep) -> Result<()> {
        while self.train_rung(sweep)? {
            match self.climb(sweep) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    if let Err(unwritten) = self.export(sweep) {
                        warn(&format!("{unwritten:#}"));
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Goes on to the next rung of `sweep`, whose plan it checks and records; returns `false` if there is none.
    fn climb(&mut self, sweep: &mut PreparedSweep) -> Result<bool> {
        if !sweep.goes_on(&self.record)? {
            return Ok(false);
        }
        let Training { workers, stop, record, machine, is_mix_allowed, finished, planned, kept, .. } = self;
        // A rung that another machine has trained may have been completed while this one began.
        let mixed = Mixed { machine, is_allowed: *is_mix_allowed, folder: &sweep.folder, rung: None };
        mixed.refuse(record, &sweep.plan, finished)?;
        *planned += sweep.plan.unfinished(finished).count();
        match sweep.session().check_blas(&sweep.plan, workers, None, stop) {
            // The rung is not trained, as by an interruption at any other time.
            Err(error) if !matches!(error.downcast_ref(), Some(Failure::Interrupted)) => return Err(error),
            _ => {}
        }
        write_plan(record, sweep, machine).map_err(|error| Failure::CutShort { error, kept: *kept })?;
        Ok(true)
    }

    /// Trains the unfinished trials of the current rung of `sweep`; returns `false` if it was interrupted.
    fn train_rung(&mut self, sweep: &mut PreparedSweep) -> Result<bool> {
        let Rung { plan, inputs, merged } = sweep.rung()?;
        let Training {
            workers, stop, limits, record, machine, checkpoints, finished, damaged, mode, tally, kept, ..
        } = self;
        let left = left_to_train(plan, finished);
        let trials: Vec<_> = plan.unfinished(finished).collect();
        checkpoints.remove_finished(finished);
        say_resumed(checkpoints, &left);
        let flops = trials.iter().fold(0.0, |sum, trial| sum + plan.flops(trial));
        let running = RunningFleets::default();
        let progress = SweepProgress::new(*mode, &running, trials.len(), flops);
        let mut done = Vec::new();
        let run = Run {
            plan,
            inputs: &inputs,
            workers,
            stop: stop.flag(),
            running: &running,
            checkpoints: Some(checkpoints),
        };
        let result = run.train(&left, |mut outcomes| {
            let whole: Vec<_> = outcomes.iter().map(|(trial, _)| *trial).collect();
            outcomes.retain(|(trial, _)| !finished.contains(&trial.id));
            record.insert(plan, &outcomes, machine)?;
            checkpoints.remove(whole);
            for (trial, outcome) in &outcomes {
                tally.add(plan, trial, outcome);
                done.push(trial.id.clone());
                progress.finished(plan, trial, outcome);
            }
            if limits.ends_at(tally.failed()) {
                stop.ask();
            }
            Ok(())
        });
        progress.end();
        let all = done.len() == trials.len();
        damaged.retain(|id| !done.contains(id));
        finished.extend(done);
        let is_here = |trial: &&Trial| finished.contains(&trial.id) && !merged.contains(&trial.id);
        *kept = plan.own_trials().filter(is_here).count();
        result.map_err(|error| Failure::of_training(error, *kept))?;
        Ok(all && !stop.is_asked())
    }

    /// Writes the machine and the tables, as they are now.
    fn export(&self, sweep: &PreparedSweep) -> Result<()> {
        let Training { stop, record, machine, damaged, kept, .. } = self;
        let folder = &sweep.folder;
        let writing = stop.writing();
        let _writing = Writing::begin(&writing);
        let written = record.write_machine(folder, Some(machine)).and_then(|()| export(record, folder, damaged));
        Ok(written.map_err(|error| Failure::NotExported { error, kept: *kept })?)
    }

    /// Writes the tables, closes the record, and reports the work.
    pub(super) fn end(self, sweep: &PreparedSweep) -> Result<ExitCode> {
        self.export(sweep)?;
        let Training { workers, stop, limits, record, checkpoints, finished, tally, planned, kept, .. } = self;
        let (folder, rungs_are_left) = (&sweep.folder, sweep.has_rungs_left());
        let writing = stop.writing();
        let _writing = Writing::begin(&writing);
        let advice = if tally.only_diverged() {
            against_divergence(&sweep.plan, sweep.shard, &record).map_err(Failure::of_writing)?
        } else {
            None
        };
        let is_cut_short = tally.all() < planned || (rungs_are_left && sweep.shard.is_none());
        let cut = (stop.is_asked() && is_cut_short).then(|| limits.reason(tally.failed()));
        let is_whole = cut.is_none() && sweep.shard.is_none();
        let judgements = if is_whole { judge(&record, folder)? } else { Vec::new() };
        record.close().map_err(|error| Failure::NotExported { error, kept })?;
        match cut {
            Some(_) => say_kept(&checkpoints, &left_to_train(&sweep.plan, &finished)),
            None => say_left(&checkpoints),
        }
        advice.iter().for_each(|advice| warn(advice));
        match sweep.plan.own_trials().next() {
            None => say("this shard has no trials"),
            Some(_) => tally.say(planned, workers.threads(), cut),
        }
        match sweep.shard {
            Some(_) if cut.is_none() && !sweep.is_over => say_next(sweep),
            _ if rungs_are_left && cut.is_none() => say(NONE_GOES_ON),
            _ => {}
        }
        say_judgements(&judgements);
        print_names(&[folder])?;
        Ok(ExitCode::from(tally.exit_code(cut).max(u8::from(!all_hold(&judgements)))))
    }
}

/// Says how the shards of a sweep become one.
fn say_next(sweep: &PreparedSweep) {
    let shards = quoted_path(sweep.folder.parent().unwrap_or(&sweep.folder));
    let then = if sweep.has_rungs_left() { ", which each shard needs before the next rung" } else { "" };
    say(&format!("runner merge {shards} joins the shards{then}"));
}

/// Writes the experiment, the plan and the machine to the results directory.
fn write_plan(record: &mut Record, sweep: &PreparedSweep, machine: &Machine) -> Result<(), Error> {
    let session @ Session { experiment, data, .. } = sweep.session();
    let words = session.data_in_words();
    let hash = hashes(data);
    let toml = format!("# {}\n{hash}\n{}", visible_line(&words), experiment.resolved);
    let plan = StoredPlan::of(&sweep.plan, experiment, toml.clone(), words);
    match sweep.shard {
        Some(shard) => record.write_shard(shard, &sweep.plan, plan)?,
        None => record.write_plan(&plan)?,
    }
    record.write_origin(&sweep.folder, &toml, Some(machine))
}

fn hashes(data: &PreparedData) -> String {
    let test = data.test.as_ref().map(|test| format!("\n# test  sha256 {}", test.sha256));
    format!("# train sha256 {}{}", data.train.sha256, test.unwrap_or_default())
}

fn say_header(sweep: &PreparedSweep, finished: &HashSet<String>, machine: &Machine) {
    let PreparedSweep { plan, jobs, threads, .. } = sweep;
    let session = sweep.session();
    let done = plan.own_trials().filter(|trial| finished.contains(&trial.id)).count();
    let resumed = if done > 0 { format!(", {done} of them finished before") } else { String::new() };
    let shard = sweep.shard.map_or_else(String::new, |shard| format!("shard {shard}: "));
    let of_threads = if *threads > 1 { format!(" of {threads} threads") } else { String::new() };
    let (name, trials) = (&session.experiment.name, trials_in_words(plan));
    say(&format!("{name}: {shard}{trials}{resumed}; {}{of_threads}", count(*jobs, "worker")));
    session.say_machine(machine);
}

fn say_damaged(plan: &Plan, damaged: &[String]) {
    let planned: HashSet<&str> = plan.own_trials().map(|trial| &*trial.id).collect();
    let again: Vec<&str> = damaged.iter().map(String::as_str).filter(|id| planned.contains(id)).collect();
    if let Some(again) = first_and_others(&again) {
        warn(&format!("damaged in the record, and trained again: trial {again}"));
    }
}
