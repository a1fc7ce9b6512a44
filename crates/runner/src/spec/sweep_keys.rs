//! The keys of `[sweep]` itself.

use super::key::{Key, keys};
use super::kind::{Integer, POINTS, SEED, STEPS};
use super::names::OneOf;
use super::sampler::Method;

/// A metric by which successive halving ranks settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// The last recorded cost.
    Cost,
    /// The cost of the test examples.
    TestCost,
    /// The accuracy on the training examples, the higher the better.
    TrainAccuracy,
    /// The accuracy on the test examples, the higher the better.
    TestAccuracy,
    /// The cost of the validation examples.
    ValidationCost,
    /// The accuracy on the validation examples, the higher the better.
    ValidationAccuracy,
}

/// The method of every combination.
pub(super) const GRID: &str = "grid";
const METHODS: [(&str, Method); 3] = [(GRID, Method::Grid), ("random", Method::Random), ("sobol", Method::Sobol)];
const METRICS: [(&str, Objective); 6] = [
    ("cost", Objective::Cost),
    ("test_cost", Objective::TestCost),
    ("train_accuracy", Objective::TrainAccuracy),
    ("test_accuracy", Objective::TestAccuracy),
    ("validation_cost", Objective::ValidationCost),
    ("validation_accuracy", Objective::ValidationAccuracy),
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
    METRIC: OneOf<Objective> = Key::new("sweep.halving.metric", OneOf(&METRICS)).or(|| Objective::Cost);
}
