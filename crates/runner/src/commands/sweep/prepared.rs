//! A sweep that is ready to train: the experiment with its data and plan, rung by rung.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use kernels::blas::{Request, in_use};

use super::checkpoints::say_resumed;
use super::dry_run;
use super::mixed::{ChosenRung, Mixed};
use super::shard::shard_of;
use crate::cli;
use crate::commands::located::located;
use crate::commands::planned_claims::can_be_judged;
use crate::commands::predicted_time::PredictedTime;
use crate::commands::promotion::{RungState, find_rung, promote};
use crate::commands::resources::enough_memory;
use crate::commands::session::Session;
use crate::commands::stop::Stop;
use crate::machine::{self, Machine};
use crate::plan::Plan;
use crate::plan::shard::Shard;
use crate::record::Record;
use crate::record::folder::{refuse_foreign, results_folder};
use crate::record::shard_names::shard_folder;
use crate::run::checkpoint::checkpoints::Checkpoints;
use crate::run::inputs::Inputs;
use crate::run::training::left_to_train;
use crate::spec::experiment::Experiment;
use crate::spec::rungs::Rungs;
use crate::terminal::{note, say};
use datasets::text::count;

/// A sweep with everything that its training needs.
pub(super) struct PreparedSweep {
    rungs: Rungs,
    /// The plan of the current rung.
    pub(super) plan: Plan,
    /// The experiment and its data; `None` once the inputs of the last rung are made.
    loaded: Option<Session>,
    /// The results directory.
    pub(super) folder: PathBuf,
    /// The shard that is trained; `None` if it is the whole sweep.
    pub(super) shard: Option<Shard>,
    /// The ids of the trials that were finished before this shard, and merged.
    pub(super) merged: HashSet<String>,
    /// The choice of this shard's rung; `None` if it is the first one, or the sweep has no shards.
    pub(super) chosen_on: Option<ChosenRung>,
    /// True if no setting goes on from the shard's rung, which is merged.
    pub(super) is_over: bool,
    /// Fleets that are trained at once.
    pub(super) jobs: usize,
    /// Threads that share a fleet.
    pub(super) threads: usize,
    /// When the experiment was about to be read.
    pub(super) begun: Instant,
}

/// A rung, which is the whole sweep unless there is successive halving: trials that are trained before settings are
/// compared.
pub(super) struct Rung<'s> {
    pub(super) plan: &'s Plan,
    pub(super) inputs: Inputs,
    /// As in [`PreparedSweep`].
    pub(super) merged: &'s HashSet<String>,
}

impl PreparedSweep {
    /// Reads the experiment and its data, and plans the first rung that the results don't have whole.
    pub(super) fn new(args: &cli::Sweep, blas: Option<&Request>) -> Result<Self> {
        let begun = Instant::now();
        let mut experiment = Experiment::load(&args.experiment.file, &args.experiment.overrides)?;
        let rungs = Rungs::new(&mut experiment);
        let session = Session::of(experiment, blas)?;
        let plan = session.plan()?;
        let folder = results_folder(args.out.clone(), &session.experiment.name);
        let (shard, threads) = (shard_of(args)?, session.experiment.threads);
        can_be_judged(&plan, &session.experiment)?;
        if let Some(key) = &session.experiment.claims_dropped_for {
            note(&format!(
                "the claims of the experiment are not judged: {key} on the command line makes another one of it"
            ));
        }
        let loaded = Some(session);
        let (merged, chosen_on, is_over) = (HashSet::new(), None, false);
        let mut sweep =
            PreparedSweep { rungs, plan, loaded, folder, shard, merged, chosen_on, is_over, jobs: 1, threads, begun };
        if shard.is_some() || !args.fresh {
            sweep.find_rung()?;
        }
        if let Some(shard) = shard {
            sweep.restrict_to(shard, args.fresh)?;
        }
        let experiment = &sweep.session().experiment;
        sweep.jobs = jobs(args, experiment, sweep.plan.fleets.len()).map_err(|error| located(experiment, error))?;
        Ok(sweep)
    }

