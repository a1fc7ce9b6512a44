//! The record of its training in a model file.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::commands::session::Session;
use crate::machine::Machine;
use crate::plan::trial::Trial;
use crate::record::summary::Summary;
use crate::run::outcome::{End, Outcome};
use crate::spec::data::{DataSource, TestFiles};
use datasets::{TargetsChoice, Task};

/// Describes the training so that it can be repeated, and its result; nothing that differs from run to run.
pub(super) fn provenance(session: &Session, trial: &Trial, outcome: &Outcome, machine: &Machine) -> Value {
    let Session { experiment, data, .. } = session;
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let source = match &experiment.source {
        DataSource::Set(name) => json!({ "set": name }),
        DataSource::Files { train, test } => {
            let test = match test {
                TestFiles::File(test) => json!(absolute(test)),
                TestFiles::Share { share, seed } => json!({ "share": share, "seed": seed }),
                TestFiles::Absent => Value::Null,
            };
            json!({ "train": absolute(train), "test": test })
        }
    };
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
            "source": source,
            "train_x": names.train_x, "train_y": names.train_y, "test_x": names.test_x, "test_y": names.test_y,
            "class_names": names.classes,
            "train_sha256": data.train.sha256, "test_sha256": data.test.as_ref().map(|test| &test.sha256),
            "task": task,
            "validation": experiment.validation.map(|split| json!({ "share": split.share, "seed": split.seed })),
        },
        "result": result,
        "machine": machine.fingerprint(),
        "blas": machine.blas(),
    });
    if let TargetsChoice::Declared(meaning) = experiment.targets {
        provenance["data"]["targets"] = json!(meaning.name());
    }
    provenance
}
