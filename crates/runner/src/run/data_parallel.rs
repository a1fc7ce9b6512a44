//! The training of one net whose batches are shared by ranks.

use std::convert::Infallible;
use std::time::Instant;

use kernels::with_subnormals_flushed;
use mpi::datatype::Equivalence;
use net::{Chain, DataParallel, Examples, initialise};

use super::checkpoint::checkpoints::Checkpoints;
use super::checkpoint::file::Number;
use super::checkpoint::fleet::FleetCheckpoint;
use super::fleet::{Ended, Watch, outcome};
use super::inputs::Inputs;
use super::mpi_ranks::{Mpi, MpiRanks};
use super::outcome::Outcome;
use crate::model::Net;
use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::spec::trial::Dtype;

/// Trains a trial together with the other ranks, from its checkpoint on if there is one; rank 0 writes it. `None` if `watch`, which is
/// asked before each step, said no on some rank.
///
/// # Errors
/// If a product that was checked is wrong on some rank. Its checkpoint is then removed.
///
/// # Panics
/// If `inputs` weren't made for the plan of the trial.
pub fn train_data_parallel(
    plan: &Plan,
    trial: &Trial,
    inputs: &Inputs,
    mpi: &Mpi,
    checkpoints: &Checkpoints,
    watch: Watch,
) -> Ended<Outcome, Net> {
    let form = plan.input_form(trial);
    Ok(match trial.config.dtype {
        Dtype::F32 => train_in(plan, trial, inputs.f32(form), mpi, checkpoints, watch)?
            .map(|(outcome, net)| (outcome, net.map(Net::F32))),
        Dtype::F64 => train_in(plan, trial, inputs.f64(form), mpi, checkpoints, watch)?
            .map(|(outcome, net)| (outcome, net.map(Net::F64))),
    })
}

fn train_in<R: Number + Equivalence>(
    plan: &Plan,
    trial: &Trial,
    examples: &Examples<R>,
    mpi: &Mpi,
    checkpoints: &Checkpoints,
    watch: Watch,
) -> Ended<Outcome, Chain<R>> {
    let (config, start, trials) = (&trial.config, Instant::now(), [trial]);
    let checkpoint = FleetCheckpoint::new(checkpoints, &trials);
    let make = || -> Result<_, Infallible> {
        let architecture = config.architecture(plan.data.features, plan.data.task);
        let chain = initialise::chain(&architecture, &config.initialisation, config.seed);
        let (training, batches) = (config.training(plan.data.train), config.batches(plan.data.train));
        Ok(DataParallel::new(examples, batches, chain, training, Box::new(MpiRanks::new(mpi))))
    };
    let Ok((mut net, before)) = checkpoint.resume(make, DataParallel::resume);
    let is_first = mpi.rank() == 0;
    let keep_going = |net: &DataParallel<R>| {
        let goes_on = watch(net.iteration(), net.latest());
        if is_first {
            checkpoint.before_step(net.iteration(), goes_on, || net.state());
        }
        goes_on
    };
    let trained = with_subnormals_flushed(config.flush_subnormals, || net.train(keep_going));
    if trained.is_err() {
        if is_first {
            checkpoint.remove();
        }
        // All ranks leave after that: `mpirun` ends those that are left when the first has failed.
        mpi.all_gather(Vec::new());
    }
    let Some(trained) = trained? else {
        if is_first {
            // Another rank may have been told to stop.
            checkpoint.before_step(net.iteration(), false, || net.state());
        }
        return Ok(None);
    };
    let seconds = before.seconds + start.elapsed().as_secs_f64();
    let outcome = Outcome { resumed_at: before.iteration, ..outcome(trial, trained, seconds) };
    let net = outcome.train.is_some().then(|| net.chain().clone());
    Ok(Some((outcome, net)))
}
