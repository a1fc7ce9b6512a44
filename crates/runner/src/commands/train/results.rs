//! The net of a training, its scores, and what is said of them.

use std::path::Path;

use anyhow::{Result, bail};
use net::Score;

use super::provenance::provenance;
use crate::commands::resume::same_again;
use crate::commands::session::Session;
use crate::machine::Machine;
use crate::model::{self, Model, Net};
use crate::plan::Plan;
use crate::plan::trial::Trial;
use crate::run::outcome::{End, Outcome, drift_bound};
use crate::terminal::{say, warn};
use crate::text::{decimals, layers};

/// Refuses a net that a model file can't hold.
pub(super) fn fits_a_model(plan: &Plan, trial: &Trial) -> Result<()> {
    let parameters = plan.parameters(&trial.config);
    if parameters * 8.0 > model::MOST_BYTES as f64 {
        let most = model::MOST_BYTES / 8;
        bail!("model.hidden: {parameters:.0} weights and biases; a model file has at most {most}");
    }
    Ok(())
}

/// Describes the net in half a line.
pub(super) fn net_in_words(plan: &Plan, trial: &Trial) -> String {
    let layers = layers(&plan.widths(&trial.config));
    format!("{layers} in {}, {} engine", trial.config.dtype.name(), trial.engine.name())
}

/// Makes the model of a trained net.
pub(super) fn model_of(net: Net, session: &Session, trial: &Trial, outcome: &Outcome, machine: &Machine) -> Model {
    let Session { data, .. } = session;
    let provenance = provenance(session, trial, outcome, machine);
    let input = data.train.x.element();
    let (image_shape, scaling) = (data.train.image_shape, data.scaling.clone());
    let columns = data.columns.clone();
    let mut model = Model { net, input, image_shape, scaling, classes: Vec::new(), columns, provenance };
    if let (Some(count), false) = (model.class_count(), data.classes.is_empty()) {
        // A file may name only one of two classes.
        let name = |class: usize| data.classes.get(class).cloned().unwrap_or_else(|| class.to_string());
        model.classes = (0..count).map(name).collect();
    }
    model
}

/// Reports the scores at the end, and the time.
pub(super) fn summary(trial: &Trial, outcome: &Outcome) {
    if outcome.drift.is_some_and(|drift| drift > drift_bound(trial.config.dtype)) {
        warn(
            "rounding took more than half of the digits of the first layer, as it does where features lie far from 0; \
             data.scale=standardize, or run.engine=reduced or direct, trains without it",
        );
    }
    let of = |name: &str, score: Option<Score>| {
        score.map(|Score { cost, accuracy }| {
            let accuracy = accuracy.map(|accuracy| format!(", accuracy {accuracy:.4}")).unwrap_or_default();
            format!("{name} cost {}{accuracy}", decimals(cost, 6))
        })
    };
    let sets = [("train", outcome.train), ("test", outcome.test), ("validation", outcome.validation)];
    let scores: Vec<_> = sets.into_iter().filter_map(|(name, score)| of(name, score)).collect();
    let stopped = match &outcome.end {
        End::Stopped { iteration, reason } => format!("; stopped at iteration {iteration}: {reason}"),
        _ => String::new(),
    };
    let stopped = outcome.reason(&stopped);
    say(&format!("{}; {:.1} s, {} engine{stopped}", scores.join("; "), outcome.seconds, trial.engine.name()));
}

/// Says from which iteration of `all` a training goes on.
pub(super) fn say_resumed(iteration: usize, all: usize, checkpoint: &Path) {
    say(&format!("goes on from iteration {iteration} of {all}: {}", checkpoint.display()));
}

/// Says what is left of a training that was interrupted, whose checkpoint is at `iteration`.
pub(super) fn interrupted(iteration: Option<usize>, checkpoint: &Path) -> String {
    let nothing = "interrupted: no model is written".to_owned();
    iteration.map_or(nothing, |iteration| {
        let (checkpoint, again) = (checkpoint.display(), same_again());
        format!("interrupted at iteration {iteration}, kept in {checkpoint}; no model is written; to go on: {again}")
    })
}
