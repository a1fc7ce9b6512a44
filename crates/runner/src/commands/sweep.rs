//! `runner sweep`: experiment → data → plan → workers → record → tables.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use kernels::blas::Request;

use self::mixed::Mixed;
use self::tally::{GOES_ON, Tally};
use super::answer::print_names;
use super::failure::Failure;
use super::session::{Session, enough_memory};
use super::stop::{Stop, stop_on_interrupt};
use crate::cli;
use crate::machine::{self, Machine};
use crate::plan::Plan;
use crate::plan::prepared::{LazySpan, Prepared};
use crate::progress::mode::ProgressMode;
use crate::progress::sweep::SweepProgress;
use crate::record::Record;
use crate::record::error::Error;
use crate::record::export::export;
use crate::record::folder::{refuse_foreign, set_aside};
use crate::record::halving::Ladder;
use crate::run::inputs::Inputs;
use crate::run::training::{left_to_train, train};
use crate::run::workers::Workers;
use crate::spec::Experiment;
use crate::terminal::say;
use datasets::text::count;

mod dry_run;
mod mixed;
mod tally;

/// Trains what is left to train of an experiment, one rung after the other where it halves.
pub(super) fn run(args: &cli::Sweep, blas: Option<&Request>) -> Result<ExitCode> {
    let stop = stop_on_interrupt()?;
    stop.at_the_end("interrupted before the training began".to_owned());
    let mut experiment = Experiment::load(&args.experiment.file, &args.experiment.overrides)?;
    let mut ladder = Ladder::new(&mut experiment);
    let mut session = Session::of(experiment, blas)?;
    let span = LazySpan::new(&session.data);
    let mut plan = session.plan(&span)?;
    let jobs = jobs(args, &session.experiment, plan.fleets.len())?;
    let folder = args.out.clone().unwrap_or_else(|| Path::new("results").join(&session.experiment.name));
    let folder: PathBuf = folder.components().collect(); // without a slash at its end, so that it can be renamed
    if args.dry_run {
        dry_run::run(&plan, &folder, (jobs, session.experiment.threads), args.fresh)?;
        ladder.outlook(&session.experiment).iter().for_each(|outlook| say(outlook));
        // What would be refused is refused here, once its table shows why.
        enough_for(&plan, &span, jobs, session.experiment.threads)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !args.fresh {
        refuse_foreign(&folder)?;
    }
    enough_for(&plan, &span, jobs, session.experiment.threads)?;
    let machine = session.machine();
    let mixed = Mixed { machine: &machine, is_allowed: args.mix, folder: &folder };
    if !args.fresh {
        mixed.refuse_in_folder(&plan)?;
    }
    let workers = Workers::new(jobs, session.experiment.threads).map_err(Failure::from)?;
    session.check_blas(&plan, &workers, None, &stop)?;

    if args.fresh && folder.exists() {
        say(&format!("{} is now {}", folder.display(), set_aside(&folder)?.display()));
    }
    let mut record = Record::open(&folder).map_err(Failure::of_writing)?;
    stop.at_the_end(format!("interrupted: finished trials are kept in {}; {GOES_ON}", folder.display()));
    if let Err(damaged @ Error::DamagedPlan(_)) = record.prove_plan() {
        say(&format!("warning: {damaged}: this does"));
    }
    put_down(&mut record, &folder, &session, &plan, &machine).map_err(Failure::of_writing)?;
    let (finished, damaged) = record.finished().map_err(Failure::of_writing)?;
    let left = plan.trials.iter().filter(|trial| !finished.contains(&trial.id)).count();
    header(&session, &plan, left, jobs, &machine);
    mixed.warn(&record, &plan)?;
    say_damaged(&plan, &damaged);

    let (mode, tally) = (args.progress, Tally::new());
    let mut training =
        Training { workers, stop, record, machine: machine.clone(), finished, mode, tally, planned: 0, kept: 0 };
    let mut may_go_on = true;
    while may_go_on && !ladder.is_at_top() {
        ladder.words().iter().for_each(|words| say(words));
        let inputs = Inputs::new(&session.data, &span, &plan).map_err(Failure::from)?;
        may_go_on =
            training.train(&plan, &inputs)? && ladder.climb(&mut session.experiment, &training.record.points()?);
        if may_go_on {
            plan = session.plan(&span)?;
            enough_for(&plan, &span, jobs, session.experiment.threads)?;
            mixed.refuse(&training.record, &plan)?;
            session.check_blas(&plan, &training.workers, None, &training.stop)?;
            put_down(&mut training.record, &folder, &session, &plan, &machine)
                .map_err(|error| Failure::CutShort { error, kept: training.kept })?;
        }
    }
    if may_go_on {
        ladder.words().iter().for_each(|words| say(words));
        let inputs = Inputs::new(&session.data, &span, &plan).map_err(Failure::from)?;
        drop(span);
        drop(session);
        training.train(&plan, &inputs)?;
    }
    training.end(&folder, !ladder.is_at_top())
}

/// What stays the same from rung to rung.
struct Training {
    workers: Workers,
    stop: Stop,
    record: Record,
    machine: Machine,
    /// Ids of the trials that are done.
    finished: HashSet<String>,
    mode: ProgressMode,
    tally: Tally,
    /// Trials that there were to train.
    planned: usize,
    /// Trials of the plan that are in the record.
    kept: usize,
}

impl Training {
    /// Trains what is left to train of `plan`; `false` if it is not to go on.
    fn train(&mut self, plan: &Plan, inputs: &Inputs) -> Result<bool> {
        let Training { workers, stop, record, machine, finished, mode, tally, planned, kept } = self;
        let left = left_to_train(plan, finished);
        let trials: Vec<_> = plan.trials.iter().filter(|trial| !finished.contains(&trial.id)).collect();
        *planned += trials.len();
        let mut progress = SweepProgress::new(*mode, trials.len(), trials.iter().map(|trial| plan.flops(trial)).sum());
        let mut done = Vec::new();
        let result = train(plan, &left, inputs, workers, stop, |mut outcomes| {
            outcomes.retain(|(trial, _)| !finished.contains(&trial.id));
            record.insert(plan, &outcomes, machine)?;
            for (trial, outcome) in &outcomes {
                tally.add(plan, trial, outcome);
                done.push(trial.id.clone());
                progress.finished(&plan.label(trial), outcome, plan.flops(trial));
            }
            Ok(())
        });
        progress.end();
        let all = done.len() == trials.len();
        finished.extend(done);
        *kept = plan.trials.iter().filter(|trial| finished.contains(&trial.id)).count();
        result.map_err(|error| Failure::of_training(error, *kept))?;
        Ok(all && !stop.is_asked())
    }

    /// Writes the tables, and says what was done.
    fn end(self, folder: &Path, rungs_are_left: bool) -> Result<ExitCode> {
        let Training { workers, stop, record, tally, planned, kept, .. } = self;
        let exported = export(&record, folder).and_then(|()| record.close());
        exported.map_err(|error| Failure::NotExported { error, kept })?;
        let interrupted = stop.is_asked() && (tally.all() < planned || rungs_are_left);
        tally.say(planned, workers.threads(), interrupted);
        if rungs_are_left && !interrupted {
            say("no setting of this rung has completed: none goes on");
        }
        print_names(&[folder])?;
        Ok(ExitCode::from(tally.exit_code(interrupted)))
    }
}

/// Fleets at once: jobs x threads <= cores.
fn jobs(args: &cli::Sweep, experiment: &Experiment, fleets: usize) -> Result<usize> {
    let cores = machine::cores();
    let threads = experiment.threads;
    let most = cores / threads;
    let jobs = args.jobs.map(usize::from).or(experiment.jobs).unwrap_or(most);
    if jobs > most {
        let threads = if threads > 1 { format!(" x {threads} threads") } else { String::new() };
        bail!("{jobs} jobs{threads} are more than the {cores} cores here; use --jobs {most} or fewer");
    }
    Ok(jobs.min(fleets))
}

fn enough_for(plan: &Plan, span: &LazySpan, jobs: usize, threads: usize) -> Result<()> {
    let needed = plan.peak_bytes(jobs, threads) - span.bytes_held();
    enough_memory(needed, &format!("{jobs} fleets at once need"), "use fewer --jobs or smaller nets")
}

/// The experiment, the plan and the machine go to the results directory before the first trial.
fn put_down(
    record: &mut Record,
    folder: &Path,
    session: &Session,
    plan: &Plan,
    machine: &Machine,
) -> Result<(), Error> {
    let Session { experiment, data, .. } = session;
    let words = session.data_in_words();
    let hash = hashes(data);
    let toml = format!("# {words}\n{hash}\n{}", experiment.resolved);
    record.plan(&experiment.name, &experiment.description, &toml, &words, plan)?;
    for (file, text) in [("experiment.toml", &toml), ("machine.toml", &machine.to_toml())] {
        record.write_file(folder, file, |out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}

fn hashes(data: &Prepared) -> String {
    let test = data.test.as_ref().map(|test| format!("\n# test  sha256 {}", test.sha256));
    format!("# train sha256 {}{}", data.train.sha256, test.unwrap_or_default())
}

fn header(session: &Session, plan: &Plan, left: usize, jobs: usize, machine: &Machine) {
    let experiment = &session.experiment;
    let done = plan.trials.len() - left;
    let resumed = if done > 0 { format!(", {done} of them finished before") } else { String::new() };
    let trials = count(plan.trials.len(), "trial");
    let of_threads = if experiment.threads > 1 { format!(" of {} threads", experiment.threads) } else { String::new() };
    say(&format!("{}: {trials}{resumed}; {}{of_threads}", experiment.name, count(jobs, "worker")));
    session.say_machine(machine);
}

fn say_damaged(plan: &Plan, damaged: &[String]) {
    let planned: HashSet<&str> = plan.trials.iter().map(|trial| &*trial.id).collect();
    let again: Vec<&str> = damaged.iter().map(String::as_str).filter(|id| planned.contains(id)).collect();
    if let [first, others @ ..] = &again[..] {
        let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        say(&format!("warning: trial {first}{others} in the record is not what was stored; it is trained again"));
    }
}
