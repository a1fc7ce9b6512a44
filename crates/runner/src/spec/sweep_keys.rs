//! The keys of `[sweep]` itself.

use net::{Metric, Set};

use super::key::{Key, keys};
use super::kind::{Integer, POINTS, SEED, STEPS};
use super::names::OneOf;
use super::sampler::Method;

/// The method of every combination.
pub(super) const GRID: &str = "grid";
const METHODS: [(&str, Method); 3] = [(GRID, Method::Grid), ("random", Method::Random), ("sobol", Method::Sobol)];
/// The metrics that successive halving can rank by; `None` is the last recorded cost.
const METRICS: [(&str, Option<Metric>); 7] = [
    ("cost", None),
    ("train_cost", Some(Metric::Cost(Set::Train))),
    ("test_cost", Some(Metric::Cost(Set::Test))),
    ("train_accuracy", Some(Metric::Accuracy(Set::Train))),
    ("test_accuracy", Some(Metric::Accuracy(Set::Test))),
    ("validation_cost", Some(Metric::Cost(Set::Validation))),
    ("validation_accuracy", Some(Metric::Accuracy(Set::Validation))),
];

keys! {
    pub KEYS;

    /// How points are chosen: every combination (grid), or samples of the axes (random, sobol).
    METHOD: OneOf<Method> = Key::new("sweep.method", OneOf(&METHODS)).or(|| Method::Grid);
    /// The number of points that random and sobol draw.
    SAMPLES: Integer = Key::new("sweep.samples", POINTS);
    /// The seed that points are drawn from.
    SAMPLE_SEED: Integer = Key::new("sweep.sample_seed", SEED).or(|| 1);
    /// Iterations (or epochs) of the first rung of successive halving.
    LEAST: Integer = Key::new("sweep.halving.least", STEPS);
    /// One in this many settings goes on to the next rung, for this many times as long.
    FACTOR: Integer = Key::new("sweep.halving.factor", Integer { least: 2, most: 1_000_000 }).or(|| 3);
    /// The metric that settings are ranked by in successive halving.
    METRIC: OneOf<Option<Metric>> = Key::new("sweep.halving.metric", OneOf(&METRICS)).or(|| None);
}
