//! The settings of successive halving, see [`super::rungs`].

use super::axis::Axis;
use super::key::{Problem, RawTrial};
use super::sweep_keys::{FACTOR, LEAST, METRIC, Objective};
use super::trial::Length;

/// Which settings are worth all their iterations, see `record::halving`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halving {
    /// Iterations (or epochs) of the first rung.
    pub least: usize,
    /// η: one in `factor` settings goes on, for `factor` times as many iterations.
    pub factor: usize,
    /// The objective that settings are ranked by, as the mean over their seeds.
    pub objective: Objective,
}

impl Halving {
    /// Reads how a sweep halves; `None` if it doesn't.
    ///
    /// # Errors
    /// If `least` is missing, or is not below the length of the trials.
    pub(super) fn read(options: &RawTrial, axes: &[Axis], all: Length) -> Result<Option<Self>, Problem> {
        let Some(least) = options.get(&LEAST) else {
            let needs_it = options.has(&FACTOR) || options.has(&METRIC);
            let missing = || LEAST.problem("missing: iterations (or epochs) of the first rung");
            return if needs_it { Err(missing()) } else { Ok(None) };
        };
        let lengths = [Length::Iterations(0), Length::Epochs(0)].map(Length::key);
        if let Some(axis) = axes.iter().find(|axis| lengths.contains(&axis.key.as_str())) {
            return Err(LEAST.problem(format!("halving sets {}, which is swept too", axis.key)));
        }
        if least >= all.amount() {
            return Err(LEAST.problem(format!("must be below {}, {}, found {least}", all.key(), all.amount())));
        }
        Ok(Some(Halving { least, factor: options.value(&FACTOR), objective: options.value(&METRIC) }))
    }

    /// Whether only validation examples have what settings are judged by.
    pub(super) fn needs_validation(&self) -> bool {
        matches!(self.objective, Objective::ValidationCost | Objective::ValidationAccuracy)
    }

    /// Whether only test examples have it.
    pub(super) fn needs_test(&self) -> bool {
        matches!(self.objective, Objective::TestCost | Objective::TestAccuracy)
    }
}
