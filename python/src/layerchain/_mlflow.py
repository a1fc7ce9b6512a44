"""A sweep as an experiment of MLflow."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from ._errors import LayerchainError
from ._record import Record, Trial, text

# What a server takes in one request.
_METRICS, _PARAMS, _RUNS = 1000, 100, 1000
_LONGEST_PARAM = 6000
_STATUS = {"completed": "FINISHED"}


def write_experiment(record: Record, trials: Sequence[Trial], tracking_uri: str | None, name: str) -> str:
    """Writes a run for each trial; see `Sweep.to_mlflow`."""
    client = MlflowClient(tracking_uri)
    experiment = client.get_experiment_by_name(name)
    if experiment is not None and experiment.lifecycle_stage == "deleted":
        raise LayerchainError(f"the experiment {name!r} of MLflow is deleted; choose another name by experiment=")
    id: str = experiment.experiment_id if experiment is not None else client.create_experiment(name)
    there = _trials_in(client, id)
    if twice := [trial.id for trial in trials if trial.id in there]:
        found = f"the experiment {name!r} of MLflow has a run of the trial {twice[0]} already"
        raise LayerchainError(f"{found}; choose another name by experiment=, or other trials by trials=")
    client.set_experiment_tag(id, "mlflow.note.content", f"{record.description}\n\n{record.data}".strip())
    points = {point.trial_id: record.own_values(point) for point in reversed(record.points)}
    # Equal values as the first is: MLflow compares texts, and an included point has the default 0.0 where the axis has 0.
    first: dict[tuple[str, Any], Any] = {}
    for key, value in ((key, value) for point in record.points for key, value in point.values.items()):
        first.setdefault((key, value), value)
    for trial in trials:
        # A configuration has another name for some swept values: it calls adam with decoupled decay adamw.
        keys = {**trial.config, **points[trial.id]}
        _write(client, id, trial, {key: first.get((key, value), value) for key, value in keys.items()})
    return id


def _trials_in(client: MlflowClient, experiment: str) -> set[str]:
    """The ids of the trials that have a run in an experiment."""
    found: set[str] = set()
    token = None
    while True:
        runs = client.search_runs([experiment], max_results=_RUNS, page_token=token)
        found.update(run.data.tags.get("trial", "") for run in runs)
        token = runs.token
        if not token:
            return found


def _write(client: MlflowClient, experiment: str, trial: Trial, keys: Mapping[str, Any]) -> None:
    end = int(time.time() * 1000)
    start = end - int(trial.seconds * 1000)
    run = client.create_run(experiment, start_time=start, run_name=trial.id)
    tags = {"trial": trial.id, "status": trial.status, "engine": trial.engine, "machine": trial.machine}
    if trial.reason is not None:
        tags["reason"] = trial.reason
    client.log_batch(run.info.run_id, tags=[RunTag(key, value) for key, value in tags.items()])
    params = (Param(key, text(value)[:_LONGEST_PARAM]) for key, value in keys.items() if value is not None)
    while batch := list(islice(params, _PARAMS)):
        client.log_batch(run.info.run_id, params=batch)
    metrics = _metrics(trial, end)
    while some := list(islice(metrics, _METRICS)):
        client.log_batch(run.info.run_id, metrics=some)
    client.set_terminated(run.info.run_id, _STATUS.get(trial.status, "FAILED"), end_time=end)


def _metrics(trial: Trial, time: int) -> Iterator[Metric]:
    """The history, with a step for each iteration, and the scores."""
    for name, values in {"cost": trial.costs, **trial.metrics}.items():
        for iteration, value in zip(trial.iterations.tolist(), values.tolist()):
            if not math.isnan(value):
                yield Metric(name, value, time, iteration)
    # After the last update, which is one step after the last record.
    step = int(trial.iterations[-1]) + 1 if len(trial.iterations) else 0
    for name, value in {**trial.scores, "seconds": trial.seconds}.items():
        if not math.isnan(value):
            yield Metric(name, value, time, step)
