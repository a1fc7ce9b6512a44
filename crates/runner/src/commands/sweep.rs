//! `runner sweep`: experiment → data → plan → workers → record → tables.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, bail};
use kernels::openblas::{self, Library};
use kernels::self_check;
use net::Engine;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use self::tally::Tally;
use super::{Failure, data_of, print};
use crate::atomic_file::write_atomically;
use crate::cli;
use crate::data::{Names, Scaling, Task};
use crate::experiment::trial::Dtype;
use crate::experiment::{DataSource, Experiment};
use crate::machine::{self, Machine};
use crate::progress::{Progress, count, say};
use crate::results::export::export;
use crate::results::record::{Record, set_aside};
use crate::sweep::execute::{FleetOf, execute};
use crate::sweep::halving::Ladder;
use crate::sweep::inputs::{Inputs, LazySpan, Prepared, ValidationSplit};
use crate::sweep::plan::{DataShape, Plan};
use crate::sweep::trial;

mod dry_run;
mod tally;

/// Trains what is left to train of an experiment, one rung after the other where it halves.
pub(super) fn run(args: &cli::Sweep) -> Result<ExitCode> {
    let stop = stop_on_interrupt()?;
    let mut experiment = Experiment::load(&args.experiment.file, &args.experiment.overrides)?;
    let mut ladder = Ladder::new(&mut experiment);
    let data = data_of(&experiment)?;
    enough_cores(experiment.blas_threads)?;
    let library = set_up_openblas(experiment.blas_threads)?;
    let span = LazySpan::new(&data);
    let hash = data_hash(&data, &experiment);
    let shape = data.shape();
    enough_for_span(&experiment, shape)?;
    let plan_of = |experiment: &Experiment| Plan::new(experiment, shape, &hash, &span).map_err(Failure::of_plan);
    let mut plan = plan_of(&experiment)?;
    let jobs = jobs(args, &experiment, plan.fleets.len())?;
    let folder = args.out.clone().unwrap_or_else(|| Path::new("results").join(&experiment.name));
    let folder: PathBuf = folder.components().collect(); // without a slash at its end, so that it can be renamed
    if args.dry_run {
        let code = dry_run::run(&plan, &folder, jobs, args.fresh);
        ladder.outlook(&experiment).iter().for_each(|outlook| say(outlook));
        return code;
    }
    enough_memory(plan.peak_bytes(jobs) - span.bytes_held(), jobs)?;
    let pool = ThreadPoolBuilder::new().num_threads(jobs).build().context("can't start the workers")?;
    let machine = check_openblas(&library, &plan, &pool, experiment.blas_threads)?;

    if args.fresh && folder.exists() {
        say(&format!("{} is now {}", folder.display(), set_aside(&folder)?.display()));
    }
    let mut record = Record::open(&folder)?;
    put_down(&mut record, &folder, &experiment, &data, &plan, &machine)?;
    let number = record.machine(&machine)?;
    let finished = record.finished()?;
    let left = plan.trials.iter().filter(|trial| !finished.contains(&trial.id)).count();
    header(&experiment, &plan, left, jobs, &machine, record.from_other_machines(number)?);

    let (mode, tally) = (args.progress, Tally::new());
    let mut training = Training { pool, stop, record, machine: number, finished, mode, tally, planned: 0, kept: 0 };
    let mut may_go_on = true;
    while may_go_on && !ladder.is_at_top() {
        ladder.words().iter().for_each(|words| say(words));
        let inputs = Inputs::new(&data, &span, &plan).map_err(Failure::from)?;
        may_go_on = training.train(&plan, &inputs)? && ladder.climb(&mut experiment, &training.record.points()?);
        if may_go_on {
            plan = plan_of(&experiment)?;
            enough_memory(plan.peak_bytes(jobs) - span.bytes_held(), jobs)?;
            check_openblas(&library, &plan, &training.pool, experiment.blas_threads)?;
            put_down(&mut training.record, &folder, &experiment, &data, &plan, &machine)?;
        }
    }
    if may_go_on {
        ladder.words().iter().for_each(|words| say(words));
        let inputs = Inputs::new(&data, &span, &plan).map_err(Failure::from)?;
        drop(span);
        drop(data);
        training.train(&plan, &inputs)?;
    }
    training.end(&folder, !ladder.is_at_top())
}

/// What stays the same from rung to rung.
struct Training {
    pool: ThreadPool,
    stop: Arc<AtomicBool>,
    record: Record,
    /// The machine's number in the record.
    machine: i64,
    /// Ids of the trials that are done.
    finished: HashSet<String>,
    mode: cli::ProgressMode,
    tally: Tally,
    /// Trials that there were to train.
    planned: usize,
    /// Trials of the plan that are in the record.
    kept: usize,
}

