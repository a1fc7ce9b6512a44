//! `runner train`: trains one trial and writes its net to a file.

use std::process::ExitCode;
use std::sync::atomic::Ordering;

use anyhow::Result;
use kernels::blas::Request;
use kernels::{Accumulate, Call, LayerShape};
use net::Engine;

use self::lock::ModelLock;
use self::results::{
    can_be_written, fits_a_model, interrupted, may_write, model_of, net_in_words, summary, write_results,
};
use self::subject::{RecordedTrial, Subject};
use super::advice::advise;
use super::failure::{Failure, INTERRUPTED};
use super::session::{Session, enough_memory};
use super::stop::stop_on_interrupt;
use crate::cli;
use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::progress::training::TrainingProgress;
use crate::run::checkpoint::checkpoints::Checkpoints;
use crate::run::fleet::{self, Kept};
use crate::run::outcome::End;
use crate::run::workers::Workers;
use crate::spec::trial::Dtype;
use crate::terminal::say;

mod lock;
mod provenance;
mod results;
#[cfg(feature = "mpi")]
mod shared;
mod subject;

/// Trains the only point of an experiment and writes its model.
pub(super) fn run(args: &cli::Train, blas: Option<&Request>) -> Result<ExitCode> {
    #[cfg(feature = "mpi")]
    if args.mpi {
        return shared::run(args, blas);
    }
    args.progress.set_up();
    let stop = stop_on_interrupt()?;
    stop.at_the_end(": no model is written".to_owned());
    let subject = Subject::of(args)?;
    let out = args.out.clone().unwrap_or_else(|| subject.model_file());

    let Subject { experiment, recorded } = subject;
    let mut session = Session::of(experiment, blas)?;
    let plan = match &recorded {
        Some(recorded) => recorded.plan(&mut session)?,
        None => session.plan()?,
    };
    let fleet: Vec<&Trial> = plan.trials_of(&plan.fleets[0]).collect();
    let kept = recorded.as_ref().map_or(Kept { place: 0, stops_at: None }, RecordedTrial::kept);
    let trial = fleet[kept.place];
    let weights = first_weights(&plan, trial);
    fits_a_model(&plan, trial)?;
    may_write(args, &out, &session.experiment)?;
    advise(&plan);
    // At the end, the net's own W\[1\] and W(0) are in memory beside the engine's form of the first layer.
    let needed = session.bytes_needed(&plan, 1) + 3.0 * 8.0 * (weights.n_out * weights.n_in) as f64;
    enough_memory(needed, "this training needs", session.to_need_less(&plan, 1, "use a smaller net"))?;
    let workers = Workers::new(1, session.experiment.threads)?;
    // At the end, every engine but the direct one multiplies the sum of its steps by the examples.
    let moves = Call::backward_weights(1.0, Accumulate::Add);
    let at_end = (trial.engine != Engine::Direct).then_some((Dtype::F64, weights, moves));
    session.check_blas(&plan, &workers, at_end, &stop)?;
    let machine = session.machine();
    can_be_written(&out, args.history.as_deref()).map_err(Failure::of_writing)?;
    let _lock = ModelLock::take(&out)?;
    say(&format!("{}: {}; {}", session.experiment.name, session.data_in_words(), net_in_words(&plan, trial)));
    session.say_machine(&machine);
    recorded.iter().for_each(|recorded| recorded.say(&machine));

    let checkpoints = Checkpoints::beside(&out, &machine, session.experiment.checkpoint_every, stop.writing());
    let checkpoint = checkpoints.path(&fleet);
    let is_of_use = |iteration: &usize| kept.stops_at.is_none_or(|stop| *iteration <= stop);
    if let Some(iteration) = checkpoints.iteration(&fleet).filter(is_of_use) {
        say(&format!("goes on from iteration {iteration} of {}: {}", plan.iterations(trial), checkpoint.display()));
    }
    let inputs = session.last_inputs(&plan)?;
    let trained = workers.alone(|| {
        let progress = TrainingProgress::new(args.progress, plan.iterations(trial), trial.config.record_every);
        let watch = |_, latest| {
            progress.at(latest);
            !stop.load(Ordering::Relaxed)
        };
        let trained = fleet::train(&plan, &fleet, Some(kept), &inputs, Some(&checkpoints), &watch);
        progress.end(trial, trained.iter().flatten().map(|(outcomes, _)| &outcomes[kept.place]).next());
        trained
    });
    let trained = trained?;
    let Some((mut outcomes, net)) = trained else {
        say(&interrupted(checkpoints.iteration(&fleet), &checkpoint));
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let outcome = outcomes.swap_remove(kept.place);
    if let Some(recorded) = &recorded {
        recorded.compare(&outcome, &machine)?;
    }
    let Some(net) = net else {
        write_results(args, &out, None, &outcome, &stop.writing())?.report()?;
        let End::Diverged { iteration, reason } = outcome.end else {
            return Err(Failure::NotKept { id: trial.id.clone(), dir: args.experiment.file.clone() }.into());
        };
        checkpoints.remove(fleet.first().copied());
        let rate = trial.config.schedule.learning_rate;
        return Err(Failure::Diverged { iteration, reason, rate }.into());
    };
    let mut model = model_of(net, &session, trial, &outcome, &machine);
    recorded.iter().for_each(|recorded| recorded.name_in(&mut model.provenance));
    summary(trial, &outcome);
    let written = write_results(args, &out, Some(&model), &outcome, &stop.writing())?;
    checkpoints.remove(fleet.first().copied());
    written.report()?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the shape of W\[1\] and the number of training examples.
fn first_weights(plan: &Plan, trial: &Trial) -> LayerShape {
    let n_out = trial.config.first_width(plan.data.task);
    LayerShape { n_out, n_in: plan.data.features, examples: plan.data.train }
}
