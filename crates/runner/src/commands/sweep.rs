//! `runner sweep`: experiment → data → plan → workers → record → tables.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use kernels::openblas::{self, Library};
use kernels::self_check;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::{Failure, images_of, print};
use crate::atomic_file::write_atomically;
use crate::cli;
use crate::data::{ImageSet, Names};
use crate::experiment::trial::Dtype;
use crate::experiment::{DataSource, Experiment};
use crate::machine::{self, Machine};
use crate::progress::{Progress, count, say};
use crate::results::export::export;
use crate::results::record::{Record, set_aside};
use crate::sweep::execute::execute;
use crate::sweep::plan::{Plan, Trial};
use crate::sweep::trial::{self, Inputs, Outcome, Status};

mod dry_run;

/// Trains what is left to train of an experiment.
pub(super) fn run(args: &cli::Sweep) -> Result<ExitCode> {
    let stop = stop_on_interrupt()?;
    let experiment = Experiment::load(&args.experiment.file, &args.experiment.overrides)?;
    let images = images_of(&experiment)?;
    let plan = Plan::new(&experiment, trial::data_shape(&images), &data_hash(&images, &experiment.names));
    let jobs = jobs(args, &experiment, plan.trials.len())?;
    let folder = args.out.clone().unwrap_or_else(|| Path::new("results").join(&experiment.name));
    let folder: PathBuf = folder.components().collect(); // without a slash at its end, so that it can be renamed
    if args.dry_run {
        return dry_run::run(&plan, &folder, jobs, args.fresh);
    }
    enough_memory(&plan, jobs)?;
    let pool = ThreadPoolBuilder::new().num_threads(jobs).build().context("can't start the workers")?;
    let machine = check_openblas(&plan, &pool, experiment.blas_threads)?;

    if args.fresh && folder.exists() {
        say(&format!("{} is now {}", folder.display(), set_aside(&folder)?.display()));
    }
    let mut record = Record::open(&folder)?;
    let finished = record.finished()?;
    let mut left: Vec<&Trial> = plan.trials.iter().filter(|trial| !finished.contains(&trial.id)).collect();
    // Longest first, so that no long trial is left alone at the end; equal ones in declared order.
    left.sort_by(|a, b| plan.flops(&b.config).total_cmp(&plan.flops(&a.config)));
    put_down(&mut record, &folder, &experiment, &images, &plan, &machine)?;
    let machine_number = record.machine(&machine)?;
    header(&experiment, &plan, &left, jobs, &machine, record.from_other_machines(machine_number)?);

    let inputs = Inputs::new(&images, &plan);
    drop(images);
    let flops = left.iter().map(|trial| plan.flops(&trial.config)).sum();
    let mut progress = Progress::new(args.progress, left.len(), flops);
    let mut tally = Tally::new();
    let result = execute(
        &left,
        &pool,
        &stop,
        |trial, keep_going| trial::run(&trial.config, &inputs, keep_going),
        |trial, outcome| {
            record.insert(trial, &outcome, machine_number)?;
            tally.add(&plan, trial, &outcome);
            progress.finished(&plan.label(trial), &outcome, plan.flops(&trial.config));
            Ok(())
        },
    );
    progress.end();
    let kept = plan.trials.len() - left.len() + tally.all();
    result.map_err(|error| Failure::CutShort { error, kept })?;
    let exported = export(&record, &folder).and_then(|()| record.close());
    exported.map_err(|error| Failure::NotExported { error, kept })?;
    let interrupted = stop.load(Ordering::Relaxed) && tally.all() < left.len();
    say(&tally.line(left.len(), interrupted));
    print(&format!("{}\n", folder.display()))?;
    Ok(ExitCode::from(tally.exit_code(interrupted)))
}

/// What a trial's id says of its data: both files' hashes, and which of their datasets it is.
fn data_hash(images: &ImageSet, names: &Names) -> String {
    let Names { train_x, train_y, test_x, test_y, classes: _ } = names;
    format!("{} {train_x} {train_y} {} {test_x} {test_y}", images.train.sha256, images.test.sha256)
}

/// Trials at once. BLAS threads x workers <= cores, and one BLAS thread whenever more than one trial runs.
fn jobs(args: &cli::Sweep, experiment: &Experiment, trials: usize) -> Result<usize> {
    let cores = machine::cores();
    let blas_threads = experiment.blas_threads;
    let asked = args.jobs.map(usize::from).or(experiment.jobs);
    let jobs = asked.unwrap_or(if blas_threads > 1 { 1 } else { cores });
    if blas_threads > cores {
        bail!("run.blas_threads: {blas_threads} BLAS threads are more than the {cores} cores here");
    }
    if blas_threads > 1 && jobs > 1 && trials > 1 {
        bail!("{jobs} jobs need run.blas_threads = 1: OpenBLAS's threads are for one trial at a time (--jobs 1)");
    }
    if jobs * blas_threads > cores {
        bail!(
            "{jobs} jobs x {blas_threads} BLAS threads are more than the {cores} cores here; \
             use --jobs {} or fewer",
            (cores / blas_threads).max(1)
        );
    }
    Ok(jobs.min(trials))
}

