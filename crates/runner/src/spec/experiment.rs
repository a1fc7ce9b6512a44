//! A checked experiment and its points.

use datasets::{Names, ScalingChoice, TargetsChoice};
use kernels::blas::Request;
use serde_json::Value;

use super::axis::Axis;
use super::checkpoint_every::CheckpointEvery;
use super::claim::Claim;
use super::data::{DataShape, DataSource, Pins, ValidationSplit};
use super::error::Place;
use super::halving::Halving;
use super::role::Role;
use super::trial::TrialConfig;
use crate::text::comparable;

/// An experiment that can be run.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// The name, which is also that of the results directory.
    pub name: String,
    /// The question that it asks.
    pub description: String,
    /// The source of the examples.
    pub source: DataSource,
    /// The hashes that the files must have.
    pub pins: Pins,
    /// The names of the datasets in the files.
    pub names: Names,
    /// The meaning of their targets.
    pub targets: TargetsChoice,
    /// The most bytes that the examples may take in memory, each number counted as 8.
    pub max_bytes: u64,
    /// The scaling of the features.
    pub scaling: ScalingChoice,
    /// The part of the training examples that is set aside for validation.
    pub validation: Option<ValidationSplit>,
    /// The swept keys, in declared order; then those that only single points set.
    pub axes: Vec<Axis>,
    /// Every point: the last axis varies fastest, and included points stand at the end.
    pub points: Vec<Point>,
    /// Successive halving; `None` if every point is trained to the end.
    pub halving: Option<Halving>,
    /// The number of fleets that are trained at once; `None` if as many as the cores allow with [`Self::threads`] for
    /// each.
    pub jobs: Option<usize>,
    /// Threads that share a fleet.
    pub threads: usize,
    /// How often a training in progress is written to the disk.
    pub checkpoint_every: CheckpointEvery,
    /// The BLAS; `None` if the command line, the environment or the default chooses it.
    pub blas: Option<Request>,
    /// The claims, which the end of a sweep judges.
    pub claims: Vec<Claim>,
    /// The key on the command line that makes another experiment of the file, so that the file's claims don't count; `None` if they do, or
    /// there are none.
    pub claims_dropped_for: Option<String>,
    /// Every key that is set, as it is written, with its place.
    pub places: Vec<(String, Place)>,
    /// The text of the experiment with overrides and defaults filled in, which can be run again.
    pub resolved: String,
}

impl Experiment {
    /// Returns the place where a key is set: outside of `[sweep]`, or on an axis; `None` if it has its default.
    pub fn place(&self, key: &str) -> Option<&Place> {
        let set =
            || self.places.iter().map(|(written, place)| (Role::of(written), place)).filter(|((_, of), _)| *of == key);
        // A swept key has the values of its axis.
        let swept = set().find(|((role, _), _)| role.sweeps());
        swept.or_else(|| set().find(|((role, _), _)| *role == Role::Fixed)).map(|(_, place)| place)
    }
}

/// A trial that does not fit the data.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The cost is not one for the targets.
    #[error("model.cost: {0}")]
    Cost(String),
    /// Halving ranks by an accuracy, and the nets predict values.
    #[error("sweep.halving.metric: an accuracy needs classes, and mean-squared-error has none; rank by a cost")]
    Objective,
    /// Two trials have one id, which happens by chance once in some 500 sweeps of a million trials.
    #[error(
        "two different trials have the same id {0}, so that one would pass for the other; divide the sweep into two"
    )]
    SameId(String),
    /// Every net of the depth has more weights and biases than the budget.
    #[error(
        "model.parameters: a net of depth {depth} has at least {least} weights and biases on these data (one unit in each \
         hidden layer); {budget} are too few"
    )]
    Budget {
        /// The most weights and biases.
        budget: usize,
        /// The number of layers.
        depth: usize,
        /// The weights and biases of the narrowest net.
        least: u128,
    },
}