impl Training {
    /// Trains what is left to train of `plan`; `false` if it is not to go on.
    fn train(&mut self, plan: &Plan, inputs: &Inputs) -> Result<bool> {
        let Training { pool, stop, record, machine, finished, mode, tally, planned, kept } = self;
        let left = left_to_train(plan, finished);
        let trials: Vec<_> = plan.trials.iter().filter(|trial| !finished.contains(&trial.id)).collect();
        *planned += trials.len();
        let mut progress = Progress::new(*mode, trials.len(), trials.iter().map(|trial| plan.flops(trial)).sum());
        let mut done = Vec::new();
        let wrong = OnceLock::new();
        let result = execute(
            &left,
            pool,
            stop,
            |trials, keep_going| {
                trial::run(plan, trials, inputs, keep_going).unwrap_or_else(|error| {
                    stop.store(true, Ordering::Relaxed);
                    let _ = wrong.set(error);
                    None
                })
            },
            |mut outcomes| {
                outcomes.retain(|(trial, _)| !finished.contains(&trial.id));
                record.insert(&outcomes, *machine)?;
                for (trial, outcome) in &outcomes {
                    tally.add(plan, trial, outcome);
                    done.push(trial.id.clone());
                    progress.finished(&plan.label(trial), outcome, plan.flops(trial));
                }
                Ok(())
            },
        );
        progress.end();
        if let Some(wrong) = wrong.into_inner() {
            return Err(Failure::WrongSum(wrong).into());
        }
        let all = done.len() == trials.len();
        finished.extend(done);
        *kept = plan.trials.iter().filter(|trial| finished.contains(&trial.id)).count();
        result.map_err(|error| Failure::CutShort { error, kept: *kept })?;
        Ok(all && !stop.load(Ordering::Relaxed))
    }

    /// Writes the tables, and says what was done.
    fn end(self, folder: &Path, rungs_are_left: bool) -> Result<ExitCode> {
        let Training { stop, record, tally, planned, kept, .. } = self;
        let exported = export(&record, folder).and_then(|()| record.close());
        exported.map_err(|error| Failure::NotExported { error, kept })?;
        let interrupted = stop.load(Ordering::Relaxed) && (tally.all() < planned || rungs_are_left);
        tally.say(planned, interrupted);
        if rungs_are_left && !interrupted {
            say("no setting of this rung has completed: none goes on");
        }
        print(&format!("{}\n", folder.display()))?;
        Ok(ExitCode::from(tally.exit_code(interrupted)))
    }
}

/// The fleets with a trial that has not finished, whole, so that a trial's bits don't depend on how much of its own
/// experiment was finished before (the rows of a product beside its own can change its last bits);
/// the longest first, so that none is left alone at the end, and equal ones in declared order.
fn left_to_train<'p>(plan: &'p Plan, finished: &HashSet<String>) -> Vec<FleetOf<'p>> {
    let fleets = plan.fleets.iter().map(|fleet| fleet.iter().map(|&trial| &plan.trials[trial]).collect::<Vec<_>>());
    let mut left: Vec<_> = fleets.filter(|fleet| fleet.iter().any(|trial| !finished.contains(&trial.id))).collect();
    let flops = |fleet: &FleetOf| -> f64 { fleet.iter().map(|trial| plan.flops(trial)).sum() };
    left.sort_by(|a, b| flops(b).total_cmp(&flops(a)));
    left
}

/// What a trial's id says of its data: both files' hashes, which of their datasets it is, and what was made of them.
fn data_hash(data: &Prepared, experiment: &Experiment) -> String {
    let Names { train_x, train_y, test_x, test_y, classes: _ } = &experiment.names;
    let mut said = format!("{} {train_x} {train_y} {} {test_x} {test_y}", data.train.sha256, data.test.sha256);
    // What is usual is not said: trials keep their ids.
    if data.scaling != Scaling::auto(&data.train.pixels) {
        said += &format!(" {}", data.scaling.name());
    }
    if let Some(ValidationSplit { share, seed }) = experiment.validation {
        said += &format!(" validation {share} {seed}");
    }
    said
}

/// Fleets at once. BLAS threads x workers <= cores, and one BLAS thread whenever more than one trial runs.
fn jobs(args: &cli::Sweep, experiment: &Experiment, fleets: usize) -> Result<usize> {
    let cores = machine::cores();
    let blas_threads = experiment.blas_threads;
    let asked = args.jobs.map(usize::from).or(experiment.jobs);
    let jobs = asked.unwrap_or(if blas_threads > 1 { 1 } else { cores });
    if blas_threads > 1 && jobs > 1 && fleets > 1 {
        bail!("{jobs} jobs need run.blas_threads = 1: OpenBLAS's threads are for one trial at a time (--jobs 1)");
    }
    if jobs * blas_threads > cores {
        bail!(
            "{jobs} jobs x {blas_threads} BLAS threads are more than the {cores} cores here; \
             use --jobs {} or fewer",
            (cores / blas_threads).max(1)
        );
    }
    Ok(jobs.min(fleets))
}

