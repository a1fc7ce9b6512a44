//! `runner train --mpi`: one net, trained by the processes that `mpirun` has started. Rank 0 speaks and writes.

use std::process::ExitCode;

use anyhow::{Result, bail};
use kernels::blas::Request;
use net::{Engine, Metric, data_parallel_calls, most_gradients_sent};

use super::output::Output;
use super::results::{fits_a_model, interrupted, model_of, net_in_words, say_resumed};
use super::shown::train_shown;
use super::subject::Subject;
use crate::cli;
use crate::commands::failure::INTERRUPTED;
use crate::commands::resources::enough_memory;
use crate::commands::session::Session;
use crate::commands::stop::{Stop, stop_on_interrupt};
use crate::machine::Machine;
use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::progress::mode::ProgressMode;
use crate::run::checkpoint::checkpoints::Checkpoints;
use crate::run::data_parallel::train_data_parallel;
use crate::run::fleet::Watch;
use crate::run::mpi_ranks::{Mpi, number_pair};
use crate::run::workers::Workers;
use crate::spec::trial::TrialConfig;
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
    stop.at_the_end(": no model is written".to_owned());
    let subject = Subject::of(args)?;
    let output = Output::of(args, &subject, stop.writing());
    let mut experiment = subject.experiment;
    for_ranks(&mut experiment.points[0].config)?;
    let mut session = Session::of(experiment, blas)?;
    let plan = session.plan()?;
    let trial = &plan.trials[0];
    fits_a_model(&plan, trial)?;
    fits_mpi(&plan, trial, mpi.count())?;
    let workers = checked_workers(&session, &plan, trial, &mpi, &stop)?;
    let machine = session.machine();
    let every = session.experiment.checkpoint_every;
    let checkpoints = Checkpoints::beside(&output.model, &machine, every, stop.writing()).of_ranks(is_first);
    let iteration = checkpoints.iteration(&[trial]);
    all_alike(&mpi, trial, &machine, iteration)?;
    let hold = || output.may_be_written(&session.experiment).and_then(|()| output.hold());
    let _lock = is_first.then(hold).transpose()?;
    let (name, data, net) = (&session.experiment.name, session.data_in_words(), net_in_words(&plan, trial));
    say(&format!("{name}: {data}; {net}; {}", count(mpi.count(), "rank")));
    session.say_machine(&machine);
    if let Some(iteration) = iteration {
        say_resumed(iteration, plan.iterations(trial), &checkpoints.path(&[trial]));
    }

    let inputs = session.last_inputs(&plan)?;
    let train = |watch: Watch| train_data_parallel(&plan, trial, &inputs, &mpi, &checkpoints, watch);
    let trained = train_shown(&plan, trial, &workers, (progress, &stop), train)?;
    mpi.finish();
    let Some((outcome, net)) = trained else {
        say(&interrupted(checkpoints.iteration(&[trial]), &checkpoints.path(&[trial])));
        return Ok(ExitCode::from(INTERRUPTED));
    };
    if !is_first {
        return Ok(ExitCode::from(u8::from(net.is_none())));
    }
    let model = net.map(|net| {
        let mut model = model_of(net, &session, trial, &outcome, &machine);
        model.provenance["shared"] = "batches in fixed chunks".into();
        model
    });
    output.leave(trial, &outcome, model, &checkpoints)?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the direct engine, the one that ranks train with.
///
/// # Errors
/// If another engine is asked for, or a metric that no rank alone can measure.
fn for_ranks(config: &mut TrialConfig) -> Result<()> {
    match config.engine.replace(Engine::Direct) {
        None | Some(Engine::Direct) => {}
        Some(other) => bail!("run.engine: is {}; --mpi trains with the direct engine", other.name()),
    }
    if config.metrics.contains(&Metric::DeadRelu) {
        bail!("train.metrics: dead_relu needs all examples of a step in one process; leave it out with --mpi");
    }
    Ok(())
}

/// Checks memory and the BLAS for this rank's part, and starts its threads.
fn checked_workers(session: &Session, plan: &Plan, trial: &Trial, mpi: &Mpi, stop: &Stop) -> Result<Workers> {
    let threads = session.experiment.threads;
    let ranks = mpi.ranks_here();
    let needed = plan.peak_bytes(1, threads) * ranks as f64;
    enough_memory(needed, &format!("{} on this machine need", count(ranks, "rank")), "use fewer of them")?;
    let workers = Workers::new(1, threads)?;
    let mini_batches = plan.input_form(trial).mini_batches;
    let calls = data_parallel_calls(&plan.widths(&trial.config), &trial.config.batches(plan.data.train), mini_batches);
    let further = calls.into_iter().map(|product| (trial.config.dtype, product.shape, product.call));
    session.check_blas(plan, &workers, further, stop)?;
    Ok(workers)
}

/// Refuses a layer whose gradients have more elements than MPI can count.
fn fits_mpi(plan: &Plan, trial: &Trial, ranks: usize) -> Result<()> {
    let (widths, batches) = (plan.widths(&trial.config), trial.config.batches(plan.data.train));
    let at_once = [batches.size(), batches.last_size()].map(|m| most_gradients_sent(m, ranks));
    let most = i32::MAX as usize / at_once[0].max(at_once[1]);
    match widths.windows(2).position(|n| (n[0] + 1) * n[1] > most) {
        Some(l) => {
            bail!(
                "model.hidden: layer {} has more than {most} parameters, which {ranks} ranks can't send at once",
                l + 1
            )
        }
        None => Ok(()),
    }
}

/// Refuses ranks that would not compute the same: those of another experiment, other data, another machine, or another checkpoint.
fn all_alike(mpi: &Mpi, trial: &Trial, machine: &Machine, iteration: Option<usize>) -> Result<()> {
    let all = mpi.all_gather(number_pair(&(&trial.id, machine.fingerprint(), iteration)).into());
    match all.iter().position(|other| *other != all[0]) {
        Some(rank) => {
            bail!(
                "rank {rank} has another experiment, other data, another checkpoint, another BLAS, core or maker of processors, or another build than \
                 rank 0"
            )
        }
        None => Ok(()),
    }
}