/// One point of the sweep.
#[derive(Clone, Debug)]
pub struct Point {
    /// The values of the axes, in their order.
    pub values: Vec<Value>,
    /// Its trial. If there is a budget, the hidden layers have width 1 here, and [`Point::on`] finds the real one.
    pub config: TrialConfig,
    /// The most weights and biases, if they determine the width.
    pub budget: Option<usize>,
}

impl Point {
    /// Returns the trial on data of this shape: the widest net within the budget, if there is one.
    ///
    /// # Errors
    /// If the trial's cost is not one for the data, or even a net with one unit in each hidden layer is above the budget.
    pub fn on(&self, data: DataShape) -> Result<TrialConfig, Misfit> {
        let mut config = self.config.clone();
        config.cost_for(data.task).map_err(Misfit::Cost)?;
        if let (Some(budget), hidden @ 1..) = (self.budget, config.hidden.len()) {
            let n_out = config.outputs(data.task);
            let width = width_within(budget, data.features, hidden, n_out).map_err(|least| Misfit::Budget {
                budget,
                depth: hidden + 1,
                least,
            })?;
            config.hidden = vec![width; hidden];
        }
        Ok(config)
    }

    /// Returns the values in a form that is the same for equal values: 1 and 1.0 are one number.
    pub(super) fn place(&self) -> Vec<String> {
        self.values.iter().map(comparable).collect()
    }
}

/// Returns the largest width w >= 1 of `hidden` >= 1 equal layers between `n_in` features and `n_out` outputs with at
/// most `budget` weights and biases:
///
/// p(w) = (n_in + 1) w + (hidden - 1) (w + 1) w + (w + 1) n_out.
///
/// # Errors
/// p(1), if even that is above the budget.
fn width_within(budget: usize, n_in: usize, hidden: usize, n_out: usize) -> Result<usize, u128> {
    let [n_in, between, n_out] = [n_in, hidden - 1, n_out].map(|n| n as u128);
    let parameters = |w: u128| (n_in + 1) * w + between * (w + 1) * w + (w + 1) * n_out;
    if parameters(1) > budget as u128 {
        return Err(parameters(1));
    }
    // p(w) >= 2 w, so the width is at most half of the budget.
    let (mut fits, mut too_wide) = (1, budget as u128 / 2 + 2);
    while too_wide - fits > 1 {
        let middle = fits + (too_wide - fits) / 2;
        if parameters(middle) <= budget as u128 { fits = middle } else { too_wide = middle }
    }
    Ok(fits as usize)
}

#[cfg(test)]
mod tests {
    use super::width_within;

    #[test]
    fn the_width_is_the_largest_within_the_budget() {
        for (budget, n_in, hidden, n_out) in [(1_000, 10, 1, 1), (250_000, 12_288, 3, 1), (99_999, 3, 40, 10)] {
            let counted = |w: usize| {
                let widths: Vec<_> = [vec![n_in], vec![w; hidden], vec![n_out]].concat();
                widths.windows(2).map(|n| (n[0] + 1) * n[1]).sum::<usize>()
            };
            let w = width_within(budget, n_in, hidden, n_out).unwrap();
            assert!(counted(w) <= budget && counted(w + 1) > budget, "{w}");
        }
    }

    #[test]
    fn a_budget_that_is_met_exactly_is_spent_and_one_too_small_is_refused() {
        assert_eq!(width_within(12 * 5 + 1, 10, 1, 1), Ok(5));
        assert_eq!(width_within(12 * 5, 10, 1, 1), Ok(4));
        assert_eq!(width_within(13, 10, 1, 1), Ok(1));
        assert_eq!(width_within(12, 10, 1, 1), Err(13));
        assert_eq!(width_within(1, 10, 10_000, 1), Err(11 + 9_999 * 2 + 2));
        assert_eq!(width_within(1 << 50, 1, 1, 1), Ok(((1 << 50) - 1) / 3));
    }
}
