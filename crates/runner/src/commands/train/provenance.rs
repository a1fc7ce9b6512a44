//! The record of its training in a model file.

use serde_json::{Value, json};

use crate::commands::session::Session;
use crate::machine::Machine;
use crate::plan::trial::Trial;
use crate::record::summary::Summary;
use crate::run::outcome::{End, Outcome};
use datasets::{DEFAULT_MAX_BYTES, TargetsChoice, Task};

/// Describes the training so that it can be repeated, and its result; nothing that differs from run to run.
pub(super) fn provenance(session: &Session, trial: &Trial, outcome: &Outcome, machine: &Machine) -> Value {
    let Session { experiment, data, .. } = session;
    let names = &experiment.names;
    let mut result = json!(Summary::of(trial.engine, outcome));
    if let Some(result) = result.as_object_mut() {
        result.remove("seconds");
        result.remove("metrics");
    }
    let task = match data.task {
        Task::Classes(classes) => json!({ "classes": classes }),
        Task::Values(values) => json!({ "values": values }),
    };
    let mut provenance = json!({
        "experiment": experiment.name,
        "trial": trial.id,
        "seed": trial.config.seed,
        "engine": trial.engine.name(),
        "iterations": match outcome.end {
            End::Stopped { iteration, .. } => iteration,
            _ => trial.config.iterations(data.shape().train),
        },
        "config": trial.config.canonical(),
        "data": {
            "source": experiment.source.absolute(),
            "train_x": names.train_x, "train_y": names.train_y, "test_x": names.test_x, "test_y": names.test_y,
            "class_names": names.classes,
            "train_sha256": data.train.sha256, "test_sha256": data.test.as_ref().map(|test| &test.sha256),
            "task": task,
            "validation": experiment.validation,
        },
        "result": result,
        "machine": machine.fingerprint(),
        "blas": machine.blas(),
    });
    if let TargetsChoice::Declared(meaning) = experiment.targets {
        provenance["data"]["targets"] = json!(meaning.name());
    }
    // The default is left out, so that models have the bytes that earlier runners wrote.
    if experiment.max_bytes != DEFAULT_MAX_BYTES {
        provenance["data"]["max_bytes"] = json!(experiment.max_bytes);
    }
    provenance
}
