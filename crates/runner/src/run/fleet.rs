//! The training of one fleet, from the draw of its weights to its outcomes.

use std::cell::RefCell;
use std::time::Instant;

use kernels::{WrongProduct, WrongSum, inspected};
use net::initialise::Draw;
use net::{Chain, Ending, Fleet, HistoryPoint, Schedule, Stopping, Trained, Training};

use super::checkpoint::checkpoints::Checkpoints;
use super::checkpoint::file::Number;
use super::checkpoint::fleet::{EarlierRuns, FleetCheckpoint};
use super::fleet_job::{FleetJob, TrainedFleet};
use super::inputs::Inputs;
use super::outcome::{End, Metrics, Outcome};
use super::untrusted::Untrusted;
use crate::model::Net;
use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::spec::trial::Dtype;

/// A fleet that is ready for its first step.
pub enum ReadyFleet<'i> {
    /// In f32.
    F32(Fleet<'i, f32>),
    /// In f64.
    F64(Fleet<'i, f64>),
}

impl ReadyFleet<'_> {
    /// Makes one step of all nets.
    ///
    /// # Errors
    /// If its products are inspected, and one is wrong.
    pub fn step(&mut self) -> Result<(), WrongProduct> {
        match self {
            ReadyFleet::F32(fleet) => fleet.step(),
            ReadyFleet::F64(fleet) => fleet.step(),
        }
    }

    /// Returns whether a net is in training. Without one, [`Self::step`] does nothing.
    pub fn is_training(&self) -> bool {
        self.training_count() > 0
    }

    /// Counts the nets in training.
    pub fn training_count(&self) -> usize {
        match self {
            ReadyFleet::F32(fleet) => fleet.training_count(),
            ReadyFleet::F64(fleet) => fleet.training_count(),
        }
    }
}

/// Prepares a fleet for any number of steps, each as costly as in training: its learning rate and decay are small and early stopping is
/// watched without an end, so that a net leaves the fleet only if its initial parameters diverge.
///
/// # Errors
/// If the BLAS computes W(0) X wrongly.
///
/// # Panics
/// If `inputs` weren't made for the plan of these trials.
pub fn endless<'i>(plan: &'i Plan, trials: &'i [&'i Trial], inputs: &'i Inputs) -> Result<ReadyFleet<'i>, WrongSum> {
    /// Above 0: BLAS skips a product whose factor is 0.
    const RATE: f64 = 1e-9;
    let adapted = |training: Training| {
        let (schedule, stopping) = (Schedule::constant(RATE), without_an_end(training.stopping));
        let mut optimiser = training.optimiser;
        optimiser.decay.lambda = optimiser.decay.lambda.min(1.0);
        Training { schedule, stopping, optimiser, iterations: usize::MAX, ..training }
    };
    Ok(match trials[0].config.dtype {
        Dtype::F32 => ReadyFleet::F32(FleetJob::<f32>::new(plan, trials, inputs).fleet(adapted)?),
        Dtype::F64 => ReadyFleet::F64(FleetJob::<f64>::new(plan, trials, inputs).fleet(adapted)?),
    })
}

/// Moves the bounds of early stopping to where no training meets them; what is watched costs the same.
fn without_an_end(stopping: Stopping) -> Stopping {
    Stopping {
        cost_below: stopping.cost_below.map(|_| f64::NEG_INFINITY),
        patience: stopping.patience.map(|_| usize::MAX),
        seconds: stopping.seconds.map(|_| f64::INFINITY),
        diverge_above: stopping.diverge_above.map(|_| f64::INFINITY),
        ..stopping
    }
}

/// What is called before each step of a training, with the number of updates before it and the last recorded cost of one net; the
/// training ends if it returns `false`.
pub type Watch<'w> = &'w dyn Fn(usize, Option<HistoryPoint>) -> bool;

/// The trial of a fleet whose net is kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// Its place in the fleet.
    pub place: usize,
    /// The iteration at which it is known to stop early, so that its net is taken before it leaves the others.
    pub stops_at: Option<usize>,
}

/// The end of a training: the outcome of a trial, or those of a fleet, and the net that is kept, unless it diverged. `None` if the training
/// was told to stop.
pub type Ended<O, N> = Result<Option<(O, Option<N>)>, Untrusted>;

/// Trains the trials of one fleet, from its checkpoint on if there is one, and keeps the net of the one that `kept` names. `watch` sees
/// that one, without it the first; `None` if it returned `false` before they were done. There is no net if its trial diverged, or left the
/// fleet at another iteration than it was known to.
///
/// # Errors
/// If a product that was checked is wrong, or a divergence didn't repeat.
///
/// # Panics
/// If `inputs` weren't made for the plan of these trials.
pub fn train(
    plan: &Plan,
    trials: &[&Trial],
    kept: Option<Kept>,
    inputs: &Inputs,
    checkpoints: Option<&Checkpoints>,
    watch: Watch,
) -> Ended<Vec<Outcome>, Net> {
    Ok(match trials[0].config.dtype {
        Dtype::F32 => train_in(FleetJob::<f32>::new(plan, trials, inputs), kept, checkpoints, watch)?
            .map(|(outcomes, net)| (outcomes, net.map(Net::F32))),
        Dtype::F64 => train_in(FleetJob::<f64>::new(plan, trials, inputs), kept, checkpoints, watch)?
            .map(|(outcomes, net)| (outcomes, net.map(Net::F64))),
    })
}

