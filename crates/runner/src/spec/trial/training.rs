//! The keys of the training loop: batches, length, records, early stopping and engine.

use net::{Engine, Metric, Stopping};

use super::{BatchChoice, Length, TrialConfig};
use crate::spec::key::{Canonical, Key, Problem, RawTrial, keys};
use crate::spec::kind::{FLAG, Flag, Integer, NOT_NEGATIVE, Optional, POSITIVE, Real, SEED, STEPS};
use crate::spec::names::{AutoOr, NameList};

keys! {
    pub(super) KEYS;

    /// The examples of a step, or "full" for all.
    BATCH: Optional<Integer> = Key::new("train.batch", Optional { none: "full", some: STEPS }).or(|| None);
    /// Whether each epoch has a new order of the examples.
    SHUFFLE: Flag = Key::new("train.shuffle", FLAG).or(|| true)
        .only_with("a number for batch", |raw| raw.value(&BATCH).is_some());
    /// The seed that the orders of the epochs are drawn from.
    BATCH_SEED: Integer = Key::new("train.batch_seed", SEED).or(|| 1)
        .only_with("a number for batch and shuffle = true", |raw| raw.value(&BATCH).is_some() && raw.value(&SHUFFLE));
    /// The number of updates; or give epochs.
    ITERATIONS: Integer = Key::new("train.iterations", STEPS);
    /// The number of times through the training examples; or give iterations.
    EPOCHS: Integer = Key::new("train.epochs", STEPS);
    /// Iterations from one record of the cost to the next.
    RECORD_EVERY: Integer = Key::new("train.record_every", STEPS).or(|| 1);
    /// The metrics that are recorded beside the cost.
    METRICS: NameList<Metric> = Key::new("train.metrics", NameList(&Metric::ALL)).or(Vec::new);
    /// A cost that ends the training at the first step below it.
    STOP_COST: Optional<Real> = Key::new("train.stop_cost", Optional::off(POSITIVE)).or(|| None);
    /// The number of records without a lower cost (the validation cost where there is one) that ends the training.
    PATIENCE: Optional<Integer> = Key::new("train.patience", Optional::off(STEPS)).or(|| None);
    /// The amount by which a cost must be lower to count for patience.
    MIN_DELTA: Real = Key::new("train.min_delta", NOT_NEGATIVE).or(|| 0.0)
        .only_with("patience", |raw| raw.value(&PATIENCE).is_some());
    /// Whether the net ends with the parameters of the record with the lowest cost that patience watches, not with the last ones.
    RESTORE_BEST: Flag = Key::new("train.restore_best", FLAG).or(|| false)
        .only_with("patience", |raw| raw.value(&PATIENCE).is_some());
    /// Seconds after which the training ends; its results then depend on the machine.
    STOP_SECONDS: Optional<Real> = Key::new("train.stop_seconds", Optional::off(POSITIVE)).or(|| None);
    /// A cost above which the training counts as diverged.
    DIVERGE_ABOVE: Optional<Real> = Key::new("train.diverge_above", Optional::off(POSITIVE)).or(|| None);
    /// The engine of the first layer; auto is the cheapest exact one.
    ENGINE: AutoOr<Engine> = Key::new("run.engine", AutoOr(&Engine::ALL)).or(|| None);
    /// Whether subnormal numbers are taken as zero: arithmetic with them is slow.
    FLUSH_SUBNORMALS: Flag = Key::new("run.flush_subnormals", FLAG).or(|| true);
}

/// Reads the batches.
pub(super) fn batch(raw: &RawTrial) -> BatchChoice {
    let size = raw.value(&BATCH);
    let shuffles = size.is_some() && raw.value(&SHUFFLE);
    BatchChoice { size, shuffle: shuffles.then(|| raw.value(&BATCH_SEED) as u64) }
}

/// Reads the length of the training.
pub(super) fn length(raw: &RawTrial) -> Result<Length, Problem> {
    match (raw.get(&ITERATIONS), raw.get(&EPOCHS)) {
        (Some(iterations), None) => Ok(Length::Iterations(iterations)),
        (None, Some(epochs)) => Ok(Length::Epochs(epochs)),
        (Some(_), Some(_)) => Err(EPOCHS.problem("give train.epochs or train.iterations, not both")),
        (None, None) => Err(ITERATIONS.problem("missing; give train.iterations or train.epochs")),
    }
}

/// Reads the conditions of early stopping.
pub(super) fn stopping(raw: &RawTrial) -> Stopping {
    Stopping {
        cost_below: raw.value(&STOP_COST),
        patience: raw.value(&PATIENCE),
        min_delta: raw.value(&MIN_DELTA),
        restore_best: raw.value(&RESTORE_BEST),
        seconds: raw.value(&STOP_SECONDS),
        diverge_above: raw.value(&DIVERGE_ABOVE),
    }
}

impl Length {
    /// Returns its key.
    pub fn key(self) -> &'static str {
        match self {
            Length::Iterations(_) => ITERATIONS.name(),
            Length::Epochs(_) => EPOCHS.name(),
        }
    }
}

pub(super) fn write(config: &TrialConfig, canonical: &mut Canonical) {
    match config.length {
        Length::Iterations(iterations) => canonical.put(&ITERATIONS, &iterations),
        Length::Epochs(epochs) => canonical.put(&EPOCHS, &epochs),
    }
    let BatchChoice { size, shuffle } = config.batch;
    canonical.put(&BATCH, &size);
    canonical.put(&SHUFFLE, &(size.is_none() || shuffle.is_some()));
    canonical.put_some(&BATCH_SEED, shuffle.map(|seed| seed as usize).as_ref());
    canonical.always(&RECORD_EVERY, &config.record_every);
    canonical.put(&METRICS, &config.metrics);
    let Stopping { cost_below, patience, min_delta, restore_best, seconds, diverge_above } = &config.stopping;
    canonical.put(&STOP_COST, cost_below);
    canonical.put(&PATIENCE, patience);
    canonical.put(&MIN_DELTA, min_delta);
    canonical.put(&RESTORE_BEST, restore_best);
    canonical.put(&STOP_SECONDS, seconds);
    canonical.put(&DIVERGE_ABOVE, diverge_above);
    canonical.always(&ENGINE, &config.engine);
    canonical.always(&FLUSH_SUBNORMALS, &config.flush_subnormals);
}