    /// Goes to the first rung that the results of earlier runs don't have whole. For a shard these are the merged ones of all
    /// shards.
    fn find_rung(&mut self) -> Result<()> {
        if self.shard.is_none() && self.rungs.is_last() {
            return Ok(());
        }
        let Some(record) = Record::find_apart_unproven(&self.folder)? else { return Ok(()) };
        let Some(session) = &mut self.loaded else { return Ok(()) };
        let RungState { finished, has_climbed, is_over } =
            find_rung(&mut self.rungs, session, &mut self.plan, &record)?;
        if self.shard.is_some() {
            (self.merged, self.is_over) = (finished, is_over);
        }
        if self.shard.is_some() && has_climbed {
            let ids = self.plan.trials.iter().map(|trial| &*trial.id).filter(|id| self.merged.contains(*id)).collect();
            let (mut machines, trials) = (record.machines()?, record.trained_on(&ids)?);
            let machines = trials.into_iter().filter_map(|(number, trials)| Some((machines.remove(&number)?, trials)));
            self.chosen_on = Some(ChosenRung { folder: self.folder.clone(), machines: machines.collect() });
        }
        Ok(())
    }

    /// Keeps the fleets of a shard.
    ///
    /// # Errors
    /// If it is to begin anew, and the merged results have trials of it, which would not be trained. A damaged record begins anew all the
    /// same: it lacks the others.
    fn restrict_to(&mut self, shard: Shard, is_fresh: bool) -> Result<()> {
        self.plan = self.plan.clone().restricted_to(shard);
        let merged = self.plan.own_trials().filter(|trial| self.merged.contains(&trial.id)).count();
        let own = shard_folder(&self.folder, shard);
        let is_damaged = || Record::find_apart_unproven(&own).is_err_and(|error| error.is_damage());
        if is_fresh && merged > 0 && !is_damaged() {
            bail!(
                "--fresh: {} of shard {shard} would be taken from {}, where runner merge has joined them; move that away too to train \
                 them anew",
                count(merged, "trial"),
                self.folder.display()
            );
        }
        self.folder = own;
        Ok(())
    }

    /// Returns the experiment and its data.
    ///
    /// # Panics
    /// If the last rung has been prepared.
    pub(super) fn session(&self) -> &Session {
        self.loaded.as_ref().expect("the last rung has not been prepared")
    }

    /// Looks for the checkpoints in the results directory.
    pub(super) fn checkpoints(&self, machine: &Machine, stop: &Stop) -> Checkpoints {
        let every = self.session().experiment.checkpoint_every;
        Checkpoints::in_results(&self.folder, machine, every, stop.writing())
    }