fn enough_memory(needed: f64, jobs: usize) -> Result<()> {
    match machine::available_bytes() {
        Some(available) if needed > available => bail!(
            "{jobs} fleets at once need {}, this machine has {} free; use fewer --jobs or smaller nets",
            dry_run::bytes(needed),
            dry_run::bytes(available)
        ),
        _ => Ok(()),
    }
}

/// What the examples take in f64, and their inner products, before any engine but the direct one is chosen.
fn enough_for_span(experiment: &Experiment, shape: DataShape) -> Result<()> {
    let DataShape { features, train, .. } = shape;
    let needed = (features + features.min(train)) as f64 * (train + shape.held_out()) as f64 * 8.0;
    let is_direct = experiment
        .points
        .iter()
        .all(|point| point.config.engine == Some(Engine::Direct) || !point.config.optimiser.is_linear());
    match machine::available_bytes() {
        Some(available) if !is_direct && needed > available => bail!(
            "to choose an engine needs {} for the examples in f64, this machine has {} free; use run.engine=direct",
            dry_run::bytes(needed),
            dry_run::bytes(available)
        ),
        _ => Ok(()),
    }
}

fn enough_cores(blas_threads: usize) -> Result<()> {
    let cores = machine::cores();
    if blas_threads > cores {
        bail!("run.blas_threads: {blas_threads} BLAS threads are more than the {cores} cores here");
    }
    Ok(())
}

/// The release and the number of its threads, before the first product of all: its bits can depend on both.
fn set_up_openblas(blas_threads: usize) -> Result<Library, Failure> {
    let library = Library::linked();
    library.admit(blas_threads, 1)?;
    openblas::set_threads(blas_threads)?;
    Ok(library)
}

/// Check, then trust: all workers at once, and the products at the sweep's own shapes.
fn check_openblas(library: &Library, plan: &Plan, pool: &ThreadPool, blas_threads: usize) -> Result<Machine, Failure> {
    library.admit(blas_threads, pool.current_num_threads())?;
    let check = |(dtype, shape)| match dtype {
        Dtype::F32 => self_check::<f32>(shape),
        Dtype::F64 => self_check::<f64>(shape),
    };
    let shapes = plan.layer_shapes();
    say(&format!("checking OpenBLAS at {}", count(shapes.len(), "layer shape")));
    // All workers at once, as they will train.
    pool.install(|| shapes.into_par_iter().try_for_each(check))?;
    Ok(Machine::this(library))
}

/// The experiment, the plan and the machine go to the results directory before the first trial.
fn put_down(
    record: &mut Record,
    folder: &Path,
    experiment: &Experiment,
    data: &Prepared,
    plan: &Plan,
    machine: &Machine,
) -> Result<()> {
    let words = data_in_words(experiment, data);
    let hash = hashes(data);
    let toml = format!("# {words}\n{hash}\n{}", experiment.resolved);
    record.plan(&experiment.name, &experiment.description, &toml, &words, plan)?;
    for (file, text) in [("experiment.toml", &toml), ("machine.toml", &machine.to_toml())] {
        let path = folder.join(file);
        write_atomically(&path, |out| out.write_all(text.as_bytes()))
            .with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

fn data_in_words(experiment: &Experiment, data: &Prepared) -> String {
    let source = match &experiment.source {
        DataSource::Set(name) => name.clone(),
        DataSource::Files(files) => files.train.display().to_string(),
    };
    let DataShape { features, train, test, validation, task } = data.shape();
    let validation = if validation > 0 { format!(", {validation} validation") } else { String::new() };
    let task = match task {
        Task::Classes(2) => String::new(),
        Task::Classes(classes) => format!(", {classes} classes"),
        Task::Values(values) => format!(", {}", count(values, "value")),
    };
    format!("{source}: {train} training{validation} and {test} test examples of {features} features{task}")
}

fn hashes(data: &Prepared) -> String {
    format!("# train sha256 {}\n# test  sha256 {}", data.train.sha256, data.test.sha256)
}

fn header(experiment: &Experiment, plan: &Plan, left: usize, jobs: usize, machine: &Machine, others: usize) {
    let done = plan.trials.len() - left;
    let resumed = if done > 0 { format!(", {done} of them finished before") } else { String::new() };
    let trials = count(plan.trials.len(), "trial");
    say(&format!("{}: {trials}{resumed}; {}", experiment.name, count(jobs, "worker")));
    say(&machine.summary());
    if others > 0 {
        say(&format!(
            "warning: {others} finished trials were trained on another OpenBLAS, core or runner: \
             their last bits may differ from today's; --fresh trains them again"
        ));
    }
}

/// The first Ctrl-C (or SIGTERM) asks the workers to stop; a second one leaves at once.
pub(super) fn stop_on_interrupt() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .context("can't listen for Ctrl-C")?;
    }
    Ok(stop)
}
