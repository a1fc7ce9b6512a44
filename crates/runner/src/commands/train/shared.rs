//! `runner train --mpi`: one net, trained by the processes that `mpirun` has started. Rank 0 speaks and writes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Result, bail};
use kernels::Real;
use kernels::blas::Request;
use mpi::datatype::Equivalence;
use net::{Chain, DataParallel, Engine, Examples, Metric, Trained, data_parallel_calls, initialise};

use super::results::{can_be_written, fits_a_model, model_of, net_in_words, summary, write_history};
use super::subject::Subject;
use crate::cli;
use crate::commands::answer::print_names;
use crate::commands::failure::Failure;
use crate::commands::output::may_be_written;
use crate::commands::session::{Session, enough_memory};
use crate::commands::stop::{Stop, stop_on_interrupt};
use crate::machine::Machine;
use crate::model::Net;
use crate::plan::Plan;
use crate::plan::prepared::LazyGramSpace;
use crate::plan::trial::Trial;
use crate::progress::mode::ProgressMode;
use crate::progress::training::TrainingProgress;
use crate::run::fleet::outcome;
use crate::run::inputs::Inputs;
use crate::run::mpi_ranks::{Mpi, MpiRanks};
use crate::run::outcome::End;
use crate::run::workers::Workers;
use crate::spec::trial::Dtype;
use crate::terminal::{say, speak_of_errors_only};
use datasets::text::count;

/// Trains the only point of an experiment together with the other ranks; rank 0 writes its model.
pub(super) fn run(args: &cli::Train, blas: Option<&Request>) -> Result<ExitCode> {
    let mpi = Mpi::start()?;
    let is_first = mpi.rank() == 0;
    if !is_first {
        speak_of_errors_only();
    }
    let progress = if is_first { args.progress } else { ProgressMode::None };
    progress.set_up();
    let stop = stop_on_interrupt()?;
    stop.at_the_end("interrupted: no model is written".to_owned());
    let subject = Subject::of(args)?;
    let out = args.out.clone().unwrap_or_else(|| subject.model_file());
    let mut experiment = subject.experiment;
    let config = &mut experiment.points[0].config;
    match config.engine.replace(Engine::Direct) {
        None | Some(Engine::Direct) => {}
        Some(other) => bail!("run.engine: is {}; --mpi trains with the direct engine", other.name()),
    }
    if config.metrics.contains(&Metric::DeadRelu) {
        bail!("train.metrics: dead_relu needs all examples of a step in one process; leave it out with --mpi");
    }
    let session = Session::of(experiment, blas)?;
    let gram_space = LazyGramSpace::new(&session.data);
    let plan = session.plan(&gram_space)?;
    let trial = &plan.trials[0];
    fits_a_model(&plan, trial)?;
    fits_mpi(&plan, trial)?;
    let workers = prepared(&session, &plan, trial, &mpi, &stop)?;
    let machine = session.machine();
    all_alike(&mpi, trial, &machine)?;
    if is_first {
        let files = [Some(&out), args.history.as_ref()];
        files.into_iter().flatten().try_for_each(|file| may_be_written(file, args.force))?;
        can_be_written(&out, args.history.as_deref()).map_err(Failure::of_writing)?;
    }
    let (name, data, net) = (&session.experiment.name, session.data_in_words(), net_in_words(&plan, trial));
    say(&format!("{name}: {data}; {net}; {}", count(mpi.count(), "rank")));
    session.say_machine(&machine);

    let inputs = Inputs::new(&session.data, &gram_space, &plan).map_err(Failure::from)?;
    drop(gram_space);
    let form = plan.input_form(trial);
    let start = Instant::now();
    let shown = TrainingProgress::new(progress, plan.iterations(trial), trial.config.record_every);
    let trained = workers.alone(|| match trial.config.dtype {
        Dtype::F32 => trained_in(&plan, trial, inputs.f32(form), &mpi, &stop, &shown).map(|net| net.map(in_f32)),
        Dtype::F64 => trained_in(&plan, trial, inputs.f64(form), &mpi, &stop, &shown).map(|net| net.map(in_f64)),
    });
    let trained = trained?.map(|(net, trained)| (net, outcome(trial, trained, start.elapsed().as_secs_f64())));
    shown.end(trial, trained.as_ref().map(|(_, outcome)| outcome));
    mpi.finish();
    let Some((net, outcome)) = trained else {
        say("interrupted: no model is written");
        return Ok(ExitCode::from(130));
    };
    if !is_first {
        return Ok(ExitCode::from(u8::from(matches!(outcome.end, End::Diverged { .. }))));
    }
    if let Some(path) = &args.history {
        write_history(path, args.force, &outcome).map_err(|error| Failure::NotKept(error.into()))?;
    }
    if let End::Diverged { iteration, reason } = outcome.end {
        return Err(Failure::Diverged { iteration, reason, rate: trial.config.schedule.learning_rate }.into());
    }
    let mut model = model_of(net, &session, trial, &outcome, &machine);
    model.provenance["shared"] = "batches in fixed chunks".into();
    model.write(&out, args.force).map_err(Failure::NotKept)?;
    summary(trial, &outcome);
    print_names(&[&out])?;
    Ok(ExitCode::SUCCESS)
}

