//! `runner train`: trains one trial and writes its net to a file.

use std::process::ExitCode;

use anyhow::Result;
use kernels::blas::Request;
use kernels::{Accumulate, Call, LayerShape};
use net::Engine;

use self::output::Output;
use self::results::{fits_a_model, interrupted, model_of, net_in_words, say_resumed};
use self::shown::train_shown;
use self::subject::{RecordedTrial, Subject};
use super::advice::advise;
use super::failure::INTERRUPTED;
use super::resources::enough_memory;
use super::session::Session;
use super::stop::{Stop, stop_on_interrupt};
use crate::cli;
use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::run::checkpoint::checkpoints::Checkpoints;
use crate::run::fleet::{self, Kept};
use crate::run::workers::Workers;
use crate::spec::data::DataShape;
use crate::spec::trial::Dtype;
use crate::terminal::say;

#[cfg(feature = "mpi")]
mod data_parallel;
mod lock;
mod output;
mod provenance;
mod results;
mod shown;
mod subject;

/// Trains the only point of an experiment and writes its model.
pub(super) fn run(args: &cli::Train, blas: Option<&Request>) -> Result<ExitCode> {
    #[cfg(feature = "mpi")]
    if args.mpi {
        return data_parallel::run(args, blas);
    }
    args.progress.set_up();
    let stop = stop_on_interrupt()?;
    stop.at_the_end(": no model is written".to_owned());
    let subject = Subject::of(args)?;
    let output = Output::of(args, &subject, stop.writing());

    let Subject { experiment, recorded } = subject;
    let mut session = Session::of(experiment, blas)?;
    let plan = match &recorded {
        Some(recorded) => recorded.plan(&mut session)?,
        None => session.plan()?,
    };
    let fleet: Vec<&Trial> = plan.trials_of(&plan.fleets[0]).collect();
    let kept = recorded.as_ref().map_or(Kept { place: 0, stops_at: None }, RecordedTrial::kept);
    let trial = fleet[kept.place];
    fits_a_model(&plan, trial)?;
    output.may_be_written(&session.experiment)?;
    advise(&plan);
    let workers = checked_workers(&session, &plan, trial, &stop)?;
    let machine = session.machine();
    let _lock = output.hold()?;
    say(&format!("{}: {}; {}", session.experiment.name, session.data_in_words(), net_in_words(&plan, trial)));
    session.say_machine(&machine);
    recorded.iter().for_each(|recorded| recorded.say(&machine));

    let checkpoints = Checkpoints::beside(&output.model, &machine, session.experiment.checkpoint_every, stop.writing());
    let checkpoint = checkpoints.path(&fleet);
    let is_of_use = |iteration: &usize| kept.stops_at.is_none_or(|stop| *iteration <= stop);
    if let Some(iteration) = checkpoints.iteration(&fleet).filter(is_of_use) {
        say_resumed(iteration, plan.iterations(trial), &checkpoint);
    }
    let inputs = session.last_inputs(&plan)?;
    let trained = train_shown(&plan, trial, &workers, (args.progress, &stop), |watch| {
        let trained = fleet::train(&plan, &fleet, Some(kept), &inputs, Some(&checkpoints), watch)?;
        Ok(trained.map(|(mut outcomes, net)| (outcomes.swap_remove(kept.place), net)))
    });
    let Some((outcome, net)) = trained? else {
        say(&interrupted(checkpoints.iteration(&fleet), &checkpoint));
        return Ok(ExitCode::from(INTERRUPTED));
    };
    if let Some(recorded) = &recorded {
        recorded.compare(&outcome, &machine)?;
    }
    let model = net.map(|net| {
        let mut model = model_of(net, &session, trial, &outcome, &machine);
        recorded.iter().for_each(|recorded| recorded.name_in(&mut model.provenance));
        model
    });
    output.leave(trial, &outcome, model, &checkpoints)?;
    Ok(ExitCode::SUCCESS)
}

/// Checks memory and the BLAS, and starts the threads.
fn checked_workers(session: &Session, plan: &Plan, trial: &Trial, stop: &Stop) -> Result<Workers> {
    let DataShape { features, train, task, .. } = plan.data;
    let weights = LayerShape { n_out: trial.config.first_width(task), n_in: features, examples: train };
    // At the end, the net's own W[1] and W(0) are in memory beside the engine's form of the first layer.
    let needed = session.bytes_needed(plan, 1) + 3.0 * 8.0 * (weights.n_out * weights.n_in) as f64;
    enough_memory(needed, "this training needs", session.to_need_less(plan, 1, "use a smaller net"))?;
    let workers = Workers::new(1, session.experiment.threads)?;
    // At the end, every engine but the direct one multiplies the sum of its steps by the examples.
    let moves = Call::backward_weights(1.0, Accumulate::Add);
    let at_end = (trial.engine != Engine::Direct).then_some((Dtype::F64, weights, moves));
    session.check_blas(plan, &workers, at_end, stop)?;
    Ok(workers)
}
