//! The keys of `[sweep.halving]`.

use net::{Metric, Set};

use super::axis::Axis;
use super::error::Place;
use super::key::{Problem, RawTrial};
use super::role::Role;
use super::source::Entry;
use super::sweep_keys::{FACTOR, LEAST, METRIC};
use super::trial::Length;
use super::trial::keys::key;
use super::trial::model::TRIAL_SEED;

/// Drops `[sweep.halving]` of the file where the command line fixes the length of the training and every swept key but the seed, so that
/// the keys of a trial of any rung, given after its experiment, train it again.
pub(super) fn drop_halving(mut entries: Vec<Entry>) -> Vec<Entry> {
    let lengths = [Length::Iterations(0), Length::Epochs(0)].map(Length::key);
    let is_on_line = |entry: &Entry| entry.place == Place::CommandLine;
    let is_of_halving = |entry: &Entry| [LEAST.name(), FACTOR.name(), METRIC.name()].contains(&entry.key.as_str());
    let is_swept = |entry: &Entry| {
        let (role, name) = Role::of(&entry.key);
        role.sweeps() && key(name).is_some_and(|key| key.name() != TRIAL_SEED.name())
    };
    let has_length = entries.iter().any(|entry| is_on_line(entry) && lengths.contains(&entry.key.as_str()));
    let is_asked = entries.iter().any(|entry| is_on_line(entry) && is_of_halving(entry));
    if has_length && !is_asked && !entries.iter().any(is_swept) {
        entries.retain(|entry| !is_of_halving(entry));
    }
    entries
}

/// The settings of successive halving, see [`Rungs`](super::rungs::Rungs).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halving {
    /// Iterations (or epochs) of the first rung.
    pub least: usize,
    /// η: the best 1/`factor` of the settings go on, for `factor` times as many iterations.
    pub factor: usize,
    /// The metric whose mean over their seeds ranks settings; `None` is the last recorded cost.
    pub objective: Option<Metric>,
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

    /// Returns whether the objective is measured on validation examples.
    pub(super) fn needs_validation(&self) -> bool {
        self.set() == Some(Set::Validation)
    }

    /// Returns whether the objective is measured on test examples.
    pub(super) fn needs_test(&self) -> bool {
        self.set() == Some(Set::Test)
    }

    /// Returns whether the objective is a share of examples in their right class.
    pub fn needs_classes(&self) -> bool {
        matches!(self.objective, Some(Metric::Accuracy(_)))
    }

    fn set(&self) -> Option<Set> {
        match self.objective {
            Some(Metric::Accuracy(set) | Metric::Cost(set)) => Some(set),
            _ => None,
        }
    }
}
