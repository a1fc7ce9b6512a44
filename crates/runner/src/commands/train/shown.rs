//! A training whose progress is shown.

use crate::commands::stop::Stop;
use crate::model::Net;
use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::progress::mode::ProgressMode;
use crate::progress::training::TrainingProgress;
use crate::run::fleet::{Ended, Watch};
use crate::run::outcome::Outcome;
use crate::run::workers::Workers;

/// Trains on one worker, as `train` does, until a stop is asked for.
pub(super) fn train_shown(
    plan: &Plan,
    trial: &Trial,
    workers: &Workers,
    (mode, stop): (ProgressMode, &Stop),
    train: impl FnOnce(Watch) -> Ended<Outcome, Net>,
) -> Ended<Outcome, Net> {
    workers.alone(|| {
        let progress = TrainingProgress::new(mode, plan.iterations(trial), trial.config.record_every);
        let watch = |_, latest| {
            progress.at(latest);
            !stop.is_asked()
        };
        let trained = train(&watch);
        progress.end(trial, trained.iter().flatten().map(|(outcome, _)| outcome).next());
        trained
    })
}