fn train_in<R: Number>(
    job: FleetJob<R>,
    kept: Option<Kept>,
    checkpoints: Option<&Checkpoints>,
    watch: Watch,
) -> Ended<Vec<Outcome>, Chain<R>> {
    let is_kept = kept.is_some();
    let Kept { place, stops_at } = kept.unwrap_or(Kept { place: 0, stops_at: None });
    let start = Instant::now();
    let FleetJob { plan, trials, .. } = job;
    let Trial { config, .. } = trials[place];
    // The net with its present parameters, and with the best ones if they are kept.
    let nets_of = |fleet: &Fleet<R>| {
        // W(0) once more: the engines but the direct one keep its products only.
        let rows = config.first_width(plan.data.task);
        let (w_0, _) = Draw::first_weights(&config.initialisation, config.seed, rows, plan.data.features);
        inspected(config.seed.into(), || [fleet.chain(place, w_0.view()), fleet.best_chain(place, w_0.view())])
    };
    // A net that stops makes no update in its last step: it is what it was before that, or at an earlier record.
    let stopped = RefCell::new(None);
    let keep_going = |fleet: &Fleet<R>| {
        if stops_at == Some(fleet.iteration()) {
            stopped.replace(Some(nets_of(fleet)));
        }
        watch(fleet.iteration(), fleet.latest(place))
    };
    let checkpoint = checkpoints.map(|checkpoints| FleetCheckpoint::new(checkpoints, trials).until(stops_at));
    let ended = job.train(checkpoint.as_ref(), |_| false, keep_going)?;
    let TrainedFleet { fleet, trained: Some(trained), before } = ended else { return Ok(None) };
    let net = match trained[place].ending {
        _ if !is_kept => None,
        Ending::Diverged { .. } => None,
        Ending::Stopped { iteration, .. } if Some(iteration) == stops_at => {
            let Trained { best, history, .. } = &trained[place];
            let is_earlier = best.is_some_and(|record| history[record].iteration < iteration);
            stopped.into_inner().transpose()?.and_then(|[present, best]| if is_earlier { best } else { present })
        }
        Ending::Stopped { .. } | Ending::Completed => nets_of(&fleet)?[0].take(),
    };
    if job.must_repeat(&trained) {
        let iteration = fleet.iteration();
        checkpoint.iter().for_each(|checkpoint| checkpoint.before_step(iteration, false, || fleet.state()));
        drop(fleet);
        let again = checkpoint.as_ref().map(FleetCheckpoint::again);
        let repeated = job.repeats(&trained, again.as_ref(), &|| watch(iteration, None));
        if let (Err(_), Some(checkpoint)) = (&repeated, &checkpoint) {
            checkpoint.remove(); // it may be what went wrong
        }
        if !repeated? {
            return Ok(None);
        }
    }
    Ok(Some((outcomes(&job, trained, before, start), net)))
}

/// Divides the seconds of a fleet, those `before` this run and those since its `start`, among its trials in proportion to their operations,
/// and makes their outcomes.
fn outcomes<R>(job: &FleetJob<R>, trained: Vec<Trained>, before: EarlierRuns, start: Instant) -> Vec<Outcome> {
    let FleetJob { plan, trials, .. } = job;
    let seconds = before.seconds + start.elapsed().as_secs_f64();
    let flops: Vec<f64> =
        trials.iter().zip(&trained).map(|(trial, trained)| flops_done(plan, trial, trained)).collect();
    let all: f64 = flops.iter().sum();
    let outcomes = trials.iter().zip(trained).zip(flops);
    let resumed_at = before.iteration;
    let of = |trial, trained, flops| Outcome { resumed_at, ..outcome(trial, trained, seconds * flops / all) };
    outcomes.map(|((trial, trained), flops)| of(trial, trained, flops)).collect()
}

/// Makes the outcome of a trial whose training was not resumed.
pub fn outcome(trial: &Trial, trained: Trained, seconds: f64) -> Outcome {
    let Trained { history, metrics, ending, best, train, test, validation, drift } = trained;
    let end = match ending {
        Ending::Completed => End::Completed,
        Ending::Stopped { iteration, reason } => End::Stopped { iteration, reason: reason.to_string() },
        Ending::Diverged { iteration, bound } => End::Diverged { iteration, reason: bound.to_string() },
    };
    let layers = trial.config.hidden.len() + 1;
    let columns = trial.config.metrics.iter().flat_map(|metric| metric.columns(layers));
    let metrics = Metrics { columns: columns.collect(), values: metrics };
    Outcome { end, history, metrics, best, train, test, validation, seconds, drift, resumed_at: 0, is_alone: false }
}

/// Counts the operations that were done; those of one step at least, so that the shares of a fleet's time add up.
fn flops_done(plan: &Plan, trial: &Trial, trained: &Trained) -> f64 {
    let steps = match trained.ending {
        Ending::Completed => plan.iterations(trial),
        Ending::Stopped { iteration, .. } | Ending::Diverged { iteration, .. } => iteration + 1,
    };
    plan.flops_of_steps(trial, 0..steps)
}