    /// Lists what would be trained.
    pub(super) fn preview(&self, args: &cli::Sweep, stop: &Stop) -> Result<ExitCode> {
        let machine = self.session().machine();
        // What doesn't fit can't be measured.
        let at_once = (self.jobs, self.threads);
        let measure = || PredictedTime::measure(&self.plan, &self.inputs()?, at_once, self.begun);
        let predicted = if self.fits_memory().is_ok() { Some(measure()?) } else { None };
        let finished = dry_run::run(&self.plan, &self.folder, &self.merged, at_once, args.fresh, predicted.as_ref())?;
        if !args.fresh {
            say_resumed(&self.checkpoints(&machine, stop), &left_to_train(&self.plan, &finished));
        }
        self.rungs.preview(&self.session().experiment).iter().for_each(|preview| say(preview));
        // A sweep that would be refused is refused here too, after the table that shows why.
        self.refuse(&self.mixed(&machine, args.mix), args.fresh)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Says what a sweep on `machine` may be mixed with.
    pub(super) fn mixed<'s>(&'s self, machine: &'s Machine, is_allowed: bool) -> Mixed<'s> {
        Mixed { machine, is_allowed, folder: &self.folder, rung: self.chosen_on.as_ref() }
    }

    /// Refuses a sweep that can't be run, before anything is written.
    pub(super) fn refuse(&self, mixed: &Mixed, is_fresh: bool) -> Result<()> {
        if is_fresh {
            return self.fits_memory();
        }
        refuse_foreign(&self.folder)?;
        self.fits_memory()?;
        mixed.refuse_in_folder(&self.plan, &self.merged)
    }

    /// Refuses a sweep that needs more memory than there is, on this rung or on one above it.
    fn fits_memory(&self) -> Result<()> {
        let fits = |plan: &Plan, jobs: usize, of_rung: &str| {
            let needed = self.session().bytes_needed(plan, jobs);
            let what = match jobs {
                1 => format!("a fleet{of_rung} needs"),
                jobs => format!("{jobs} fleets{of_rung} at once need"),
            };
            let remedy = self.session().to_need_less(plan, jobs, "use fewer --jobs or smaller nets");
            enough_memory(needed, &what, remedy)
        };
        fits(&self.plan, self.jobs, "")?;
        let above = self.rungs.ahead(&self.session().experiment);
        above.into_iter().try_for_each(|rung| {
            let of_rung = format!(" of the rung of {}", rung.length);
            fits(&self.plan.largest_of(rung), self.jobs.min(rung.settings), &of_rung)
        })
    }

    /// Prepares the inputs of the current rung.
    ///
    /// # Panics
    /// If the last rung has been prepared.
    pub(super) fn inputs(&self) -> Result<Inputs> {
        Ok(self.session().inputs(&self.plan)?)
    }

    /// Prepares the current rung.
    ///
    /// # Panics
    /// If the last rung has been prepared already.
    pub(super) fn rung(&mut self) -> Result<Rung<'_>> {
        self.rungs.describe(&self.session().experiment).iter().for_each(|rung| say(rung));
        let inputs = self.inputs()?;
        if self.rungs.is_last() {
            // The inputs hold everything that the last rung needs.
            self.loaded = None;
        }
        Ok(Rung { plan: &self.plan, inputs, merged: &self.merged })
    }

    /// Goes on to the next rung, if there is one. A shard ends with its rung: the best settings are known only when all
    /// shards are merged.
    pub(super) fn goes_on(&mut self, record: &Record) -> Result<bool> {
        let goes_on = match &mut self.loaded {
            Some(session) if self.shard.is_none() => promote(&mut self.rungs, session, &mut self.plan, record)?,
            _ => false,
        };
        if goes_on {
            self.fits_memory()?;
        }
        Ok(goes_on)
    }

    /// Returns whether there is a rung after the current one.
    pub(super) fn has_rungs_left(&self) -> bool {
        !self.rungs.is_last()
    }
}

/// Chooses the number of fleets that are trained at once, with jobs × threads <= cores: by itself as many as the cores, and the buffers
/// of the library, allow.
fn jobs(args: &cli::Sweep, experiment: &Experiment, fleets: usize) -> Result<usize> {
    let cores = machine::cores();
    let threads = experiment.threads;
    let most = cores / threads;
    // One fleet of more threads than the library has buffers for is refused by the library.
    let with_buffers = in_use().most_callers().map_or(most, |callers| (callers / threads).max(1));
    let jobs = args.jobs.map(usize::from).or(experiment.jobs).unwrap_or(most.min(with_buffers));
    if jobs > most {
        let threads = if threads > 1 { format!(" x {threads} threads") } else { String::new() };
        let (here, key) = (count(cores, "core"), if args.jobs.is_some() { "--jobs" } else { "run.jobs" });
        bail!("{key}: {jobs} jobs{threads} are more than the {here} here allow; --jobs {most} is the most");
    }
    Ok(jobs.min(fleets.max(1)))
}
