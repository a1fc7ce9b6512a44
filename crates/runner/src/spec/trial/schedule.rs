//! The keys of the learning rate. Defaults are PyTorch's.

use net::{Curve, Schedule};

use crate::spec::key::{Canonical, Key, Problem, RawTrial, keys};
use crate::spec::kind::{Integer, NOT_NEGATIVE, POSITIVE, Real, STEPS, STEPS_OR_NONE};
use crate::spec::names::OneOf;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::spec) enum Name {
    Constant,
    Step,
    Cosine,
    Inverse,
}

const SCHEDULES: [(&str, Name); 4] =
    [("constant", Name::Constant), ("step", Name::Step), ("cosine", Name::Cosine), ("inverse", Name::Inverse)];

keys! {
    pub(super) KEYS;

    /// The learning rate η, which is α in the course.
    LEARNING_RATE: Real = Key::new("train.learning_rate", POSITIVE);
    /// How the learning rate changes with the iterations.
    SCHEDULE: OneOf<Name> = Key::new("train.schedule", OneOf(&SCHEDULES)).or(|| Name::Constant);
    /// Iterations between two drops of the learning rate.
    STEP_SIZE: Integer = Key::new("train.step_size", STEPS)
        .only_with("schedule = \"step\"", |raw| raw.value(&SCHEDULE) == Name::Step);
    /// The factor of each drop of the learning rate.
    GAMMA: Real = Key::new("train.gamma", POSITIVE).or(|| 0.1)
        .only_with("schedule = \"step\"", |raw| raw.value(&SCHEDULE) == Name::Step);
    /// Iterations over which the learning rate falls, by default all of them.
    COSINE_ITERATIONS: Integer = Key::new("train.cosine_iterations", STEPS)
        .only_with("schedule = \"cosine\"", |raw| raw.value(&SCHEDULE) == Name::Cosine);
    /// The learning rate that a cosine falls to.
    MIN_LEARNING_RATE: Real = Key::new("train.min_learning_rate", NOT_NEGATIVE).or(|| 0.0)
        .only_with("schedule = \"cosine\"", |raw| raw.value(&SCHEDULE) == Name::Cosine);
    /// The decay d of η / (1 + d t) in iteration t.
    RATE_DECAY: Real = Key::new("train.rate_decay", NOT_NEGATIVE)
        .only_with("schedule = \"inverse\"", |raw| raw.value(&SCHEDULE) == Name::Inverse);
    /// Iterations over which the learning rate rises linearly; the schedule begins after them.
    WARMUP: Integer = Key::new("train.warmup", STEPS_OR_NONE).or(|| 0);
    /// The share of the learning rate that the warm-up begins with.
    WARMUP_START: Real = Key::new("train.warmup_start", POSITIVE).or(|| 1.0 / 3.0)
        .only_with("warmup above 0", |raw| raw.value(&WARMUP) > 0);
}

/// Reads the learning rate of each step.
pub(super) fn read(raw: &RawTrial) -> Result<Schedule, Problem> {
    let learning_rate = raw.get(&LEARNING_RATE).ok_or_else(|| LEARNING_RATE.problem("missing"))?;
    let curve = match raw.value(&SCHEDULE) {
        Name::Constant => Curve::Constant,
        Name::Step => {
            let every =
                raw.get(&STEP_SIZE).ok_or_else(|| STEP_SIZE.problem("missing; schedule = \"step\" needs it"))?;
            Curve::Step { every, gamma: raw.value(&GAMMA) }
        }
        // 0 stands for all steps after the warm-up.
        Name::Cosine => {
            Curve::Cosine { over: raw.get(&COSINE_ITERATIONS).unwrap_or(0), least: raw.value(&MIN_LEARNING_RATE) }
        }
        Name::Inverse => {
            let missing = || RATE_DECAY.problem("missing; schedule = \"inverse\" needs it");
            Curve::Inverse { decay: raw.get(&RATE_DECAY).ok_or_else(missing)? }
        }
    };
    let warmup = raw.value(&WARMUP);
    let warmup_start = if warmup > 0 { raw.value(&WARMUP_START) } else { 1.0 };
    Ok(Schedule { learning_rate, warmup, warmup_start, curve })
}

pub(super) fn write(schedule: &Schedule, canonical: &mut Canonical) {
    canonical.always(&LEARNING_RATE, &schedule.learning_rate);
    let name = match &schedule.curve {
        Curve::Constant => Name::Constant,
        Curve::Step { every, gamma } => {
            canonical.put(&STEP_SIZE, every);
            canonical.put(&GAMMA, gamma);
            Name::Step
        }
        Curve::Cosine { over, least } => {
            canonical.put_some(&COSINE_ITERATIONS, Some(over).filter(|over| **over > 0));
            canonical.put(&MIN_LEARNING_RATE, least);
            Name::Cosine
        }
        Curve::Inverse { decay } => {
            canonical.put(&RATE_DECAY, decay);
            Name::Inverse
        }
    };
    canonical.put(&SCHEDULE, &name);
    if schedule.warmup > 0 {
        canonical.put(&WARMUP, &schedule.warmup);
        canonical.put(&WARMUP_START, &schedule.warmup_start);
    }
}