/// Checks memory and the BLAS for this rank's part, and starts its threads.
fn prepared(session: &Session, plan: &Plan, trial: &Trial, mpi: &Mpi, stop: &Stop) -> Result<Workers> {
    let threads = session.experiment.threads;
    let needed = plan.peak_bytes(1, threads) * mpi.count() as f64;
    enough_memory(needed, &format!("{} here need", count(mpi.count(), "rank")), "use fewer of them")?;
    let workers = Workers::new(1, threads).map_err(Failure::from)?;
    let (_, mini_batches) = plan.input_form(trial);
    let calls = data_parallel_calls(&plan.widths(&trial.config), &trial.config.batches(plan.data.train), mini_batches);
    let further = calls.into_iter().map(|product| (trial.config.dtype, product.shape, product.call));
    session.check_blas(plan, &workers, further, stop)?;
    Ok(workers)
}

/// Refuses a layer with more parameters than MPI can count.
fn fits_mpi(plan: &Plan, trial: &Trial) -> Result<()> {
    let widths = plan.widths(&trial.config);
    match widths.windows(2).position(|n| (n[0] + 1) * n[1] > i32::MAX as usize) {
        Some(l) => {
            bail!("model.hidden: layer {} has more than {} parameters, which MPI can't send at once", l + 1, i32::MAX)
        }
        None => Ok(()),
    }
}

/// Refuses ranks that would not compute the same: those of another experiment, other data, or another machine.
fn all_alike(mpi: &Mpi, trial: &Trial, machine: &Machine) -> Result<()> {
    let mut hasher = DefaultHasher::new();
    (&trial.id, machine.fingerprint()).hash(&mut hasher);
    // Half of it in each number, which f64 holds exactly.
    let hash = hasher.finish();
    let all = mpi.gather(vec![(hash >> 32) as f64, (hash & 0xffff_ffff) as f64]);
    match all.iter().position(|other| *other != all[0]) {
        Some(rank) => {
            bail!("rank {rank} has another experiment, other data, another BLAS or core, or another build than rank 0")
        }
        None => Ok(()),
    }
}

/// Trains the net; `None` if it was interrupted.
fn trained_in<R: Real + Equivalence>(
    plan: &Plan,
    trial: &Trial,
    examples: &Examples<R>,
    mpi: &Mpi,
    stop: &Stop,
    shown: &TrainingProgress,
) -> Result<Option<(Chain<R>, Trained)>> {
    let config = &trial.config;
    let architecture = config.architecture(plan.data.features, plan.data.task);
    let chain = initialise::chain(&architecture, &config.initialisation, config.seed);
    let batches = config.batches(plan.data.train);
    let ranks = Box::new(MpiRanks::new(mpi));
    let mut net = DataParallel::new(chain, config.training(plan.data.train), examples, batches, ranks);
    let keep_going = |net: &DataParallel<R>| {
        shown.at(net.latest());
        !stop.load(Ordering::Relaxed)
    };
    let trained = net.train(keep_going).map_err(|wrong| Failure::Untrusted(wrong.into()))?;
    Ok(trained.map(|trained| (net.chain().clone(), trained)))
}

fn in_f32((chain, trained): (Chain<f32>, Trained)) -> (Net, Trained) {
    (Net::F32(chain), trained)
}

fn in_f64((chain, trained): (Chain<f64>, Trained)) -> (Net, Trained) {
    (Net::F64(chain), trained)
}