fn enough_memory(plan: &Plan, jobs: usize) -> Result<()> {
    let needed = plan.peak_bytes(jobs);
    match machine::available_bytes() {
        Some(available) if needed > available => bail!(
            "{jobs} trials at once need {}, this machine has {} free; use fewer --jobs or smaller nets",
            dry_run::bytes(needed),
            dry_run::bytes(available)
        ),
        _ => Ok(()),
    }
}

/// Check, then trust: the release, the thread count read back, and the products at the sweep's own shapes.
fn check_openblas(plan: &Plan, pool: &ThreadPool, blas_threads: usize) -> Result<Machine, Failure> {
    let library = Library::linked();
    library.admit(blas_threads, pool.current_num_threads())?;
    openblas::set_threads(blas_threads)?;
    let check = |(dtype, shape)| match dtype {
        Dtype::F32 => self_check::<f32>(shape),
        Dtype::F64 => self_check::<f64>(shape),
    };
    let shapes = plan.layer_shapes();
    say(&format!("checking OpenBLAS at {}", count(shapes.len(), "layer shape")));
    // All workers at once, as they will train.
    pool.install(|| shapes.into_par_iter().try_for_each(check))?;
    Ok(Machine::this(&library))
}

/// The experiment, the plan and the machine go to the results directory before the first trial.
fn put_down(
    record: &mut Record,
    folder: &Path,
    experiment: &Experiment,
    images: &ImageSet,
    plan: &Plan,
    machine: &Machine,
) -> Result<()> {
    let data = data_in_words(experiment, images);
    let resolved = toml::to_string(&experiment.resolved).context("can't write the experiment as TOML")?;
    let hash = hashes(images);
    let toml = format!("# {data}\n{hash}\n{resolved}");
    record.plan(&experiment.name, &experiment.description, &toml, &data, plan)?;
    for (file, text) in [("experiment.toml", &toml), ("machine.toml", &machine.to_toml())] {
        let path = folder.join(file);
        write_atomically(&path, |out| out.write_all(text.as_bytes()))
            .with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

fn data_in_words(experiment: &Experiment, images: &ImageSet) -> String {
    let source = match &experiment.source {
        DataSource::Set(name) => name.clone(),
        DataSource::Files(files) => files.train.display().to_string(),
    };
    let shape = trial::data_shape(images);
    format!("{source}: {} training and {} test examples of {} features", shape.train, shape.test, shape.features)
}

fn hashes(images: &ImageSet) -> String {
    format!("# train sha256 {}\n# test  sha256 {}", images.train.sha256, images.test.sha256)
}

fn header(experiment: &Experiment, plan: &Plan, left: &[&Trial], jobs: usize, machine: &Machine, others: usize) {
    let done = plan.trials.len() - left.len();
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
fn stop_on_interrupt() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .context("can't listen for Ctrl-C")?;
    }
    Ok(stop)
}

/// What a run has done.
struct Tally {
    start: Instant,
    completed: usize,
    diverged: usize,
    failed: usize,
    steps: usize,
    flops: f64,
}

impl Tally {
    fn new() -> Self {
        Tally { start: Instant::now(), completed: 0, diverged: 0, failed: 0, steps: 0, flops: 0.0 }
    }

    fn add(&mut self, plan: &Plan, trial: &Trial, outcome: &Outcome) {
        let steps = match outcome.status {
            Status::Completed => trial.config.descent.iterations,
            Status::Diverged { iteration } => iteration,
            Status::Failed { .. } => 0,
        };
        match outcome.status {
            Status::Completed => self.completed += 1,
            Status::Diverged { .. } => self.diverged += 1,
            Status::Failed { .. } => self.failed += 1,
        }
        self.steps += steps;
        self.flops += plan.flops_a_step(&trial.config) * steps as f64;
    }

    fn all(&self) -> usize {
        self.completed + self.diverged + self.failed
    }

    fn exit_code(&self, interrupted: bool) -> u8 {
        match (interrupted, self.failed) {
            (true, _) => 130,
            (false, 0) => 0,
            (false, _) => 1,
        }
    }

    fn line(&self, planned: usize, interrupted: bool) -> String {
        let seconds = self.start.elapsed().as_secs_f64();
        let Tally { completed, diverged, failed, .. } = self;
        let head = match (interrupted, planned) {
            (_, 0) => return "every trial was finished before".to_owned(),
            (true, _) => format!("interrupted: {} of {} kept", self.all(), count(planned, "trial")),
            (false, _) => count(planned, "trial"),
        };
        format!(
            "{head} in {seconds:.1} s: {completed} completed, {diverged} diverged, {failed} failed; \
             {:.0} net-steps/s, {:.1} GFLOP/s",
            self.steps as f64 / seconds,
            self.flops / seconds / 1e9
        )
    }
}
